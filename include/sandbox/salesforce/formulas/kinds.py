"""The data types of formulas and what their values are in Python.

Null is None in every type; a text is never empty but null instead, as the vendor's engine treats the two as one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum

from include.sandbox.salesforce.schema import NUMBER_TYPES, Field
from include.sandbox.salesforce.values import Stored, stamp

Value = Decimal | str | bool | date | datetime | None

ARITHMETIC = Context(prec=39, rounding=ROUND_HALF_UP)
"""The precision of the vendor's engine (BigDecimalHelper.NUMBER_PRECISION_INTERNAL)."""
_TEXT_TYPES = frozenset({"string", "textarea", "email", "phone", "url", "id", "reference", "combobox"})
_SHORT_ID = 15
_HUNDRED = Decimal(100)


class Kind(StrEnum):
    """A data type, by the name that the vendor's messages give it."""

    BOOLEAN = "Boolean"
    NUMBER = "Number"
    TEXT = "Text"
    DATE = "Date"
    DATETIME = "Datetime"
    PICKLIST = "Picklist"
    MULTIPICKLIST = "Multi-Select Picklist"
    NULL = "Null"


class FormulaFault(Exception):  # noqa: N818 - an outcome of a formula, not a fault of the sandbox
    """A formula that has no value for this record: a division by zero, a day that does not exist, ..."""


@dataclass(frozen=True, slots=True)
class Row:
    """A record as a formula sees it.

    Attributes:
        after: values by path (`Account.Industry`) as they are or will be.
        before: values as they were; None for a new record, and where nothing is being written.
        new: whether the record is being made.
        now: an aware datetime in the user's time zone.
    """

    after: Mapping[str, Value]
    before: Mapping[str, Value] | None
    new: bool
    now: datetime


Evaluate = Callable[[Row], Value]


def kind_of(field: Field) -> Kind | None:
    """The data type of a field; None if formulas cannot use it."""
    if field.type == "boolean":
        return Kind.BOOLEAN
    if field.type in NUMBER_TYPES:
        return Kind.NUMBER
    if field.type in _TEXT_TYPES:
        return Kind.TEXT
    named = {
        "date": Kind.DATE,
        "datetime": Kind.DATETIME,
        "picklist": Kind.PICKLIST,
        "multipicklist": Kind.MULTIPICKLIST,
    }
    return named.get(field.type)


def reading(field: Field) -> Callable[[Stored], Value]:
    """How a stored value of the field becomes a formula's value.

    A percentage is a fraction, and an id has its 15 characters (CASESAFEID is there to make them 18).
    """
    if field.type == "boolean":
        return bool
    convert = _READ.get(field.type)
    if convert is None:
        convert = _decimal if field.type in NUMBER_TYPES else str
    return lambda stored: None if stored is None or stored == "" else convert(stored)


def storing(value: Value) -> Stored:
    """A formula's value as the org's tables would hold it."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return stamp(value.astimezone(UTC))
    if isinstance(value, date):
        return value.isoformat()
    return value


def _decimal(stored: Stored) -> Decimal:
    return Decimal(repr(stored))


_READ: dict[str, Callable[[Stored], Value]] = {
    "percent": lambda stored: ARITHMETIC.divide(_decimal(stored), _HUNDRED),
    "date": lambda stored: date.fromisoformat(str(stored)),
    "datetime": lambda stored: datetime.fromisoformat(str(stored)),
    "id": lambda stored: str(stored)[:_SHORT_ID],
    "reference": lambda stored: str(stored)[:_SHORT_ID],
}
