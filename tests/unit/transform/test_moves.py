"""X01, `email_change: move`: who moves, who does not and why, and whose a member is that has another e-mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.transform.worlds import BORN, LIST, Outcome, World, audience, compact, plan

NAMES = {"FirstName": "Ann", "LastName": "Lee"}
SAME = {"FNAME": "Ann", "LNAME": "Lee"}
OLD, NEW, THIRD = "old@x.example", "new@x.example", "third@x.example"
TAGGED = {"queries": [{"name": "everyone", "object": "Contact", "tags": ["Customer"], "groups": ["Topics / News"]}]}


def moving(**settings: Any):
    """An audience whose members move; queries select everybody unless said otherwise."""
    return audience(**{"policy": "two_way", "unsubscribe_sets_opt_out": "any"} | settings)


def planned(world: World, **settings: Any) -> Outcome:
    return plan(world, moving(**settings))


def kinds(outcome: Outcome) -> list[str]:
    return sorted(row["kind"] for row in outcome.operations)


def renamed(world: World, was: str = OLD, now: str = NEW, **columns: Any) -> str:
    """A contact whose e-mail was changed in Salesforce."""
    person = world.person(now, **NAMES | columns)
    world.former_email(person, was)
    return person


def left(world: World, holder: str, email: str, days: int, source: str = "salesforce") -> None:
    """An e-mail that somebody had until so many days after all others."""
    world.former_email(holder, email, source)
    world.emails[-1]["until"] = BORN + timedelta(days=days)


@pytest.mark.parametrize("queries", [[], [{"name": "everyone", "object": "Contact"}]])
def test_x01_the_subscribed_member_of_a_former_email_moves_selected_or_not(queries: list[Any]) -> None:
    world = World()
    person = renamed(world)
    key = world.member(OLD, merge_fields=SAME)
    outcome = planned(world, queries=queries)
    (move,) = outcome.operations
    assert (move["kind"], move["email_key"], move["person_id"]) == ("move_member", key, person)
    assert (move["before"], move["after"]) == ({"email_address": OLD}, {"email_address": NEW})
    absent = next(row["email_key"] for row in world.people)
    assert move["precondition"] == {
        "absent": absent, "contact_id": f"contact-{OLD}", "person": person, "person_email_key": absent,
        "status": "subscribed",
    }  # fmt: skip
    assert (move["behaviour"], move["note"]) == ("X01", "email_changed")
    assert outcome.reason(person) == outcome.reason(key) == "moved"


def test_r07_without_the_switch_the_new_email_is_added() -> None:
    world = World()
    renamed(world)
    world.member(OLD, merge_fields=SAME)
    assert kinds(planned(world, email_change="new_member")) == ["add_member"]


def test_x01_a_member_that_moves_is_kept_up_to_date_under_the_email_that_it_still_has() -> None:
    world = World(synced={})
    renamed(world)
    key = world.member(OLD, merge_fields={"FNAME": "Old", "LNAME": "Lee"})
    outcome = planned(world, **TAGGED)
    assert kinds(outcome) == ["add_tag", "move_member", "update_member"]
    assert {row["email_key"] for row in outcome.operations} == {key}
    (tag,) = outcome.of("add_tag")
    assert tag["after"] == {"email_address": OLD, "tag": "Customer"}
    assert [row["email_key"] for row in (*outcome.assignments, *outcome.synced_values)] == [key, key]


def test_x01_what_stops_matching_is_taken_from_a_member_that_moves() -> None:
    world = World()
    renamed(world)
    key = world.member(OLD, merge_fields=SAME, tags=["Customer"])
    world.assignments.append({"list_id": LIST, "query": "gone", "email_key": key, "owned_tags": ["Customer"]})
    assert kinds(planned(world)) == ["move_member", "remove_tag"]


@pytest.mark.parametrize(
    ("status", "reason", "added"),
    [
        ("pending", "unmovable", True), ("transactional", "unmovable", True), ("cleaned", "cleaned", True),
        ("unsubscribed", "unmovable", False), ("archived", "archived", False), ("forgotten", "forgotten", False),
    ],
)  # fmt: skip
def test_x01_a_member_that_is_not_subscribed_stays_and_is_listed(status: str, reason: str, added: bool) -> None:
    world = World()
    person = renamed(world)
    key = world.member(OLD, status, merge_fields=SAME)
    outcome = planned(world)
    assert kinds(outcome) == ["add_member"] * added
    assert (outcome.reason(key), outcome.reason(person)) == (reason, "added" if added else "consent_held")


@pytest.mark.parametrize(("columns", "settings", "reason"), [
    ({"opted_out": True}, {"opt_out": "off"}, "opted_out"),
    ({"Agreed__c": "false"}, {"consent": {"contact": "Agreed__c"}}, "no_consent"),
])  # fmt: skip
def test_x01_what_holds_an_addition_back_holds_a_move_back(columns: Any, settings: Any, reason: str) -> None:
    world = World()
    person = renamed(world, **columns)
    key = world.member(OLD, merge_fields=SAME)
    outcome = planned(world, **settings)
    assert outcome.operations == []
    assert (outcome.reason(person), outcome.reason(key)) == (reason, "former_email")


@pytest.mark.parametrize(("rule", "gates", "reason"), [
    ("invalid_email", ["add"], "invalid_email"), ("name", ["add"], "failed_rule"), ("name", ["update"], "failed_rule"),
])  # fmt: skip
def test_x01_validation_holds_a_move_back(rule: str, gates: list[str], reason: str) -> None:
    world = World()
    person = renamed(world)
    world.member(OLD, merge_fields=SAME)
    world.finding(person, rule, *gates)
    outcome = planned(world)
    assert (outcome.operations, outcome.reason(person)) == ([], reason)


def test_x01_a_shared_email_that_is_held_takes_no_member() -> None:
    world = World()
    person = renamed(world)
    world.person(NEW, **NAMES)
    world.member(OLD, merge_fields=SAME)
    outcome = planned(world, shared_emails="hold")
    assert (outcome.operations, outcome.reason(person)) == ([], "shared_email_held")


def test_x01_an_opt_out_reaches_the_member_that_would_move() -> None:
    world = World()
    renamed(world, opted_out=True)
    world.member(OLD, merge_fields=SAME)
    assert kinds(planned(world)) == ["unsubscribe_member"]


def test_g01_a_member_is_not_moved_to_the_email_of_who_left_under_another_one() -> None:
    world = World()
    person = renamed(world)
    world.former_email(person, THIRD)
    world.member(OLD, merge_fields=SAME)
    world.member(THIRD, "unsubscribed", merge_fields=SAME)
    outcome = planned(world)
    assert (outcome.operations, outcome.reason(person)) == ([], "consent_held")


BOTH = [
    ("unsubscribed", "subscribed", NEW), ("unsubscribed", "pending", NEW), ("subscribed", "unsubscribed", OLD),
    ("pending", "unsubscribed", OLD), ("subscribed", "subscribed", None), ("archived", "subscribed", None),
    ("cleaned", "subscribed", None), ("subscribed", "archived", None), ("subscribed", "cleaned", None),
    ("subscribed", "pending", None), ("unsubscribed", "transactional", None), ("subscribed", "forgotten", None),
]  # fmt: skip


@pytest.mark.parametrize(("was", "now", "unsubscribed"), BOTH)
def test_x01_where_both_emails_are_members_nothing_moves_and_an_unsubscribe_wins(
    was: str, now: str, unsubscribed: str | None
) -> None:
    world = World()
    renamed(world)
    keys = {OLD: world.member(OLD, was, merge_fields=SAME), NEW: world.member(NEW, now, merge_fields=SAME)}
    outcome = planned(world, opt_out="to_mailchimp")
    assert [(row["kind"], row["email_key"]) for row in outcome.operations] == (
        [("unsubscribe_member", keys[unsubscribed])] if unsubscribed else []
    )


def test_x01_who_is_unsubscribed_for_the_other_email_is_opted_out_in_the_same_run() -> None:
    world = World()
    renamed(world)
    world.member(OLD, "unsubscribed", merge_fields=SAME)
    world.member(NEW, merge_fields=SAME)
    assert kinds(planned(world)) == ["opt_out_person", "unsubscribe_member"]


def test_x01_a_former_email_that_somebody_else_has_stays_with_them() -> None:
    world = World()
    person = renamed(world)
    other = world.person(OLD, **NAMES)
    key = world.member(OLD, merge_fields=SAME)
    outcome = planned(world)
    assert [(row["kind"], row["person_id"]) for row in outcome.operations] == [("add_member", person)]
    assert outcome.reason(key) == outcome.reason(other) == "up_to_date"
    world.members[0]["status"] = "unsubscribed"
    assert plan(world, moving(opt_out="off")).reason(person) == "consent_held"


def test_x01_who_had_the_email_last_takes_the_member_along() -> None:
    world = World()
    first = world.person(NEW, **NAMES)
    last = world.person(THIRD, **NAMES)
    left(world, first, OLD, 1)
    left(world, last, OLD, 2)
    world.member(OLD, merge_fields=SAME)
    outcome = planned(world, queries=[])
    assert [(row["kind"], row["person_id"]) for row in outcome.of("move_member")] == [("move_member", last)]
    assert [row["person_id"] for row in outcome.of("add_member")] == [first]  # R07


def test_x01_two_people_who_swap_their_emails_move_nothing() -> None:
    world = World()
    renamed(world)
    renamed(world, NEW, OLD)
    world.member(OLD, merge_fields=SAME)
    world.member(NEW, "unsubscribed", merge_fields=SAME)
    assert planned(world, opt_out="off").operations == []


def test_x01_of_several_former_emails_the_last_one_moves() -> None:
    world = World()
    person = world.person(NEW, **NAMES)
    left(world, person, THIRD, 1)
    left(world, person, OLD, 2)
    world.member(THIRD, merge_fields=SAME)
    key = world.member(OLD, merge_fields=SAME)
    assert [row["email_key"] for row in planned(world).operations] == [key]


def test_x01_an_email_that_changes_back_moves_the_member_back() -> None:
    """old, new, old: our own move is in the contact's history, too."""
    world = World()
    person = world.person(OLD, **NAMES)
    left(world, person, OLD, 1)
    left(world, person, NEW, 2)
    left(world, "c", OLD, 1, LIST)
    key = world.member(NEW, contact_id="c", merge_fields=SAME)
    (move,) = planned(world).operations
    assert (move["kind"], move["email_key"], move["after"]) == ("move_member", key, {"email_address": OLD})


def test_x01_who_does_not_stand_for_the_new_email_takes_no_member_to_it() -> None:
    world = World()
    senior = world.person(NEW, **NAMES)
    person = renamed(world)
    key = world.member(OLD, merge_fields=SAME)
    outcome = planned(world, queries=[])
    assert (outcome.operations, outcome.reason(key)) == ([], "former_email")
    assert (outcome.reason(senior), outcome.reason(person)) == ("not_selected", "shared_email")


def test_detail_9_the_member_of_a_merged_record_keeps_its_email_and_a_former_one_of_the_winner_moves() -> None:
    world = World()
    winner = renamed(world)
    world.person(THIRD, is_deleted=True, master_record_id=winner, **NAMES)
    followed, moved = world.member(THIRD, merge_fields=SAME), world.member(OLD, merge_fields=SAME)
    outcome = planned(world)
    assert [(row["kind"], row["email_key"]) for row in outcome.operations] == [("move_member", moved)]
    assert outcome.reason(followed) == "up_to_date"


def test_detail_9_a_converted_lead_with_the_former_email_keeps_nobody_from_moving() -> None:
    world = World()
    person = renamed(world)
    world.person(OLD, "Lead", is_converted=True, converted_contact_id=person, **NAMES)
    world.member(OLD, merge_fields=SAME)
    assert kinds(planned(world)) == ["move_member"]


def test_detail_9_the_email_of_a_record_that_was_merged_into_somebody_else_is_theirs() -> None:
    world = World()
    renamed(world)
    other = world.person(THIRD, **NAMES)
    world.person(OLD, is_deleted=True, master_record_id=other, **NAMES)
    key = world.member(OLD, merge_fields=SAME)
    outcome = planned(world, queries=[])
    assert (outcome.of("move_member"), outcome.reason(key)) == ([], "up_to_date")


def test_r15_with_data_sync_off_nothing_moves_and_a_query_adds() -> None:
    world = World()
    renamed(world)
    world.member(OLD, merge_fields=SAME)
    assert kinds(planned(world, data_sync=False)) == ["add_member"]


def test_m04_a_run_for_one_query_neither_moves_nor_adds_who_would_move() -> None:
    world = World()
    person = renamed(world)
    world.member(OLD, merge_fields=SAME)
    outcome = plan(world, moving(), only_query="everyone")
    assert (outcome.operations, outcome.reason(person)) == ([], "other_query")


# --- changed in Mailchimp


def changed_in_mailchimp(world: World, status: str = "subscribed", **columns: Any) -> str:
    """The contact that had the old e-mail has the third one; returns its hash."""
    world.former_email("c", OLD, LIST)
    return world.member(THIRD, status, **{"contact_id": "c", "merge_fields": SAME} | columns)


def test_x01_changed_in_mailchimp_the_member_stays_the_persons_who_is_not_added_again() -> None:
    world = World()
    person = world.person(OLD, FirstName="Anna", LastName="Lee")
    key = changed_in_mailchimp(world)
    outcome = planned(world, create_leads={"enabled": True}, **TAGGED)
    assert kinds(outcome) == ["add_tag", "update_member"]
    assert {(row["email_key"], row["person_id"]) for row in outcome.operations} == {(key, person)}
    assert (outcome.reason(person), outcome.reason(key)) == ("email_changed", "updated")


def test_r07_without_the_switch_the_same_member_is_a_stranger_and_the_person_added_again() -> None:
    world = World()
    world.person(OLD, **NAMES)
    changed_in_mailchimp(world)
    outcome = planned(world, email_change="new_member", create_leads={"enabled": True})
    assert kinds(outcome) == ["add_member", "create_lead"]


def test_x01_what_was_remembered_goes_on_with_the_contact() -> None:
    """A tag that somebody took off is not given again, a blank that was filled is a blank."""
    world = World(synced={})
    person = world.person(OLD, FirstName="Ann", LastName=None)
    key = changed_in_mailchimp(world)
    old = world.people[0]["email_key"]
    world.synced[old] = SAME
    first = plan(world, moving(**TAGGED)).assignments[0]
    world.assignments.append({"list_id": LIST, "email_key": old} | {
        name: first[name] for name in ("query", "targets_hash", "person_modified_at", "owned_groups", "owned_tags")
    })  # fmt: skip
    (update,) = planned(world, **TAGGED).operations
    assert (update["email_key"], update["person_id"], update["after"]) == (key, person, {"merge_fields": {"LNAME": ""}})
    assert compact(SAME) != compact({"FNAME": "Ann"})


@pytest.mark.parametrize("email", [OLD, NEW])
def test_x01_an_opt_out_reaches_the_member_under_the_email_of_mailchimp(email: str) -> None:
    world = World()
    person = world.person(email, opted_out=True, **NAMES)
    if email == NEW:
        world.former_email(person, OLD)
    key = changed_in_mailchimp(world)
    (row,) = planned(world).operations
    assert (row["kind"], row["email_key"], row["person_id"]) == ("unsubscribe_member", key, person)


def test_x01_an_unsubscribe_under_the_email_of_mailchimp_opts_the_person_out() -> None:
    world = World()
    person = world.person(OLD, **NAMES)
    changed_in_mailchimp(world, "unsubscribed")
    outcome = planned(world)
    assert [(row["kind"], row["person_id"]) for row in outcome.operations] == [("opt_out_person", person)]
    assert outcome.reason(person) == "opted_out_by_member"


def test_x01_changed_on_both_sides_the_member_stays_where_mailchimp_has_it() -> None:
    world = World()
    person = renamed(world)
    key = changed_in_mailchimp(world)
    outcome = planned(world)
    assert (outcome.operations, outcome.reason(person)) == ([], "email_changed")
    assert outcome.reason(key) == "up_to_date"


def test_x01_changed_on_both_sides_to_the_same_email_is_a_match_as_any() -> None:
    world = World()
    person = renamed(world, OLD, THIRD)
    key = changed_in_mailchimp(world)
    outcome = planned(world)
    assert (outcome.operations, outcome.reason(person), outcome.reason(key)) == ([], "up_to_date", "up_to_date")


@pytest.mark.parametrize("known", ["person", "deleted", "former", "lead made for it"])
def test_x01_an_email_that_salesforce_knows_is_not_followed_to(known: str) -> None:
    """Somebody new has the e-mail that another person's member had once."""
    world = World()
    person = world.person(OLD, **NAMES)
    key = changed_in_mailchimp(world)
    if known == "former":
        world.former_email(world.person(None, **NAMES), THIRD)
    elif known == "lead made for it":
        world.person("lead@x.example", "Lead", mc_key=key, **NAMES)
    else:
        world.person(THIRD, is_deleted=known == "deleted", **NAMES)
    outcome = planned(world, queries=[{"name": "everyone", "object": "Contact"}])
    assert person in [row["person_id"] for row in outcome.of("add_member")]


def test_g01_a_contact_that_unsubscribed_under_its_new_email_holds_the_person_out() -> None:
    world = World()
    world.person(OLD, **NAMES)
    changed_in_mailchimp(world, "unsubscribed")
    for settings in ({}, {"email_change": "new_member"}):
        assert planned(world, **settings).of("add_member") == []
