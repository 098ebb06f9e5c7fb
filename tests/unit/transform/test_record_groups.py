"""Groups that the record lists in a multi-select field: added once, never taken away (R13, detail 5)."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from include.schema import PicklistValue
from include.transform.values import map_people
from tests.unit.transform.test_assignments import NAMES, SAME, assigned
from tests.unit.transform.worlds import BORN, EVERYONE, LIST, Outcome, World, audience, inputs_for, plan

TOPICS = {"Topics": {"contact": "Interests__c", "lead": "Interests__c"}}
PACE = {"Pace": {"contact": "Interests__c"}}
NONE: dict[str, Any] = {"name": "nobody", "object": "Contact", "where": {"field": "LastName", "equals": "Nobody"}}
QUERY = EVERYONE | {"groups": ["Topics / News"]}
LATER = BORN + timedelta(days=1)


def one(interests: str | None, *, queries: Any = (NONE,), groups_from: Any = TOPICS, **member: Any) -> World:
    """Ann, a member, whose record lists these groups."""
    world = World()
    world.person("ann@x.example", Interests__c=interests, **NAMES)
    world.member("ann@x.example", merge_fields=SAME, **member)
    return world


def planned(world: World, groups_from: Any = TOPICS, queries: Any = (NONE,), **settings: Any) -> Outcome:
    return plan(world, audience(groups_from=groups_from, queries=list(queries), **settings))


def remembered(world: World, outcome: Outcome) -> World:
    """What the outcome asks to remember, once it was carried out."""
    kept = [{name: row[name] for name in row if name not in {"op_ids", "stops"}} for row in outcome.assignments]
    world.assignments = [row | {"list_id": LIST} for row in kept]
    return world


def test_r13_a_member_gets_the_groups_that_its_record_lists() -> None:
    outcome = planned(one("News;Events"))
    assert assigned(outcome) == (["i-events", "i-news"], [])
    (update,) = outcome.of("update_member")
    assert (update["behaviour"], update["query"]) == ("R13", None)
    (row,) = outcome.assignments
    assert (row["query"], row["owned_groups"]) == ("groups_from Topics", [])


def test_r13_a_new_member_gets_them_with_its_first_write_and_a_lead_too() -> None:
    world = World()
    world.person("ann@x.example", Interests__c="Events", **NAMES)
    world.person("lou@x.example", "Lead", Interests__c="News", **NAMES)
    queries = [EVERYONE, {"name": "leads", "object": "Lead"}]
    outcome = planned(world, queries=queries)
    added = {
        operation["after"]["email_address"]: operation["after"]["interests"] for operation in outcome.of("add_member")
    }
    assert added == {"ann@x.example": {"i-events": True}, "lou@x.example": {"i-news": True}}


def test_r13_who_is_no_member_is_skipped_with_a_reason() -> None:
    world = World()
    ann, bob = (
        world.person(f"{name}@x.example", Interests__c=listed, **NAMES)
        for name, listed in (("ann", "News"), ("bob", None))
    )
    outcome = planned(world)
    assert outcome.operations == []
    assert (outcome.reason(ann), outcome.reason(bob)) == ("not_a_member", "not_selected")


@pytest.mark.parametrize("status", ["cleaned", "archived", "forgotten"])
def test_r13_a_member_that_is_left_alone_gets_nothing(status: str) -> None:
    outcome = planned(one("News", status=status))
    assert (outcome.operations, outcome.assignments) == ([], [])


def test_r13_what_was_removed_in_mailchimp_comes_back_only_with_another_value_or_state_of_the_record() -> None:
    world = remembered(one("News"), planned(one("News")))
    assert planned(world).operations == []
    world.people[0]["Interests__c"] = "News;Events"
    assert assigned(planned(world)) == (["i-events", "i-news"], [])
    world.people[0] |= {"Interests__c": "News", "modified_at": LATER}
    assert assigned(planned(world)) == (["i-news"], [])


@pytest.mark.parametrize("policy", ["legacy_parity", "two_way"])
def test_r13_what_the_record_gave_is_never_taken_away(policy: str) -> None:
    settings = {"policy": policy} | ({"email_change": "new_member"} if policy == "two_way" else {})
    world = remembered(one("News"), planned(one("News"), **settings))
    world.members[0]["groups"] = ["i-news"]
    world.people[0] |= {"Interests__c": None, "modified_at": LATER}
    outcome = planned(world, **settings)
    assert outcome.operations == []
    assert [row["stops"] for row in outcome.assignments] == [True]


def test_r13_x01_what_a_query_gave_stays_while_the_record_lists_it() -> None:
    two_way = {"policy": "two_way", "email_change": "new_member"}
    world = remembered(one("News"), planned(one("News"), queries=[QUERY], **two_way))
    world.members[0]["groups"] = ["i-news"]
    assert [row["owned_groups"] for row in world.assignments if row["query"] == "everyone"] == [["i-news"]]
    assert planned(world, queries=[NONE], **two_way).operations == []
    world.people[0]["Interests__c"] = "Events"
    (update,) = planned(world, queries=[NONE], **two_way).of("update_member")
    assert update["after"]["interests"] == {"i-events": True, "i-news": False}


def test_r13_a_single_choice_category_takes_the_querys_group_first_and_never_replaces_one() -> None:
    daily = EVERYONE | {"groups": ["Pace / Daily"]}
    assert assigned(planned(one("Weekly;Daily"), PACE))[0] == ["i-weekly"]
    assert assigned(planned(one("Weekly"), PACE, [daily]))[0] == ["i-daily"]
    assert assigned(planned(one("Weekly", groups=["i-daily"]), PACE))[0] == []


def test_r13_a_field_that_validation_left_out_gives_nothing_and_forgets_nothing() -> None:
    world = remembered(one("News"), planned(one("News")))
    world.people[0] |= {"Interests__c": "News;Nothing", "modified_at": LATER}
    world.finding(world.people[0]["id"], "unknown_group", "add", "update", field="Interests__c")
    outcome = planned(world)
    assert (outcome.operations, outcome.assignments) == ([], [])
    assert outcome.reason(world.people[0]["id"]) == "field_left_out"


def test_r13_goes_on_with_data_sync_off_and_rests_in_a_run_for_one_query() -> None:
    assert assigned(planned(one("News"), data_sync="off"))[0] == ["i-news"]
    configured = audience(groups_from=TOPICS, queries=[EVERYONE])
    outcome = plan(remembered(one("News"), planned(one("News"))), configured, only_query="everyone")
    assert outcome.operations == []
    assert all(row["query"] == "everyone" for row in outcome.assignments)


def test_r13_names_are_the_labels_of_what_is_chosen() -> None:
    world, configured = one("news;ev ;;x"), audience(groups_from=TOPICS)
    inputs = inputs_for(configured)
    field = inputs.org.objects["Contact"].fields["Interests__c"]
    labels = (PicklistValue("news", "News"), PicklistValue("x", "X "))
    inputs.org.objects["Contact"].fields["Interests__c"] = dataclasses.replace(field, picklist=labels)
    rows = map_people(world.connection(), inputs).to_arrow_table().to_pylist()
    assert [row["groups_from Topics"] for row in rows] == [["News", "ev", "X"]]


def test_r13_x01_a_member_that_moves_gets_the_groups_under_the_email_that_it_still_has() -> None:
    world = World()
    person = world.person("new@x.example", Interests__c="News", **NAMES)
    world.former_email(person, "old@x.example")
    key = world.member("old@x.example", merge_fields=SAME)
    outcome = planned(world, policy="two_way", unsubscribe_sets_opt_out="any")
    assert sorted(row["kind"] for row in outcome.operations) == ["move_member", "update_member"]
    (update,) = outcome.of("update_member")
    assert (update["email_key"], update["after"]) == (key, {"interests": {"i-news": True}})
