"""Conditions of queries as SQL over `people`, with SOQL's meaning of null and case (SPEC X02, `config/conditions.py`).

A comparison with a blank value is false; `not_equals` and `not` hold for blanks; a blank checkbox (of a parent that is
not there) counts as unticked. Text compares without regard to case, record ids by their first 15 characters, with case.
A date and time counts as its day in the configured time zone. `salesforce/conditions.py` says the same in SOQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from include.config.mapping import kind_of
from include.transform import sql

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from include.config.conditions import Condition
    from include.config.dates import Calendar
    from include.config.queries import Query, QueryObject
    from include.schema import PersonObject
    from include.transform.inputs import Inputs

_ID_TYPES = frozenset({"id", "reference"})
_OBJECTS: dict[QueryObject, str] = {
    "Contact": "object = 'Contact'",
    "Lead": "object = 'Lead'",
    "PersonAccount": "object = 'Contact' AND is_person_account",
    "CampaignMember": "true",
}
"""Which people an object of a query means; of campaign members the selection alone decides."""


def matches(query: Query, inputs: Inputs) -> str:
    """SQL over a row of `people`, never null: whether the query selects this person.

    What Salesforce judges is looked up in `selections` (selection, id). Raises KeyError for a field that the org does
    not have: the configuration was checked against it.
    """
    keys = {id(each.condition): each.key for each in query.selections()}
    if query.object == "CampaignMember":
        (key,) = keys.values()
        return _selected(key)
    compiler = _Compiler(query.compared if query.compared != "CampaignMember" else "Contact", inputs, keys)
    condition = "true" if query.where is None else compiler.sql(query.where)
    return f"({_OBJECTS[query.object]} AND {condition})"


def _selected(key: str) -> str:
    return f"(id IN (SELECT id FROM selections WHERE selection = {sql.text(key)}))"


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Compiles the condition of one query on Contact or Lead; `keys` are those of what Salesforce judges."""

    compared: PersonObject
    inputs: Inputs
    keys: dict[int, str]

    @property
    def calendar(self) -> Calendar:
        return self.inputs.calendar

    def sql(self, condition: Condition) -> str:
        if condition.all is not None:
            return self._joined(" AND ", condition.all)
        if condition.any is not None:
            return self._joined(" OR ", condition.any)
        if condition.not_ is not None:
            return f"(NOT {self.sql(condition.not_)})"
        if id(condition) in self.keys:
            return _selected(self.keys[id(condition)])
        return f"coalesce({self._comparison(condition)}, false)"

    def _joined(self, word: str, conditions: Iterable[Condition]) -> str:
        return "(" + word.join(self.sql(each) for each in conditions) + ")"

    def _comparison(self, condition: Condition) -> str:
        path = condition.field or ""
        field = self.inputs.org.field(self.compared, path)
        if field is None:
            raise KeyError(f"{self.compared}.{path}")
        column = f"nullif({sql.name(path)}, '')"
        operand = condition.operand
        match condition.operator:
            case "is_blank":
                return f"({column} IS NULL) = {sql.boolean(bool(operand))}"
            case "equals" | "not_equals" | "in" as operator:
                values = operand if isinstance(operand, tuple) else (operand,)
                same = " OR ".join(f"coalesce({self._equals(column, each, field.type)}, false)" for each in values)
                return f"NOT ({same})" if operator == "not_equals" else f"({same})"
            case "contains" | "starts_with" as function:
                return f"{function}(lower({column}), lower({sql.text(str(operand))}))"
            case "includes":
                return _includes(column, cast("tuple[str, ...]", operand))
        return self._ordered(condition, self._comparable(column, field.type))

    def _ordered(self, condition: Condition, column: str) -> str:
        """Comparisons of numbers and days."""
        operand = condition.operand
        match condition.operator:
            case "between" | "within" as operator:
                low, high = cast("tuple[object, object]", operand) if operator == "between" else (operand, operand)
                return f"{column} BETWEEN {self._bound(low)[0]} AND {self._bound(high)[1]}"
            case "less" | "before":
                return f"{column} < {self._bound(operand)[0]}"
        return f"{column} > {self._bound(operand)[1]}"

    def _equals(self, column: str, value: object, field_type: str) -> str:
        if value == "":
            return f"{column} IS NULL"  # as SOQL reads `= ''`
        kind = kind_of(field_type)
        if kind == "boolean":
            return f"lower(coalesce({column}, 'false')) = '{str(value).lower()}'"
        if kind in {"number", "date", "datetime"}:
            first, last = self._bound(value)
            return f"{self._comparable(column, field_type)} BETWEEN {first} AND {last}"
        if field_type in _ID_TYPES:
            return f"left({column}, 15) = left({sql.text(str(value))}, 15)"
        return f"lower({column}) = lower({sql.text(str(value))})"

    def _comparable(self, column: str, field_type: str) -> str:
        """The column's text as a number or as a day."""
        kind = kind_of(field_type)
        if kind == "number":
            return f"try_cast({column} AS DOUBLE)"
        if kind == "datetime":
            local = f"try_cast({column} AS TIMESTAMPTZ) AT TIME ZONE {sql.text(self.calendar.time_zone)}"
            return f"CAST({local} AS DATE)"
        return f"try_cast({column} AS DATE)"

    def _bound(self, value: object) -> tuple[str, str]:
        """A number twice, or the first and last day of a date or period as of the run's day."""
        if isinstance(value, int | float):
            return repr(float(value)), repr(float(value))
        first, last = self.calendar.days(str(value))
        return _day(first), _day(last)


def _includes(column: str, values: tuple[str, ...]) -> str:
    """As INCLUDES: one of the values is chosen; `A;B` asks for both."""
    chosen = f"string_split(lower({column}), ';')"
    wanted = (f"list_has_all({chosen}, string_split(lower({sql.text(value)}), ';'))" for value in values)
    return "(" + " OR ".join(wanted) + ")"


def _day(day: date) -> str:
    return f"DATE '{day.isoformat()}'"
