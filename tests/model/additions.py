"""Who becomes a member (detail 4, R07), and what keeps somebody out (G01), as dictionaries and loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from email_validator import EmailNotValidError, validate_email

from tests.model import opt_outs, updates
from tests.model.values import broken_gates
from tests.model.world import Record, is_gone, key_of, name_of

if TYPE_CHECKING:
    from tests.model.sync import Sync

LEFT = {"unsubscribed", "archived", "forgotten"}


def add(sync: Sync, asked: set[str]) -> None:
    """Add who is selected, follows a subscribed member of their own (R07), or is `asked` for by a user (R22)."""
    for key, people in sync.by_email.items():
        if key in {*sync.known.members, *sync.audience.members, *sync.audience.forgotten}:
            continue
        if key in {*sync.changes.followed.values(), *sync.changes.stays}:
            continue
        if not sync.queries(key) and key not in asked and not _had_a_subscribed_one(sync, people[0]):
            continue
        values, left_out = sync.values(people[0])
        if may_enter(sync, key, people) and not sync.required() & left_out and sync.required() <= set(values):
            status = sync.settings.get("new_members", {}).get("status", "subscribed")
            email = people[0]["Email"].strip()
            sync.audience.members[key] = {"email": email, "status": status, "values": values, "groups": set()}
            both = {tag: "" for tag in updates.both_ways(sync, people[0]) if tag not in left_out}
            sync.known.synced[key] = both | values
            sync.added.add(key)


def may_enter(sync: Sync, key: str, people: list[Record]) -> bool:
    """Whether nothing but values keeps an e-mail that is new to the audience out of it."""
    survivor = people[0]
    return (
        not any(opt_outs.has_opted_out(sync, person) for person in people)
        and _consents(sync, survivor)
        and not _is_held(sync, key)
        and not sync.is_held(key)
        and is_valid(survivor["Email"])
        and "add" not in broken_gates(survivor, sync.rules, sync.today)
    )


def is_valid(email: str) -> bool:
    """Whether a syntax library takes an e-mail."""
    try:
        validate_email(email.strip(), check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _had_a_subscribed_one(sync: Sync, person: Record) -> bool:
    """R07: changed in Salesforce, the new e-mail follows where the old one was subscribed."""
    name = name_of(person)
    return sync.writes_values and any(
        sync.audience.id in sync.memory.left_subscribed[name, key] for key in sync.memory.former[name]
    )


def _consents(sync: Sync, person: Record) -> bool:
    if sync.settings["consent"] == "none":
        return True
    consent_field = sync.settings["consent"].get(person["object"].lower())
    return consent_field is not None and person.get(consent_field) is True


def _is_held(sync: Sync, key: str) -> bool:
    """G01: somebody with the e-mail left the audience under another one, be it in this sync."""
    others = set()
    for person in sync.by_email[key]:
        others |= set(sync.memory.former[name_of(person)])
        for gone in sync.world.people.values():
            if is_gone(gone) and person in sync.heirs(gone):
                others |= set(sync.memory.former[name_of(gone)])
                others |= {key_of(gone["Email"])} if gone.get("Email") else set()
    reached = others.union(*(sync.known.kin(each) for each in {key, *others}))
    return any(
        sync.known.members.get(each, {}).get("status") in LEFT
        or sync.audience.members.get(each, {}).get("status") == "unsubscribed"
        for each in reached
    )
