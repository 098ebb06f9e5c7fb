"""Ids in the forms of the two vendors."""

from hashlib import md5

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_UPPER_CASE_BITS = str.maketrans({digit: "1" if digit.isupper() else "0" for digit in _DIGITS})


def salesforce_id(prefix: str, number: int) -> str:
    """An 18-character record id: key prefix, pod, base-62 number and the check suffix.

    Each character of the suffix tells which of five characters are upper case
    (https://help.salesforce.com/s/articleView?id=000385008).
    """
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = _DIGITS[digit] + digits
    return with_check_suffix(f"{prefix}gK0{digits:0>9}")


def with_check_suffix(short_id: str) -> str:
    """The 18-character form of a 15-character id."""
    bits = int(short_id[::-1].translate(_UPPER_CASE_BITS), 2)
    return short_id + _CHECK[bits & 31] + _CHECK[bits >> 5 & 31] + _CHECK[bits >> 10]


def member_hash(email: str) -> str:
    """A member's id: the MD5 of the trimmed, lower-cased e-mail, 32 hexadecimal digits."""
    return md5(email.strip().lower().encode(), usedforsecurity=False).hexdigest()


def hex_id(*key: object, length: int = 10) -> str:
    """A made-up hexadecimal id, up to 32 digits, that follows from the key."""
    return md5(":".join(map(str, key)).encode(), usedforsecurity=False).hexdigest()[:length]
