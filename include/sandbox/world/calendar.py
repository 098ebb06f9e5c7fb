"""The made-up world's time: whole seconds since 1970, the weeks of the campaigns, and the vendors' time formats."""

from dataclasses import dataclass
from datetime import UTC, datetime

HOUR = 3600
DAY = 24 * HOUR
WEEK = 7 * DAY
CAMPAIGN_WEEKS = 9


@dataclass(frozen=True, slots=True)
class Calendar:
    """Times relative to the moment at which the world is made (`now`, seconds since 1970)."""

    now: int

    def week_start(self, week: int) -> int:
        """Start of a campaign week; week 0 is the oldest, the last one ends with the last full hour before now."""
        return self.now - self.now % HOUR - (CAMPAIGN_WEEKS - week) * WEEK

    def send_time(self, week: int, day: int) -> int:
        """When a campaign of that week goes out, on a day from 0 to 6 after the week's start."""
        return self.week_start(week) + day * DAY + 9 * HOUR


def mailchimp_time(seconds: int) -> str:
    """ISO 8601 with an offset, as the Marketing API writes times."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def salesforce_time(seconds: int) -> str:
    """The form of REST answers: `2026-01-01T00:00:00.000+0000`."""
    return f"{mailchimp_time(seconds)[:19]}.000+0000"


def date_of(seconds: int) -> str:
    """`YYYY-MM-DD` in UTC."""
    return mailchimp_time(seconds)[:10]
