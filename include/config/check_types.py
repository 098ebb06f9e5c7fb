"""Which comparisons fit which Salesforce field, and what their operands have to look like."""

from __future__ import annotations

import re

from include.config.conditions import Condition, Operator
from include.config.dates import checked_days
from include.config.mapping import ValueKind, kind_of
from include.schema import SalesforceField

ID_TYPES = frozenset({"id", "reference"})
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?", re.ASCII)
_ANY: frozenset[ValueKind] = frozenset({"text", "number", "date", "datetime", "boolean", "multipicklist"})
_DAYS: frozenset[ValueKind] = frozenset({"date", "datetime"})
_TEXT: frozenset[ValueKind] = frozenset({"text"})

FITS: dict[Operator, frozenset[ValueKind]] = {
    "equals": _ANY,
    "not_equals": _ANY,
    "in": _ANY,
    "is_blank": _ANY - {"boolean"},
    "contains": _TEXT,
    "starts_with": _TEXT,
    "less": frozenset({"number"}),
    "greater": frozenset({"number"}),
    "between": frozenset({"number", "date", "datetime"}),
    "before": _DAYS,
    "after": _DAYS,
    "within": _DAYS,
    "includes": frozenset({"multipicklist"}),
}
"""Operator to the kinds of fields it can look at. A compound address is compared by its parts."""


def condition_problem(comparison: Condition, field: SalesforceField) -> str | None:
    """What is wrong with comparing this field so, and what would be right; None where it fits."""
    kind, operator = kind_of(field.type), comparison.operator
    if kind == "address":
        return f"{comparison.field} is a compound address; compare one of its parts, such as its country"
    if operator not in _fitting(field):
        return f"`{operator}` does not fit {comparison.field} ({field.type}); what fits: {', '.join(_fitting(field))}"
    if operator in {"equals", "not_equals", "in", "between"}:
        operand = comparison.operand
        values = operand if isinstance(operand, tuple) else (operand,)
        wrong = next((value for value in values if not _fits(field, value)), None)
        if wrong is not None:
            example = _ID_EXAMPLE if field.type in ID_TYPES else _EXAMPLES[kind]
            return f"`{_written(wrong)}` does not fit {comparison.field} ({field.type}); write {example}"
    return None


def _fitting(field: SalesforceField) -> list[Operator]:
    """The operators that a field can be looked at with: SOQL takes no LIKE on ids."""
    kind, on_ids = kind_of(field.type), {"contains", "starts_with"} if field.type in ID_TYPES else set()
    return [name for name, kinds in FITS.items() if kind in kinds and name not in on_ids]


_ID_EXAMPLE = "an Id of 15 or 18 letters and digits"
_EXAMPLES: dict[ValueKind, str] = {
    "text": "a text (in quotes where it looks like a number)",
    "multipicklist": "a text",
    "number": "a number",
    "boolean": "`true` or `false`",
    "date": "a date or period: `2026-11-22`, `today - 30 days`, `this quarter`",
    "datetime": "a date or period: `2026-11-22`, `today - 30 days`, `this quarter`",
}


def _fits(field: SalesforceField, value: object) -> bool:
    kind = kind_of(field.type)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if not isinstance(value, str):
        return False
    if field.type in ID_TYPES:
        return value == "" or _ID.fullmatch(value) is not None
    return kind not in _DAYS or value == "" or _is_days(value)


def _is_days(value: str) -> bool:
    try:
        checked_days(value)
    except ValueError:
        return False
    return True


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
