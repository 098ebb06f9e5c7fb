"""The rerun controls as they are given, and how far back they read (M04)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.errors import ConfigError
from include.keys import email_key
from include.pipelines.rerun import PERSON, Rerun, parse_controls

HASH = email_key("ann@x.example")
MOMENTS = st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis takes bounds without a zone


def parse(**given: Any) -> Rerun:
    return parse_controls(given, "Europe/Paris")


@pytest.mark.parametrize("nothing", [{}, {"person": None, "since": ""}, {"full_refresh": False, "query": "web"}])
def test_nothing_asked_is_a_usual_run(nothing: dict[str, Any]) -> None:
    assert parse(**nothing) == Rerun()
    assert (Rerun().restricted, Rerun().told) == (False, ())


@pytest.mark.parametrize("person", ["003000000000001", "00Q000000000001AAA", "001000000000001AAA", HASH, HASH.upper()])
def test_a_person_is_an_id_or_a_hash(person: str) -> None:
    assert parse(person=person).person in {person, HASH}
    assert re.fullmatch(PERSON, person)


def test_g09_an_email_is_refused_without_being_repeated() -> None:
    with pytest.raises(ConfigError, match="MD5 of the e-mail in lower case") as refused:
        parse(person="ann@x.example")
    assert "ann" not in str(refused.value)
    assert not re.fullmatch(PERSON, "ann@x.example")


@pytest.mark.parametrize("person", ["ann", "005000000000001", HASH[:-1], "00300000000000"])
def test_g09_what_names_nobody_is_refused_without_being_repeated(person: str) -> None:
    with pytest.raises(ConfigError, match="neither the Salesforce Id") as refused:
        parse(person=person)
    assert person not in str(refused.value)


def test_a_day_begins_at_its_midnight_in_the_configured_zone_and_a_time_names_its_own() -> None:
    assert parse(since="2025-11-22").since == datetime(2025, 11, 21, 23, tzinfo=UTC)
    assert parse(since="2025-11-22T08:00:00-05:00").since == datetime(2025, 11, 22, 13, tzinfo=UTC)
    assert parse(since="2025-11-22T13:00:00.000Z").since == datetime(2025, 11, 22, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "wrong"),
    [("yesterday", "neither a day"), ("2025-11-22T08:00:00", "no time zone"), ("2199-01-01", "in the future")],
)
def test_another_since_is_refused(since: str, wrong: str) -> None:
    with pytest.raises(ConfigError, match=wrong):
        parse(since=since)


def test_all_that_makes_no_sense_together_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        parse(person=HASH, quarantined=True, query="web", since="2025-11-22", full_refresh=True)
    for pair in ("person and quarantined", "query and quarantined", "since and full_refresh"):
        assert pair in str(refused.value)


@given(since=MOMENTS, full=st.booleans(), mark=MOMENTS)
def test_g10_nothing_that_was_not_read_yet_is_passed_over(
    since: datetime | None, full: bool, mark: datetime | None
) -> None:
    read_from = Rerun(since=since, full_refresh=full).reads_from(mark)
    assert read_from is None or (mark is not None and read_from <= mark)
    if read_from is not None and since is not None:
        assert read_from <= since


def test_the_report_says_what_was_asked_for() -> None:
    rerun = parse(person=HASH, since="2025-11-22")
    assert rerun.told == (f"person {HASH} only", "read again from 2025-11-21 23:00 UTC")
    assert Rerun(quarantined=True, full_refresh=True).told == ("quarantined rows only", "read in full")
