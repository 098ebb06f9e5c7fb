"""The literals of a query as values of the fields that they are compared with."""

from datetime import date

from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.ids import canonical_id
from include.sandbox.salesforce.schema import NUMBER_TYPES, Field
from include.sandbox.salesforce.soql.tree import Value
from include.sandbox.salesforce.values import Stored, instant
from include.sandbox.salesforce.wordings import assumed

KINDS = {"boolean": "BOOLEAN", "date": "DATE", "datetime": "DATETIME", **dict.fromkeys(NUMBER_TYPES, "NUMBER")}
"""The kind of literal that each type of field takes; every other type takes a STRING."""
_WORDS = {"datetime": "dateTime"}


def bound_value(field: Field | None, value: Value, currency: str) -> Stored:
    """A literal as it is stored in the field; of an aggregate that has no field, a number.

    Args:
        field: that it is compared with.
        value: the literal.
        currency: the org's.

    Raises:
        ApiError: INVALID_FIELD, INVALID_QUERY_FILTER_OPERATOR or MALFORMED_QUERY: it cannot be compared with the field.
    """
    wanted = KINDS.get(field.type, "STRING") if field else "NUMBER"
    if value.kind == "CURRENCY" and field and field.type == "currency":
        return _amount(value, currency)
    if value.kind != wanted:
        raise wrong_kind(field, value)
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


def wrong_kind(field: Field | None, value: Value) -> ApiError:
    """The literal is of another kind than the field."""
    name, kind = (field.name, field.type) if field else ("expr0", "double")
    quotes = "should be" if kind not in KINDS else "should not be"
    kind = _WORDS.get(kind, kind if kind in KINDS else "string")
    message = f"value of filter criterion for field '{name}' must be of type {kind} and {quotes} enclosed in quotes"
    return value.place.refused("INVALID_FIELD", message)


def invalid_date(value: Value) -> ApiError:
    """A date that the calendar does not have."""
    return value.place.refused_as(assumed("invalid_date", value=value.text))


def _moment(value: Value) -> str:
    try:
        return instant(value.text.upper()) if value.kind == "DATETIME" else date.fromisoformat(value.text).isoformat()
    except (ValueError, OverflowError):
        raise invalid_date(value) from None


def _amount(value: Value, currency: str) -> float:
    """`USD100`; the org has one currency, others are refused."""
    if value.text[:3].upper() != currency:
        raise value.place.refused_as(assumed("invalid_currency", value=value.text[:3].upper()))
    return float(value.text[3:])
