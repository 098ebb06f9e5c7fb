"""What the syncs so far have seen and done, as far as SPEC.md lets it decide: the words "former", "known", "last"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.model.world import List, Record, World, key_of


@dataclass
class AudienceMemory:
    """Of one audience.

    `members`: everyone ever seen, by hash, as last seen; who is gone has the status `forgotten`. `former`: hashes
    that a Mailchimp contact had before, with the number of the look that saw it leave them. `synced`: what both
    sides last had of a member's fields. `assigned`: by query and hash, the query's targets and the newest change of
    a matching record when they were given. `ours`: what the syncs gave a member for queries, and it has still.
    """

    members: dict[str, Record] = field(default_factory=dict)
    former: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    looks: int = 0
    synced: dict[str, Record] = field(default_factory=dict)
    assigned: dict[tuple[str, str], tuple[object, str]] = field(default_factory=dict)
    ours: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    seen: dict[str, int] = field(default_factory=dict)
    """By query, the look at people of the sync that first saw it, and from its last run on of that."""

    def look(self, audience: List) -> None:
        """Detail 8: who is gone was forgotten, or lives on under another e-mail."""
        self.looks += 1
        present = set(audience.contacts.values())
        for key, member in list(self.members.items()):
            if key in audience.members:
                continue
            if member["contact"] in present:
                self.former[member["contact"]][key] = self.looks
                del self.members[key]
            else:
                member["status"] = "forgotten"
                self.ours.pop(key, None)
        for key, member in audience.members.items():
            tags = {tag for tag, holders in audience.tags.items() if key in holders}
            contact = audience.contacts[key]
            self.members[key] = {**member, "groups": set(member["groups"]), "tags": tags, "contact": contact}

    def note(self, settings: Record, only: str | None, look: int) -> None:
        """R10: which queries a sync saw, and which it ran."""
        for query in settings.get("queries", []):
            ran = only == query["name"] if only is not None else query.get("run") != "manual"
            self.seen[query["name"]] = look if ran else self.seen.get(query["name"], look)

    def forgive(self, key: str, changed: str) -> None:
        """What the sync itself has written to a person is no change of its record."""
        for (query, each), (targets, known) in self.assigned.items():
            if each == key:
                self.assigned[query, each] = (targets, max(known, changed))

    def kin(self, key: str) -> set[str]:
        """Other hashes of the contacts that have or had this one."""
        found: set[str] = set()
        for contact, former in self.former.items():
            keys = set(former) | {each for each, member in self.members.items() if member["contact"] == contact}
            if key in keys:
                found |= keys
        return found - {key}

    def follow(self, audience: List) -> None:
        """Where members move, what is known of an e-mail goes on with the contact that had it last."""
        now = {contact: key for key, contact in audience.contacts.items()}
        left = [(at, key, contact) for contact, keys in self.former.items() for key, at in keys.items()]
        last = {key: (at, contact) for at, key, contact in sorted(left) if contact in now and key not in self.members}
        for key, (_, contact) in sorted(last.items(), key=lambda each: each[1]):
            self.rename(key, now[contact])

    def rename(self, was: str, now: str) -> None:
        """What is known of an e-mail is known of another one from now on."""
        if was in self.synced:
            self.synced[now] = self.synced.pop(was)
        self.ours[now] |= self.ours.pop(was, set())
        for query in [query for query, key in self.assigned if key == was]:
            self.assigned[query, now] = self.assigned.pop((query, was))


@dataclass
class Memory:
    """Of all audiences: people as last seen, and the hashes that each had before, with the look that saw them left."""

    emails: dict[str, str] = field(default_factory=dict)
    former: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    left_subscribed: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """By person and former hash: audiences in which it was subscribed when it was left, and at every look since."""
    changed: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By person, the time of the last change, and the look that first saw it."""
    looks: int = 0
    audiences: dict[str, AudienceMemory] = field(default_factory=lambda: defaultdict(AudienceMemory))

    def look(self, world: World) -> None:
        """Read everyone."""
        self.looks += 1

        def subscribed(key: str) -> Iterator[str]:
            for each in world.lists.values():
                if each.members.get(key, {}).get("status") == "subscribed":
                    yield each.id

        for name, person in world.people.items():
            stamp = person.get("SystemModstamp", "")
            if name not in self.changed or self.changed[name][0] != stamp:
                self.changed[name] = stamp, self.looks
            now = key_of(person["Email"]) if person.get("Email") else None
            before = self.emails.pop(name, None)
            if before is not None and before != now:
                self.former[name][before] = self.looks
                self.left_subscribed[name, before] = set(subscribed(before))
            if now is not None:
                self.emails[name] = now
        for (_, key), audiences in self.left_subscribed.items():
            audiences.intersection_update(subscribed(key))

    def ever(self) -> set[str]:
        """Every hash that anybody in Salesforce has or had."""
        return set(self.emails.values()).union(*self.former.values())
