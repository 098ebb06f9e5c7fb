from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.sandbox.salesforce.soql.ranges import date_range

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("literal", "first", "end"),
    [
        ("TODAY", "2026-11-23", "2026-11-24"),
        ("yesterday", "2026-11-22", "2026-11-23"),
        ("TOMORROW", "2026-11-24", "2026-11-25"),
        ("THIS_WEEK", "2026-11-22", "2026-11-29"),
        ("LAST_WEEK", "2026-11-15", "2026-11-22"),
        ("NEXT_WEEK", "2026-11-29", "2026-12-06"),
        ("THIS_MONTH", "2026-11-01", "2026-12-01"),
        ("LAST_MONTH", "2026-10-01", "2026-11-01"),
        ("NEXT_QUARTER", "2027-01-01", "2027-04-01"),
        ("LAST_YEAR", "2025-01-01", "2026-01-01"),
        ("LAST_N_DAYS:7", "2026-11-16", "2026-11-24"),
        ("NEXT_N_DAYS:2", "2026-11-24", "2026-11-26"),
        ("N_DAYS_AGO:1", "2026-11-22", "2026-11-23"),
        ("LAST_N_MONTHS:2", "2026-09-01", "2026-11-01"),
        ("NEXT_N_YEARS:1", "2027-01-01", "2028-01-01"),
        ("N_WEEKS_AGO:1", "2026-11-15", "2026-11-22"),
        ("THIS_FISCAL_QUARTER", "2026-10-01", "2027-01-01"),
        ("LAST_FISCAL_YEAR", "2025-01-01", "2026-01-01"),
        ("N_FISCAL_QUARTERS_AGO:1", "2026-07-01", "2026-10-01"),
        ("NEXT_N_FISCAL_YEARS:2", "2027-01-01", "2029-01-01"),
        ("LAST_90_DAYS", "2026-08-25", "2026-11-24"),
        ("NEXT_90_DAYS", "2026-11-24", "2027-02-22"),
    ],
)
def test_date_literal_covers_its_days(literal: str, first: str, end: str) -> None:
    assert date_range(literal, MONDAY) == (date.fromisoformat(first), date.fromisoformat(end))


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.sampled_from(["WEEK", "MONTH", "QUARTER", "YEAR"]))
def test_last_this_and_next_follow_each_other(today: date, unit: str) -> None:
    last, this, following = (date_range(f"{which}_{unit}", today) for which in ("LAST", "THIS", "NEXT"))
    assert (last[1], this[1]) == (this[0], following[0])
    assert this[0] <= today < this[1]
    assert this[1] - this[0] >= timedelta(days=7)
