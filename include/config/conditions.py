"""Conditions of queries: comparisons of Salesforce fields, combined by `all`, `any` and `not` to any depth.

The meaning is SOQL's: text is compared without regard to case; a comparison with a blank value is false, except that
`not_equals` and `not` hold for blanks as they do there. A date and time counts as its day in the configured time zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from include.config.dates import DateExpression, PeriodExpression, checked_bounds
from include.config.strict import Model

Operator = Literal[
    "equals", "not_equals", "in", "contains", "starts_with", "less", "greater", "between", "is_blank", "includes",
    "before", "after", "within",
]  # fmt: skip


def _scalar(value: object) -> object:
    """Refuse lists and mappings with one message instead of one per type."""
    if not isinstance(value, str | int | float):
        raise ValueError("is not one value; write a text, a number or true/false (`is_blank: true` finds blanks)")  # noqa: TRY004 - pydantic takes ValueError
    return value


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"`{value}` is not a number")  # noqa: TRY004 - pydantic takes ValueError
    return value


def _one_or_more(value: object) -> object:
    """Accept one value where a list is meant."""
    return [value] if isinstance(value, str | int | float) else value


def _bounds(value: object) -> object:
    """Two numbers or two dates; says so once."""
    match value:
        case [str() as first, str() as last]:
            return checked_bounds((first, last))
        case [int() | float() as low, int() | float() as high] if low <= high:
            return (low, high)
    raise ValueError("is not a range; write two numbers or two dates, the smaller first: `[today - 30 days, today]`")


Scalar = Annotated[StrictBool | StrictInt | StrictFloat | StrictStr, BeforeValidator(_scalar)]
Number = Annotated[StrictInt | StrictFloat, BeforeValidator(_number)]
Bounds = Annotated[tuple[float, float] | tuple[str, str], BeforeValidator(_bounds)]


class Condition(Model):
    """Either a group (`all`, `any`, `not`) or one comparison: `field` and exactly one operator."""

    all: tuple[Condition, ...] | None = Field(default=None, min_length=1, description="every one of them holds")
    any: tuple[Condition, ...] | None = Field(default=None, min_length=1, description="at least one of them holds")
    not_: Condition | None = Field(default=None, alias="not", description="it does not hold")
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
    includes: Annotated[tuple[str, ...] | None, BeforeValidator(_one_or_more)] = Field(
        default=None, min_length=1, description="values of a multi-select picklist, at least one of which is chosen"
    )
    before: DateExpression | None = Field(default=None, description="an earlier day")
    after: DateExpression | None = Field(default=None, description="a later day")
    within: PeriodExpression | None = Field(default=None, description="`last 30 days`, `next 2 weeks`; today included")

    @property
    def operator(self) -> Operator:
        """The operator of a comparison."""
        return self._operators()[0]

    @property
    def operand(self) -> object:
        """What the comparison compares with: a value, or a tuple for `in`, `includes` and `between`."""
        return getattr(self, _ATTRIBUTES[self.operator])

    def comparisons(self) -> Iterator[tuple[tuple[str | int, ...], Condition]]:
        """Every comparison in it, with its way from here as the YAML has it: `("all", 1, "any", 0)`."""
        if self.field is not None:
            yield (), self
        for name, group in (("all", self.all), ("any", self.any)):
            for position, member in enumerate(group or ()):
                for way, comparison in member.comparisons():
                    yield (name, position, *way), comparison
        for way, comparison in self.not_.comparisons() if self.not_ else ():
            yield ("not", *way), comparison

    def _operators(self) -> list[Operator]:
        return [name for name, attribute in _ATTRIBUTES.items() if getattr(self, attribute) is not None]

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        forms = [name for name in ("all", "any", "not_", "field") if getattr(self, name) is not None]
        operators = self._operators()
        if len(forms) != 1:
            found = "has " + " and ".join(f"`{form.rstrip('_')}`" for form in forms) if forms else "has none"
            raise ValueError(f"a condition has exactly one of `all`, `any`, `not` and `field`; this one {found}")
        if self.field is None and operators:
            raise ValueError(f"`{operators[0]}` compares a field; write it beside `field`")
        if self.field is not None and len(operators) != 1:
            found = (
                " and ".join(f"`{operator}`" for operator in operators) or "none (blanks are found by `is_blank: true`)"
            )
            known = ", ".join(_ATTRIBUTES)
            raise ValueError(f"a comparison has exactly one operator; this one has {found}. Operators: {known}")
        return self


_ATTRIBUTES: dict[Operator, str] = {
    "equals": "equals", "not_equals": "not_equals", "in": "in_", "contains": "contains", "starts_with": "starts_with",
    "less": "less", "greater": "greater", "between": "between", "is_blank": "is_blank", "includes": "includes",
    "before": "before", "after": "after", "within": "within",
}  # fmt: skip
"""Operator as the YAML writes it, to the attribute that holds its operand (`in` is a word of Python)."""
