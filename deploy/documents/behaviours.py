"""`docs/behaviours.md`: every behaviour with the tests that carry its id."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

HEAD = """# Behaviours and their tests

Made by `make docs` from `docs/behaviours.yaml` and the tests: a test belongs to an id that its name or docstring has.
R: what the *Mailchimp for Salesforce* app does. G: guarantees under every policy. M: what a data engineer works with.
X: settings that no app has.

| id | what | tests |
|---|---|---|
"""
ID = re.compile(r"(?<![A-Za-z0-9])[RGMX]\d\d(?![0-9])")


def text(project: Path) -> str:
    """Return the document."""
    meanings: Mapping[str, str] = yaml.safe_load((project / "docs" / "behaviours.yaml").read_text("utf-8"))
    tests: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for file in sorted((project / "tests").rglob("test_*.py")):
        for behaviour, test in _marked(file):
            tests[behaviour].add((file.relative_to(project).as_posix(), test))
    if unknown := tests.keys() - meanings.keys():
        raise KeyError(f"tests name {', '.join(sorted(unknown))}, which docs/behaviours.yaml does not explain")
    rows = [f"| {name} | {_cell(meaning)} | {_links(tests[name])} |\n" for name, meaning in meanings.items()]
    return HEAD + "".join(rows)


def _marked(file: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            words = node.name.upper().replace("_", " ") + " " + (ast.get_docstring(node) or "")
            for behaviour in set(ID.findall(words)):
                yield behaviour, node.name


def _cell(meaning: str) -> str:
    return meaning.strip().replace("|", "\\|")


def _links(tests: set[tuple[str, str]]) -> str:
    if not tests:
        return "none yet"
    of_file: dict[str, list[str]] = defaultdict(list)
    for path, name in sorted(tests):
        of_file[path].append(name.removeprefix("test_"))
    return "; ".join(f"[{Path(path).stem}](../{path}): {', '.join(names)}" for path, names in of_file.items())
