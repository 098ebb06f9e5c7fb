"""Reads one YAML file together with the line of every value.

Plain words mean what YAML 1.2 says: only `true` and `false` are switches, so the country code `NO` and the switch `off`
stay text, and so do postal codes with a leading zero and dates.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from include.config.sources import Place, Problem, Way, shown

_TAG = "tag:yaml.org,2002:"
_PLAIN = {
    "null": (r"(?:~|null|Null|NULL|)", ["~", "n", "N", ""]),
    "bool": (r"(?:true|True|TRUE|false|False|FALSE)", list("tTfF")),
    "int": (r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    "float": (r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", list("-+0123456789")),
}
_VALUES: dict[str, Callable[[str], object]] = {
    "null": lambda _: None,
    "bool": lambda text: text.lower() == "true",
    "int": int,
    "float": float,
    "str": str,
}


@dataclass(slots=True)
class Document:
    """One file's content, the line of every value by its way, and what was wrong with the YAML itself."""

    file: str
    content: object = None
    lines: dict[Way, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, way: Way) -> Place:
        """The place of a value, or of the nearest value around it."""
        while way and way not in self.lines:
            way = way[:-1]
        return Place(self.file, self.lines.get(way, 1))

    def problem(self, way: Way, message: str) -> None:
        """Note what is wrong with a value."""
        self.problems.append(Problem(self.place(way), shown(way), message))


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own way

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # PyYAML's stubs leave it out
            raise yaml.composer.ComposerError(None, None, "aliases (`*name`) are not supported; repeat the value", mark)
        return super().compose_node(parent, index)


for _name, (_pattern, _first) in _PLAIN.items():
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(f"^{_pattern}$"), _first)


def read(path: Path, file: str) -> Document:
    """Read a file; `file` is its name in messages. What is wrong stands in the document's problems."""
    document = Document(file)
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        document.problem((), "the file is missing")
    except UnicodeDecodeError:
        document.problem((), "is not UTF-8 text; save the file as UTF-8")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        document.problems.append(Problem(Place(file, line), "", f"is not YAML: {error.problem or error.context}"))
    except yaml.YAMLError:
        document.problem((), "is not YAML: it holds a character that YAML does not allow")
    else:
        document.content = _value(document, node, ()) if node else None
    return document


def _value(document: Document, node: yaml.Node, way: Way) -> object:
    document.lines.setdefault(way, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(document, node, way)
    if isinstance(node, yaml.SequenceNode):
        return [_value(document, item, (*way, position)) for position, item in enumerate(node.value)]
    kind = node.tag.removeprefix(_TAG)
    if kind not in _VALUES:
        document.problem(way, f"the YAML tag `{node.tag}` is not supported; write the plain value")
        return None
    return _VALUES[kind](node.value)


def _mapping(document: Document, node: yaml.MappingNode, way: Way) -> dict[str, object]:
    content: dict[str, object] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            document.problems.append(Problem(Place(document.file, line), shown(way), "a key has to be a plain word"))
            continue
        key = str(key_node.value)
        if key in content:
            first = document.lines[*way, key]
            message = f"the key stands twice, first on line {first}; keep one"
            document.problems.append(Problem(Place(document.file, line), shown((*way, key)), message))
            continue
        document.lines[*way, key] = line
        content[key] = _value(document, value_node, (*way, key))
    return content
