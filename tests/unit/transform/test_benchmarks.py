"""The programs that measure transform run on what it reads today; all queries are one pass over the people (X02)."""

from __future__ import annotations

import pytest

from benchmarks import queries, transform


def test_the_plan_is_measured_on_tables_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    transform.main(400)
    assert "make_plan" in capsys.readouterr().out


def test_x02_twenty_queries_are_one_pass_over_the_people(capsys: pytest.CaptureFixture[str]) -> None:
    queries.main(400)
    printed = capsys.readouterr().out
    assert "find_people, 20" in printed
    assert printed.splitlines()[-1] == "scans of the people: 1"
