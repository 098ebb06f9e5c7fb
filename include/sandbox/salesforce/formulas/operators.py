"""Operators: comparison, arithmetic, joining of text. A null on either side gives null, in text it is empty."""

import operator
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, DecimalException
from typing import Any

from include.sandbox.salesforce.formulas.kinds import ARITHMETIC, Evaluate, FormulaFault, Kind, Row, Value
from include.sandbox.salesforce.formulas.signatures import ANY_VALUE, Arguments, common, takes, wrong_number, wrong_type
from include.sandbox.salesforce.formulas.tree import Place

_COMPARED = ANY_VALUE | {Kind.BOOLEAN}
_DAY_SECONDS = Decimal(86400)
_MOST_DIGITS = 64
_POWER_DIGITS = ARITHMETIC.copy()
_POWER_DIGITS.prec = 18
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# What + and - take and give, null aside.
_ADDED = {
    (Kind.NUMBER, Kind.NUMBER): Kind.NUMBER,
    (Kind.TEXT, Kind.TEXT): Kind.TEXT,
    (Kind.DATE, Kind.NUMBER): Kind.DATE,
    (Kind.NUMBER, Kind.DATE): Kind.DATE,
    (Kind.DATETIME, Kind.NUMBER): Kind.DATETIME,
    (Kind.NUMBER, Kind.DATETIME): Kind.DATETIME,
}
_SUBTRACTED = {
    (Kind.NUMBER, Kind.NUMBER): Kind.NUMBER,
    (Kind.DATE, Kind.NUMBER): Kind.DATE,
    (Kind.DATETIME, Kind.NUMBER): Kind.DATETIME,
    (Kind.DATE, Kind.DATE): Kind.NUMBER,
    (Kind.DATETIME, Kind.DATETIME): Kind.NUMBER,
}


def strict(compute: Callable[[Any, Any], Value], left: Evaluate, right: Evaluate) -> Evaluate:
    """Null where either side is."""

    def evaluate(row: Row) -> Value:
        one, other = left(row), right(row)
        return None if one is None or other is None else compute(one, other)

    return evaluate


def check_equality(name: str, _place: Place, arguments: Arguments) -> Kind:
    """Two values of one type."""
    common(name, arguments, _COMPARED)
    return Kind.BOOLEAN


def equality(name: str, arguments: Arguments) -> Evaluate:
    """`=` and `<>`: of text always true or false, a null being an empty text; of all else null where one side is."""
    left, right = (argument.evaluate for argument in arguments)
    same = name == "="
    if Kind.TEXT in {argument.kind for argument in arguments}:
        return lambda row: (left(row) == right(row)) is same
    return strict(lambda one, other: (one == other) is same, left, right)


def check_order(name: str, _place: Place, arguments: Arguments) -> Kind:
    """Two values of one type that has an order."""
    common(name, arguments, ANY_VALUE)
    return Kind.BOOLEAN


def order(name: str, arguments: Arguments) -> Evaluate:
    """`<`, `<=`, `>`, `>=`."""
    return strict(_ORDER[name], arguments[0].evaluate, arguments[1].evaluate)


def check_sum(name: str, place: Place, arguments: Arguments) -> Kind:
    """Numbers, text, and days added to or taken from dates."""
    if len(arguments) == 1:
        return takes(Kind.NUMBER, gives=Kind.NUMBER)(name, place, arguments)
    if len(arguments) != len(("left", "right")):
        raise wrong_number(name, place, 2, len(arguments))
    left, right = arguments
    if Kind.NULL in {left.kind, right.kind}:
        return Kind.NULL
    table = _ADDED if name == "+" else _SUBTRACTED
    if (left.kind, right.kind) not in table:
        allowed = frozenset(second for first, second in table if first is left.kind)
        raise wrong_type(name, right if allowed else left, allowed or frozenset(first for first, _ in table))
    return table[left.kind, right.kind]


def addition(name: str, arguments: Arguments) -> Evaluate:
    """`+` and `-`, also before a single number."""
    sign = 1 if name == "+" else -1
    if len(arguments) == 1:
        only = arguments[0].evaluate
        return lambda row: None if (value := only(row)) is None else ARITHMETIC.multiply(Decimal(sign), value)  # type: ignore[arg-type]  # check_sum saw a number
    left, right = arguments
    kinds = left.kind, right.kind
    if Kind.NULL in kinds:
        return lambda _: None
    if kinds == (Kind.TEXT, Kind.TEXT):
        return concatenation(name, arguments)
    if left.kind is right.kind:
        return strict(_number if left.kind is Kind.NUMBER and sign > 0 else _difference, left.evaluate, right.evaluate)
    if left.kind is Kind.NUMBER:
        left, right = right, left
    return strict(lambda when, days: _moved(when, days * sign), left.evaluate, right.evaluate)


def _number(one: Decimal, other: Decimal) -> Decimal:
    return ARITHMETIC.add(one, other)


def _difference(one: Any, other: Any) -> Decimal:
    if isinstance(one, Decimal):
        return ARITHMETIC.subtract(one, other)
    apart = one - other
    return ARITHMETIC.divide(Decimal(apart.days) * _DAY_SECONDS + Decimal(apart.seconds), _DAY_SECONDS)


def _moved(when: date, days: Decimal) -> date:
    """Days later; a date drops the fraction of a day, a datetime keeps it to the second."""
    seconds = round(days * _DAY_SECONDS) if isinstance(when, datetime) else 0
    try:
        return when + (timedelta(seconds=seconds) if isinstance(when, datetime) else timedelta(days=int(days)))
    except (OverflowError, ValueError) as error:
        raise FormulaFault("a date out of range") from error


def concatenation(_name: str, arguments: Arguments) -> Evaluate:
    """`&`, and `+` between texts: null where both are."""
    left, right = (argument.evaluate for argument in arguments)
    return lambda row: f"{left(row) or ''}{right(row) or ''}" or None


def multiplication(_name: str, arguments: Arguments) -> Evaluate:
    """`*`."""
    return strict(ARITHMETIC.multiply, arguments[0].evaluate, arguments[1].evaluate)


def division(_name: str, arguments: Arguments) -> Evaluate:
    """`/`; by zero there is no value."""
    return strict(_quotient, arguments[0].evaluate, arguments[1].evaluate)


def _quotient(one: Decimal, other: Decimal) -> Decimal:
    try:
        return ARITHMETIC.divide(one, other)
    except DecimalException as error:
        raise FormulaFault("a division by zero") from error


def power(_name: str, arguments: Arguments) -> Evaluate:
    """`^`; the exponent is a whole number that is not negative, the result has at most 64 digits."""
    return strict(_power, arguments[0].evaluate, arguments[1].evaluate)


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    whole = int(exponent)
    if whole != exponent or whole < 0 or (base and base.copy_abs().log10() * whole > _MOST_DIGITS):
        raise FormulaFault("an argument of the power is out of range")
    if whole == 0:
        return Decimal(1)
    result = _POWER_DIGITS.power(base, whole)
    return Decimal(0) if result.copy_abs() < Decimal(10) ** -ARITHMETIC.prec else result
