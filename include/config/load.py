"""Reads the configuration's folder: `pipeline.yaml`, `audiences/*.yaml`, `validation_rules.yaml`.

Everything that is wrong is told in one ConfigError, a line each:
`file:line: field: what is wrong; what would be right`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from include.config.complaints import complain
from include.config.models import Audience, Configuration, Pipeline, Rule
from include.config.sources import Place, Problem, Sources, Way, listed, shown
from include.config.yaml_file import Document, read
from include.errors import ConfigError

CONFIG_VARIABLE = "SYNC_CONFIG"
"""Environment variable: the configuration's folder, the one beside this module unless set."""
PIPELINE, AUDIENCES, RULES = "pipeline.yaml", "audiences", "validation_rules.yaml"
AUTOMATIC = "(automatic queries)"
"""What a trigger form offers besides single queries; a query's name has no parentheses."""

_STEM = re.compile(r"[a-z][a-z0-9_]{0,63}")
_M = TypeVar("_M", bound=BaseModel)


def configuration_folder() -> Path:
    """The folder of the configuration in use."""
    return Path(os.environ.get(CONFIG_VARIABLE) or Path(__file__).parent)


@cache
def audience_stems(folder: Path | None = None) -> tuple[str, ...]:
    """The audiences' names: the stems of `audiences/*.yaml`, sorted. Opens no file; for building DAGs."""
    files = ((folder or configuration_folder()) / AUDIENCES).glob("*.yaml")
    return tuple(sorted(path.stem for path in files if _STEM.fullmatch(path.stem)))


@cache
def query_names(stem: str, folder: Path | None = None) -> tuple[str, ...]:
    """The names of an audience's queries, the manual ones first, else in the file's order; for building its DAG.

    Nothing of the file is checked here, where a mistake would take the DAG away: its run tells.
    """
    document = read((folder or configuration_folder()) / AUDIENCES / f"{stem}.yaml", f"{AUDIENCES}/{stem}.yaml")
    content = document.content if isinstance(document.content, dict) else {}
    queries = content.get("queries")
    entries = [entry for entry in (queries if isinstance(queries, list) else ()) if isinstance(entry, dict)]
    named = sorted((entry for entry in entries if "name" in entry), key=lambda entry: entry.get("run") != "manual")
    return tuple(dict.fromkeys(str(entry["name"]) for entry in named))


@cache
def load_pipeline(folder: Path | None = None) -> Pipeline:
    """Read `pipeline.yaml` alone; for building DAGs. Raises ConfigError."""
    folder = folder or configuration_folder()
    document, pipeline = _pipeline(folder)
    if pipeline is None or document.problems:
        raise _error(folder, document.problems)
    return pipeline


def load_configuration(folder: Path) -> Configuration:
    """Read the whole configuration. Raises ConfigError that lists every problem."""
    pipeline_document, pipeline = _pipeline(folder)
    rules_document, rules = _rules(folder)
    files = sorted((folder / AUDIENCES).glob("*.y*ml"))
    read_audiences = {path.stem: _audience(path) for path in files}
    audiences = {stem: audience for stem, (_, audience) in read_audiences.items() if audience is not None}
    problems = [
        *pipeline_document.problems,
        *(problem for document, _ in read_audiences.values() for problem in document.problems),
        *rules_document.problems,
    ]
    if not files:
        message = "there is no audience; write one file per audience, such as `audiences/newsletter.yaml`"
        problems.append(Problem(Place(f"{AUDIENCES}/", 1), "", message))
    sources = _sources(
        {("pipeline",): pipeline_document, ("rules",): rules_document}
        | {("audiences", stem): document for stem, (document, _) in read_audiences.items()}
    )
    problems += _doubles(audiences, rules, sources)
    if problems or pipeline is None:
        raise _error(folder, problems)
    return Configuration(pipeline, audiences, rules, _hash(pipeline, audiences, rules), sources)


def _pipeline(folder: Path) -> tuple[Document, Pipeline | None]:
    document = read(folder / PIPELINE, PIPELINE)
    return document, _validated(document, Pipeline, document.content)


def _audience(path: Path) -> tuple[Document, Audience | None]:
    document = read(path, f"{AUDIENCES}/{path.name}")
    if path.suffix != ".yaml":
        document.problem((), f"is not read; name the file `{path.stem}.yaml`")
    if not _STEM.fullmatch(path.stem):
        document.problem((), "the file's name becomes a DAG's id: lower-case letters, digits and _, a letter first")
    content = document.content
    if isinstance(content, dict):
        if "stem" in content:
            document.problem(("stem",), "unknown key; the file's name is the audience's stem")
        content = content | {"stem": path.stem}
    return document, _validated(document, Audience, content)


def _rules(folder: Path) -> tuple[Document, tuple[Rule, ...]]:
    if not (folder / RULES).exists():
        return Document(RULES), ()
    document = read(folder / RULES, RULES)
    content = [] if document.content is None else document.content
    if not isinstance(content, list):
        document.problem(
            (), "has to be a list of rules: `- {name: ..., object: Contact, require: LastName, gates: [add]}`"
        )
        return document, ()
    rules = [_validated(document, Rule, entry, (position,)) for position, entry in enumerate(content)]
    return document, tuple(rule for rule in rules if rule is not None)


def _validated(document: Document, model: type[_M], content: object, way: Way = ()) -> _M | None:
    """The model, or None with the problems noted on the document."""
    if content is None:
        if document.problems:
            return None
        content = {}
    try:
        return model.model_validate(content)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        complain(document, model, [{**found, "loc": (*way, *found["loc"])} for found in errors])
        return None


def _doubles(audiences: dict[str, Audience], rules: tuple[Rule, ...], sources: Sources) -> list[Problem]:
    """Names that stand twice where each has to be its own."""
    named: list[tuple[str, str, Way]] = []
    for stem, audience in audiences.items():
        top: Way = ("audiences", stem)
        named.append(("audience", audience.audience, (*top, "audience")))
        named += [(f"query of {stem}", q.name, (*top, "queries", i, "name")) for i, q in enumerate(audience.queries)]
    named += [("rule", rule.name, ("rules", position, "name")) for position, rule in enumerate(rules)]
    first: dict[tuple[str, str], Place] = {}
    problems = []
    for kind, name, way in named:
        place = sources.place(way)
        if first.setdefault((kind, name), place) != place:
            message = f"`{name}` is used at {first[kind, name]} already; give each its own name"
            field = way[1:] if way[0] == "rules" else way[2:]
            problems.append(Problem(place, shown(field), message))
    return problems


def _sources(documents: dict[Way, Document]) -> Sources:
    return Sources(
        {
            (*top, *way): Place(document.file, line)
            for top, document in documents.items()
            for way, line in ({(): 1} | document.lines).items()
        }
    )


def _hash(pipeline: Pipeline, audiences: dict[str, Audience], rules: tuple[Rule, ...]) -> str:
    """SHA-256 over what the files say; comments and the order of keys don't count."""
    content = {
        "pipeline": pipeline.model_dump(mode="json"),
        "audiences": {stem: audience.model_dump(mode="json") for stem, audience in audiences.items()},
        "rules": [rule.model_dump(mode="json") for rule in rules],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _error(folder: Path, problems: list[Problem]) -> ConfigError:
    return ConfigError(listed(f"the configuration in {folder}", problems))
