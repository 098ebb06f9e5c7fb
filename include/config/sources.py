"""Where each configured value stands: file and line, for error messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

Way = tuple[str | int, ...]
"""The way to a value: `("audiences", "newsletter", "fields", "FNAME", "contact")`."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file; the file's path is relative to the configuration's folder."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Sources:
    """Every value's place, by its way from the top of the configuration."""

    places: dict[Way, Place] = field(default_factory=dict)

    def place(self, way: Way) -> Place:
        """The place of a value, or of the nearest value around it that a file has."""
        known = next((way[:end] for end in range(len(way), 0, -1) if way[:end] in self.places), ())
        return self.places.get(known, Place("configuration", 1))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, at which field, and what would be right."""

    place: Place
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.field}: {self.message}" if self.field else f"{self.place}: {self.message}"


def shown(way: Way) -> str:
    """A way inside a file as messages write it: `queries[0].where.all[1].field`."""
    text = ""
    for part in way:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def listed(what: str, problems: Iterable[Problem]) -> str:
    """All problems as one message, in the order of files and lines."""
    ordered = sorted(
        dict.fromkeys(problems), key=lambda problem: (problem.place.file, problem.place.line, problem.field)
    )
    count = f"{len(ordered)} problem{'s' if len(ordered) > 1 else ''}"
    return "\n".join([f"{what} has {count}:", *map(str, ordered)])
