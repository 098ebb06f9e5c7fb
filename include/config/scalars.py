"""The single values a configuration may hold, each with the check that refuses a wrong one when the file is read."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from include.config.candidates import did_you_mean
from include.config.dates import checked_bounds

TAG_LENGTH = 100
"""Characters of a tag's name at most (https://mailchimp.com/help/getting-started-tags/)."""
_CAP = re.compile(r"\d{1,3}(\.\d+)?%", re.ASCII)


def _switch(value: object) -> object:
    """Read `on` and `off`, which YAML 1.2 holds for text."""
    switches = {"on": True, "off": False, True: True, False: False}
    if not isinstance(value, str | bool) or value not in switches:
        raise ValueError(f"`{value}` is not a switch; write `on` or `off`")
    return switches[value]


def _cap(value: object) -> object:
    """Accept a number of rows, or a share from 0% to 100%."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and _CAP.fullmatch(value) and float(value[:-1]) <= 100:
        return value
    raise ValueError(f"`{value}` is not a cap; write a number of rows (`500`) or a share (`20%`)")


def _share(value: object) -> object:
    """Accept a share from 0% to 100%; it becomes a fraction."""
    if isinstance(value, str) and _CAP.fullmatch(value) and float(value[:-1]) <= 100:
        return float(value[:-1]) / 100
    raise ValueError(f"`{value}` is not a share; write it with a percent sign (`20%`)")


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (OSError, ValueError, KeyError):
        suggestion = did_you_mean(value, available_timezones())
        raise ValueError(f"`{value}` is not a time zone{suggestion}; write an IANA name such as Europe/Paris") from None
    return value


def _cron(value: str) -> str:
    from croniter import croniter  # type: ignore[import-untyped]  # it has no stubs; Airflow brings it

    if not (croniter.is_valid(value) and (value.startswith("@") or len(value.split()) == 5)):
        raise ValueError(f"`{value}` is not a cron expression; write five fields (`0 * * * *`) or `@hourly`")
    return value


def _group(value: str) -> str:
    category, separator, name = value.partition(" / ")
    if not (separator and category.strip() and name.strip()):
        raise ValueError(f"`{value}` is not a group; write `category / group`, such as `Interests / Product news`")
    return value


def _tag(value: str) -> str:
    if not value.strip() or len(value) > TAG_LENGTH:
        raise ValueError(f"`{value}` is not a tag; write a text of 1 to {TAG_LENGTH} characters")
    return value.strip()


def _date_bounds(value: object) -> object:
    match value:
        case [str() as first, str() as last]:
            return checked_bounds((first, last))
    raise ValueError("is not a period; write two dates, the earlier first: `[today - 120 years, today]`")


Switch = Annotated[bool, BeforeValidator(_switch), WithJsonSchema({"enum": ["on", "off", True, False]})]
"""`on` or `off` (also `true` or `false`)."""
Cap = Annotated[str | int, BeforeValidator(_cap)]
"""A number of rows (int), or a share as text: `20%`."""
Share = Annotated[float, BeforeValidator(_share), WithJsonSchema({"type": "string", "pattern": r"^\d{1,3}(\.\d+)?%$"})]
"""A share: `20%`, read as 0.2."""
TimeZone = Annotated[str, AfterValidator(_time_zone)]
"""An IANA name: `Europe/Paris`."""
CronExpression = Annotated[str, AfterValidator(_cron)]
"""Five fields, or a preset such as `@hourly`."""
GroupPath = Annotated[str, AfterValidator(_group)]
"""`category / group`."""
TagName = Annotated[str, AfterValidator(_tag)]
"""A tag's name, without white space around it."""
DateBounds = Annotated[tuple[str, str], BeforeValidator(_date_bounds)]
"""Two date expressions, both included."""
