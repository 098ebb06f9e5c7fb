"""Conditions of queries as SQL over `people`, with SOQL's meaning of null and case (SPEC X02, `config/conditions.py`).

A comparison with a blank value is false; `not_equals` and `not` hold for blanks. Text compares without regard to case,
record ids by their first 15 characters, with case. A date and time counts as its day in the configured time zone.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, cast

from include.config.dates import resolve, resolve_period
from include.config.mapping import kind_of
from include.transform import sql

if TYPE_CHECKING:
    from include.config.conditions import Condition
    from include.config.models import Query
    from include.transform.inputs import Inputs

_ID_TYPES = frozenset({"id", "reference"})


def matches(query: Query, inputs: Inputs) -> str:
    """SQL over a row of `people`, never null: whether the query selects this person.

    Raises KeyError for a field that the org does not have: the configuration was checked against it.
    """
    condition = "true" if query.where is None else _condition(query.where, query, inputs)
    return f"(object = {sql.text(query.object)} AND {condition})"


def _condition(condition: Condition, query: Query, inputs: Inputs) -> str:
    if condition.all is not None:
        return "(" + " AND ".join(_condition(each, query, inputs) for each in condition.all) + ")"
    if condition.any is not None:
        return "(" + " OR ".join(_condition(each, query, inputs) for each in condition.any) + ")"
    if condition.not_ is not None:
        return f"(NOT {_condition(condition.not_, query, inputs)})"
    return f"coalesce({_comparison(condition, query, inputs)}, false)"


def _comparison(condition: Condition, query: Query, inputs: Inputs) -> str:
    path = condition.field or ""
    field = inputs.org.field(query.object, path)
    if field is None:
        raise KeyError(f"{query.object}.{path}")
    column = f"nullif({sql.name(path)}, '')"
    operand = condition.operand
    match condition.operator:
        case "is_blank":
            return f"({column} IS NULL) = {str(bool(operand)).lower()}"
        case "equals" | "not_equals" | "in" as operator:
            values = operand if isinstance(operand, tuple) else (operand,)
            same = " OR ".join(f"coalesce({_equals(column, value, field.type, inputs)}, false)" for value in values)
            return f"NOT ({same})" if operator == "not_equals" else f"({same})"
        case "contains" | "starts_with" as function:
            return f"{function}(lower({column}), lower({sql.text(str(operand))}))"
        case "includes":
            return _includes(column, cast("tuple[str, ...]", operand))
    return _ordered(condition, _comparable(column, field.type, inputs), inputs)


def _ordered(condition: Condition, column: str, inputs: Inputs) -> str:
    """Comparisons of numbers and days."""
    operand = condition.operand
    match condition.operator:
        case "within":
            first, last = (_day(day) for day in resolve_period(str(operand), inputs.today))
            return f"{column} BETWEEN {first} AND {last}"
        case "between":
            first, last = (_bound(value, inputs) for value in cast("tuple[object, object]", operand))
            return f"{column} BETWEEN {first} AND {last}"
        case "less" | "before":
            return f"{column} < {_bound(operand, inputs)}"
    return f"{column} > {_bound(operand, inputs)}"


def _equals(column: str, value: object, field_type: str, inputs: Inputs) -> str:
    if value == "":
        return f"{column} IS NULL"  # as SOQL reads `= ''`
    kind = kind_of(field_type)
    if kind == "boolean":
        return f"lower({column}) = '{str(value).lower()}'"
    if kind in {"number", "date", "datetime"}:
        return f"{_comparable(column, field_type, inputs)} = {_bound(value, inputs)}"
    if field_type in _ID_TYPES:
        return f"left({column}, 15) = left({sql.text(str(value))}, 15)"
    return f"lower({column}) = lower({sql.text(str(value))})"


def _includes(column: str, values: tuple[str, ...]) -> str:
    """As INCLUDES: one of the values is chosen; `A;B` asks for both."""
    chosen = f"string_split(lower({column}), ';')"
    wanted = (f"list_has_all({chosen}, string_split(lower({sql.text(value)}), ';'))" for value in values)
    return "(" + " OR ".join(wanted) + ")"


def _comparable(column: str, field_type: str, inputs: Inputs) -> str:
    """The column's text as a number or as a day."""
    kind = kind_of(field_type)
    if kind == "number":
        return f"try_cast({column} AS DOUBLE)"
    if kind == "datetime":
        local = f"try_cast({column} AS TIMESTAMPTZ) AT TIME ZONE {sql.text(inputs.time_zone)}"
        return f"CAST({local} AS DATE)"
    return f"try_cast({column} AS DATE)"


def _bound(value: object, inputs: Inputs) -> str:
    """A number, or a date expression as of the run's day."""
    return repr(float(value)) if isinstance(value, int | float) else _day(resolve(str(value), inputs.today))


def _day(day: date) -> str:
    return f"DATE '{day.isoformat()}'"
