"""R22 in any world: every request is carried out or answered with a reason, and cleared; an unsubscribe always."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from include.keys import email_key
from include.transform.requests import UNSUBSCRIBABLE
from tests.unit.transform.carrying_out import carry_out
from tests.unit.transform.worlds import EVERYONE, Outcome, World, audience, plan

NAMES = ("ann", "bob", "cid")
STATUSES = ("subscribed", "pending", "unsubscribed", "transactional", "cleaned", "archived", "forgotten")
GROUPS = ("Topics / News", "topics/events", "Pace / Daily", "Pace / Weekly", "No / Such")
TWO_WAY = {"policy": "two_way", "email_change": "new_member", "unsubscribe_sets_opt_out": "any"}
Asked = tuple[str, str, str | None, tuple[str, ...]]
"""About whom (a name), how (by the member's row, by a user's own, by one without anybody), status, groups."""

roles = st.fixed_dictionaries({
    "kind": st.sampled_from([None, "Contact", "Lead"]),
    "status": st.sampled_from([None, *STATUSES]),
    "opted_out": st.booleans(),
    "held": st.booleans(),
    "was": st.sampled_from([None, *NAMES]),
})  # fmt: skip
wishes = st.tuples(
    st.sampled_from(NAMES), st.sampled_from(["member", "person", "nobody"]),
    st.sampled_from([None, "subscribed", "unsubscribed"]), st.lists(st.sampled_from(GROUPS), max_size=3).map(tuple),
).filter(lambda asked: bool(asked[2] or asked[3]))  # fmt: skip
configured = st.fixed_dictionaries({
    "queries": st.sampled_from([[], [EVERYONE | {"groups": ["Topics / News"]}]]),
    "data_sync": st.booleans(),
    "new_members": st.sampled_from([{"status": "subscribed"}, {"status": "pending"}]),
})  # fmt: skip


def email(name: str) -> str:
    return f"{name}@x.example"


def world_of(cast: dict[str, dict[str, Any]], asked: list[Asked]) -> World:
    """People without values of their own, so that requests are what there is to do."""
    world, people = World(), {}
    for name, role in cast.items():
        if role["kind"]:
            blank = {"FirstName": None, "LastName": None, "opted_out": role["opted_out"]}
            people[name] = world.person(email(name), role["kind"], **blank)
            if role["held"]:
                world.finding(people[name], "some_rule", "add", "update")
            if role["was"] not in {None, name}:
                world.former_email(people[name], email(role["was"]))
        if role["status"]:
            world.member(email(name), role["status"])
    for name, how, status, groups in asked:
        about = {"member": {"member": email(name)}, "person": {"person": people.get(name)}, "nobody": {}}[how]
        world.request(status, *groups, **about)
    return world


def check_answers(world: World, outcome: Outcome) -> None:
    """Each row has one answer, without anybody's address; or it waits for the member that this run adds."""
    planned = {row["op_id"] for row in outcome.operations}
    added = {row["email_key"] for row in outcome.of("add_member")}
    keys = {row["id"]: row["email_key"] for row in world.people}
    answered = [row["precondition"]["row"] for row in outcome.of("answer_request")]
    assert len(answered) == len(set(answered))
    for row in world.requests:
        if row["row_id"] not in answered:
            assert row["requested_status"] == "unsubscribed"
            assert (row["member_key"] or keys[row["person_id"]]) in added
    for row in outcome.of("answer_request"):
        after, parts = row["after"], row["precondition"]["parts"]
        assert (after["Requested_Status__c"], after["Requested_Groups__c"]) == (None, None)
        assert len(after["Request_Result__c"]) > len("2026-11-22: ")
        assert "@" not in after["Request_Result__c"]
        assert parts
        assert {part["op"] for part in parts if part["op"]} <= planned


@settings(max_examples=6, deadline=None)
@given(
    cast=st.fixed_dictionaries(dict.fromkeys(NAMES, roles)), asked=st.lists(wishes, min_size=1, max_size=4),
    policy=st.sampled_from([{}, TWO_WAY]), how=configured,
)  # fmt: skip
def test_r22_g05_every_request_is_answered_and_once_carried_out_nothing_is_left(
    cast: dict[str, dict[str, Any]], asked: list[Asked], policy: dict[str, Any], how: dict[str, Any]
) -> None:
    world, setting = world_of(cast, asked), audience(**policy | how)
    leave = {row["member_key"] for row in world.requests if row["requested_status"] == "unsubscribed"} - {None}
    first = plan(world, setting)
    ending = {row["email_key"] for row in first.of("unsubscribe_member")}
    open_now = {row["email_key"] for row in world.members if row["status"] in UNSUBSCRIBABLE}
    assert leave & open_now <= ending
    for number in range(3):
        outcome = plan(world, setting) if number else first
        check_answers(world, outcome)
        carry_out(world, outcome)
    assert world.requests == []
    assert plan(world, setting).operations == []
    statuses = {row["email_key"]: row["status"] for row in world.members}
    assert {statuses.get(key) for key in leave} <= {None, *STATUSES} - set(UNSUBSCRIBABLE)
    for name, role in cast.items():
        if role["status"] not in {None, "subscribed"}:
            assert statuses[email_key(email(name))] != "subscribed"
