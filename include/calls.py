"""Counts the calls of the vendors' APIs, by vendor and by what they are made for (G08, M05)."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

Account = dict[str, dict[str, int]]
"""By vendor: calls `made`, where they are known `used`, `limit` and `left` of the vendor's day, and others."""
READING = "reading"
"""What calls are made for while no operation of a plan is being carried out."""


@dataclass(frozen=True, slots=True)
class Usage:
    """How many requests of a vendor's daily limit are used, by whatever program."""

    used: int
    limit: int

    @property
    def left(self) -> int:
        """How many are left."""
        return max(self.limit - self.used, 0)


@dataclass
class CallMeter:
    """The calls of one process; its clients share it. Safe between threads.

    `purpose` is what the calls from now on are made for: `reading`, or a kind of operation (`add_member`). `usage` has
    what a vendor told last about its daily limit.
    """

    purpose: str = READING
    usage: dict[str, Usage] = field(default_factory=dict)
    _made: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, vendor: str) -> None:
        """Note one call."""
        with self._lock:
            self._made[vendor, self.purpose] += 1

    def restart(self) -> None:
        """Count anew, from a purpose of reading."""
        with self._lock:
            self.purpose = READING
            self._made.clear()

    def made(self) -> dict[str, dict[str, int]]:
        """The calls since the last restart: vendor to purpose to number."""
        with self._lock:
            return nested(self._made)

    def account(self, since: Account | None = None) -> Account:
        """The calls by vendor, without those of an earlier account, and what is left of the vendor's day."""
        told: Account = {}
        for vendor, purposes in self.made().items():
            made = sum(purposes.values()) - (since or {}).get(vendor, {}).get("made", 0)
            usage = self.usage.get(vendor)
            day = {"used": usage.used, "limit": usage.limit, "left": usage.left} if usage else {}
            told[vendor] = {"made": made, **day}
        return told


def nested(counts: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """Numbers by vendor and purpose."""
    result: dict[str, dict[str, int]] = {}
    for (vendor, purpose), number in sorted(counts.items()):
        result.setdefault(vendor, {})[purpose] = number
    return result


def added(*accounts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """The sum of several accounts of `made`."""
    total: Counter[tuple[str, str]] = Counter()
    for account in accounts:
        for vendor, purposes in account.items():
            for purpose, number in purposes.items():
                total[vendor, purpose] += number
    return nested(total)


def accounts_added(*accounts: Account) -> Account:
    """The sum of accounts, of a vendor's day what was told last."""
    total: Account = {}
    for account in accounts:
        for vendor, numbers in account.items():
            known = total.get(vendor, {"made": 0})
            total[vendor] = known | numbers | {"made": known["made"] + numbers["made"]}
    return total
