"""Which e-mail addresses a syntax library accepts, fast over many of them.

An address whose letters are not composed (Unicode form NFC, which RFC 6532 asks of mail addresses) is refused, too: it
looks like another address, and has another key (`include/keys.py`), so it would be a second member.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_PLAIN = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@([A-Za-z0-9.-]+)", re.ASCII)
"""Addresses whose part before the @ needs no library: then only the domain decides."""


def acceptable(addresses: Iterable[str | None]) -> list[bool | None]:
    """Per address whether email-validator accepts its syntax (no DNS look-up); None where there is none."""
    return [None if address is None else is_acceptable(address) for address in addresses]


def is_acceptable(address: str) -> bool:
    """Whether email-validator accepts the address: the same answer, with every domain looked at once."""
    plain = _PLAIN.fullmatch(address)
    if plain is None or len(address) > 254:
        return unicodedata.is_normalized("NFC", address) and _validates(address)
    return _domain_validates(plain.group(1).lower())


@lru_cache(maxsize=100_000)
def _domain_validates(domain: str) -> bool:
    return _validates(f"a@{domain}")


def _validates(address: str) -> bool:
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True
