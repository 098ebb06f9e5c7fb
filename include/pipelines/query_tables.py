"""What the command line prints of queries: plain text tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from include.text_table import text_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NONE = "-"


def queries_table(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows of `query_state.listing`, a line each."""
    head = ("query", "object", "run", "first seen", "last run", "people", "gives")
    return text_table(head, [_query(row) for row in rows], right={"people"})


def preview_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows of a preview: a line per query, then why people are not added, what was not counted, and a sample."""
    queries = [row for row in rows if row["query"]]
    head = ("query", "run", "people", "in Salesforce", "e-mails", "members", "new", "not added", "groups", "tags")
    title = f"preview of audience {rows[0]['audience']}, {at(rows[0]['at'])} UTC; nothing was written"
    parts = [title, text_table(head, [_previewed(row) for row in queries], right=head[2:])]
    notes = (
        ("not added", {row["query"]: _counts(row["not_added"]) for row in queries}),
        ("not counted in Salesforce", {row["query"]: row["not_counted"] for row in queries}),
        ("some of the people", {row["query"]: ", ".join(row["sample"]) for row in queries}),
        ("the next sync in all", {row["audience"]: _counts(row["changes"]) for row in rows if not row["query"]}),
    )
    for heading, by_name in notes:
        told = [(f"  {name}", note) for name, note in by_name.items() if note]
        if told:
            parts.append(f"{heading}\n{text_table(told[0], told[1:])}")
    return "\n\n".join(parts)


def at(moment: datetime | None) -> str:
    """A moment to the minute, in UTC."""
    return NONE if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def number(value: int | None) -> str:
    """A number, or that there is none."""
    return NONE if value is None else str(value)


def _previewed(row: Mapping[str, Any]) -> tuple[str, ...]:
    numbers = ("people", "in_salesforce", "emails", "members", "new_members")
    changes = (row["changes"].get("update_member", 0), row["changes"].get("add_tag", 0))
    left = sum(row["not_added"].values())
    return (row["query"], row["run"], *(number(row[name]) for name in numbers), *map(str, (left, *changes)))


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _query(row: Mapping[str, Any]) -> tuple[str, ...]:
    if row["object"] is None:
        gives = "no longer in the file"
    else:
        targets = [f"group {group}" for group in row["groups"]] + [f"tag {tag}" for tag in row["tags"]]
        gives = ", ".join(targets) or NONE
    moments = (at(row["first_seen_at"]), at(row["last_run_at"]))
    return (row["query"], row["object"] or NONE, row["run"] or NONE, *moments, number(row["people"]), gives)
