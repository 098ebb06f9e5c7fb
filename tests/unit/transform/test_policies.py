"""X01: a plan does what the table of policies says of each switch, with the switch set alone under both presets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from include.config.policies import PRESETS, WHAT_HAPPENS, Situation
from tests.unit.transform.worlds import BORN, EVERYONE, LIST, World, audience, plan

ANN = {"FirstName": "Ann", "LastName": "Lee"}
SAME = {"FNAME": "Ann", "LNAME": "Lee"}
EDITED = SAME | {"FNAME": "Anna"}
OLD, NEW = "old@x.example", "new@x.example"


def opts_out() -> World:
    world = World()
    world.person(OLD, opted_out=True, **ANN)
    world.member(OLD, merge_fields=SAME)
    return world


def unsubscribes() -> World:
    world = World()
    world.person(OLD, **ANN)
    world.member(OLD, "unsubscribed", merge_fields=SAME)
    return world


def changes_in_salesforce() -> World:
    world = World()
    world.former_email(world.person(NEW, **ANN), OLD)
    world.member(OLD, merge_fields=SAME)
    return world


def changes_in_mailchimp() -> World:
    world = World()
    world.person(OLD, **ANN)
    world.former_email("c", OLD, LIST)
    world.member(NEW, contact_id="c", merge_fields=SAME)
    return world


def stops_matching() -> World:
    """Beside what the query gave the member has a group and a tag of its own."""
    world = World()
    world.person(OLD, **ANN)
    key = world.member(OLD, merge_fields=SAME, groups=["i-events", "i-news"], tags=["Customer", "Hot"])
    owned = {"owned_groups": ["i-news"], "owned_tags": ["Customer"]}
    world.assignments.append({"list_id": LIST, "query": "gone", "email_key": key, "targets_hash": "t"} | owned)
    return world


def edited(first_name: str | None = "Ann", *, person_later: bool = False) -> Callable[[], World]:
    """The member's first name was edited after the last sync; so was the person's, later, where said."""

    def made() -> World:
        world, days = World(), timedelta(days=1)
        was = SAME if first_name else {"LNAME": "Lee"}
        name = "Annie" if person_later else first_name
        world.person(OLD, **ANN | {"FirstName": name, "modified_at": BORN + 2 * days if person_later else BORN})
        key = world.member(OLD, merge_fields=EDITED, last_changed=BORN + days)
        world.synced[key] = was
        return world

    return made


def is_gone() -> World:
    world = World()
    world.person(OLD, is_deleted=True, **ANN)
    world.member(OLD, merge_fields=SAME)
    return world


PLANS: dict[tuple[str, str], list[tuple[Callable[[], World], list[str]]]] = {
    ("a person opts out in Salesforce", "the member stays subscribed"): [(opts_out, [])],
    ("a person opts out in Salesforce", "the member is unsubscribed"): [(opts_out, ["unsubscribe_member"])],
    ("a member unsubscribes in Mailchimp", "Email Opt Out stays as it is"): [(unsubscribes, [])],
    ("a member unsubscribes in Mailchimp", "Email Opt Out is set"): [(unsubscribes, ["opt_out_person"])],
    ("an e-mail changes in Salesforce", "a new member is added, the old one stays"): [
        (changes_in_salesforce, ["add_member"])
    ],
    ("an e-mail changes in Salesforce", "the member moves to the new e-mail"): [
        (changes_in_salesforce, ["move_member"])
    ],
    ("an e-mail changes in Mailchimp", "the person's e-mail is added again"): [(changes_in_mailchimp, ["add_member"])],
    ("an e-mail changes in Mailchimp", "the member stays the person's, who is not added again"): [
        (changes_in_mailchimp, [])
    ],
    ("a person stops matching a query", "tags and groups stay"): [(stops_matching, [])],
    ("a person stops matching a query", "tags and groups of the query are removed"): [
        (stops_matching, ["remove_tag Customer", "update_member {'i-news': False}"])
    ],
    ("a mapped merge field is edited", "Salesforce overwrites it"): [
        (edited(), ["update_member FNAME"]), (edited(None), []),
    ],
    ("a mapped merge field is edited", "it is written to Salesforce"): [
        (edited(), ["update_person"]), (edited(None), ["update_person"]),
        (edited(person_later=True), ["update_person"]),
    ],
    ("a mapped merge field is edited", "it is written to Salesforce, unless Salesforce changed later"): [
        (edited(), ["update_person"]), (edited(None), ["update_person"]),
        (edited(person_later=True), ["update_member FNAME"]),
    ],
    ("a mapped merge field is edited", "it is written to Salesforce where that is blank, else overwritten"): [
        (edited(), ["update_member FNAME"]), (edited(None), ["update_person"]),
    ],
    ("a person is gone from Salesforce", "the member stays"): [(is_gone, [])],
    ("a person is gone from Salesforce", "the member is archived"): [(is_gone, ["archive_member"])],
}  # fmt: skip


def told(operation: dict[str, Any]) -> str:
    """Kind, and what of a member changes."""
    after = operation["after"]
    match operation["kind"]:
        case "update_member":
            return f"update_member {after.get('interests') or ' '.join(after['merge_fields'])}"
        case "remove_tag":
            return f"remove_tag {after['tag']}"
    return str(operation["kind"])


@pytest.mark.parametrize("policy", PRESETS)
@pytest.mark.parametrize("situation", WHAT_HAPPENS, ids=lambda situation: situation.happening.replace(" ", "_"))
def test_x01_each_switch_alone_does_what_the_table_says(situation: Situation, policy: str) -> None:
    for value, outcome in situation.outcomes.items():
        queries = [EVERYONE] if situation.switch == "email_change" else []
        configured = audience(policy=policy, queries=queries, **{situation.switch: value})
        for world, planned in PLANS[situation.happening, outcome]:
            assert sorted(map(told, plan(world(), configured).operations)) == planned, (value, outcome)
