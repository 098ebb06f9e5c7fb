"""Local days: from midnight to midnight in the configured time zone, 23 to 25 hours long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from include.errors import ConfigError

CLOCK_SKEW = timedelta(minutes=10)
"""By how much the vendors' clocks may lag behind the one that starts the nightly run at midnight."""


@dataclass(frozen=True, slots=True)
class LocalDay:
    """One day of a time zone (IANA name)."""

    date: date
    zone: str

    @classmethod
    def parse(cls, text: str, zone: str) -> Self:
        """Read YYYY-MM-DD. Raises ConfigError for anything else."""
        try:
            return cls(date.fromisoformat(text), zone)
        except ValueError:
            raise ConfigError(f"day {text!r}: not a date; write it as YYYY-MM-DD, such as 2026-11-22") from None

    @classmethod
    def newest_complete(cls, now: datetime, zone: str) -> Self:
        """The last day that has ended by a vendor's clock."""
        today = (now + CLOCK_SKEW).astimezone(ZoneInfo(zone)).date()
        return cls(today - timedelta(days=1), zone)

    @property
    def end(self) -> datetime:
        """The midnight that ends the day, in UTC; it is not part of the day."""
        return datetime.combine(self.date + timedelta(days=1), time(), ZoneInfo(self.zone)).astimezone(UTC)

    def __str__(self) -> str:
        return self.date.isoformat()
