"""Which people a query selects: SOQL's meaning of the operators, over plain records (X02)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Record = dict[str, Any]


def selects(query: Record, person: Record, today: date, zone: ZoneInfo) -> bool:
    """Whether a query of an audience file selects a person."""
    if person["object"] != query["object"]:
        return False
    return "where" not in query or _holds(query["where"], person, today, zone)


def day(expression: str, today: date) -> date:
    """`today`, `today - 30 days`, `today - 120 years`, or a date."""
    match = re.fullmatch(r"today(?: ([+-]) (\d+) (day|year)s?)?", expression)
    if match is None:
        return date.fromisoformat(expression)
    sign, number, unit = match.groups()
    count = 0 if sign is None else int(sign + number)
    return today + timedelta(days=count) if unit != "year" else today.replace(year=today.year + count)


def _holds(condition: Record, person: Record, today: date, zone: ZoneInfo) -> bool:
    if "all" in condition:
        return all(_holds(each, person, today, zone) for each in condition["all"])
    if "any" in condition:
        return any(_holds(each, person, today, zone) for each in condition["any"])
    if "not" in condition:
        return not _holds(condition["not"], person, today, zone)
    (operator,) = set(condition) - {"field"}
    value, operand = person.get(condition["field"]), condition[operator]
    match operator:
        case "equals":
            return _same(value, operand)
        case "in":
            return any(_same(value, each) for each in operand)
        case "is_blank":
            return (value in (None, "")) == operand
        case "after":
            return value is not None and _day_of(value, zone) > day(operand, today)
    raise ValueError(f"the model has no operator {operator}")


def _same(value: object, operand: object) -> bool:
    if isinstance(value, str) and isinstance(operand, str):
        return value.lower() == operand.lower()
    return value is not None and value == operand


def _day_of(value: str, zone: ZoneInfo) -> date:
    return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value).astimezone(zone).date()
