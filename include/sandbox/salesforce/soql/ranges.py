"""What the date literals of SOQL mean on a given day.

Definitions: https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_dateformats.htm
"""

from dataclasses import dataclass
from datetime import date, timedelta

_DAY = timedelta(days=1)
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


@dataclass(frozen=True, slots=True)
class _Calendar:
    """A day, and where the weeks and years around it begin."""

    today: date
    monday: bool
    first_month: int

    def shifted(self, unit: str, by: int) -> date:
        """The first day of the unit that lies so many units from the current one."""
        if unit == "DAY":
            return self.today + by * _DAY
        if unit == "WEEK":
            into = self.today.weekday() if self.monday else self.today.isoweekday() % 7
            return self.today - timedelta(days=into) + by * 7 * _DAY
        months = _MONTHS[unit]
        since = self.today.year * 12 + self.today.month - self.first_month
        start = since - since % months + by * months + self.first_month - 1
        return date(start // 12, start % 12 + 1, 1)


def date_range(literal: str, today: date, *, monday: bool = False, fiscal_start: int = 1) -> tuple[date, date]:
    """The first day of a date literal's range and the day after its last.

    Args:
        literal: like `LAST_N_DAYS:7`.
        today: the user's day.
        monday: whether weeks start on Monday, else on Sunday.
        fiscal_start: the first month of fiscal years.

    Raises:
        OverflowError: it lies outside the years 1 to 9999.
        ValueError: the same.
    """
    calendar = _Calendar(today, monday, fiscal_start if "FISCAL_" in literal.upper() else 1)
    literal = literal.upper().replace("FISCAL_", "")
    if ":" in literal:
        name, _, number = literal.partition(":")
        return _counted(name, int(number), calendar)
    fixed = {
        "YESTERDAY": (today - _DAY, today),
        "TODAY": (today, today + _DAY),
        "TOMORROW": (today + _DAY, today + 2 * _DAY),
        "LAST_90_DAYS": (today - 90 * _DAY, today + _DAY),
        "NEXT_90_DAYS": (today + _DAY, today + 91 * _DAY),
    }
    if literal in fixed:
        return fixed[literal]
    which, _, unit = literal.partition("_")
    offset = {"LAST": -1, "THIS": 0, "NEXT": 1}[which]
    return calendar.shifted(unit, offset), calendar.shifted(unit, offset + 1)


def _counted(name: str, number: int, calendar: _Calendar) -> tuple[date, date]:
    if name.endswith("_AGO"):
        unit = name.removeprefix("N_").removesuffix("S_AGO")
        return calendar.shifted(unit, -number), calendar.shifted(unit, 1 - number)
    which, unit = name.split("_N_")
    unit = unit.removesuffix("S")
    if which == "NEXT":
        return calendar.shifted(unit, 1), calendar.shifted(unit, number + 1)
    # The last n days include today; longer units end before the current one.
    return calendar.shifted(unit, -number), calendar.shifted(unit, int(unit == "DAY"))
