"""`docs/behaviours.md`: every behaviour with its state and the tests that carry its id."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

HEAD = """# Behaviours and their tests

Made by `make docs` from `docs/behaviours.yaml` and the tests: a test belongs to an id that its name or docstring has.
R: what the *Mailchimp for Salesforce* app does. G: guarantees under every policy. M: what a data engineer works with.
X: settings that no app has. *Working* and *partial* ones have a test; *open* ones are not built yet.

| id | what | state | tests |
|---|---|---|---|
"""
STATES = ("working", "partial", "open")
ID = re.compile(r"(?<![A-Za-z0-9])[RGMX]\d\d(?![0-9])")


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One id: what it promises, how far it is built, what a partial one lacks, and the tests (file, name) with it."""

    what: str
    state: str
    missing: str
    tests: frozenset[tuple[str, str]]

    @property
    def problem(self) -> str | None:
        """What is wrong with its state; None where it holds."""
        if self.state not in STATES:
            return f"is {self.state}; write one of: {', '.join(STATES)}"
        if (self.state == "partial") != bool(self.missing):
            return f"is {self.state}, and " + (
                "something is missing" if self.missing else "does not say what is missing"
            )
        if (self.state == "open") == bool(self.tests):
            return f"is {self.state}, and " + ("a test names it" if self.tests else "no test names it")
        return None


def text(project: Path) -> str:
    """Return the document."""
    found = behaviours(project)
    return HEAD + "".join(
        f"| {name} | {_cell(one.what)} | {_state(one)} | {_links(one.tests)} |\n" for name, one in found.items()
    )


def behaviours(project: Path) -> dict[str, Behaviour]:
    """Every behaviour by its id. Raises KeyError where a test names one that is not explained."""
    explained: Mapping[str, Mapping[str, str]] = yaml.safe_load(
        (project / "docs" / "behaviours.yaml").read_text("utf-8")
    )
    tests: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for file in sorted((project / "tests").rglob("test_*.py")):
        for behaviour, test in _marked(file):
            tests[behaviour].add((file.relative_to(project).as_posix(), test))
    if unknown := tests.keys() - explained.keys():
        raise KeyError(f"tests name {', '.join(sorted(unknown))}, which docs/behaviours.yaml does not explain")
    return {
        name: Behaviour(one["what"], one["state"], one.get("missing", ""), frozenset(tests[name]))
        for name, one in explained.items()
    }


def _marked(file: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            words = node.name.upper().replace("_", " ") + " " + (ast.get_docstring(node) or "")
            for behaviour in set(ID.findall(words)):
                yield behaviour, node.name


def _cell(meaning: str) -> str:
    return meaning.strip().replace("|", "\\|")


def _state(behaviour: Behaviour) -> str:
    return f"{behaviour.state}: {_cell(behaviour.missing)}" if behaviour.missing else behaviour.state


def _links(tests: Collection[tuple[str, str]]) -> str:
    if not tests:
        return "none yet"
    of_file: dict[str, list[str]] = defaultdict(list)
    for path, name in sorted(tests):
        of_file[path].append(name.removeprefix("test_"))
    return "; ".join(f"[{Path(path).stem}](../{path}): {', '.join(names)}" for path, names in of_file.items())
