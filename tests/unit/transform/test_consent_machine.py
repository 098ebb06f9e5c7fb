"""G01 and X01 over many worlds: a plan never raises a status, never adds who is held, and is empty once carried out.

Statuses, opt-outs, consent, former e-mails, settings, and events in any order, with a small plain-Python vendor that
carries the plan out.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.keys import email_key
from tests.unit.transform.worlds import LIST, Outcome, World, audience, plan

STATUSES = ("subscribed", "pending", "transactional", "unsubscribed", "cleaned", "archived", "forgotten")
LEFT = {"unsubscribed", "archived", "forgotten"}
EMAILS = tuple(f"{name}@x.example" for name in "abcd")
ASKED = {"ask_subscribed": "subscribed", "ask_unsubscribed": "unsubscribed", "ask_group": None}
"""Requests on mirror rows (R22) by event: the status that is asked for."""
LOWERED = {"unsubscribe_member": "unsubscribed", "archive_member": "archived"}

people = st.lists(
    st.fixed_dictionaries({
        "email": st.sampled_from(EMAILS), "kind": st.sampled_from(["Contact", "Lead"]), "opted_out": st.booleans(),
        "agreed": st.booleans(), "is_deleted": st.booleans(), "former": st.sets(st.sampled_from(EMAILS), max_size=2),
    }),
    max_size=4,
)  # fmt: skip
members = st.dictionaries(st.sampled_from(EMAILS), st.sampled_from(STATUSES), max_size=4)
events = st.lists(
    st.tuples(
        st.sampled_from(["opt_out", "unsubscribe", "archive", "delete", "rename", *ASKED]),
        st.sampled_from(EMAILS),
        st.sampled_from(EMAILS),
    ),
    max_size=3,
)
policies = st.fixed_dictionaries({
    "policy": st.sampled_from(["legacy_parity", "two_way"]),
    "email_change": st.sampled_from(["new_member", "move"]),
    "opt_out": st.sampled_from(["off", "to_mailchimp", "to_salesforce", "both"]),
    "missing_people": st.sampled_from(["keep", "archive"]),
    "shared_emails": st.sampled_from(["survivor", "hold"]),
    "unsubscribe_sets_opt_out": st.sampled_from(["any", "all"]),
    "data_sync": st.booleans(),
    "consent": st.sampled_from(["none", {"contact": "Agreed__c", "lead": "Agreed__c"}]),
    "new_members": st.sampled_from([{"status": "subscribed"}, {"status": "pending"}]),
})  # fmt: skip


def made(drawn: list[dict[str, Any]], statuses: dict[str, str]) -> World:
    world = World()
    for one in drawn:
        identity = world.person(
            one["email"], one["kind"], opted_out=one["opted_out"], is_deleted=one["is_deleted"],
            Agreed__c=str(one["agreed"]).lower(), FirstName=None, LastName=None,
        )  # fmt: skip
        for email in one["former"] - {one["email"]}:
            world.former_email(identity, email)
    for email, status in statuses.items():
        world.member(email, status)
    return world


def happen(world: World, event: str, email: str, other: str) -> None:
    """Something that people do in one of the vendors."""
    if event in ASKED:
        ask(world, ASKED[event], email)
    for person in world.people:
        if person["email"] != email:
            continue
        if event == "opt_out":
            person["opted_out"] = True
        if event == "delete":
            person["is_deleted"] = True
        if event == "rename" and other != email:
            world.former_email(person["id"], email)
            person.update(email=other, email_key=email_key(other))
    for member in world.members:
        if member["email"] == email and event == "unsubscribe" and member["status"] in {"subscribed", "pending"}:
            member["status"] = "unsubscribed"
        if member["email"] == email and event == "archive" and member["status"] not in {"forgotten", "cleaned"}:
            member["status"] = "archived"


def ask(world: World, status: str | None, email: str) -> None:
    """A request on the member's row, and one on a row that a user makes for each person."""
    groups = () if status else ("Topics / News",)
    if any(member["email"] == email for member in world.members):
        world.request(status, *groups, member=email)
    for person in world.people:
        if person["email"] == email and not person["is_deleted"]:
            world.request(status, *groups, person=person["id"])


def statuses_of(world: World) -> dict[str, str]:
    return {member["email_key"]: member["status"] for member in world.members}


def carry_out(world: World, outcome: Outcome) -> None:
    """What the vendors hold after the plan, and what the sync remembers."""
    by_key = {member["email_key"]: member for member in world.members}
    moves = [operation for operation in outcome.operations if operation["kind"] == "move_member"]
    for operation in outcome.operations:
        after = operation["after"]
        if operation["kind"] in LOWERED:
            by_key[operation["email_key"]]["status"] = after["status"]
        if operation["kind"] == "add_member":
            groups = [*after.get("interests", {})]
            world.member(after["email_address"], after["status"], merge_fields=after["merge_fields"], groups=groups)
        if operation["kind"] == "update_member":
            by_key[operation["email_key"]]["groups"] += after.get("interests", {})
        if operation["kind"] == "opt_out_person":
            (person,) = (one for one in world.people if one["id"] == after["Id"])
            person["opted_out"] = True
    answered = {one["precondition"]["row"] for one in outcome.operations if one["kind"] == "answer_request"}
    world.requests = [row for row in world.requests if row["row_id"] not in answered]
    world.synced |= {row["email_key"]: json.loads(row["field_values"]) for row in outcome.synced_values}
    for move in moves:
        member, email = by_key[move["email_key"]], move["after"]["email_address"]
        world.former_email(member["contact_id"], member["email"], LIST)
        member.update(email=email, email_key=email_key(email))


def is_held(world: World, key: str, before: dict[str, str]) -> bool:
    """Whether somebody with the e-mail has left under one of their own former e-mails."""
    owners = {one["id"] for one in world.people if one["email_key"] == key and not one["is_deleted"]}
    return any(row["holder_id"] in owners and before.get(row["email_key"]) in LEFT for row in world.emails)


def check(world: World, outcome: Outcome) -> None:
    before = statuses_of(world)
    for operation in outcome.operations:
        key, kind, after = operation["email_key"], operation["kind"], operation["after"]
        if kind == "add_member":
            assert key not in before
            assert not is_held(world, key, before)
            assert not any(
                one["opted_out"] for one in world.people if one["email_key"] == key and not one["is_deleted"]
            )
        elif kind == "move_member":
            assert before[key] == "subscribed"
            assert email_key(after["email_address"]) not in before
            assert not is_held(world, email_key(after["email_address"]), before)
        elif kind in LOWERED:
            assert after == {"status": LOWERED[kind]}
            assert before[key] not in {"cleaned", "archived", "forgotten"}
            assert before[key] in operation["precondition"]["status"]
        elif kind == "opt_out_person":
            leaving = [one["email_key"] for one in outcome.operations if one["kind"] == "unsubscribe_member"]
            assert before[key] == "unsubscribed" or key in leaving
            assert after["HasOptedOutOfEmail"] is True
        else:
            assert "status" not in after


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(people, members, events, policies)
def test_g01_no_plan_raises_a_status_and_a_carried_out_plan_is_followed_by_an_empty_one(
    drawn: list[dict[str, Any]],
    statuses: dict[str, str],
    happening: list[tuple[str, str, str]],
    chosen: dict[str, Any],
) -> None:
    world, configured = made(drawn, statuses), audience(**chosen)
    if configured.opt_outs_reach_salesforce and configured.unsubscribe_sets_opt_out == "any":
        world.elsewhere = list(EMAILS)  # other audiences have no say
    for event in (None, *happening):
        if event is not None:
            happen(world, *event)
        outcome = plan(world, configured)
        check(world, outcome)
        carry_out(world, outcome)
        again = plan(world, configured)
        check(world, again)
        assert again.operations == []
