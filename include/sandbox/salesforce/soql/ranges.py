"""What the date literals of SOQL mean on a given day; weeks start on Sunday, the user's time zone is UTC.

The fiscal year is the calendar year, as in an org where nobody has set another (Organization.FiscalYearStartMonth).

Definitions: https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_dateformats.htm
"""

from datetime import date, timedelta

_DAY = timedelta(days=1)
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def date_range(literal: str, today: date) -> tuple[date, date]:
    """The first day of a date literal's range and the day after its last.

    Raises:
        OverflowError: it lies outside the years 1 to 9999.
        ValueError: the same.
    """
    literal = literal.upper().replace("FISCAL_", "")
    if ":" in literal:
        name, _, number = literal.partition(":")
        return _counted(name, int(number), today)
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
    return _shifted(unit, today, offset), _shifted(unit, today, offset + 1)


def _counted(name: str, number: int, today: date) -> tuple[date, date]:
    if name.endswith("_AGO"):
        unit = name.removeprefix("N_").removesuffix("S_AGO")
        return _shifted(unit, today, -number), _shifted(unit, today, 1 - number)
    which, unit = name.split("_N_")
    unit = unit.removesuffix("S")
    if which == "NEXT":
        return _shifted(unit, today, 1), _shifted(unit, today, number + 1)
    # The last n days include today; longer units end before the current one.
    return _shifted(unit, today, -number), _shifted(unit, today, int(unit == "DAY"))


def _shifted(unit: str, today: date, by: int) -> date:
    """The first day of the unit that lies so many units from the current one."""
    if unit == "DAY":
        return today + by * _DAY
    if unit == "WEEK":
        return today - timedelta(days=today.isoweekday() % 7) + by * 7 * _DAY
    months = _MONTHS[unit]
    start = today.year * 12 + today.month - 1
    start = start - start % months + by * months
    return date(start // 12, start % 12 + 1, 1)
