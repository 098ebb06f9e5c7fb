"""A sync for some people only (M04): a whole one on a copy, of which only what it says of them happens."""

from __future__ import annotations

import copy
from typing import TypeVar

from tests.model import requests
from tests.model.sync import Sync
from tests.model.world import is_gone, key_of, name_of

T = TypeVar("T")


def run_for(sync: Sync, asked: set[str]) -> None:
    """Sync those whom Salesforce Ids or member hashes name, with their other e-mails and who shares them.

    What is read is known of everybody; the audience does not count as synced.
    """
    whole = copy.deepcopy(sync)
    whole.run()
    scope = _scope(whole, asked)
    sync.memory.look(sync.world)
    sync.known.look(sync.audience)
    sync.known.note(sync.settings, "", sync.memory.looks)
    sync.changes = whole.changes
    _take_members(sync, whole, scope)
    _take_people(sync, whole, scope)
    for key in scope:
        _take(key, sync.known.synced, whole.known.synced)
        _take(key, sync.known.ours, whole.known.ours)
    assigned = {each: past for each, past in sync.known.assigned.items() if each[1] not in scope}
    sync.known.assigned = assigned | {each: past for each, past in whole.known.assigned.items() if each[1] in scope}


def _scope(whole: Sync, asked: set[str]) -> set[str]:
    """Hashes, over any number of links between the e-mails of a person."""
    links = [*whole.changes.followed.items(), *whole.changes.moved.items()]
    links += [(key, key_of(person["Email"])) for key, (_, person) in whole.changes.claims.items()]
    for key in {*whole.known.members, *whole.audience.members}:
        person = whole.person_of(key)
        if person is not None and person.get("Email"):
            links.append((key, key_of(person["Email"])))
    found = set()
    for name, former in whole.memory.former.items():
        person = whole.world.people.get(name)
        own = {key for key in former if key not in whole.by_email}
        if person is None or is_gone(person):
            continue
        if person.get("Email"):
            links += [(key, key_of(person["Email"])) for key in own]
        elif not asked.isdisjoint({person["Id"], person.get("AccountId")}):
            found |= own
    everybody = {*whole.known.members, *whole.by_email}
    found |= {key for key in asked if key in everybody}
    for person in whole.world.people.values():
        if person.get("Email") and not asked.isdisjoint({person["Id"], person.get("AccountId")}):
            found.add(key_of(person["Email"]))
    while more := {key for link in links if not found.isdisjoint(link) for key in link} - found:
        found |= more
    return found


def _take_members(sync: Sync, whole: Sync, scope: set[str]) -> None:
    """With their rows and requests."""
    now, then = sync.audience, whole.audience
    wishes = requests.find(sync)
    for key in scope:
        _take(key, now.members, then.members)
        _take(key, now.contacts, then.contacts)
        for tag in then.tags.keys() | now.tags.keys():
            holders = now.tags.setdefault(tag, set())
            holders.discard(key)
            holders |= {key} & then.tags.get(tag, set())
        row = f"{now.id}:{key}"
        _take(row, sync.world.subscribers, whole.world.subscribers)
    for wish in wishes:
        if wish.key in scope and wish.row not in whole.world.requests:
            del sync.world.requests[wish.row]


def _take(key: str, old: dict[str, T], new: dict[str, T]) -> None:
    """What the new has under a key, or nothing."""
    old.pop(key, None)
    if key in new:
        old[key] = new[key]


def _take_people(sync: Sync, whole: Sync, scope: set[str]) -> None:
    """What is written to them, and the Leads that are made."""
    for name, fields in whole.written.items():
        if key_of(whole.world.people[name]["Email"]) in scope:
            sync.written[name] = fields
            sync.world.people[name].update(fields)
    for name, person in whole.world.people.items():
        if name not in sync.world.people and person["MC_Key__c"] in scope:
            sync.world.people[name_of(person)] = person
