"""Local days, also those of 23 and 25 hours and those without a midnight."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.activity.days import LocalDay
from include.errors import ConfigError
from include.warehouse.store import connect

ZONES = ("Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Cairo", "UTC")


@pytest.mark.parametrize(
    ("day", "zone", "end"),
    [
        ("2026-11-22", "Europe/Paris", "2026-11-22T23:00"),
        ("2026-03-29", "Europe/Paris", "2026-03-29T22:00"),  # 23 hours
        ("2026-10-25", "Europe/Paris", "2026-10-25T23:00"),  # 25 hours
        ("2026-04-23", "Africa/Cairo", "2026-04-23T22:00"),  # the next midnight does not exist
        ("2026-10-29", "Africa/Cairo", "2026-10-29T22:00"),  # 23:00 to 24:00 comes twice
    ],
)
def test_m03_a_day_ends_at_its_local_midnight(day, zone, end):
    assert LocalDay.parse(day, zone).end == datetime.fromisoformat(end).replace(tzinfo=UTC)


@given(st.dates(date(2015, 1, 1), date(2035, 12, 31)), st.sampled_from(ZONES))
def test_m03_a_days_last_second_is_in_it_and_its_end_is_not(day, zone):
    end = LocalDay(day, zone).end
    seconds = [end - timedelta(seconds=1), end]
    query = "SELECT CAST(CAST(timezone(?, make_timestamptz(?)) AS DATE) AS VARCHAR)"
    epochs = [int(second.timestamp() * 1_000_000) for second in seconds]
    found = [connect().execute(query, [zone, epoch]).fetchall()[0][0] for epoch in epochs]
    assert found == [day.isoformat(), (day + timedelta(days=1)).isoformat()]


@pytest.mark.parametrize("text", ["2026-11-31", "22/11/2026", "", "yesterday"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ConfigError, match="YYYY-MM-DD"):
        LocalDay.parse(text, "UTC")


@pytest.mark.parametrize(
    ("now", "newest"),
    [
        ("2026-11-22T22:40+00:00", "2026-11-21"),
        ("2026-11-22T22:59+00:00", "2026-11-22"),  # a clock that lags a little behind midnight
        ("2026-11-23T22:30+00:00", "2026-11-22"),
    ],
)
def test_the_newest_complete_day_is_the_one_before_today(now, newest):
    assert str(LocalDay.newest_complete(datetime.fromisoformat(now), "Europe/Paris")) == newest
