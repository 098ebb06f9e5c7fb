"""Dates as the configuration writes them: `2026-11-22`, `today`, `today - 30 days`; periods: `last 30 days`.

`today` is the run's date in the configured time zone, never the date of the machine's clock.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from typing import Annotated

from pydantic import AfterValidator

EXAMPLES = "`2026-11-22`, `today` or `today - 30 days` (days, weeks, months, years)"
_RELATIVE = re.compile(r"today(?:\s*([+-])\s*(\d{1,5})\s+(day|week|month|year)s?)?", re.ASCII)
_PERIOD = re.compile(r"(last|next) (\d{1,5}) (day|week|month|year)s?", re.ASCII)


def resolve(expression: str, today: date) -> date:
    """The date that an expression means on a day.

    Month and year steps keep the day of the month where the month is long enough, else take its last day. Raises
    ValueError, saying what a date may look like.
    """
    match = _RELATIVE.fullmatch(expression.strip())
    try:
        if match is None:
            return date.fromisoformat(expression.strip())
        sign, number, unit = match.groups()
        return today if sign is None else _step(today, int(sign + number), unit)
    except (ValueError, OverflowError):
        raise ValueError(f"`{expression}` is not a date; write {EXAMPLES}") from None


def is_relative(expression: str) -> bool:
    """Whether the expression moves with the run's date."""
    return expression.strip().startswith("today")


def resolve_period(expression: str, today: date) -> tuple[date, date]:
    """First and last day of `last N days` or `next N days`; today is part of both. Raises ValueError."""
    match = _PERIOD.fullmatch(expression.strip())
    if match is None:
        raise ValueError(f"`{expression}` is not a period; write `last 30 days` or `next 2 weeks`")
    direction, number, unit = match.groups()
    try:
        if direction == "last":
            return _step(today, -int(number), unit), today
        return today, _step(today, int(number), unit)
    except (ValueError, OverflowError):
        raise ValueError(f"`{expression}` reaches beyond the calendar; write `last 30 days`") from None


def _step(day: date, count: int, unit: str) -> date:
    if unit in {"day", "week"}:
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def checked_bounds(bounds: tuple[str, str]) -> tuple[str, str]:
    """Two date expressions in order, as far as that can be told before the run. Raises ValueError."""
    first, last = (resolve(bound, date(2000, 1, 1)) for bound in bounds)
    if is_relative(bounds[0]) == is_relative(bounds[1]) and first > last:
        raise ValueError(f"`{bounds[0]}` is later than `{bounds[1]}`; write the earlier date first")
    return bounds


def _checked_date(expression: str) -> str:
    resolve(expression, date(2000, 1, 1))
    return expression


def _checked_period(expression: str) -> str:
    resolve_period(expression, date(2000, 1, 1))
    return expression


DateExpression = Annotated[str, AfterValidator(_checked_date)]
"""Text that `resolve` understands."""
PeriodExpression = Annotated[str, AfterValidator(_checked_period)]
"""Text that `resolve_period` understands."""
