"""Field values: from what a client sends to what is stored, and from there to JSON and CSV.

Stored are: 0 and 1 for booleans, numbers, `YYYY-MM-DD` for dates, `YYYY-MM-DDTHH:MM:SS.000Z` for datetimes (so that
text order is time order), 18-character ids, and text.

Messages: STRING_TOO_LONG as in CoderDojo/community-platform issue 762, INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST in
SalesforceFoundation/NPSP issue 5456, NUMBER_OUTSIDE_VALID_RANGE in SFDO-Community/declarative-lookup-rollup-summaries
issue 713, INVALID_EMAIL_ADDRESS as recorded.
"""

import json
import math
import re
from datetime import UTC, date, datetime
from typing import Any

from include.sandbox.salesforce.errors import RowError, RowRefused
from include.sandbox.salesforce.ids import canonical_id
from include.sandbox.salesforce.schema import NUMBER_TYPES, Field, Schema
from include.sandbox.salesforce.wordings import assumed

Stored = str | int | float | None

# Looser than e-mail standards: Salesforce accepts more than a syntax library does.
_EMAIL = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]+@[\w-]+(?:\.[\w-]+)+")
_INT_LIMIT = 2**31
_YEARS = range(1700, 4001)
# https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_date_format.htm
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATETIME = re.compile(_DATE.pattern + r"(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")


def instant(text: str) -> str:
    """A datetime as it is stored, from ISO 8601 with any offset (none: UTC); whole seconds, as the org keeps them.

    Raises:
        ValueError: not a datetime.
    """
    moment = datetime.fromisoformat(text)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return stamp(moment)


def stamp(moment: datetime) -> str:
    """An aware datetime as it is stored."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def coerce(schema: Schema, field: Field, value: object) -> Stored:
    """What is stored for a value that a client sent, from JSON or as text from CSV.

    Raises:
        RowRefused: the value does not fit the field's type, length, choices or range.
    """
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "":
        if field.type == "boolean":
            raise _wrong_type(field, value)
        return None
    if field.type == "boolean":
        return _boolean(field, value)
    if field.type in NUMBER_TYPES:
        return _number(field, value)
    if isinstance(value, dict | list):
        raise _wrong_type(field, value)
    if field.type in {"date", "datetime"}:
        return _moment(field, str(value))
    if field.type in {"reference", "id"}:
        return _reference(schema, field, str(value))
    return _text(field, str(value))


def _wrong_type(field: Field, value: object) -> RowRefused:
    shown = "null" if value is None else value
    return RowRefused(RowError.assumed(assumed("wrong_type", field=field.label, value=shown), field.name))


def _boolean(field: Field, value: object) -> int:
    text = str(value).lower()
    if text in {"true", "1"}:
        return 1
    if text in {"false", "0"}:
        return 0
    raise _wrong_type(field, value)


def _number(field: Field, value: object) -> int | float:
    try:
        number = float(value) if not isinstance(value, bool) else math.nan  # type: ignore[arg-type]  # caught below
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise _wrong_type(field, value)
    limit = _INT_LIMIT if field.type == "int" else 10 ** (field.precision - field.scale)
    if abs(number) >= limit:
        message = f"{field.label}: value outside of valid range on numeric field: {value}"
        raise RowRefused(RowError("NUMBER_OUTSIDE_VALID_RANGE", message, (field.name,)))
    return round(number) if field.type == "int" else round(number, field.scale)


def _moment(field: Field, text: str) -> str:
    try:
        if not (_DATETIME if field.type == "datetime" else _DATE).fullmatch(text):
            raise _wrong_type(field, text)
        if field.type == "datetime":
            return instant(text)
        day = date.fromisoformat(text)
    except ValueError:
        raise _wrong_type(field, text) from None
    if day.year not in _YEARS:
        raise _wrong_type(field, text)
    return day.isoformat()


def _reference(schema: Schema, field: Field, text: str) -> str:
    record_id = canonical_id(text)
    prefixes = [schema.objects[name].prefix for name in field.reference_to]
    if record_id is None or (prefixes and record_id[:3] not in prefixes):
        raise RowRefused(RowError.assumed(assumed("wrong_id", field=field.label, value=text), field.name))
    return record_id


def _text(field: Field, text: str) -> str:
    if field.type == "email" and not _EMAIL.fullmatch(text):
        # The recording shows the API name without its suffix; the label of that field is the same.
        message = f"{field.label}: invalid email address: {text}"
        raise RowRefused(RowError("INVALID_EMAIL_ADDRESS", message, (field.name,)))
    if field.type == "multipicklist":
        text = _choices(field, text)
    elif field.type == "picklist":
        _check_choice(field, text)
    if field.length and len(text) > field.length:
        message = f"{field.label}: data value too large: {text} (max length={field.length})"
        raise RowRefused(RowError("STRING_TOO_LONG", message, (field.name,)))
    return text


def _choices(field: Field, text: str) -> str:
    """The chosen values, each once, in the order of the field's definition."""
    chosen = dict.fromkeys(part.strip() for part in text.split(";") if part.strip())
    for one in chosen:
        _check_choice(field, one)
    known = [value for value in field.values if value in chosen]
    return ";".join([*known, *(one for one in chosen if one not in known)])


def _check_choice(field: Field, text: str) -> None:
    if field.restricted and text not in field.values:
        message = f"{field.label}: bad value for restricted picklist field: {text}"
        raise RowRefused(RowError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, (field.name,)))


def to_json(field: Field, stored: Stored) -> Any:
    """A stored value as REST shows it: datetimes like `2026-01-01T00:00:00.000+0000`."""
    if stored is None:
        return None
    if field.type == "boolean":
        return bool(stored)
    if field.type == "datetime":
        return f"{str(stored)[:-1]}+0000"
    if field.type == "complexvalue":
        return json.loads(str(stored))
    return stored


def address_json(parts: dict[str, Stored]) -> dict[str, Stored] | None:
    """An address as REST shows it; None if all its parts are empty."""
    return dict(sorted(parts.items())) if any(value is not None for value in parts.values()) else None


def csv_cell(field: Field, column: str) -> tuple[str, str]:
    """How SQLite's printf writes a column into a quoted CSV cell: its conversion and its argument.

    `%w` doubles quotes; datetimes end in `Z`, null is empty.
    """
    if field.type == "boolean":
        return "%s", f"CASE {column} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"
    if field.type in NUMBER_TYPES or field.type in {"id", "reference", "date", "datetime"}:
        return "%s", column
    return "%w", f"coalesce({column}, '')"
