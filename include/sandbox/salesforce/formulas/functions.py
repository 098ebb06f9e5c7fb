"""Functions of text, numbers, dates and null. What the vendor's engine does with null stands at each."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from include.sandbox.salesforce.formulas.kinds import Evaluate, FormulaFault, Kind, Row, Value
from include.sandbox.salesforce.formulas.patterns import compiled
from include.sandbox.salesforce.formulas.signatures import Arguments

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def _of_one(compute: Callable[[Any], Value]) -> Callable[[str, Arguments], Evaluate]:
    """A function of one argument that gives null for null."""

    def build(_name: str, arguments: Arguments) -> Evaluate:
        (only,) = (argument.evaluate for argument in arguments)
        return lambda row: None if (value := only(row)) is None else compute(value)

    return build


def length(_name: str, arguments: Arguments) -> Evaluate:
    """LEN: in UTF-16 units, as Java counts; 0 for null."""
    (text,) = (argument.evaluate for argument in arguments)
    return lambda row: _length(text(row))


def _length(text: Any) -> Decimal:
    if not text:
        return Decimal(0)
    return Decimal(len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2)


def within(name: str, arguments: Arguments) -> Evaluate:
    """CONTAINS and BEGINS: true for an empty part, else null for an empty text."""
    text, part = (argument.evaluate for argument in arguments)
    begins = name == "BEGINS"

    def evaluate(row: Row) -> Value:
        whole, wanted = str(text(row) or ""), str(part(row) or "")
        if not wanted:
            return True
        if not whole:
            return None
        return whole.startswith(wanted) if begins else wanted in whole

    return evaluate


def matches(_name: str, arguments: Arguments) -> Evaluate:
    """REGEX: whether the whole text matches (https://help.salesforce.com/s/articleView?id=platform.customize_functions_regex.htm).

    Null is an empty text: the vendor's sample ends its pattern in `?` to let blank fields pass
    (https://developer.salesforce.com/docs/atlas.en-us.246.0.usefulValidationRules.meta/usefulValidationRules/fields_useful_validation_formulas_other.htm).
    """
    text, pattern = arguments[0].evaluate, compiled(arguments[1].literal, arguments[1].node.place)
    return lambda row: pattern.fullmatch(str(text(row) or "")) is not None


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    return str(value)


def _value(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise FormulaFault("a text that is not a number")
    return Decimal(text)


def today(_name: str, _arguments: Arguments) -> Evaluate:
    """TODAY, in the user's time zone."""
    return lambda row: row.now.date()


def now(_name: str, _arguments: Arguments) -> Evaluate:
    """NOW, to the second."""
    return lambda row: row.now.astimezone(UTC).replace(microsecond=0)


def calendar_day(_name: str, arguments: Arguments) -> Evaluate:
    """DATE: null for any null; no value for a day that does not exist."""
    parts = [argument.evaluate for argument in arguments]

    def evaluate(row: Row) -> Value:
        numbers = [part(row) for part in parts]
        if None in numbers:
            return None
        try:
            return date(*(int(number) for number in numbers))  # type: ignore[arg-type]  # the signature wants numbers
        except (ValueError, OverflowError) as error:
            raise FormulaFault("a day that does not exist") from error

    return evaluate


def blank_value(_name: str, arguments: Arguments) -> Evaluate:
    """BLANKVALUE: the second where the first is null."""
    first, second = (argument.evaluate for argument in arguments)
    return lambda row: second(row) if (value := first(row)) is None else value


def is_blank(_name: str, arguments: Arguments) -> Evaluate:
    """ISBLANK."""
    (only,) = (argument.evaluate for argument in arguments)
    return lambda row: only(row) is None


def is_null(name: str, arguments: Arguments) -> Evaluate:
    """ISNULL: of text it is never true."""
    return (lambda _: False) if arguments[0].kind is Kind.TEXT else is_blank(name, arguments)


def is_value(_name: str, arguments: Arguments) -> Evaluate:
    """ISPICKVAL: an empty text means that nothing is chosen."""
    field, wanted = arguments[0].evaluate, arguments[1].literal or None
    return lambda row: field(row) == wanted


def includes(_name: str, arguments: Arguments) -> Evaluate:
    """INCLUDES: whether the value is one of those chosen."""
    field, wanted = arguments[0].evaluate, arguments[1].literal
    return lambda row: wanted in str(field(row) or "").split(";")


text_of = _of_one(_text)
value_of = _of_one(_value)
year = _of_one(lambda day: Decimal(day.year))
month = _of_one(lambda day: Decimal(day.month))
day_of_month = _of_one(lambda day: Decimal(day.day))
