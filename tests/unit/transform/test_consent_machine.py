"""G01, R03, R05 and X01 over many worlds: a plan never raises a status, adds exactly whom consent lets in, and is empty
once carried out.

Statuses, opt-outs, consent, former e-mails, merged and converted records, settings, and events in any order, with a
small plain-Python vendor that carries the plan out. A world consists of corners with people and e-mails of their own,
so that one plan is a plan of many small worlds.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.config.models import Audience
from include.keys import email_key
from tests.unit.transform.worlds import LIST, Outcome, World, audience, plan

STATUSES = ("subscribed", "pending", "transactional", "unsubscribed", "cleaned", "archived", "forgotten")
LEFT = {"unsubscribed", "archived", "forgotten"}
ASKED = {"ask_subscribed": "subscribed", "ask_unsubscribed": "unsubscribed", "ask_group": None}
"""Requests on mirror rows (R22) by event: the status that is asked for."""
BY_MAILCHIMP = {
    "unsubscribe": ({"subscribed", "pending"}, "unsubscribed"),
    "archive": ({"subscribed", "unsubscribed", "transactional"}, "archived"),
    "clean": ({"subscribed", "unsubscribed", "pending"}, "cleaned"),
    "forget": ({*STATUSES}, "forgotten"),
    "return": ({"pending", "unsubscribed", "archived", "forgotten"}, "subscribed"),
}
"""What happens to a member in Mailchimp: in which statuses it can, and the one it leads to."""
OF_PEOPLE: dict[str, dict[str, Any]] = {
    "opt_out": {"opted_out": True}, "clear": {"opted_out": False}, "agree": {"Agreed__c": "true"},
    "withdraw": {"Agreed__c": "false"}, "delete": {"is_deleted": True},
    "undelete": {"is_deleted": False, "master_record_id": None},
}  # fmt: skip
"""What happens to a person in Salesforce: the columns that it sets."""
EVENTS = (*BY_MAILCHIMP, *OF_PEOPLE, "rename", "rename_in_mailchimp", "join", *ASKED)
LOWERED = {"unsubscribe_member": "unsubscribed", "archive_member": "archived"}

NAMES = "abc"
names = st.sampled_from(NAMES)
seldom = st.sampled_from([False, False, False, True])
corners = st.fixed_dictionaries({
    "people": st.lists(
        st.fixed_dictionaries({
            "name": names, "kind": st.sampled_from(["Contact", "Contact", "Lead"]), "opted_out": seldom,
            "agreed": seldom.map(lambda no: not no), "is_deleted": seldom, "former": st.sets(names, max_size=2),
            "joins": seldom,
        }),
        min_size=2,
        max_size=4,
    ),
    "members": st.dictionaries(names, st.sampled_from(STATUSES), min_size=1, max_size=2),
    "events": st.lists(st.tuples(st.sampled_from(EVENTS), names, names), max_size=2),
})  # fmt: skip
policies = st.fixed_dictionaries({
    "policy": st.sampled_from(["legacy_parity", "two_way"]),
    "email_change": st.sampled_from(["new_member", "move"]),
    "opt_out": st.sampled_from(["off", "to_mailchimp", "to_salesforce", "both"]),
    "missing_people": st.sampled_from(["keep", "archive"]),
    "shared_emails": st.sampled_from(["survivor", "survivor", "hold"]),
    "unsubscribe_sets_opt_out": st.sampled_from(["any", "all"]),
    "data_sync": st.booleans(),
    "consent": st.sampled_from(["none", {"contact": "Agreed__c", "lead": "Agreed__c"}]),
    "new_members": st.sampled_from([{"status": "subscribed"}, {"status": "pending"}]),
})  # fmt: skip


def address(name: str, corner: int) -> str:
    return f"{name}{corner}@x.example"


def made(drawn: list[dict[str, Any]]) -> World:
    world = World()
    for corner, of_corner in enumerate(drawn):
        for one in of_corner["people"]:
            identity = world.person(
                address(one["name"], corner), one["kind"], opted_out=one["opted_out"], is_deleted=one["is_deleted"],
                Agreed__c=str(one["agreed"]).lower(), FirstName=None, LastName=None,
            )  # fmt: skip
            for name in one["former"] - {one["name"]}:
                world.former_email(identity, address(name, corner))
            if one["joins"]:
                join(world, world.people[-1], address(of_corner["people"][0]["name"], corner))
        for name, status in of_corner["members"].items():
            world.member(address(name, corner), status)
    return world


# --- what people do in one of the vendors


def happen(world: World, event: str, email: str, other: str) -> None:
    if event in ASKED:
        ask(world, ASKED[event], email)
    elif event in BY_MAILCHIMP or event == "rename_in_mailchimp":
        for member in [member for member in world.members if member["email"] == email]:
            happen_to_member(world, event, member, other)
    else:
        for person in [person for person in world.people if person["email"] == email]:
            happen_to_person(world, event, person, other)


def happen_to_member(world: World, event: str, member: dict[str, Any], other: str) -> None:
    if event == "rename_in_mailchimp":
        if member["status"] == "subscribed" and email_key(other) not in statuses_of(world):
            move(world, member, other)
        return
    possible, status = BY_MAILCHIMP[event]
    if member["status"] in possible:
        if member["status"] == "forgotten" and status == "subscribed":
            member["contact_id"] += "+"  # who signs up again after that is another contact
        member["status"] = status


def happen_to_person(world: World, event: str, person: dict[str, Any], other: str) -> None:
    if event in OF_PEOPLE:
        person.update(**OF_PEOPLE[event])
    elif event == "rename" and other != person["email"]:
        world.former_email(person["id"], person["email"])
        person.update(email=other, email_key=email_key(other))
    elif event == "join":
        join(world, person, other)


def join(world: World, person: dict[str, Any], email: str) -> None:
    """A record becomes one with somebody who has that e-mail: merged into its like, or a Lead into a Contact."""
    others = [one for one in world.people if one["email"] == email and one is not person and is_live(one)]
    if not is_live(person) or not others:
        return
    if person["object"] == others[0]["object"]:
        person.update(is_deleted=True, master_record_id=others[0]["id"])
    elif person["object"] == "Lead":
        person.update(is_converted=True, converted_contact_id=others[0]["id"])


def ask(world: World, status: str | None, email: str) -> None:
    """A request on the member's row, and one on a row that a user makes for each person."""
    groups = () if status else ("Topics / News",)
    if any(member["email"] == email for member in world.members):
        world.request(status, *groups, member=email)
    for person in world.people:
        if person["email"] == email and not person["is_deleted"]:
            world.request(status, *groups, person=person["id"])


def move(world: World, member: dict[str, Any], email: str) -> None:
    world.former_email(member["contact_id"], member["email"], LIST)
    member.update(email=email, email_key=email_key(email))


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
    for each in moves:
        move(world, by_key[each["email_key"]], each["after"]["email_address"])


# --- what consent says, in plain words


def is_live(person: dict[str, Any]) -> bool:
    return not person["is_deleted"] and not person["is_converted"]


def statuses_of(world: World) -> dict[str, str]:
    return {member["email_key"]: member["status"] for member in world.members}


def people_with(world: World, key: str) -> list[dict[str, Any]]:
    """The live people with an e-mail, the one who stands for it first."""
    found = [person for person in world.people if person["email_key"] == key and is_live(person)]
    return sorted(found, key=lambda person: (person["object"] != "Contact", person["created_at"], person["id"]))


def ends_in(world: World, person: dict[str, Any]) -> str | None:
    """Id of the live record that somebody was merged or converted into, over any number of steps."""
    by_id, seen = {one["id"]: one for one in world.people}, set[str]()
    while not is_live(person):
        following = person["converted_contact_id"] if person["is_converted"] else person["master_record_id"]
        if following is None or following in seen:
            return None
        seen.add(following)
        person = by_id[following]
    return str(person["id"])


def other_emails(world: World, key: str) -> set[str]:
    """Former and other e-mails of whoever has an e-mail: their own, of records that became them, of their contacts."""
    owners = {person["id"] for person in people_with(world, key)}
    records = [person for person in world.people if person["id"] in owners or ends_in(world, person) in owners]
    found = {key} | {record["email_key"] for record in records}
    found |= {row["email_key"] for row in world.emails if row["holder_id"] in {record["id"] for record in records}}
    of_contact = [(row["holder_id"], row["email_key"]) for row in world.emails if row["source"] == LIST]
    of_contact += [(member["contact_id"], member["email_key"]) for member in world.members]
    contacts = {contact for contact, email in of_contact if email in found}
    return found | {email for contact, email in of_contact if contact in contacts}


def is_held(world: World, key: str, leaving: set[str]) -> bool:
    """Whether who has an e-mail has left under another one, or does so in this run."""
    statuses = statuses_of(world)
    return any(statuses.get(email) in LEFT or email in leaving for email in other_emails(world, key) - {key})


def obstacle(world: World, configured: Audience, key: str, leaving: set[str]) -> str | None:
    """Why an e-mail may not be new to the audience; one that is held as shared is listed as that before all else."""
    people = people_with(world, key)
    if configured.shared_emails == "hold" and len(people) > 1:
        return "shared_email_held"
    if any(person["opted_out"] for person in people):
        return "opted_out"
    if is_held(world, key, leaving):
        return "consent_held"
    agreed = configured.consent == "none" or people[0]["Agreed__c"] == "true"
    return None if agreed else "no_consent"


def check(world: World, configured: Audience, outcome: Outcome) -> None:
    before = statuses_of(world)
    leaving = {one["email_key"] for one in outcome.of("unsubscribe_member")}
    for operation in outcome.operations:
        key, kind, after = operation["email_key"], operation["kind"], operation["after"]
        if kind == "add_member":
            assert key not in before
            assert after["status"] == configured.new_members.status
            assert obstacle(world, configured, key, leaving) is None
        elif kind == "move_member":
            new = email_key(after["email_address"])
            assert (before[key], new in before) == ("subscribed", False)
            assert obstacle(world, configured, new, leaving) is None
        elif kind in LOWERED:
            assert after == {"status": LOWERED[kind]}
            assert before[key] not in {"cleaned", "archived", "forgotten"}
            assert before[key] in operation["precondition"]["status"]
        elif kind == "opt_out_person":
            assert before[key] == "unsubscribed" or key in leaving
            assert after["HasOptedOutOfEmail"] is True
        else:
            assert "status" not in after
    everybody_gets_what_they_want(world, configured, outcome, leaving)


def everybody_gets_what_they_want(world: World, configured: Audience, outcome: Outcome, leaving: set[str]) -> None:
    """Whom the query selects is added unless something stands in the way; who opted out is unsubscribed where set."""
    before = statuses_of(world)
    for key in {person["email_key"] for person in world.people if is_live(person)}:
        people = people_with(world, key)
        if configured.opt_outs_reach_mailchimp and any(person["opted_out"] for person in people):
            assert before.get(key) not in {"subscribed", "pending"} or key in leaving
        if configured.email_change == "new_member" and key not in before and people[0]["object"] == "Contact":
            assert outcome.reason(people[0]["id"]) == (obstacle(world, configured, key, leaving) or "added")


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(corners, min_size=16, max_size=24), policies)
def test_g01_r05_a_plan_raises_no_status_adds_whom_consent_lets_in_and_is_empty_once_carried_out(
    drawn: list[dict[str, Any]], chosen: dict[str, Any]
) -> None:
    world, configured = made(drawn), audience(**chosen)
    if configured.opt_outs_reach_salesforce and configured.unsubscribe_sets_opt_out == "any":
        # Other audiences have no say.
        world.elsewhere = [address(name, corner) for corner in range(len(drawn)) for name in NAMES]
    for step in range(1 + max(len(of_corner["events"]) for of_corner in drawn)):
        for corner, of_corner in enumerate(drawn):
            for event, email, other in of_corner["events"][step - 1 : step] if step else ():
                happen(world, event, address(email, corner), address(other, corner))
        outcome = plan(world, configured)
        check(world, configured, outcome)
        carry_out(world, outcome)
        again = plan(world, configured)
        check(world, configured, again)
        assert again.operations == []
