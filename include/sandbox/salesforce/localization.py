"""Where and how the org's users count: time zone, week, fiscal year, currency.

An administrator chooses them, so they are switches. What depends on them is documented: date literals go by the user's
locale and time zone
(https://developer.salesforce.com/docs/platform/salesforce-soql-sosl/guide/sforce-api-calls-soql-select-dateformats.html).
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from include.sandbox.controls import Controls, Switch
from include.sandbox.salesforce.values import stamp

SWITCHES = {
    "user_time_zone": Switch(
        "GMT",
        "where TODAY() and the days of date literals begin; the log-in and `/userinfo` tell it, `User` rows keep GMT",
    ),
    "week_starts_on_monday": Switch(False, "weeks of date literals; they follow the user's locale, which is en_US"),
    "fiscal_year_start_month": Switch(1, "1 to 12; of the fiscal year in date literals, a calendar year if not set"),
    "currency": Switch("USD", "the org's one currency, in the log-in's answer and in amounts like `USD100` of queries"),
}


@dataclass(frozen=True, slots=True)
class Locale:
    """The settings at one moment.

    Attributes:
        now: aware, in the user's time zone.
        week_starts_on_monday: else on Sunday.
        fiscal_start: the first month of the fiscal year.
        currency: an ISO code.
    """

    now: datetime
    week_starts_on_monday: bool
    fiscal_start: int
    currency: str

    @classmethod
    def of(cls, controls: Controls) -> "Locale":
        """As the switches have it, now."""
        switches = controls.switches
        return cls(
            now=controls.now().astimezone(ZoneInfo(str(switches["user_time_zone"]))),
            week_starts_on_monday=bool(switches["week_starts_on_monday"]),
            fiscal_start=int(switches["fiscal_year_start_month"]),
            currency=str(switches["currency"]),
        )

    @property
    def today(self) -> date:
        """The user's day."""
        return self.now.date()

    def midnight(self, day: date) -> str:
        """When the day begins for the user, as datetimes are stored."""
        return stamp(datetime.combine(day, time(), self.now.tzinfo))
