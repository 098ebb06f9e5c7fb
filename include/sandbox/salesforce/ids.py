"""Record ids: 15 case-sensitive characters, or 18 with a check suffix that makes them safe against lost case."""

import re

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
_POD = "5g0"


def make_id(prefix: str, number: int) -> str:
    """The 18-character id of the number-th record that this org made under a key prefix."""
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = _DIGITS[digit] + digits
    return with_suffix(f"{prefix}{_POD}{digits:0>9}")


def number_of(record_id: str) -> int:
    """The number that `make_id` made the id of. Raises ValueError for an id that it could not have made."""
    number = 0
    for digit in record_id[3 + len(_POD) : 15]:
        number = number * 62 + _DIGITS.index(digit)
    return number


def own_ids(prefix: str) -> tuple[str, str]:
    """The bounds between which all ids lie that this org makes under a key prefix; they sort by their number."""
    return f"{prefix}{_POD}", f"{prefix}{_POD}~"


def with_suffix(short: str) -> str:
    """The 18-character form of a 15-character id (https://help.salesforce.com/s/articleView?id=000385008)."""
    suffix = ""
    for start in (0, 5, 10):
        bits = sum(1 << place for place, char in enumerate(short[start : start + 5]) if "A" <= char <= "Z")
        suffix += _CHECK[bits]
    return short + suffix


def canonical_id(text: str) -> str | None:
    """The 18-character form of an id in either form; None if it is none or its suffix is wrong.

    The 15-character part is case-sensitive; the suffix is not.
    """
    if not _SHAPE.fullmatch(text):
        return None
    full = with_suffix(text[:15])
    return full if len(text) == 15 or full[15:] == text[15:].upper() else None
