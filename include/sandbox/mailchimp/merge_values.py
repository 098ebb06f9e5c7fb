"""What a merge field of each type takes, and as what it is stored.

Sources: https://mailchimp.com/developer/marketing/docs/merge-fields/ for the rules; the message for numbers is
recorded, those for dates and addresses are quoted in threads (mailchimp-for-wordpress issue 662, formie issue 2387);
the others are a `Text`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from include.sandbox.mailchimp.problems import Switches
from include.sandbox.mailchimp.wordings import Text, wording

TEXT_BYTES = 255
DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%d-%m-%Y", "%m/%d/%Y")
LEAP_YEAR = 2024
ADDRESS_NEEDS = ("addr1", "city", "state", "zip")
ADDRESS_PARTS = ("addr1", "addr2", "city", "state", "zip", "country")
URL = re.compile(r"https?://[^\s/]+\.[^\s]+")
US_PHONE = re.compile(r"\d{3}-\d{3}-\d{4}")
"""NPA-NXX-LINE, as Mailchimp's documentation has it (quoted in yikes-inc-easy-mailchimp-extender issue 431)."""
COUNTRY_CODE = re.compile(r"[A-Z]{2}")
INCOMPLETE = "Please enter a complete address"
ZIP = re.compile(r"\d{5}")
BIRTHDAY = re.compile(r"(\d{1,2})/(\d{1,2})")

Value = str | int | float | dict[str, str]
Field = Mapping[str, Any]


class UnacceptableValueError(ValueError):
    """A value that the field's type does not take.

    Args:
        message: Mailchimp's.
    """

    def __init__(self, message: str | Text) -> None:
        super().__init__(message)
        self.message = message


def stored_value(field: Field, value: Any, switches: Switches) -> Value:
    """The value as it is kept; blank is the empty string for every type.

    Args:
        field: the merge field as the API shows it.
        value: what a call gives.
        switches: say what becomes of countries.

    Raises:
        UnacceptableValueError: the type does not take it.
    """
    if value is None or value in ("", {}):
        return ""
    stored = CONVERTERS[field["type"]](field, value)
    return _with_country(stored, switches) if isinstance(stored, dict) else stored


def text_cut(text: str) -> str:
    """The longest beginning that fits 255 bytes of UTF-8 without half a character."""
    return text.encode()[:TEXT_BYTES].decode(errors="ignore")


def _text(_field: Field, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UnacceptableValueError(wording("merge_text"))
    return text_cut(str(value))


def _number(_field: Field, value: Any) -> int | float:
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            raise UnacceptableValueError("Please enter a number") from None
        return int(number) if number.is_integer() else number
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnacceptableValueError("Please enter a number")
    return value


def _date(_field: Field, value: Any) -> str:
    for form in DATE_FORMATS:
        try:
            return datetime.strptime(str(value), form).date().isoformat()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            continue
    raise UnacceptableValueError("Please enter the date")


def _birthday(field: Field, value: Any) -> str:
    match = BIRTHDAY.fullmatch(str(value))
    if match is None:
        raise UnacceptableValueError(wording("merge_birthday"))
    first, second = int(match[1]), int(match[2])
    month, day = (second, first) if field["options"].get("date_format") == "DD/MM" else (first, second)
    try:
        datetime(LEAP_YEAR, month, day)  # noqa: DTZ001 - only whether there is such a day
    except ValueError:
        raise UnacceptableValueError(wording("merge_birthday")) from None
    return f"{first:02}/{second:02}"


def _zip(_field: Field, value: Any) -> str:
    if not ZIP.fullmatch(str(value)):
        raise UnacceptableValueError(wording("merge_zip"))
    return str(value)


def _phone(field: Field, value: Any) -> str:
    text = _text(field, value)
    if field["options"].get("phone_format") == "US" and not US_PHONE.fullmatch(text):
        raise UnacceptableValueError(wording("merge_phone"))
    return text


def _url(_field: Field, value: Any) -> str:
    if not isinstance(value, str) or not URL.fullmatch(value):
        raise UnacceptableValueError(wording("merge_url"))
    return text_cut(value)


def _choice(field: Field, value: Any) -> str:
    if value not in field["options"].get("choices", []):
        raise UnacceptableValueError(wording("merge_choice"))
    return str(value)


def _address(_field: Field, value: Any) -> str | dict[str, str]:
    if not isinstance(value, dict) or any(not isinstance(part, str) for part in value.values()):
        raise UnacceptableValueError(INCOMPLETE)
    parts = {name: text_cut(value.get(name, "")) for name in ADDRESS_PARTS}
    if not any(parts.values()):
        return ""
    if not all(parts[name].strip() for name in ADDRESS_NEEDS):
        raise UnacceptableValueError(INCOMPLETE)
    return parts


def _with_country(address: dict[str, str], switches: Switches) -> dict[str, str]:
    country = address["country"] or str(switches["missing_country"])
    if country and switches["countries_are_codes"] and not COUNTRY_CODE.fullmatch(country):
        raise UnacceptableValueError(INCOMPLETE)
    return address | {"country": country}


CONVERTERS: dict[str, Callable[[Field, Any], Value]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "birthday": _birthday,
    "zip": _zip,
    "phone": _phone,
    "url": _url,
    "imageurl": _url,
    "radio": _choice,
    "dropdown": _choice,
    "address": _address,
}
