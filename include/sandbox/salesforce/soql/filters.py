"""Conditions of a query as SQL with bound values.

A comparison with null is simply not true in SOQL, so that NOT of it is true: SQL's third value is folded away
under NOT.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from include.sandbox.salesforce.localization import Locale
from include.sandbox.salesforce.schema import NUMBER_TYPES, Field
from include.sandbox.salesforce.soql.literals import KINDS, bound_value, invalid_date, wrong_kind
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
from include.sandbox.salesforce.values import Stored
from include.sandbox.salesforce.wordings import assumed

# Each operator on a range: which bound it compares with, and how.
_ON_RANGE = {"<": ("<", 0), "<=": ("<", 1), ">": (">=", 1), ">=": (">=", 0)}

Subquery = Callable[[Scope, Operand, Query], tuple[str, list[Stored]]]


@dataclass(slots=True)
class Filter:
    """Compiles the conditions of one query; `values` are the bound values in the order of their places.

    Args:
        scope: of the query.
        locale: for date literals and amounts.
        subquery: compiles the query inside an IN.
        group: for HAVING, where only these fields and aggregates may stand; None for WHERE.
    """

    scope: Scope
    locale: Locale
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
            raise operand.place.refused_as(assumed("not_grouped", role="Grouped field", field=operand))
        column = self.scope.column(operand)
        if not column.field.describe.get("filterable", True):
            raise operand.place.refused_as(assumed("not_filterable", field=column.field.name))
        return _filtered(column), column.field

    def _compare(self, condition: Compare) -> str:
        sql, field = self.operand(condition.operand)
        value, operator = condition.value, condition.operator
        if value.kind == "NULL" or (value.kind, value.text) == ("STRING", ""):
            # "Salesforce Platform objects don't distinguish between NULL and an empty string" (SOQL: SET OPTIONS)
            return self._with_null(sql, field, condition)
        if value.kind == "RANGE":
            return self._with_range(sql, field, condition)
        bound = bound_value(field, value, self.locale.currency)
        if operator == "LIKE":
            return self._like(sql, field, condition)
        sql, place = _folded(sql, bound)
        self.values.append(bound)
        if operator == "!=":
            return f"{sql} IS NOT {place}"
        return f"{sql} {operator} {place}"

    def _with_null(self, sql: str, field: Field | None, condition: Compare) -> str:
        if condition.operator not in {"=", "!="}:
            raise condition.value.place.refused_as(assumed("null_ordered"))
        if field is not None and field.type == "boolean":
            # https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_null.htm
            return f"coalesce({sql}, 0) {condition.operator} 0"
        return f"{sql} IS {'NOT ' if condition.operator == '!=' else ''}NULL"

    def _with_range(self, sql: str, field: Field | None, condition: Compare) -> str:
        if field is None or field.type not in {"date", "datetime"}:
            raise wrong_kind(field, condition.value)
        begins = self.locale.midnight if field.type == "datetime" else date.isoformat
        monday, fiscal_start = self.locale.week_starts_on_monday, self.locale.fiscal_start
        try:
            days = date_range(condition.value.text, self.locale.today, monday=monday, fiscal_start=fiscal_start)
            bounds = [begins(day) for day in days]
        except (ValueError, OverflowError):
            raise invalid_date(condition.value) from None
        if condition.operator in _ON_RANGE:
            operator, which = _ON_RANGE[condition.operator]
            self.values.append(bounds[which])
            return f"{sql} {operator} ?"
        self.values += bounds
        inside = f"({sql} >= ? AND {sql} < ?)"
        return inside if condition.operator == "=" else f"NOT coalesce({inside}, 0)"

    def _like(self, sql: str, field: Field | None, condition: Compare) -> str:
        if field is None or field.type in KINDS or field.type in {"id", "reference"}:
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
        filled = [bound_value(field, value, self.locale.currency) for value in choices if value.kind != "NULL"]
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
            bound_value(field, value, self.locale.currency)
            parts = [part.strip() for part in value.text.split(";")]
            self.values += [f";{part.casefold()};" for part in parts]
            either.append(" AND ".join([f"instr(folded(';' || {sql} || ';'), ?) > 0"] * len(parts)))
        found = "(" + " OR ".join(f"({one})" for one in either) + ")"
        return f"NOT coalesce({found}, 0)" if condition.negated else found


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
        raise call.path.place.refused_as(assumed("not_aggregated", field=call.path, function=call.function))
    if call.function == "COUNT_DISTINCT":
        return f"count(DISTINCT {column.sql})", None
    keeps_type = call.function in {"MIN", "MAX", "SUM"}
    return f"{call.function.lower()}({column.sql})", column.field if keeps_type else None


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
