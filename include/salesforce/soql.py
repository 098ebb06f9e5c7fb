"""SOQL by construction: names are checked, values are escaped, conditions nest in parentheses.

Datetimes are unquoted and in UTC; in text, `\\` and `'` are escaped
(https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*){0,5}")
"""A field path: up to five parents, then the field."""
ESCAPES = str.maketrans({
    "\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f",
})  # fmt: skip

LIKE_ESCAPES = str.maketrans({"%": "\\%", "_": "\\_"})
"""In a pattern these are escaped as well; a backslash is written as in any text."""

Value = str | bool | int | float | date | datetime | None
Operator = Literal["=", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Where:
    """A condition; made by the functions below only."""

    text: str


def select(object_name: str, fields: Sequence[str], where: Where | None = None) -> str:
    """A query of fields, which may be paths of parents (`Account.Owner.Name`)."""
    return _query(object_name, ", ".join(_name(field) for field in fields), where)


def count(object_name: str, where: Where | None = None) -> str:
    """A query that answers the number of rows alone."""
    return _query(object_name, "COUNT()", where)


def compare(field: str, operator: Operator, value: Value) -> Where:
    """A comparison of one field with one value."""
    return Where(f"{_name(field)} {operator} {literal(value)}")


def one_of(field: str, values: Iterable[Value]) -> Where:
    """A field equals one of at least one value."""
    listed = ", ".join(literal(value) for value in values)
    if not listed:
        raise ValueError(f"SOQL has no empty list: {field} IN ()")
    return Where(f"{_name(field)} IN ({listed})")


def any_of(*conditions: Where) -> Where:
    """At least one condition holds."""
    return Where("(" + " OR ".join(condition.text for condition in conditions) + ")")


def all_of(*conditions: Where) -> Where:
    """Every condition holds."""
    return Where("(" + " AND ".join(condition.text for condition in conditions) + ")")


def top_level(*conditions: Where) -> Where:
    """Every condition holds; without parentheses, as queries of other records need it."""
    return Where(" AND ".join(condition.text for condition in conditions))


def negated(condition: Where) -> Where:
    """The condition does not hold."""
    return Where(f"(NOT {condition.text})")


def like(field: str, text: str, *, anywhere: bool) -> Where:
    """A field begins with a text, or has it anywhere; `%` and `_` in it mean themselves."""
    pattern = text.translate(ESCAPES | LIKE_ESCAPES)
    return Where(f"{_name(field)} LIKE '{'%' if anywhere else ''}{pattern}%'")


def includes(field: str, values: Iterable[str]) -> Where:
    """One of the values of a multi-select picklist is chosen; `A;B` asks for both."""
    return Where(f"{_name(field)} INCLUDES ({', '.join(literal(value) for value in values)})")


def in_query(field: str, query: str, *, negated: bool) -> Where:
    """A field is, or is not, among what another query selects."""
    return Where(f"{_name(field)} {'NOT IN' if negated else 'IN'} ({query})")


def raw(fragment: str, *, nested: bool) -> Where:
    """A condition that somebody wrote, checked by `config/soql_fragment.py`: it can't end its parentheses.

    At the top level a fragment without OR, and without NOT but that of NOT IN, needs none.
    """
    bare = not nested and not re.search(r"\bOR\b|\bNOT\b(?!\s+IN\b)", fragment, re.IGNORECASE)
    return Where(fragment if bare else f"({fragment})")


def literal(value: Value) -> str:
    """A value as SOQL writes it. Raises ValueError for a datetime without time zone."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case datetime():
            if value.tzinfo is None:
                raise ValueError("a SOQL datetime needs a time zone")
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        case date():
            return value.isoformat()
        case str():
            return f"'{value.translate(ESCAPES)}'"
    return format(Decimal(repr(value)), "f")


def _query(object_name: str, selection: str, where: Where | None) -> str:
    return f"SELECT {selection} FROM {_name(object_name)}" + (f" WHERE {where.text}" if where else "")


def _name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no Salesforce name")
    return name
