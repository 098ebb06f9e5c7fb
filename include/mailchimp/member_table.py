"""Pages of members as Arrow tables, one column per field that was asked for.

ADDRESS is `""` in one member and an object in the next, so merge fields stay JSON text and no column's type is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    import pyarrow as pa

Convert = Callable[[Any], object]


def _as_it_is(value: Any) -> object:
    return value


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _switched_on(interests: Mapping[str, bool]) -> list[str]:
    return sorted(interest for interest, on in interests.items() if on)


def _tag_names(tags: Iterable[Mapping[str, str]]) -> list[str]:
    return sorted(tag["name"] for tag in tags)


def _instant(value: Any) -> object:
    return value or None


@dataclass(frozen=True, slots=True)
class MemberColumn:
    """How one field of a member becomes a column of `warehouse.members`."""

    name: str
    type: str
    convert: Convert = _as_it_is


COLUMNS: dict[str, MemberColumn] = {
    "id": MemberColumn("email_key", "string"),
    "contact_id": MemberColumn("contact_id", "string"),
    "email_address": MemberColumn("email", "string"),
    "status": MemberColumn("status", "string"),
    "timestamp_opt": MemberColumn("timestamp_opt", "timestamp", _instant),
    "last_changed": MemberColumn("last_changed", "timestamp", _instant),
    "member_rating": MemberColumn("rating", "int64"),
    "merge_fields": MemberColumn("merge_fields", "string", _json),
    "interests": MemberColumn("groups", "strings", _switched_on),
    "tags": MemberColumn("tags", "strings", _tag_names),
}
"""By the API's field name. An answer lists at most 50 tags; an audience without groups answers no `interests`."""
STATE_FIELDS = tuple(field for field in COLUMNS if field != "tags")
"""What a sync knows of a member. Tags are read from their segments, where they are complete."""
KEY_FIELDS = ("id", "status", "contact_id")
"""What tells that a member is there."""
_WHEN_ABSENT: dict[str, object] = {"interests": {}, "tags": []}


def member_table(rows: list[dict[str, Any]], fields: Iterable[str]) -> pa.Table:
    """Rows as the API answers them, in the columns that COLUMNS names for the fields.

    Raises KeyError where a member lacks a field that was asked for.
    """
    import pyarrow as pa

    return pa.table({COLUMNS[field].name: _column(rows, field) for field in fields})


def _column(rows: list[dict[str, Any]], field: str) -> pa.Array:
    import pyarrow as pa

    column = COLUMNS[field]
    if field in _WHEN_ABSENT:
        values = [column.convert(row.get(field) or _WHEN_ABSENT[field]) for row in rows]
    elif column.convert is _as_it_is:
        values = [row[field] for row in rows]
    else:
        values = [column.convert(row[field]) for row in rows]
    if column.type == "timestamp":
        return pa.array(values, pa.string()).cast(pa.timestamp("us", tz="UTC"))
    types = {"string": pa.string(), "int64": pa.int64(), "strings": pa.list_(pa.string())}
    return pa.array(values, types[column.type])
