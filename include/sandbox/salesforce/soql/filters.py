"""Conditions of a query as SQL with bound values.

A comparison with null is simply not true in SOQL, so that NOT of it is true: SQL's third value is folded away
under NOT.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.ids import canonical_id
from include.sandbox.salesforce.schema import NUMBER_TYPES, Field
from include.sandbox.salesforce.soql.ranges import date_range
from include.sandbox.salesforce.soql.scope import Column, Scope
from include.sandbox.salesforce.soql.tree import (
    Call,
    Compare,
    Condition,
    In,
    Includes,
    Junction,
    Not,
    Operand,
    Path,
    Query,
    Value,
)
from include.sandbox.salesforce.values import Stored, instant

_KINDS = {"boolean": "BOOLEAN", "date": "DATE", "datetime": "DATETIME", **dict.fromkeys(NUMBER_TYPES, "NUMBER")}
_WORDS = {"datetime": "dateTime"}
# Each operator on a range: which bound it compares with, and how.
_ORG_CURRENCY = "USD"
_ON_RANGE = {"<": ("<", 0), "<=": ("<", 1), ">": (">=", 1), ">=": (">=", 0)}

Subquery = Callable[[Scope, Operand, Query], tuple[str, list[Stored]]]


@dataclass(slots=True)
class Filter:
    """Compiles the conditions of one query; `values` are the bound values in the order of their places.

    Args:
        scope: of the query.
        today: for date literals.
        subquery: compiles the query inside an IN.
        group: for HAVING, where only these fields and aggregates may stand; None for WHERE.
    """

    scope: Scope
    today: date
    subquery: Subquery
    group: tuple[Path, ...] | None = None
    values: list[Stored] = field(default_factory=list)

    def sql(self, condition: Condition) -> str:
        """The condition in SQL.

        Raises:
            ApiError: INVALID_FIELD, INVALID_QUERY_FILTER_OPERATOR or MALFORMED_QUERY.
        """
        match condition:
            case Junction(word, conditions):
                return "(" + f" {word} ".join(map(self.sql, conditions)) + ")"
            case Not(inner):
                return f"NOT coalesce({self.sql(inner)}, 0)"
            case Compare():
                return self._compare(condition)
            case In():
                return self._in(condition)
            case Includes():
                return self._includes(condition)

    def operand(self, operand: Operand) -> tuple[str, Field | None]:
        """An operand in SQL with its field; an aggregate has none, except MIN and MAX."""
        if isinstance(operand, Call):
            if self.group is None:
                raise operand.place.refused("MALFORMED_QUERY", f"unexpected token: '{operand.function}'")
            return aggregate_sql(self.scope, operand)
        if self.group is not None and not is_grouped(operand, self.group):
            message = f"Grouped field must be grouped or aggregated: {operand}"
            raise operand.place.refused("MALFORMED_QUERY", message)
        column = self.scope.column(operand)
        if not column.field.describe.get("filterable", True):
            message = f"field '{column.field.name}' can not be filtered in a query call"
            raise operand.place.refused("INVALID_FIELD", message)
        return _filtered(column), column.field

    def _compare(self, condition: Compare) -> str:
        sql, field = self.operand(condition.operand)
        value, operator = condition.value, condition.operator
        if value.kind == "NULL" or (value.kind, value.text) == ("STRING", ""):
            # No field ever holds an empty text, so that it means null (assumed).
            return self._with_null(sql, condition)
        if value.kind == "RANGE":
            return self._with_range(sql, field, condition)
        bound = self._bound(field, value)
        if operator == "LIKE":
            return self._like(sql, field, condition)
        sql, place = _folded(sql, bound)
        self.values.append(bound)
        if operator == "!=":
            return f"{sql} IS NOT {place}"
        return f"{sql} {operator} {place}"

    def _with_null(self, sql: str, condition: Compare) -> str:
        if condition.operator not in {"=", "!="}:
            raise condition.value.place.refused("INVALID_QUERY_FILTER_OPERATOR", "invalid operator on null")
        return f"{sql} IS {'NOT ' if condition.operator == '!=' else ''}NULL"

    def _with_range(self, sql: str, field: Field | None, condition: Compare) -> str:
        if field is None or field.type not in {"date", "datetime"}:
            raise self._wrong_kind(field, condition.value)
        tail = "T00:00:00.000Z" if field.type == "datetime" else ""
        try:
            bounds = [day.isoformat() + tail for day in date_range(condition.value.text, self.today)]
        except (ValueError, OverflowError):
            raise _invalid(condition.value) from None
        if condition.operator in _ON_RANGE:
            operator, which = _ON_RANGE[condition.operator]
            self.values.append(bounds[which])
            return f"{sql} {operator} ?"
        self.values += bounds
        inside = f"({sql} >= ? AND {sql} < ?)"
        return inside if condition.operator == "=" else f"NOT coalesce({inside}, 0)"

    def _like(self, sql: str, field: Field | None, condition: Compare) -> str:
        if field is None or field.type in _KINDS or field.type in {"id", "reference"}:
            raise condition.value.place.refused("INVALID_QUERY_FILTER_OPERATOR", "invalid operator: LIKE")
        self.values.append(condition.value.text)
        sql, place = _folded(sql, condition.value.text)
        return f"{sql} LIKE {place} ESCAPE '\\'"

    def _in(self, condition: In) -> str:
        sql, field = self.operand(condition.operand)
        if isinstance(condition.choices, Query):
            inner, values = self.subquery(self.scope, condition.operand, condition.choices)
            self.values += values
            found = f"{sql} IN ({inner})"
        else:
            found = self._in_list(sql, field, condition.choices)
        return f"NOT coalesce({found}, 0)" if condition.negated else found

    def _in_list(self, sql: str, field: Field | None, choices: tuple[Value, ...]) -> str:
        filled = [self._bound(field, value) for value in choices if value.kind != "NULL"]
        folded = any(isinstance(one, str) and not one.isascii() for one in filled)
        places = ", ".join(["folded(?)" if folded else "?"] * len(filled))
        self.values += filled
        found = f"{f'folded({sql})' if folded else sql} IN ({places})"
        return found if len(filled) == len(choices) else f"({found} OR {sql} IS NULL)"

    def _includes(self, condition: Includes) -> str:
        sql, field = self.operand(condition.operand)
        if field is None or field.type != "multipicklist":
            word = "EXCLUDES" if condition.negated else "INCLUDES"
            raise condition.choices[0].place.refused("INVALID_QUERY_FILTER_OPERATOR", f"invalid operator: {word}")
        either = []
        for value in condition.choices:
            self._bound(field, value)
            parts = [part.strip() for part in value.text.split(";")]
            self.values += [f";{part.casefold()};" for part in parts]
            either.append(" AND ".join([f"instr(folded(';' || {sql} || ';'), ?) > 0"] * len(parts)))
        found = "(" + " OR ".join(f"({one})" for one in either) + ")"
        return f"NOT coalesce({found}, 0)" if condition.negated else found

    def _bound(self, field: Field | None, value: Value) -> Stored:
        wanted = _KINDS.get(field.type, "STRING") if field else "NUMBER"
        if value.kind == "CURRENCY" and field and field.type == "currency":
            return _amount(value)
        if value.kind != wanted:
            raise self._wrong_kind(field, value)
        if value.kind == "BOOLEAN":
            return int(value.text.lower() == "true")
        if value.kind == "NUMBER":
            return float(value.text)
        if value.kind in {"DATE", "DATETIME"}:
            return _moment(value)
        if field and field.type in {"id", "reference"} and value.text:
            record_id = canonical_id(value.text)
            if record_id is None:
                message = f"invalid ID field: {value.text}"
                raise value.place.refused("INVALID_QUERY_FILTER_OPERATOR", message)
            return record_id
        return value.text

    def _wrong_kind(self, field: Field | None, value: Value) -> ApiError:
        name, kind = (field.name, field.type) if field else ("expr0", "double")
        quotes = "should be" if kind not in _KINDS else "should not be"
        kind = _WORDS.get(kind, kind if kind in _KINDS else "string")
        message = f"value of filter criterion for field '{name}' must be of type {kind} and {quotes} enclosed in quotes"
        return value.place.refused("INVALID_FIELD", message)


def is_grouped(path: Path, group: tuple[Path, ...]) -> bool:
    """Whether a field is one of those after GROUP BY."""
    return str(path).lower() in {str(one).lower() for one in group}


def aggregate_sql(scope: Scope, call: Call) -> tuple[str, Field | None]:
    """An aggregate in SQL, with its field where the result has the field's type.

    Raises:
        ApiError: MALFORMED_QUERY or INVALID_FIELD: a function without its field, or on a field that it does not take.
    """
    if call.path is None:
        if call.function != "COUNT":
            raise call.place.refused("MALFORMED_QUERY", f"unexpected token: '{call.function}'")
        return "count(*)", None
    column = scope.column(call.path)
    numeric = column.field.type in NUMBER_TYPES
    if not column.field.stored or (call.function in {"SUM", "AVG"} and not numeric):
        message = f"field {call.path} does not support aggregate operator {call.function}"
        raise call.path.place.refused("MALFORMED_QUERY", message)
    if call.function == "COUNT_DISTINCT":
        return f"count(DISTINCT {column.sql})", None
    keeps_type = call.function in {"MIN", "MAX", "SUM"}
    return f"{call.function.lower()}({column.sql})", column.field if keeps_type else None


def _moment(value: Value) -> str:
    try:
        return instant(value.text.upper()) if value.kind == "DATETIME" else date.fromisoformat(value.text).isoformat()
    except (ValueError, OverflowError):
        raise _invalid(value) from None


def _amount(value: Value) -> float:
    """`USD100`; the org has one currency, others are refused (the words are assumed)."""
    if value.text[:3].upper() != _ORG_CURRENCY:
        raise value.place.refused("INVALID_FIELD", f"invalid currency: {value.text[:3].upper()}")
    return float(value.text[3:])


def _invalid(value: Value) -> ApiError:
    """A date that the calendar does not have (the words are assumed)."""
    return value.place.refused("MALFORMED_QUERY", f"invalid date: {value.text}")


def _filtered(column: Column) -> str:
    # A missing parent's checkbox counts as unchecked.
    if column.parents and column.field.type == "boolean":
        return f"coalesce({column.sql}, 0)"
    return column.sql


def _folded(sql: str, bound: Stored) -> tuple[str, str]:
    """The column and the place to compare it with; the database itself ignores case in ASCII only."""
    if isinstance(bound, str) and not bound.isascii():
        return f"folded({sql})", "folded(?)"
    return sql, "?"
