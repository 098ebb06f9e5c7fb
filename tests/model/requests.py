"""What users ask for on the rows of `MC_Subscriber__c` (R22), as dictionaries and loops.

An unsubscribe always happens; a subscribe adds who is no member; nobody's status is raised (G01).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.model.world import Record, is_gone, key_of, name_of

if TYPE_CHECKING:
    from tests.model.sync import Sync

ENDS = {"subscribed", "pending", "transactional"}
"""Statuses that a request to unsubscribe ends."""


@dataclass(frozen=True)
class Wish:
    """A row that asks: whom it is about (None: nobody), whether they are a member, and what for."""

    row: str
    unkeyed: bool
    key: str | None
    member: bool
    status: str
    groups: tuple[str, ...]


def find(sync: Sync) -> list[Wish]:
    """The open requests, in the order of their Ids; a sync for one query leaves them."""
    rows = sorted(sync.world.requests.items()) if sync.only is None else []
    return [_wish(sync, row, asked) for row, asked in rows if asked["audience"] == sync.audience.id]


def unsubscribe(sync: Sync, wishes: list[Wish]) -> None:
    """Whatever the policy, data sync and validation say."""
    for wish in wishes:
        if wish.member and wish.status == "unsubscribed":
            member = sync.audience.members[str(wish.key)]
            if member["status"] in ENDS:
                member["status"] = "unsubscribed"


def wanted(wishes: list[Wish]) -> set[str]:
    """E-mails of people to add; of several requests the stricter wins."""
    of_strangers = [wish for wish in wishes if wish.unkeyed and wish.key and not wish.member]
    leaving = {wish.key for wish in of_strangers if wish.status == "unsubscribed"}
    return {str(wish.key) for wish in of_strangers if wish.status == "subscribed" and wish.key not in leaving}


def groups(wishes: list[Wish]) -> dict[str, list[str]]:
    """The groups that are asked for, by e-mail."""
    found: dict[str, list[str]] = defaultdict(list)
    for wish in wishes:
        if wish.key:
            found[wish.key].extend(wish.groups)
    return found


def join(sync: Sync, wishes: list[Wish]) -> None:
    """Before the groups of queries; a choice is never replaced."""
    for wish in wishes:
        key = sync.changes.moved.get(wish.key or "", wish.key or "")
        member = sync.audience.members.get(key)
        if member is None or not _takes_groups(sync, key):
            continue
        for path in wish.groups:
            taken = any(group.split(" / ")[0] == path.split(" / ")[0] for group in member["groups"])
            if not (sync.audience.single_choice[path] and taken):
                member["groups"].add(path)


def answer(sync: Sync, wishes: list[Wish]) -> None:
    """Take the requests off; a row that a user made becomes that of the member it added.

    Who is being added in this sync is unsubscribed by the next one: until then the request stays.
    """
    adopted: set[str] = set()
    for wish in wishes:
        if wish.status == "unsubscribed" and wish.key in sync.added:
            continue
        asked = sync.world.requests.pop(wish.row)
        if wish.unkeyed and wish.key in sync.added and wish.key not in adopted:
            adopted.add(str(wish.key))
            row = {"audience": sync.audience.id, "person": asked["person"], "status": None}
            sync.world.subscribers[f"{sync.audience.id}:{wish.key}"] = row | {"groups": set(), "tags": set()}


def _wish(sync: Sync, row: str, asked: Record) -> Wish:
    key = _of_member(sync, asked) if asked["key"] else _of_person(sync, asked)
    typed = [
        " / ".join(each.strip() for each in line.split("/")) for line in re.split(r"[\r\n;]+", asked["groups"] or "")
    ]
    known = {path.lower(): path for path in sync.audience.single_choice}
    paths = [known[name.lower()] for name in typed if name.lower() in known]
    return Wish(row, not asked["key"], key, key in sync.audience.members, asked["status"] or "", tuple(paths))


def _of_member(sync: Sync, asked: Record) -> str | None:
    """Of that key, or of its contact, where the e-mail was changed in Mailchimp."""
    if asked["key"] in sync.known.members:
        return str(asked["key"])
    return next((key for key, contact in sync.audience.contacts.items() if contact == asked["contact"]), None)


def _of_person(sync: Sync, asked: Record) -> str | None:
    """The member of the person's e-mail, or the one that they have under another, or who they would be."""
    person = sync.world.people.get(asked["person"] or "")
    if person is not None and is_gone(person):
        person = next(iter(sync.heirs(person)), None)
    if person is None or is_gone(person) or not person.get("Email"):
        return None
    own = key_of(person["Email"])
    if own in sync.known.members:
        return own
    followed = [member for member, email in sync.changes.followed.items() if email == own]
    claimed = [
        (look, key)
        for key, (look, claimant) in sync.changes.claims.items()
        if name_of(claimant) == name_of(person) and key in sync.known.members
    ]
    return next(iter(followed), None) or (max(claimed)[1] if claimed else own)


def _takes_groups(sync: Sync, key: str) -> bool:
    person = sync.person_of(key)
    if key in sync.added:
        return True
    if person is None:
        return sync.audience.members[key]["status"] in {*ENDS, "unsubscribed"}
    return sync.may_be_updated(key, person)
