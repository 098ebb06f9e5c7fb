"""Dates as the configuration writes them, and the days that they mean.

A date: `2026-11-22`, `today`, `yesterday`, `tomorrow`, `today - 30 days`. A period: `this quarter`, `last month`,
`last 30 days`, `next 2 weeks`, `3 months ago`. `today` is the run's date in the configured time zone, never the date of
the machine's clock. Periods are those of SOQL's date literals:
https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_dateformats.htm
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

Weekday = Literal["sunday", "monday"]

EXAMPLES = "`2026-11-22`, `today` or `today - 30 days` (days, weeks, months, quarters, years)"
PERIOD_EXAMPLES = "`last 30 days`, `this quarter`, `next 2 weeks` or `3 months ago`"
_UNITS = "day|week|month|quarter|year"
_RELATIVE = re.compile(rf"today(?:\s*([+-])\s*(\d{{1,5}})\s+({_UNITS})s?)?", re.ASCII)
_NEIGHBOUR = re.compile(rf"(this|last|next) ({_UNITS})", re.ASCII)
_COUNTED = re.compile(rf"(last|next) ([1-9]\d{{0,4}}) ({_UNITS})s?", re.ASCII)
_AGO = re.compile(rf"(\d{{1,5}}) ({_UNITS})s? ago", re.ASCII)
_FIXED = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DAY = timedelta(days=1)
_NAMED = {"yesterday": -1, "tomorrow": 1}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_ANY_DAY = date(2000, 1, 1)
_CALENDAR = (date(1700, 1, 1), date(4000, 12, 31))
"""The days that SOQL can compare with."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """What dates mean in a run.

    Attributes:
        today: the run's day in the time zone.
        time_zone: IANA name; a date and time counts as its day there.
        week_starts: the first day of a week.
    """

    today: date
    time_zone: str
    week_starts: Weekday = "sunday"

    def days(self, expression: str) -> tuple[date, date]:
        """The first and the last day of a date or period, both included. Raises ValueError."""
        return resolve_days(expression, self.today, self.week_starts)

    def begins(self, day: date) -> datetime:
        """The instant at which a day begins in the time zone, in UTC."""
        return datetime.combine(day, time.min, ZoneInfo(self.time_zone)).astimezone(UTC)


def resolve(expression: str, today: date) -> date:
    """The date that an expression means on a day.

    Month, quarter and year steps keep the day of the month where the month is long enough, else take its last day.
    Raises ValueError, saying what a date may look like.
    """
    text = expression.strip()
    match = _RELATIVE.fullmatch(text)
    try:
        if text in _NAMED:
            return today + _NAMED[text] * _DAY
        if match is None:
            return date.fromisoformat(text if _FIXED.fullmatch(text) else "")
        sign, number, unit = match.groups()
        return today if sign is None else _step(today, int(sign + number), unit)
    except (ValueError, OverflowError):
        raise ValueError(f"`{expression}` is not a date; write {EXAMPLES}") from None


def is_relative(expression: str) -> bool:
    """Whether the expression moves with the run's date."""
    return _FIXED.fullmatch(expression.strip()) is None


def resolve_days(expression: str, today: date, week_starts: Weekday = "sunday") -> tuple[date, date]:
    """The first and the last day of a date or period, both included.

    As SOQL's date literals: `last 30 days` are 30 days and today, `next 30 days` begin tomorrow; `last 2 weeks`,
    months, quarters or years are whole ones before the current one, `next 2 weeks` whole ones after it; `3 months ago`
    is one whole month. Raises ValueError, saying what is possible.
    """
    text = " ".join(expression.split())
    try:
        span = _period(text, today, week_starts)
    except (ValueError, OverflowError):
        raise ValueError(f"`{expression}` reaches beyond the calendar; write {PERIOD_EXAMPLES}") from None
    if span is not None:
        return span
    try:
        day = resolve(text, today)
    except ValueError:
        message = f"`{expression}` is not a date or a period; write {EXAMPLES}; or {PERIOD_EXAMPLES}"
        raise ValueError(message) from None
    return day, day


def _period(text: str, today: date, week_starts: Weekday) -> tuple[date, date] | None:
    """The days of a period; None for what is none."""

    def whole(unit: str, first: int, last: int) -> tuple[date, date]:
        """Whole units, counted from the current one."""
        begins = _current(unit, today, week_starts)
        return _step(begins, first, unit), _step(begins, last + 1, unit) - _DAY

    if match := _NEIGHBOUR.fullmatch(text):
        offset = {"last": -1, "this": 0, "next": 1}[match[1]]
        return whole(match[2], offset, offset)
    if match := _AGO.fullmatch(text):
        return whole(match[2], -int(match[1]), -int(match[1]))
    if match := _COUNTED.fullmatch(text):
        count, unit = int(match[2]), match[3]
        if match[1] == "next":
            return whole(unit, 1, count)
        return whole(unit, -count, 0 if unit == "day" else -1)
    return None


def _current(unit: str, today: date, week_starts: Weekday) -> date:
    """The first day of the day, week, month, quarter or year that is now."""
    if unit == "day":
        return today
    if unit == "week":
        return today - timedelta(days=(today.weekday() + (week_starts == "sunday")) % 7)
    months = _MONTHS[unit]
    return date(today.year, (today.month - 1) // months * months + 1, 1)


def _step(day: date, count: int, unit: str) -> date:
    if unit in {"day", "week"}:
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + count * _MONTHS[unit]
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def checked_bounds(bounds: tuple[str, str]) -> tuple[str, str]:
    """Two dates in order, as far as that can be told before the run. Raises ValueError."""
    first, last = (resolve(bound, _ANY_DAY) for bound in bounds)
    return _in_order(bounds, first, last)


def checked_span(bounds: tuple[str, str]) -> tuple[str, str]:
    """Two dates or periods in order, as far as that can be told before the run. Raises ValueError."""
    (first, _), (_, last) = (resolve_days(checked_days(bound), _ANY_DAY) for bound in bounds)
    return _in_order(bounds, first, last)


def checked_days(expression: str) -> str:
    """A date or period that SOQL can compare with. Raises ValueError."""
    first, last = resolve_days(expression, _ANY_DAY)
    if not _CALENDAR[0] <= first <= last <= _CALENDAR[1]:
        raise ValueError(f"`{expression}` is outside Salesforce's calendar; write a day of the years 1700 to 4000")
    return expression


def _in_order(bounds: tuple[str, str], first: date, last: date) -> tuple[str, str]:
    if is_relative(bounds[0]) == is_relative(bounds[1]) and first > last:
        raise ValueError(f"`{bounds[0]}` is later than `{bounds[1]}`; write the earlier date first")
    return bounds


DaysExpression = Annotated[str, AfterValidator(checked_days)]
"""Text that `resolve_days` understands."""
