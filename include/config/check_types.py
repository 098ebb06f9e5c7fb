"""Which comparisons fit which Salesforce field, and what their operands have to look like."""

from __future__ import annotations

from datetime import date

from include.config.conditions import Condition, Operator
from include.config.dates import resolve
from include.config.mapping import ValueKind, kind_of
from include.schema import SalesforceField

_ANY: frozenset[ValueKind] = frozenset({"text", "number", "date", "datetime", "boolean", "multipicklist"})
_DAYS: frozenset[ValueKind] = frozenset({"date", "datetime"})
_TEXT: frozenset[ValueKind] = frozenset({"text"})

FITS: dict[Operator, frozenset[ValueKind]] = {
    "equals": _ANY,
    "not_equals": _ANY,
    "in": _ANY,
    "is_blank": _ANY,
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
    if kind not in FITS[operator]:
        fitting = ", ".join(name for name, kinds in FITS.items() if kind in kinds)
        return f"`{operator}` does not fit {comparison.field} ({field.type}); what fits: {fitting}"
    if operator in {"equals", "not_equals", "in", "between"}:
        operand = comparison.operand
        values = operand if isinstance(operand, tuple) else (operand,)
        wrong = next((value for value in values if not _is_of(kind, value)), None)
        if wrong is not None:
            return f"`{_written(wrong)}` does not fit {comparison.field} ({field.type}); write {_EXAMPLES[kind]}"
    return None


_EXAMPLES: dict[ValueKind, str] = {
    "text": "a text (in quotes where it looks like a number)",
    "multipicklist": "a text",
    "number": "a number",
    "boolean": "`true` or `false`",
    "date": "a date: `2026-11-22`, `today - 30 days`",
    "datetime": "a date: `2026-11-22`, `today - 30 days`",
}


def _is_of(kind: ValueKind, value: object) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if not isinstance(value, str):
        return False
    if kind in _DAYS:
        try:
            resolve(value, date(2000, 1, 1))
        except ValueError:
            return False
    return True


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
