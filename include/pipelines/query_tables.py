"""What the command line prints of queries: plain text tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NONE = "-"


def queries_table(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows of `query_state.listing`, a line each."""
    head = ("query", "object", "run", "first seen", "last run", "people", "gives")
    return text_table(head, [_query(row) for row in rows], right={"people"})


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Iterable[str] = ()) -> str:
    """Columns two spaces apart; those named in `right` (numbers) end flush."""
    widths = [max(len(line[n]) for line in (head, *rows)) for n in range(len(head))]
    flush = [name in set(right) for name in head]

    def line(cells: Sequence[str]) -> str:
        aligned = (
            cell.rjust(width) if end else cell.ljust(width)
            for cell, width, end in zip(cells, widths, flush, strict=True)
        )
        return "  ".join(aligned).rstrip()

    return "\n".join(map(line, (head, *rows)))


def at(moment: datetime | None) -> str:
    """A moment to the minute, in UTC."""
    return NONE if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def number(value: int | None) -> str:
    """A number, or that there is none."""
    return NONE if value is None else str(value)


def _query(row: Mapping[str, Any]) -> tuple[str, ...]:
    if row["object"] is None:
        gives = "no longer in the file"
    else:
        targets = [f"group {group}" for group in row["groups"]] + [f"tag {tag}" for tag in row["tags"]]
        gives = ", ".join(targets) or NONE
    moments = (at(row["first_seen_at"]), at(row["last_run_at"]))
    return (row["query"], row["object"] or NONE, row["run"] or NONE, *moments, number(row["people"]), gives)
