"""Which people a query selects: the operators as docs/queries.md tells them, over plain records (X02)."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Record = dict[str, Any]
DAY = timedelta(days=1)


def selects(query: Record, person: Record, today: date, zone: ZoneInfo) -> bool:
    """Whether a query of an audience file selects a person; `campaigns` are the person's campaign members."""
    wanted = query["object"]
    if wanted == "CampaignMember":
        return _holds({"campaign_member": query.get("where", {"all": []})}, person, today, zone)
    if wanted == "PersonAccount":
        if person["object"] != "Contact" or not person.get("IsPersonAccount"):
            return False
    elif person["object"] != wanted:
        return False
    return "where" not in query or _holds(query["where"], person, today, zone)


def day(expression: str, today: date) -> date:
    """`today`, `today - 30 days`, `today - 120 years`, or a date."""
    match = re.fullmatch(r"today(?: ([+-]) (\d+) (day|week|month|quarter|year)s?)?", expression)
    if match is None:
        return date.fromisoformat(expression)
    sign, number, unit = match.groups()
    return today if sign is None else _moved(today, int(sign + number), unit)


def days(expression: str, today: date) -> list[date]:
    """Every day of a date or period; weeks start on Sunday."""
    words = expression.split()
    if words[0] == "yesterday":
        return [today - DAY]
    if words[0] == "tomorrow":
        return [today + DAY]
    if words[0] in {"this", "last", "next"}:
        direction = {"this": 0, "last": -1, "next": 1}[words[0]]
        count = int(words[1]) if len(words) == 3 else 1
        unit = words[-1].rstrip("s")
        if unit == "day" and len(words) == 3:
            return [today + n * direction * DAY for n in range(0 if direction < 0 else 1, count + 1)]
        units = [0] if direction == 0 else [direction * n for n in range(1, count + 1)]
        return [each for n in units for each in _whole(unit, n, today)]
    if words[-1] == "ago":
        return _whole(words[1].rstrip("s"), -int(words[0]), today)
    return [day(expression, today)]


def _whole(unit: str, offset: int, today: date) -> list[date]:
    """The days of the unit that lies so many units from the current one."""

    def name(each: date) -> tuple[int, ...]:
        match unit:
            case "day":
                return (each.toordinal(),)
            case "week":
                return (each.toordinal() // 7,)  # ordinal 7 is a Sunday
            case "month":
                return (each.year, each.month)
            case "quarter":
                return (each.year, (each.month - 1) // 3)
        return (each.year,)

    wanted = name(_moved(today.replace(day=1) if unit not in {"day", "week"} else today, offset, unit))
    around = _moved(today, offset, unit)
    near = (around + n * DAY for n in range(-400, 401))
    return [each for each in near if name(each) == wanted]


def _moved(start: date, count: int, unit: str) -> date:
    if unit in {"day", "week"}:
        return start + count * DAY * (7 if unit == "week" else 1)
    months = start.year * 12 + start.month - 1 + count * {"month": 1, "quarter": 3, "year": 12}[unit]
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def _holds(condition: Record, person: Record, today: date, zone: ZoneInfo) -> bool:
    if "all" in condition:
        return all(_holds(each, person, today, zone) for each in condition["all"])
    if "any" in condition:
        return any(_holds(each, person, today, zone) for each in condition["any"])
    if "not" in condition:
        return not _holds(condition["not"], person, today, zone)
    if "campaign_member" in condition:
        return any(_holds(condition["campaign_member"], each, today, zone) for each in person.get("campaigns", ()))
    (operator,) = set(condition) - {"field"}
    value = person.get(condition["field"])
    value = None if value == "" else value
    if operator == "not_equals":
        return not _compares("equals", value, condition[operator], today, zone)
    return _compares(operator, value, condition[operator], today, zone)


def _compares(operator: str, value: Any, operand: Any, today: date, zone: ZoneInfo) -> bool:
    if operator == "is_blank":
        return (value is None) is operand
    if operator in {"equals", "in"}:
        choices = operand if isinstance(operand, list) else [operand]
        return any(_same(value, each, today, zone) for each in choices)
    if value is None:
        return False
    if operator in {"contains", "starts_with"}:
        text, part = value.lower(), operand.lower()
        return part in text if operator == "contains" else text.startswith(part)
    if operator == "includes":
        chosen = value.lower().split(";")
        return any(set(each.lower().split(";")) <= set(chosen) for each in operand)
    return _ordered(operator, value, operand, today, zone)


def _ordered(operator: str, value: Any, operand: Any, today: date, zone: ZoneInfo) -> bool:
    if isinstance(value, str):
        value = _day_of(value, zone)
        operand = [days(each, today) for each in (operand if isinstance(operand, list) else [operand])]
        low, high = min(operand[0]), max(operand[-1])
    else:
        low, high = (operand[0], operand[-1]) if isinstance(operand, list) else (operand, operand)
    match operator:
        case "before" | "less":
            return bool(value < low)
        case "after" | "greater":
            return bool(value > high)
        case "between" | "within":
            return bool(low <= value <= high)
    raise ValueError(f"the model has no operator {operator}")


def _same(value: object, operand: object, today: date, zone: ZoneInfo) -> bool:
    if operand == "":
        return value is None
    if isinstance(operand, bool):
        return bool(value) == operand
    if isinstance(value, str) and isinstance(operand, str):
        if re.match(r"\d{4}-\d\d-\d\d", value):
            return _day_of(value, zone) in days(operand, today)
        return value.lower() == operand.lower()
    return value is not None and value == operand


def _day_of(value: str, zone: ZoneInfo) -> date:
    return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value).astimezone(zone).date()
