"""Merge fields of members (R15, R16, details 3 and 10), and of people where Mailchimp has a say (X03)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tests.model.conflicts import UNKNOWN, Field, Policy, Sides, settled
from tests.model.policies import switch
from tests.model.world import Record, name_of

if TYPE_CHECKING:
    from tests.model.sync import Sync

ALWAYS_FILLED = {"LastName", "Company"}
"""Fields that Salesforce requires."""
SECONDS = len("2026-11-22T22:15:00")
"""Both vendors write times in UTC, one of them with parts of seconds."""


def update(sync: Sync) -> None:
    """Every member with a person, but those just added."""
    for key, member in sync.audience.members.items():
        person = sync.person_of(key)
        if person is not None and key not in sync.added and sync.may_be_updated(key, person):
            _update_one(sync, key, member["values"], person)


def both_ways(sync: Sync, person: Record) -> set[str]:
    """Fields that Salesforce does not decide over alone, of those that this kind of person has."""
    return {tag for tag in _policies(sync) if person["object"].lower() in sync.settings["fields"][tag]}


def _update_one(sync: Sync, key: str, stored: Record, person: Record) -> None:
    """Detail 10: a blank follows only what was filled at the last sync."""
    values, left_out = sync.values(person)
    synced = sync.known.synced.get(key, {})
    two_way = both_ways(sync, person) - left_out
    agreed = {tag: _settle(sync, key, tag, values.get(tag, ""), person) for tag in two_way}
    for tag, mapping in sync.settings["fields"].items():
        blank = mapping.get("blank", "follow")
        if tag in two_way:
            stored[tag] = agreed[tag]
            if not agreed[tag]:
                del stored[tag]
        elif tag in values:
            stored[tag] = values[tag]
        elif tag in left_out or person["object"].lower() not in mapping or tag in sync.required():
            continue
        elif blank == "overwrite" or (blank == "follow" and synced.get(tag)):
            stored.pop(tag, None)
    kept = left_out | (_policies(sync).keys() - two_way)
    sync.known.synced[key] = values | agreed | {tag: synced[tag] for tag in kept if tag in synced}


def _policies(sync: Sync) -> dict[str, Policy]:
    """The policies of the fields that Salesforce does not decide over alone."""
    default = switch(sync.settings, "mailchimp_edits")
    named = {tag: mapping.get("conflict", default) for tag, mapping in sync.settings["fields"].items()}
    return {tag: cast(Policy, policy) for tag, policy in named.items() if policy != "salesforce"}


def _settle(sync: Sync, key: str, tag: str, value: str, person: Record) -> str:
    """What the member has of a field then; what its person gets is noted."""
    mapping = sync.settings["fields"][tag]
    path = mapping[person["object"].lower()]
    policy = _policies(sync)[tag] if _speaks(sync, key, person) else "salesforce"
    configured = Field(policy, mapping.get("blank", "follow"), tag in sync.required(), path in ALWAYS_FILLED)
    stored = sync.audience.members[key]["values"].get(tag, "")
    later = sync.audience.changed.get(key, "")[:SECONDS] > person.get("SystemModstamp", "")[:SECONDS]
    sides = Sides(value, stored, sync.known.synced.get(key, {}).get(tag, UNKNOWN), member_later=later)
    now, there = settled(configured, sides)
    if now != value:
        sync.written[name_of(person)][path] = now or None
    return there


def _speaks(sync: Sync, key: str, person: Record) -> bool:
    """Of several members of a person, the one with its own e-mail; else the first."""
    theirs = [
        each
        for each in sync.audience.members
        if each not in sync.added and sync.person_of(each) is person and sync.may_be_updated(each, person)
    ]
    return key == min(theirs, key=lambda each: (each not in sync.by_email, each))
