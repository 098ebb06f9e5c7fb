"""What conditions mean: a plain evaluator of random conditions over a random table finds what the org's SQL finds."""

from __future__ import annotations

import operator
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.sandbox.salesforce.soql.parser import quote
from include.sandbox.salesforce.store import OrgStore
from tests.unit.sandbox.salesforce.conftest import NOW, Bench, bench

Row = dict[str, Any]
TODAY = NOW.date()
DAY = timedelta(days=1)
TEXTS = ["Ada", "ADA", "ada_x", "50%", "5\\0", "Éa", "éA", "o'neil", "zz", "AXB"]
CHOICES = ["Offers", "Product news", "Events"]
DAYS = [TODAY + number * DAY for number in (-40, -24, -23, -3, -2, -1, 0, 1, 2, 9)]
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
SUNDAY = TODAY - timedelta(days=TODAY.isoweekday() % 7)
RANGES = {
    "TODAY": (TODAY, TODAY),
    "yesterday": (TODAY - DAY, TODAY - DAY),
    "LAST_N_DAYS:2": (TODAY - 2 * DAY, TODAY),
    "N_DAYS_AGO:2": (TODAY - 2 * DAY, TODAY - 2 * DAY),
    "NEXT_N_DAYS:2": (TODAY + DAY, TODAY + 2 * DAY),
    "THIS_WEEK": (SUNDAY, SUNDAY + 6 * DAY),
    "LAST_MONTH": (date(2026, 10, 1), date(2026, 10, 31)),
    "THIS_FISCAL_QUARTER": (date(2026, 10, 1), date(2026, 12, 31)),
}
"""The first and the last day of each."""


@dataclass(frozen=True)
class Case:
    """A condition as SOQL writes it, and what it says of a row."""

    soql: str
    holds: Callable[[Row], bool]


def table() -> list[Row]:
    """Rows with nulls, texts that differ in case alone, and times at the borders of days."""
    dice = random.Random(7)
    times = [
        datetime(day.year, day.month, day.day, tzinfo=UTC) - second for day in DAYS for second in (DAY * 0, DAY / 86400)
    ]
    return [
        {
            "LastName": str(number),
            "FirstName": dice.choice([None, *TEXTS]),
            "Annual_Spend__c": dice.choice([None, -1.5, 0, 2, 10]),
            "HasOptedOutOfEmail": dice.random() < 0.5,
            "Birthdate": dice.choice([None, *(day.isoformat() for day in DAYS)]),
            "EmailBouncedDate": dice.choice([None, *(time.isoformat() for time in times)]),
            "Interests__c": ";".join(one for one in CHOICES if dice.random() < 0.5) or None,
        }
        for number in range(150)
    ]


ROWS = table()


def compared(field: str, read: Callable[[Any], Any], sign: str, literal: str, value: Any) -> Case:
    """A comparison with a value; one with null holds for `!=` alone."""

    def holds(row: Row) -> bool:
        if sign == "!=":
            return row[field] is None or read(row[field]) != value
        return row[field] is not None and COMPARE[sign](read(row[field]), value)

    return Case(f"{field} {sign} {literal}", holds)


def liked(pattern: str) -> Case:
    """LIKE: `%` for any text, `_` for one character, a backslash takes the meaning off the next one."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    shape = "".join({"%": ".*", "_": "."}.get(one, re.escape(one[-1].casefold())) for one in parts)
    literal = "'" + pattern.replace("'", "\\'") + "'"
    return Case(
        f"FirstName LIKE {literal}",
        lambda row: row["FirstName"] is not None and bool(re.fullmatch(shape, row["FirstName"].casefold(), re.DOTALL)),
    )


def listed(values: list[str | None], *, negated: bool) -> Case:
    """IN and NOT IN, null among the values."""
    literals = ", ".join("null" if one is None else quote(one) for one in values)
    folded = {one and one.casefold() for one in values}
    word = "NOT IN" if negated else "IN"

    def holds(row: Row) -> bool:
        return ((row["FirstName"] and row["FirstName"].casefold()) in folded) is not negated

    return Case(f"FirstName {word} ({literals})", holds)


def chosen(groups: list[list[str]], *, negated: bool) -> Case:
    """INCLUDES: all of one group; EXCLUDES: of no group all."""
    literals = ", ".join(quote(";".join(group)) for group in groups)
    wanted = [{one.casefold() for one in group} for group in groups]
    word = "EXCLUDES" if negated else "INCLUDES"

    def holds(row: Row) -> bool:
        has = set((row["Interests__c"] or "").casefold().split(";"))
        return any(group <= has for group in wanted) is not negated

    return Case(f"Interests__c {word} ({literals})", holds)


def in_range(field: str, sign: str, word: str) -> Case:
    """A date or datetime field against a date literal, by the day in UTC."""
    first, last = RANGES[word]
    compare: dict[str, Callable[[date], bool]] = {
        "=": lambda day: first <= day <= last,
        "<": lambda day: day < first,
        "<=": lambda day: day <= last,
        ">": lambda day: day > last,
        ">=": lambda day: day >= first,
    }

    def holds(row: Row) -> bool:
        day = row[field] and datetime.fromisoformat(row[field]).date()
        if sign == "!=":
            return day is None or not first <= day <= last
        return day is not None and compare[sign](day)

    return Case(f"{field} {sign} {word}", holds)


SIGNS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
FIELDS = ["FirstName", "Annual_Spend__c", "Birthdate", "EmailBouncedDate", "Interests__c"]
PATTERNS = st.lists(
    st.sampled_from(["%", "_", "\\%", "\\_", "\\\\", "a", "D", "é", "5", "0", "x", "'"]), min_size=1, max_size=4
)
SIMPLE = st.one_of(
    st.tuples(SIGNS, st.sampled_from(TEXTS)).map(
        lambda of: compared("FirstName", str.casefold, of[0], quote(of[1]), of[1].casefold())
    ),
    st.tuples(SIGNS, st.sampled_from([-1.5, 0, 2, 3])).map(
        lambda of: compared("Annual_Spend__c", float, of[0], str(of[1]), of[1])
    ),
    st.tuples(st.sampled_from(["=", "!="]), st.booleans()).map(
        lambda of: compared("HasOptedOutOfEmail", bool, of[0], str(of[1]).upper(), of[1])
    ),
    st.tuples(SIGNS, st.sampled_from(DAYS)).map(
        lambda of: compared("Birthdate", date.fromisoformat, of[0], of[1].isoformat(), of[1])
    ),
    st.tuples(SIGNS, st.sampled_from(DAYS)).map(
        lambda of: compared(
            "EmailBouncedDate",
            datetime.fromisoformat,
            of[0],
            f"{of[1]}T02:00:00+02:00",
            datetime(of[1].year, of[1].month, of[1].day, tzinfo=UTC),
        )
    ),
    st.tuples(st.sampled_from(["Birthdate", "EmailBouncedDate"]), SIGNS, st.sampled_from(sorted(RANGES))).map(
        lambda of: in_range(*of)
    ),
    st.sampled_from(FIELDS).map(lambda field: Case(f"{field} = null", lambda row: row[field] is None)),
    st.sampled_from(FIELDS).map(lambda field: Case(f"{field} != NULL", lambda row: row[field] is not None)),
    PATTERNS.map("".join).map(liked),
    st.tuples(st.lists(st.sampled_from([None, *TEXTS]), min_size=1, max_size=3), st.booleans()).map(
        lambda of: listed(of[0], negated=of[1])
    ),
    st.tuples(
        st.lists(st.lists(st.sampled_from([*CHOICES, "offers"]), min_size=1, max_size=2), min_size=1, max_size=2),
        st.booleans(),
    ).map(lambda of: chosen(of[0], negated=of[1])),
)


def nested(inner: st.SearchStrategy[Case]) -> st.SearchStrategy[Case]:
    """AND, OR and NOT over conditions in parentheses."""
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(
            lambda of: Case(f"({of[0].soql}) AND ({of[1].soql})", lambda row: of[0].holds(row) and of[1].holds(row))
        ),
        two.map(lambda of: Case(f"({of[0].soql}) OR ({of[1].soql})", lambda row: of[0].holds(row) or of[1].holds(row))),
        inner.map(lambda one: Case(f"NOT ({one.soql})", lambda row: not one.holds(row))),
    )


@pytest.fixture(scope="module")
def filled() -> Iterator[Bench]:
    """An org with the table's rows as contacts."""
    for org in bench(OrgStore()):
        org.store.load([("Contact", ROWS)])
        yield org


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(condition=st.recursive(SIMPLE, nested, max_leaves=6))
def test_condition_finds_the_rows_of_which_it_holds(filled: Bench, condition: Case) -> None:
    found = filled.values(f"SELECT LastName FROM Contact WHERE {condition.soql}")
    assert sorted(found, key=int) == [row["LastName"] for row in ROWS if condition.holds(row)], condition.soql
