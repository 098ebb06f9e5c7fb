"""What queries own, and who loses it (X01, R14): in both policies, whoever stops to ask for it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.transform.carrying_out import carry_out
from tests.unit.transform.test_assignments import LIST, QUERY, one_member, remembered
from tests.unit.transform.worlds import Outcome, World, audience, plan

OWNED = {"owned_groups": ["i-news"], "owned_tags": ["Customer"]}
HAS: dict[str, Any] = {"groups": ["i-events", "i-news"], "tags": ["Customer", "Hot"]}
NOBODY = QUERY | {"where": {"field": "FirstName", "equals": "Zoe"}}


def taken(outcome: Outcome) -> tuple[list[str], list[str]]:
    """Groups and tags that the plan takes away."""
    groups = [
        each
        for change in outcome.of("update_member")
        for each, on in change["after"].get("interests", {}).items()
        if not on
    ]
    return groups, [change["after"]["tag"] for change in outcome.of("remove_tag")]


def owning(query: dict[str, Any], **more: Any) -> World:
    """One member who has its own and others' groups and tags; the query gave some of them."""
    return remembered(one_member(**HAS), query, **(OWNED | more))


@pytest.mark.parametrize(("stops_matching", "expected"), [("remove", (["i-news"], ["Customer"])), ("keep", ([], []))])
@pytest.mark.parametrize(
    "queries",
    [[NOBODY], [], [QUERY | {"groups": [], "tags": []}]],
    ids=["stops matching", "query is gone", "query edited"],
)
def test_x01_r14_what_a_query_gave_goes_with_it_where_the_policy_says_so(
    stops_matching: str, expected: tuple[list[str], list[str]], queries: list[dict[str, Any]]
) -> None:
    configured = audience(policy="legacy_parity", stops_matching=stops_matching, queries=queries)
    assert taken(plan(owning(QUERY), configured)) == expected


def test_x01_what_others_gave_is_never_taken() -> None:
    world = owning(QUERY, owned_groups=[], owned_tags=[])
    assert taken(plan(world, audience(policy="two_way", queries=[NOBODY]))) == ([], [])


def test_x01_what_another_query_asks_for_stays_and_is_owned_by_it() -> None:
    other = QUERY | {"name": "other"}
    outcome = plan(owning(QUERY), audience(policy="two_way", queries=[NOBODY, other]))
    assert taken(outcome) == ([], [])
    kept = {row["query"]: (row["owned_groups"], row["owned_tags"]) for row in outcome.assignments if not row["stops"]}
    assert kept == {"other": (["i-news"], ["Customer"])}


def test_x01_only_what_the_sync_gives_is_owned() -> None:
    (row,) = plan(one_member(groups=["i-news"]), audience(queries=[QUERY])).assignments
    assert (row["owned_groups"], row["owned_tags"]) == ([], ["Customer"])


def test_x01_what_was_taken_away_in_mailchimp_is_owned_no_more() -> None:
    world = remembered(one_member(groups=["i-news"]), QUERY, **OWNED)
    outcome = plan(world, audience(policy="two_way", queries=[QUERY]))
    assert outcome.operations == []
    (row,) = outcome.assignments
    assert (row["owned_groups"], row["owned_tags"], row["stops"]) == (["i-news"], [], False)


@pytest.mark.parametrize("status", ["archived", "cleaned"])
def test_x01_members_that_are_left_alone_lose_nothing(status: str) -> None:
    world = remembered(one_member(status=status, **HAS), QUERY, **OWNED)
    assert plan(world, audience(policy="two_way", queries=[NOBODY])).operations == []


def test_x01_a_run_for_one_query_takes_nothing_away() -> None:
    world = owning(QUERY)
    world.assignments.append(world.assignments[0] | {"query": "gone", "list_id": LIST})
    assert taken(plan(world, audience(policy="two_way", queries=[NOBODY]), only_query="q")) == ([], [])


def test_x01_the_memory_of_who_stops_waits_for_what_is_taken() -> None:
    outcome = plan(owning(QUERY), audience(policy="two_way", queries=[NOBODY]))
    (row,) = outcome.assignments
    assert row["stops"]
    assert sorted(row["op_ids"]) == sorted(operation["op_id"] for operation in outcome.operations)


DAILY = QUERY | {"groups": ["Pace / Daily"], "tags": []}
WEEKLY = QUERY | {"groups": ["Pace / Weekly"], "tags": []}


def test_x01_a_single_choice_that_a_query_gave_makes_room_for_the_one_it_gives_now() -> None:
    world = remembered(one_member(groups=["i-daily"]), DAILY, owned_groups=["i-daily"])
    outcome = plan(world, audience(policy="two_way", queries=[WEEKLY]))
    (update,) = outcome.of("update_member")
    assert update["after"] == {"interests": {"i-daily": False, "i-weekly": True}}


@pytest.mark.parametrize("query", [NOBODY, QUERY | {"groups": [], "tags": []}], ids=["stops matching", "query edited"])
def test_x01_what_a_run_for_one_query_leaves_is_taken_by_the_next_one(query: dict[str, Any]) -> None:
    world = owning(QUERY)
    configured = audience(policy="two_way", queries=[query])
    carry_out(world, plan(world, configured, only_query="q"))
    assert taken(plan(world, configured)) == (["i-news"], ["Customer"])


def test_x01_who_is_held_back_loses_it_when_validation_lets_go() -> None:
    world = owning(QUERY)
    world.finding(world.people[0]["id"], "some_rule", "update")
    configured = audience(policy="two_way", queries=[NOBODY])
    carry_out(world, plan(world, configured))
    assert plan(world, configured).assignments == []
    world.findings.clear()
    assert taken(plan(world, configured)) == (["i-news"], ["Customer"])


def test_x01_what_is_given_for_one_query_is_owned_by_every_one_that_asks_for_it() -> None:
    """It was taken away in Mailchimp from the first query, and given again for the second."""
    world = remembered(one_member(), QUERY)
    both = audience(policy="two_way", queries=[QUERY, QUERY | {"name": "other"}])
    carry_out(world, plan(world, both))
    configured = audience(policy="two_way", queries=[QUERY])
    carry_out(world, plan(world, configured))
    assert taken(plan(world, audience(policy="two_way", queries=[NOBODY]))) == (
        ["i-news"], ["Customer"],
    )  # fmt: skip
