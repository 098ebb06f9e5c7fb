"""What is known of queries: first sight, last run, what was known of Salesforce then, and how it is forgotten."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from include.errors import ConfigError
from include.pipelines import query_state
from include.pipelines.plan import transform
from include.pipelines.plan_inputs import plan_inputs
from include.pipelines.query_tables import queries_table
from include.pipelines.run import SyncRun
from tests.unit.pipelines.test_plan import AT, a_run
from tests.unit.transform.worlds import World, audience

MANUAL = {"name": "by_hand", "object": "Contact", "run": "manual", "tags": ["Customer"], "groups": ["Topics / News"]}
AUTOMATIC = {"name": "all_leads", "object": "Lead"}


def a_run_at(tmp_path: Path, reading: int, **how: Any) -> SyncRun:
    """A run of an audience with both queries, whose extraction knows this reading of Salesforce."""
    world = World()
    world.person("ann@x.example", FirstName="Ann", LastName="Lee", reading=1)
    world.person("bob@x.example", FirstName="Bob", LastName="Lee", reading=reading)
    return a_run(tmp_path, world, audience(queries=[MANUAL, AUTOMATIC]), run_id=f"run-{reading}", **how)


def test_r10_a_manual_query_counts_from_what_its_last_run_knew_before_that_from_its_first_sight(tmp_path: Path) -> None:
    first = a_run_at(tmp_path, 1)
    assert plan_inputs(dataclasses.replace(first, query="by_hand")).known_reading is None
    transform(first)
    second = a_run_at(tmp_path, 2, query="by_hand")
    assert plan_inputs(second).known_reading == 1
    query_state.ran(second, transform(second))
    third = a_run_at(tmp_path, 3, query="by_hand")
    assert plan_inputs(third).known_reading == 2
    transform(third)  # planned, and not carried out
    assert plan_inputs(a_run_at(tmp_path, 4, query="by_hand")).known_reading == 2


def test_r10_a_run_is_the_last_one_of_the_queries_that_took_part(tmp_path: Path) -> None:
    run = a_run_at(tmp_path, 1)
    query_state.ran(run, transform(run))
    manual, automatic = query_state.listing(run.project, run.stem)
    seen = {"first_seen_at": AT, "last_run_at": None, "last_run_id": None, "people": None}
    assert manual == {
        "query": "by_hand", "object": "Contact", "run": "manual", "groups": ("Topics / News",), "tags": ("Customer",),
    } | seen  # fmt: skip
    assert (automatic["last_run_at"], automatic["last_run_id"], automatic["people"]) == (AT, "run-1", 0)
    run = a_run_at(tmp_path, 2, query="by_hand")
    query_state.ran(run, transform(run))
    manual, automatic = query_state.listing(run.project, run.stem)
    assert (manual["last_run_id"], manual["people"], automatic["last_run_id"]) == ("run-2", 2, "run-1")


def test_r10_a_query_that_is_reset_counts_as_never_seen(tmp_path: Path) -> None:
    run = a_run_at(tmp_path, 1, query="by_hand")
    query_state.ran(run, transform(run))
    query_state.reset(run.project, run.stem, "by_hand")
    assert query_state.listing(run.project, run.stem)[0]["first_seen_at"] is None
    assert plan_inputs(run).known_reading is None
    assert query_state.find(run.project, run.stem).keys() == {"all_leads"}
    with pytest.raises(ConfigError, match=r"no query `by_hant`; did you mean `by_hand`\?; it has by_hand, all_leads"):
        query_state.reset(run.project, run.stem, "by_hant")


def test_a_query_that_left_the_file_is_shown_until_it_is_reset(tmp_path: Path) -> None:
    run = a_run_at(tmp_path, 1)
    transform(run)
    left = a_run(tmp_path, World(), audience(queries=[AUTOMATIC])).project
    assert [row["query"] for row in query_state.listing(left, run.stem)] == ["all_leads", "by_hand"]
    lines = queries_table(query_state.listing(left, run.stem)).splitlines()
    assert lines[0].split() == ["query", "object", "run", "first", "seen", "last", "run", "people", "gives"]
    assert lines[1].split() == ["all_leads", "Lead", "automatic", "2026-11-22", "23:30", "-", "-", "-"]
    assert lines[2].endswith("no longer in the file")
    query_state.reset(left, run.stem, "by_hand")
    assert [row["query"] for row in query_state.listing(left, run.stem)] == ["all_leads"]
