"""The circuit breaker: caps, empty sources, first load (G06)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.kinds import IRREVERSIBLE, OPERATION_NAMES, in_order, in_words
from include.transform.breaker import (
    Approval,
    Objection,
    PlanCounts,
    figures,
    objections,
    policy_changes,
)
from tests.unit.transform.worlds import audience

CALM = {
    "current_people": 100, "known_people": 110, "current_members": 200, "known_members": 210,
    "new_members": 0, "changed_members": 0, "changed_people": 0, "new_leads": 0,
}  # fmt: skip
CAPS = {"changed_members": "20%", "changed_people": "7%", "new_members": 10, "new_leads": "0.5%", "irreversible": 3}
KINDS = tuple(OPERATION_NAMES)


def objected(first_load: bool = False, mode: str = "auto", **counts: Any) -> list[str]:
    configured = audience(circuit_breaker=CAPS, first_load=mode)
    found = objections(PlanCounts(**(CALM | counts)), configured, first_load=first_load)
    return [objection.message for objection in found]


@pytest.mark.parametrize(
    ("name", "cap"), [("changed_members", 40), ("changed_people", 7), ("new_members", 10), ("new_leads", 1)]
)
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


@pytest.mark.parametrize(("gone", "name"), [("current_people", "no_people"), ("current_members", "no_members")])
def test_g06_a_source_that_is_known_to_be_empty_stops_no_run(gone: str, name: str) -> None:
    counts = PlanCounts(**(CALM | {gone: 0}))
    assert objections(counts, audience(), first_load=False, known_empty={name}) == []


def test_g06_a_first_load_waits_for_approval_unless_it_is_automatic_and_then_fills_the_audience() -> None:
    full: dict[str, Any] = {"new_members": 5000, "current_members": 0, "known_members": 0}
    assert objected(first_load=True, **full) == []
    (message,) = objected(first_load=True, mode="approve", **full)
    assert "first load" in message
    assert objected(first_load=False, mode="approve") == []


def test_g06_all_objections_are_told_at_once() -> None:
    assert len(objected(new_members=11, new_leads=2, current_people=0)) == 3


@pytest.mark.parametrize("kind", IRREVERSIBLE)
def test_g06_what_cannot_be_taken_back_has_a_cap_of_its_own_also_in_a_first_load(kind: str) -> None:
    assert objected(kinds={kind: 3}) == []
    for first_load in (True, False):
        (message,) = objected(first_load=first_load, kinds={kind: 4})
        assert message == "4 irreversible changes are planned, over the cap `circuit_breaker.irreversible: 3`"


sizes = st.integers(min_value=0, max_value=10**7)
planned = st.dictionaries(st.sampled_from(KINDS), st.integers(min_value=1, max_value=10**6))


@given(
    members=sizes, people=sizes, cap=st.one_of(sizes, st.integers(min_value=0, max_value=100)), share=st.booleans(),
    name=st.sampled_from(["changed_members", "changed_people", "new_members", "new_leads"]), over=st.booleans(),
)  # fmt: skip
def test_g06_any_plan_over_any_cap_waits_and_at_the_cap_it_goes_on(
    members: int, people: int, cap: int, share: bool, name: str, over: bool
) -> None:
    share = share and cap <= 100
    whole = people if name == "changed_people" else members
    limit = whole * cap // 100 if share else cap
    caps = {"changed_members": 10**9, "changed_people": 10**9, "new_members": 10**9, "new_leads": 10**9}
    configured = audience(circuit_breaker=caps | {name: f"{cap}%" if share else cap})
    sizes_now = {"current_members": members, "known_members": members, "current_people": people, "known_people": people}
    counts = PlanCounts(**(CALM | sizes_now | {name: limit + over}))
    assert [found.name for found in objections(counts, configured, first_load=False)] == [name] * over


def test_g06_both_sides_are_counted_before_and_after_the_plan() -> None:
    plan: dict[str, Any] = {
        "new_members": 12, "new_leads": 4, "kinds": {"add_member": 12, "archive_member": 5},
        "subscribed": 90, "joining": 12, "leaving": 7, "opted_out": 8, "opting_out": 2,
    }  # fmt: skip
    shown = {figure.name: (figure.now, figure.afterwards) for figure in figures(PlanCounts(**(CALM | plan)))}
    assert shown == {
        "members": (200, 207), "subscribed members": (90, 95), "people": (100, 104), "opted-out people": (8, 10)
    }  # fmt: skip


def test_g06_kinds_are_listed_with_what_cannot_be_taken_back_first() -> None:
    assert tuple(KINDS[:3]) == IRREVERSIBLE
    assert list(in_order({"new_kind": 1, **dict.fromkeys(sorted(KINDS), 1)})) == [*KINDS, "new_kind"]
    assert in_words({"new_kind": 1200, "archive_member": 2}) == (
        "members to archive: 2 (cannot be taken back), new kind: 1,200"
    )


def test_g06_another_policy_than_that_of_the_last_load_waits() -> None:
    changes = policy_changes({"opt_out": "off", "gone": "1"}, {"opt_out": "both", "new": "2"})
    assert changes == ["opt_out from off to both"]
    (found,) = objections(PlanCounts(**CALM), audience(), first_load=False, policy_changes=changes)
    assert (found.name, found.message) == (
        "policy_changed", "the policy changed since the last load: opt_out from off to both"
    )  # fmt: skip


@given(shown=planned, kinds=planned)
def test_g06_an_approval_covers_a_plan_within_the_counts_per_kind_that_were_shown(
    shown: dict[str, int], kinds: dict[str, int]
) -> None:
    approval = Approval(frozenset({"irreversible"}), shown, {"opt_out": "off"})
    within = all(number <= shown.get(kind, 0) for kind, number in kinds.items())
    found = [Objection("irreversible", "")]
    assert approval.covers(found, PlanCounts(**CALM, kinds=kinds), {"opt_out": "off"}) == within
    assert approval.covers(found, PlanCounts(**CALM, kinds=shown), {"opt_out": "off"})
    assert not approval.covers(found, PlanCounts(**CALM, kinds=shown), {"opt_out": "both"})
    assert not approval.covers(
        [*found, Objection("no_people", "")], PlanCounts(**CALM, kinds=shown), {"opt_out": "off"}
    )
