"""Conditions of queries as SOQL, by construction: for live counts, and for what only Salesforce can judge.

The same meaning as `transform/queries.py` has over staging. Dates become the days, or the instants in UTC, at which
they begin and end in the configured time zone, so that the connected user's own time zone and locale play no part.

Salesforce takes a query of other records (`Id IN (SELECT ...)`) only at the top level of a WHERE, joined by AND:
https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_comparisonoperators.htm
So conditions that are joined by AND at the top stand there without parentheses. Where a condition needs more,
Salesforce refuses it, and its answer is what the caller shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

from include.config.mapping import ValueKind, kind_of
from include.salesforce import soql
from include.salesforce.soql import Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from include.config.conditions import Condition
    from include.config.dates import Calendar
    from include.config.queries import Query, Selection
    from include.schema import ConditionObject, PersonObject, SalesforceField, SalesforceSchema

MEMBER_OF: dict[PersonObject, str] = {"Contact": "ContactId", "Lead": "LeadId"}
"""The field of CampaignMember that names the person."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SoqlCompiler:
    """Writes conditions for an org and a day. Methods raise KeyError for a field that the org does not have."""

    org: SalesforceSchema
    calendar: Calendar

    def selection(self, query: Query, selection: Selection) -> tuple[str, tuple[str, ...]]:
        """The SOQL that reads whom a part of a query selects, and the fields that hold their Ids."""
        inner = selection.condition.campaign_member
        if inner is not None:
            fields = tuple(MEMBER_OF.values())
            return soql.select("CampaignMember", fields, self.where(inner, "CampaignMember")), fields
        return soql.select(query.compared, ["Id"], Where(selection.condition.soql or "")), ("Id",)

    def counts(self, query: Query) -> Iterator[str]:
        """The queries whose counts add up to the people with an e-mail that a query selects now."""
        if query.object == "CampaignMember":
            (selection,) = query.selections()
            for name in MEMBER_OF:
                yield self._count(name, selection.condition)
        else:
            yield self._count(cast("PersonObject", query.compared), query.where, only_persons=query.object)

    def where(self, condition: Condition, object_name: ConditionObject) -> Where:
        """A condition as a whole WHERE."""
        return soql.top_level(*self._conjuncts(condition, object_name))

    def _count(self, name: PersonObject, condition: Condition | None, *, only_persons: str = "") -> str:
        running = [soql.compare("Email", "!=", None)]
        if name == "Lead":
            running.append(soql.compare("IsConverted", "=", False))
        if only_persons == "PersonAccount":
            running.append(soql.compare("IsPersonAccount", "=", True))
        own = self._conjuncts(condition, name) if condition else ()
        return soql.count(name, soql.top_level(*running, *own))

    def _conjuncts(self, condition: Condition, object_name: ConditionObject) -> Iterator[Where]:
        """What is joined by AND at the top level."""
        if condition.all is not None:
            for each in condition.all:
                yield from self._conjuncts(each, object_name)
        elif condition.soql is not None:
            yield soql.raw(condition.soql, nested=False)
        else:
            yield self._nested(condition, object_name)

    def _nested(self, condition: Condition, object_name: ConditionObject) -> Where:
        if condition.all is not None:
            return soql.all_of(*(self._nested(each, object_name) for each in condition.all))
        if condition.any is not None:
            return soql.any_of(*(self._nested(each, object_name) for each in condition.any))
        if condition.not_ is not None:
            return self._negated(condition.not_, object_name)
        if condition.soql is not None:
            return soql.raw(condition.soql, nested=True)
        if condition.campaign_member is not None:
            return self._member(condition.campaign_member, object_name, member=True)
        return self._comparison(condition, object_name)

    def _negated(self, condition: Condition, object_name: ConditionObject) -> Where:
        """NOT, which Salesforce does not take before a query of other records: that has NOT IN."""
        if condition.campaign_member is not None:
            return self._member(condition.campaign_member, object_name, member=False)
        return soql.negated(self._nested(condition, object_name))

    def _member(self, condition: Condition, object_name: ConditionObject, *, member: bool) -> Where:
        person = MEMBER_OF[cast("PersonObject", object_name)]
        known = soql.compare(person, "!=", None)  # NOT IN a list with a null holds for nobody
        inner = soql.top_level(known, *self._conjuncts(condition, "CampaignMember"))
        return soql.in_query("Id", soql.select("CampaignMember", [person], inner), negated=not member)

    def _comparison(self, condition: Condition, object_name: ConditionObject) -> Where:
        path = condition.field or ""
        field = self.org.field(object_name, path)
        if field is None:
            raise KeyError(f"{object_name}.{path}")
        operand = condition.operand
        match condition.operator:
            case "is_blank":
                return soql.compare(path, "=" if operand else "!=", None)
            case "contains" | "starts_with" as operator:
                return soql.like(path, str(operand), anywhere=operator == "contains")
            case "includes":
                return soql.includes(path, cast("tuple[str, ...]", operand))
            case "equals" | "not_equals" | "in":
                return self._same(path, condition, field)
        return self._ordered(path, condition, field)

    def _same(self, path: str, condition: Condition, field: SalesforceField) -> Where:
        """Equality with one value, another or several."""
        operand = condition.operand
        if condition.operator == "in":
            return self._one_of(path, cast("tuple[object, ...]", operand), field)
        if condition.operator == "equals":
            return self._equals(path, operand, field)
        if _is_plain(field) or operand == "":
            return soql.compare(path, "!=", _value(operand))
        return soql.negated(self._equals(path, operand, field))

    def _ordered(self, path: str, condition: Condition, field: SalesforceField) -> Where:
        """Comparisons of numbers and days."""
        kind, operand = kind_of(field.type), condition.operand
        match condition.operator:
            case "between" | "within" as operator:
                low, high = cast("tuple[object, object]", operand) if operator == "between" else (operand, operand)
                return soql.all_of(self._from(path, low, kind), self._until(path, high, kind))
            case "less":
                return soql.compare(path, "<", _value(operand))
            case "greater":
                return soql.compare(path, ">", _value(operand))
            case "before":
                return soql.compare(path, "<", self._begins(self._days(operand)[0], kind))
        return soql.compare(path, ">=", self._begins(self._days(operand)[1] + _DAY, kind))

    def _equals(self, path: str, value: object, field: SalesforceField) -> Where:
        if _is_plain(field) or value == "":
            return soql.compare(path, "=", _value(value))
        kind = kind_of(field.type)
        return soql.all_of(self._from(path, value, kind), self._until(path, value, kind))

    def _one_of(self, path: str, values: tuple[object, ...], field: SalesforceField) -> Where:
        if not _is_plain(field):
            return soql.any_of(*(self._equals(path, value, field) for value in values))
        filled = [_value(value) for value in values if value != ""]
        either = [soql.one_of(path, filled)] if filled else []
        if len(filled) < len(values):
            either.append(soql.compare(path, "=", None))
        return either[0] if len(either) == 1 else soql.any_of(*either)

    def _from(self, path: str, value: object, kind: ValueKind) -> Where:
        if kind == "number":
            return soql.compare(path, ">=", _value(value))
        return soql.compare(path, ">=", self._begins(self._days(value)[0], kind))

    def _until(self, path: str, value: object, kind: ValueKind) -> Where:
        if kind == "number":
            return soql.compare(path, "<=", _value(value))
        return soql.compare(path, "<", self._begins(self._days(value)[1] + _DAY, kind))

    def _days(self, value: object) -> tuple[date, date]:
        return self.calendar.days(str(value))

    def _begins(self, day: date, kind: ValueKind) -> soql.Value:
        """How a day's beginning is written for a date, or for a date and time."""
        return self.calendar.begins(day) if kind == "datetime" else day


def _is_plain(field: SalesforceField) -> bool:
    """Whether one value of the configuration is one value of the field: days are not, of a date and time."""
    return kind_of(field.type) not in {"date", "datetime"}


def _value(value: object) -> soql.Value:
    return None if value == "" else cast("soql.Value", value)
