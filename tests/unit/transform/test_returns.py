"""Who is brought back, and by what (R03, G01, details 8 and 9): a real plan for each row of `docs/returns.md`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from include.config.policies import PRESETS
from include.transform.consent import LEFT
from include.transform.returns import RETURNS, Return
from tests.unit.transform.worlds import LIST, World, audience, plan

NAMES = {"FirstName": "Ann", "LastName": "Lee", "Agreed__c": "true"}
VALUES = {"FNAME": "Ann", "LNAME": "Lee"}
ANN, OTHER = "ann@x.example", "other@x.example"

Made = Callable[[World], str]
"""Makes the row's world; returns the key of the ledger row that tells: a person's id, or a member's hash."""


def _of(status: str, **columns: object) -> Made:
    """A person whose member has a status."""

    def make(world: World) -> str:
        world.member(ANN, status, merge_fields=VALUES)
        return world.person(ANN, **NAMES | columns)

    return make


def _alone(**columns: object) -> Made:
    return lambda world: world.person(ANN, **NAMES | columns)


def _former(status: str) -> Made:
    def make(world: World) -> str:
        person = world.person(ANN, **NAMES)
        world.former_email(person, OTHER)
        world.member(OTHER, status, merge_fields=VALUES)
        return person

    return make


def _gone(status: str, kind: str = "Contact") -> Made:
    """Another record was merged or converted into the person."""

    def make(world: World) -> str:
        person = world.person(ANN, **NAMES)
        fate = {"is_deleted": True, "master_record_id": person}
        if kind == "Lead":
            fate = {"is_converted": True, "converted_contact_id": person}
        world.person(OTHER, kind, **NAMES | fate)
        world.member(OTHER, status, merge_fields=VALUES)
        return person

    return make


def changed_in_mailchimp(world: World) -> str:
    world.former_email("c", ANN, LIST)
    world.member(OTHER, contact_id="c", merge_fields=VALUES)
    return world.person(ANN, **NAMES)


def _changed_back(status: str) -> Made:
    def make(world: World) -> str:
        person = _of(status)(world)
        for email in (ANN, OTHER):
            world.former_email(person, email)
        return person

    return make


def changed_back_moved(world: World) -> str:
    person = world.person(ANN, **NAMES)
    for email in (ANN, OTHER):
        world.former_email(person, email)
    world.former_email("c", ANN, LIST)
    world.member(OTHER, contact_id="c", merge_fields=VALUES)
    return person


def deleted(world: World) -> str:
    world.person(ANN, is_deleted=True, **NAMES)
    return world.member(ANN, merge_fields=VALUES)


def lead_deleted(world: World) -> str:
    key = world.member(ANN, merge_fields=VALUES)
    world.person(ANN, "Lead", is_deleted=True, mc_key=key, **NAMES)
    return key


def matches_again(world: World) -> str:
    """Nothing is remembered of the query: who stops matching is forgotten."""
    return _of("subscribed")(world)


WORLDS: dict[str, list[Made]] = {
    "archived": [_of("archived")],
    "forgotten": [_of("forgotten")],
    "cleaned": [_of("cleaned")],
    "unsubscribed": [_of("unsubscribed")],
    "resubscribed": [_of("subscribed")],
    "resubscribed_opted_out": [_of("subscribed", opted_out=True)],
    "opted_out": [_alone(opted_out=True)],
    "opt_out_cleared": [_alone()],
    "opt_out_cleared_unsubscribed": [_of("unsubscribed")],
    "consent_withdrawn": [_alone(Agreed__c="false")],
    "former_left": [_former(status) for status in LEFT],
    "former_movable": [_former("subscribed")],
    "former_cleaned": [_former("cleaned")],
    "former_pending": [_former("pending")],
    "changed_in_mailchimp": [changed_in_mailchimp],
    "changed_back_stayed": [_changed_back("subscribed")],
    "changed_back_moved": [changed_back_moved],
    "changed_back_left": [_changed_back("unsubscribed")],
    "deleted": [deleted],
    "undeleted": [_of("subscribed")],
    "undeleted_archived": [_of("archived")],
    "merged": [_gone(status) for status in LEFT],
    "converted": [_gone(status, "Lead") for status in LEFT],
    "merged_subscribed": [_gone("subscribed")],
    "lead_deleted": [lead_deleted],
    "matches_again": [matches_again],
}
RAISING = {"add_member", "move_member"}


def test_every_row_has_its_world() -> None:
    assert [row.name for row in RETURNS] == list(WORLDS)


@pytest.mark.parametrize("policy", PRESETS)
@pytest.mark.parametrize("row", RETURNS, ids=lambda row: row.name)
def test_r03_g01_who_is_brought_back_is_as_the_docs_say(row: Return, policy: str) -> None:
    tags = ["Customer"] if row.name == "matches_again" else []
    queries = [{"name": "everyone", "object": "Contact", "tags": tags}]
    configured = audience(
        policy=policy, consent={"contact": "Agreed__c", "lead": "Agreed__c"}, queries=queries,
        unsubscribe_sets_opt_out="any", create_leads={"enabled": True},
    )  # fmt: skip
    for make in WORLDS[row.name]:
        world = World()
        key = make(world)
        before = {member["email_key"]: member["status"] for member in world.members}
        outcome = plan(world, configured)
        assert outcome.reason(key) == getattr(row, policy)
        for operation in outcome.operations:
            assert operation["kind"] != "add_member" or operation["email_key"] not in before
            assert operation["kind"] != "move_member" or before[operation["email_key"]] == "subscribed"
            assert operation["after"].get("status") in {None, "unsubscribed"} or operation["kind"] == "add_member"
        if row.until.startswith("nothing") or row.name == "changed_in_mailchimp":
            continue
        assert not RAISING & {operation["kind"] for operation in outcome.operations}
