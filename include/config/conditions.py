"""Conditions of queries: comparisons of Salesforce fields, combined by `all`, `any` and `not` to any depth.

The meaning is SOQL's: text is compared without regard to case; a comparison with a blank value is false, except that
`not_equals` and `not` hold for blanks as they do there. A date and time counts as its day in the configured time zone.
Two leaves are judged by Salesforce itself, which is asked for the Ids in each run: `campaign_member` and `soql`.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from include.config.dates import DaysExpression, checked_span
from include.config.soql_fragment import SoqlFragment
from include.config.sources import Way
from include.config.strict import Model
from include.schema import ConditionObject

Operator = Literal[
    "equals", "not_equals", "in", "contains", "starts_with", "less", "greater", "between", "is_blank", "includes",
    "before", "after", "within",
]  # fmt: skip


def _scalar(value: object) -> object:
    """Refuse lists and mappings with one message instead of one per type."""
    if not isinstance(value, str | int | float):
        raise ValueError("is not one value; write a text, a number or true/false (`is_blank: true` finds blanks)")  # noqa: TRY004 - pydantic takes ValueError
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(f"`{value}` is not a number that Salesforce has")
    return value


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError(f"`{str(value).lower() if isinstance(value, bool) else value}` is not a number")
    return value


def _one_or_more(value: object) -> object:
    """Accept one value where a list is meant."""
    return [value] if isinstance(value, str | int | float) else value


def _choices(value: object) -> object:
    """Values of a multi-select picklist; `A;B` is two that are chosen together."""
    values = _one_or_more(value)
    texts = [each for each in values if isinstance(each, str)] if isinstance(values, list) else []
    if any(not part.strip() for each in texts for part in each.split(";")):
        raise ValueError("has an empty value; nothing chosen is found by `is_blank: true`")
    return values


def _bounds(value: object) -> object:
    """Two numbers or two dates; says so once."""
    match value:
        case [str() as first, str() as last]:
            return checked_span((first, last))
        case [int() | float() as low, int() | float() as high] if _number(low) <= _number(high):
            return (low, high)
    raise ValueError("is not a range; write two numbers or two dates, the smaller first: `[today - 30 days, today]`")


Scalar = Annotated[StrictBool | StrictInt | StrictFloat | StrictStr, BeforeValidator(_scalar)]
Number = Annotated[StrictInt | StrictFloat, BeforeValidator(_number)]
Bounds = Annotated[tuple[float, float] | tuple[str, str], BeforeValidator(_bounds)]


class Condition(Model):
    """A group (`all`, `any`, `not`), a comparison (`field` and exactly one operator), or what Salesforce judges."""

    all: tuple[Condition, ...] | None = Field(default=None, min_length=1, description="every one of them holds")
    any: tuple[Condition, ...] | None = Field(default=None, min_length=1, description="at least one of them holds")
    not_: Condition | None = Field(default=None, alias="not", description="it does not hold")
    campaign_member: Condition | None = Field(
        default=None,
        description="the person is a member of a campaign that fulfils it: fields are CampaignMember's, such as "
        "`Campaign.Name` or `Status`",
    )
    soql: SoqlFragment | None = Field(
        default=None, description="a SOQL condition, as it stands after WHERE: the last resort"
    )
    field: str | None = Field(default=None, description="path of a Salesforce field: `MailingCountry`, `Account.Type`")
    equals: Scalar | None = Field(default=None, description="the same value")
    not_equals: Scalar | None = Field(default=None, description="another value, or none")
    in_: Annotated[tuple[Scalar, ...] | None, BeforeValidator(_one_or_more)] = Field(
        default=None, alias="in", min_length=1, description="one of these values"
    )
    contains: str | None = Field(default=None, min_length=1, description="the text occurs in it")
    starts_with: str | None = Field(default=None, min_length=1, description="the text begins with it")
    less: Number | None = Field(default=None, description="a smaller number")
    greater: Number | None = Field(default=None, description="a larger number")
    between: Bounds | None = Field(default=None, description="two numbers or two dates, both included")
    is_blank: StrictBool | None = Field(default=None, description="true: it has no value; false: it has one")
    includes: Annotated[tuple[str, ...] | None, BeforeValidator(_choices)] = Field(
        default=None, min_length=1, description="values of a multi-select picklist, at least one of which is chosen"
    )
    before: DaysExpression | None = Field(default=None, description="an earlier day: than a date, or a period's first")
    after: DaysExpression | None = Field(default=None, description="a later day: than a date, or a period's last")
    within: DaysExpression | None = Field(
        default=None, description="a day of the period: `last 30 days`, `this quarter`, `next 2 weeks`, `3 months ago`"
    )

    @property
    def operator(self) -> Operator:
        """The operator of a comparison."""
        return self._operators()[0]

    @property
    def operand(self) -> object:
        """What the comparison compares with: a value, or a tuple for `in`, `includes` and `between`."""
        return getattr(self, _ATTRIBUTES[self.operator])

    def comparisons(self, object_name: ConditionObject) -> Iterator[tuple[Way, ConditionObject, Condition]]:
        """Every comparison in it, with its way from here and the object whose field it compares."""
        if self.field is not None:
            yield (), object_name, self
        for step, member in self._members():
            inner: ConditionObject = "CampaignMember" if step == ("campaign_member",) else object_name
            for way, compared, comparison in member.comparisons(inner):
                yield (*step, *way), compared, comparison

    def judged_by_salesforce(self) -> Iterator[tuple[Way, Condition]]:
        """The outermost leaves that only Salesforce can judge, in order, with their way from here."""
        if self.soql is not None or self.campaign_member is not None:
            yield (), self
            return
        for step, member in self._members():
            for way, leaf in member.judged_by_salesforce():
                yield (*step, *way), leaf

    def _members(self) -> Iterator[tuple[Way, Condition]]:
        """The conditions directly in it."""
        for name, group in (("all", self.all), ("any", self.any)):
            for position, member in enumerate(group or ()):
                yield (name, position), member
        for name, inner in (("not", self.not_), ("campaign_member", self.campaign_member)):
            if inner is not None:
                yield (name,), inner

    def _operators(self) -> list[Operator]:
        return [name for name, attribute in _ATTRIBUTES.items() if getattr(self, attribute) is not None]

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        forms = [name for name in _FORMS if getattr(self, name) is not None]
        operators = self._operators()
        if len(forms) != 1:
            found = "has " + " and ".join(f"`{form.rstrip('_')}`" for form in forms) if forms else "has none"
            known = ", ".join(f"`{form.rstrip('_')}`" for form in _FORMS)
            raise ValueError(f"a condition has exactly one of {known}; this one {found}")
        inner = self.campaign_member.judged_by_salesforce() if self.campaign_member else ()
        if any(leaf.campaign_member is not None for _, leaf in inner):
            raise ValueError("a campaign member is not itself a member of a campaign; write one `campaign_member`")
        if self.field is None and operators:
            raise ValueError(f"`{operators[0]}` compares a field; write it beside `field`")
        if self.field is not None and len(operators) != 1:
            found = (
                " and ".join(f"`{operator}`" for operator in operators) or "none (blanks are found by `is_blank: true`)"
            )
            known = ", ".join(_ATTRIBUTES)
            raise ValueError(f"a comparison has exactly one operator; this one has {found}. Operators: {known}")
        return self


_FORMS = ("all", "any", "not_", "field", "campaign_member", "soql")
_ATTRIBUTES: dict[Operator, str] = {
    "equals": "equals", "not_equals": "not_equals", "in": "in_", "contains": "contains", "starts_with": "starts_with",
    "less": "less", "greater": "greater", "between": "between", "is_blank": "is_blank", "includes": "includes",
    "before": "before", "after": "after", "within": "within",
}  # fmt: skip
"""Operator as the YAML writes it, to the attribute that holds its operand (`in` is a word of Python)."""
