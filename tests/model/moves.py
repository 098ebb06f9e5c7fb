"""E-mails that change where members move (X01), as dictionaries and loops: who is followed, who moves, who stays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.model import additions
from tests.model.values import broken_gates
from tests.model.world import Record, is_gone, key_of, name_of

if TYPE_CHECKING:
    from tests.model.sync import Sync

Claims = dict[str, tuple[int, Record]]
"""Former e-mails that nobody has any more: the look that saw them left, and who had them last."""


@dataclass
class EmailChanges:
    """What the e-mails that changed make of a sync, before anybody is added.

    `followed`: members that changed their e-mail in Mailchimp, with the e-mail of their person; `moved`: by former
    e-mail, the one that its member moved to; `stays`: e-mails whose member may not move to them.
    """

    followed: dict[str, str] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    stays: set[str] = field(default_factory=set)
    claims: Claims = field(default_factory=dict)

    def follow(self, sync: Sync) -> None:
        """Find whose members have another e-mail."""
        sync.known.follow(sync.audience)
        self.claims = _claims(sync)
        self._follow(sync, self.claims)

    def let_the_stricter_win(self, sync: Sync) -> None:
        """Both e-mails are members: who left under one is not mailed under the other."""
        members, leaving = sync.audience.members, set()
        for was, (_, person) in self.claims.items():
            now = key_of(person["Email"])
            if was in members and now in members and sync.by_email[now][0] is person:
                statuses = {members[was]["status"], members[now]["status"]}
                if "unsubscribed" in statuses:
                    leaving |= {key for key in (was, now) if members[key]["status"] in {"subscribed", "pending"}}
        for key in leaving:
            members[key]["status"] = "unsubscribed"

    def move(self, sync: Sync) -> None:
        """Move members, once opt-outs have flowed: who is unsubscribed stays."""
        if sync.syncs_data:
            self._move(sync, self.claims)

    def _follow(self, sync: Sync, claims: Claims) -> None:
        """Changed in Mailchimp, to an e-mail that Salesforce never knew."""
        present = {each["contact"]: key for key, each in sync.known.members.items() if each["status"] != "forgotten"}
        known = sync.memory.ever() | set(sync.world.leads_made())
        found = []
        for key, people in sync.by_email.items():
            own = [former for former, (_, person) in claims.items() if person is people[0]]
            if any(each in sync.known.members for each in (key, *own)):
                continue
            for contact, left in sync.known.former.items():
                member = present.get(contact)
                if member is not None and member not in known:
                    found += [(-left[each], key, member) for each in (key, *own) if each in left]
        for look, key, member in found:
            best_of_key = min((at, m) for at, k, m in found if k == key)
            best_of_member = min((at, k) for at, k, m in found if m == member)
            if best_of_key == (look, member) and best_of_member == (look, key):
                self.followed[member] = key

    def _move(self, sync: Sync, claims: Claims) -> None:
        """Changed in Salesforce: a subscribed member goes along, unless an addition would be held back."""
        members = sync.audience.members
        for key, people in sync.by_email.items():
            if key in sync.known.members or key in self.followed.values():
                continue
            former = [
                (-look, each)
                for each, (look, person) in claims.items()
                if person is people[0] and members.get(each, {}).get("status") == "subscribed"
            ]
            if not former:
                continue
            if additions.may_enter(sync, key, people) and "update" not in broken_gates(
                people[0], sync.rules, sync.today
            ):
                self._rename(sync, min(former)[1], key, people[0]["Email"].strip())
            else:
                self.stays.add(key)

    def _rename(self, sync: Sync, was: str, now: str, email: str) -> None:
        self.moved[was] = now
        sync.audience.members[now] = sync.audience.members.pop(was) | {"email": email}
        sync.audience.contacts[now] = sync.audience.contacts.pop(was)
        for holders in sync.audience.tags.values():
            if was in holders:
                holders.remove(was)
                holders.add(now)
        sync.known.synced.pop(now, None)
        sync.known.rename(was, now)


def _claims(sync: Sync) -> Claims:
    ranked: dict[str, tuple[tuple[object, ...], int, Record]] = {}
    for person in sync.world.people.values():
        if is_gone(person) or not person.get("Email"):
            continue
        for key, look in sync.memory.former.get(name_of(person), {}).items():
            heir = sync.person_of(key) if key in sync.known.members else None
            rank = (-look, *_seniority(person))
            if key in sync.by_email or (heir is not None and heir is not person):
                continue
            if key not in ranked or rank < ranked[key][0]:
                ranked[key] = (rank, look, person)
    return {key: (look, person) for key, (_, look, person) in ranked.items()}


def _seniority(person: Record) -> tuple[object, ...]:
    return person["object"] != "Contact", person.get("CreatedDate", "9999"), person["Id"]
