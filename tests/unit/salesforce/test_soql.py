"""SOQL is built so that no value can leave its place."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.salesforce.soql import all_of, any_of, compare, count, literal, one_of, select


def test_conditions_nest_in_parentheses():
    where = all_of(
        compare("Type", "=", "Customer"), any_of(compare("Age__c", ">", 3), compare("Account.Name", "!=", None))
    )
    expected = "SELECT Id, Account.Name FROM Contact WHERE (Type = 'Customer' AND (Age__c > 3 OR Account.Name != null))"
    assert select("Contact", ["Id", "Account.Name"], where) == expected


def test_count_without_condition():
    assert count("Lead") == "SELECT COUNT() FROM Lead"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (12.5, "12.5"),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1, 12, 30, 1, 250_000, tzinfo=UTC), "2026-03-01T12:30:01.250Z"),
        (datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=2))), "2026-02-28T23:00:00.000Z"),
        ("O'Neil \\ \n", r"'O\'Neil \\ \n'"),
    ],
)
def test_values_are_written_as_soql_reads_them(value, written):
    assert literal(value) == written


def test_datetime_without_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        literal(datetime(2026, 3, 1))  # noqa: DTZ001 - what is refused


@given(st.text())
def test_no_text_ends_its_literal_early(text):
    inner = literal(text)[1:-1]
    assert not re.search(r"(?<!\\)(\\\\)*'", inner)
    assert not inner.endswith("\\") or len(re.search(r"\\*$", inner)[0]) % 2 == 0


@given(st.text(min_size=1).filter(lambda name: not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.]*", name)))
def test_names_that_are_none_are_refused(name):
    with pytest.raises(ValueError, match="no Salesforce name"):
        select("Contact", [name])


def test_six_parents_are_too_many():
    with pytest.raises(ValueError, match="no Salesforce name"):
        select("Contact", ["A.B.C.D.E.F.Name"])


def test_empty_list_is_refused():
    with pytest.raises(ValueError, match="no empty list: Id"):
        one_of("Id", [])
    assert one_of("Id", ["a", "b"]).text == "Id IN ('a', 'b')"
