"""The circuit breaker: caps, empty sources, first load (G06)."""

from __future__ import annotations

from typing import Any

import pytest

from include.transform.breaker import PlanCounts, objections
from tests.unit.transform.worlds import audience

CALM = {
    "current_people": 100, "known_people": 110, "current_members": 200, "known_members": 210,
    "new_members": 0, "changed_members": 0, "new_leads": 0,
}  # fmt: skip
CAPS = {"changed_members": "20%", "new_members": 10, "new_leads": "0.5%"}


def objected(first_load: bool = False, mode: str = "auto", **counts: int) -> list[str]:
    configured = audience(circuit_breaker=CAPS, first_load=mode)
    return objections(PlanCounts(**(CALM | counts)), configured, first_load=first_load)


@pytest.mark.parametrize(("name", "cap"), [("changed_members", 40), ("new_members", 10), ("new_leads", 1)])
def test_g06_a_plan_at_the_cap_goes_on_and_one_row_more_stops_it(name: str, cap: int) -> None:
    assert objected(**{name: cap}) == []
    (message,) = objected(**{name: cap + 1})
    assert (
        f"{cap + 1} {name.replace('_', ' ')} are planned, over the cap `circuit_breaker.{name}: {CAPS[name]}`"
        in message
    )


@pytest.mark.parametrize(("gone", "source"), [("current_people", "Salesforce"), ("current_members", "Mailchimp")])
def test_g06_a_source_that_had_rows_and_has_none_stops_the_run(gone: str, source: str) -> None:
    assert [message.split()[0] for message in objected(**{gone: 0})] == [source]
    assert objected(**{gone: 0, gone.replace("current", "known"): 0}) == []


def test_g06_a_first_load_waits_for_approval_unless_it_is_automatic_and_then_fills_the_audience() -> None:
    full: dict[str, Any] = {"new_members": 5000, "current_members": 0, "known_members": 0}
    assert objected(first_load=True, **full) == []
    (message,) = objected(first_load=True, mode="approve", **full)
    assert "first load" in message
    assert objected(first_load=False, mode="approve") == []


def test_g06_all_objections_are_told_at_once() -> None:
    assert len(objected(new_members=11, new_leads=2, current_people=0)) == 3
