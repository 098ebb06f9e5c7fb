"""The end state of an audience's sync under `legacy_parity`, with some switches: SPEC.md as dictionaries and loops.

It shares no code with the pipeline. What earlier syncs saw is in `memory.py`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email

from tests.model.conditions import selects
from tests.model.conflicts import UNKNOWN, Field, Policy, Sides, settled
from tests.model.memory import AudienceMemory, Memory
from tests.model.moves import EmailChanges
from tests.model.values import broken_gates, unfit, values_of
from tests.model.world import List, Record, World, is_gone, key_of, name_of

KEPT_UP_TO_DATE = {"subscribed", "pending", "unsubscribed", "transactional"}
LEFT = {"unsubscribed", "archived", "forgotten"}
ALWAYS_FILLED = {"LastName", "Company"}
"""Fields that Salesforce requires."""


@dataclass
class Sync:
    """One audience's sync of a world, which it changes in place."""

    world: World
    settings: Record
    rules: list[Record]
    today: date
    zone: ZoneInfo
    memory: Memory = field(default_factory=Memory)
    by_email: dict[str, list[Record]] = field(init=False)
    added: set[str] = field(default_factory=set)
    changes: EmailChanges = field(default_factory=EmailChanges)
    statuses: dict[str, str] = field(init=False)
    """Of members before the sync."""
    written: dict[str, Record] = field(default_factory=lambda: defaultdict(dict))
    """What goes to people (X03), by their names; at the end, as queries look at people as they were read."""

    def run(self) -> None:
        """Look, add, update, make Leads, mirror."""
        size = self.audience.size
        self.memory.look(self.world)
        self.known.look(self.audience)
        self.by_email = self._people_by_email()
        self.statuses = {key: member["status"] for key, member in self.audience.members.items()}
        if self.settings.get("email_change") == "move":
            self.changes.happen(self)
        self._add()
        if self.settings.get("data_sync", True):
            self._update()
        self._assign()
        for name, fields in self.written.items():
            self.world.people[name].update(fields)
        if self.settings.get("data_sync", True):
            self._make_leads()
            self.by_email = self._people_by_email()
            self._mirror()
        self.world.audiences[self.audience.id] = {"name": self.settings["audience"], "status": "active", "size": size}

    @property
    def audience(self) -> List:
        """The audience."""
        return self.world.lists[self.settings["audience"]]

    @property
    def known(self) -> AudienceMemory:
        """What earlier syncs saw of the audience."""
        return self.memory.audiences[self.audience.id]

    def _required(self) -> set[str]:
        return {tag for tag, each in self.audience.merge_fields.items() if each["required"]}

    # --- people

    def _people_by_email(self) -> dict[str, list[Record]]:
        """People by e-mail, the survivor first (details 1 and 2)."""
        found = defaultdict(list)
        for person in sorted(self.world.current(), key=seniority):
            if person.get("Email"):
                found[key_of(person["Email"])].append(person)
        return found

    def person_of(self, key: str) -> Record | None:
        """The survivor of an e-mail, or where nobody has it any more, the heir of who had it (detail 9)."""
        key = self.changes.followed.get(key, key)
        if key in self.by_email:
            return self.by_email[key][0]
        heirs = [
            heir
            for person in self.world.people.values()
            if is_gone(person) and person.get("Email") and key_of(person["Email"]) == key
            for heir in self._heirs(person)
        ]
        return min(heirs, key=seniority, default=None)

    def _heirs(self, person: Record) -> list[Record]:
        next_id = person.get("ConvertedContactId") if person.get("IsConverted") else person.get("MasterRecordId")
        heir = self.world.people.get(next_id) if next_id else None
        if heir is None:
            return []
        return self._heirs(heir) if is_gone(heir) else [heir]

    def _queries(self, key: str) -> list[tuple[Record, str]]:
        """Automatic queries that select any person with the e-mail, in the order of the file.

        With each, the newest change of a person that it selects.
        """
        found = []
        for query in self.settings.get("queries", []):
            people = self.by_email.get(self.changes.followed.get(key, key), [])
            selected = [each for each in people if selects(query, each, self.today, self.zone)]
            if selected and query.get("run", "automatic") == "automatic":
                found.append((query, max(each.get("SystemModstamp", "") for each in selected)))
        return found

    # --- members

    def _add(self) -> None:
        """Detail 4, R07."""
        for key, people in self.by_email.items():
            if key in {*self.known.members, *self.audience.members, *self.audience.forgotten}:
                continue
            if key in {*self.changes.followed.values(), *self.changes.stays}:
                continue
            if not self._queries(key) and not self._had_a_subscribed_one(people[0]):
                continue
            values, left_out = self._values(people[0])
            if self._may_be_added(key, people, values, left_out):
                status = self.settings.get("new_members", {}).get("status", "subscribed")
                email = people[0]["Email"].strip()
                self.audience.members[key] = {"email": email, "status": status, "values": values, "groups": set()}
                both = {tag: "" for tag in self._both_ways(people[0]) if tag not in left_out}
                self.known.synced[key] = both | values
                self.added.add(key)

    def _had_a_subscribed_one(self, person: Record) -> bool:
        """R07: changed in Salesforce, the new e-mail follows where the old one was subscribed."""
        name = name_of(person)
        return self.settings.get("data_sync", True) and any(
            self.audience.id in self.memory.left_subscribed[name, key] for key in self.memory.former[name]
        )

    def _may_be_added(self, key: str, people: list[Record], values: Record, left_out: set[str]) -> bool:
        return self.may_enter(key, people) and not self._required() & left_out and self._required() <= set(values)

    def may_enter(self, key: str, people: list[Record]) -> bool:
        """Whether nothing but values keeps an e-mail that is new to the audience out of it."""
        survivor = people[0]
        return (
            not any(person.get("HasOptedOutOfEmail") for person in people)
            and self._consents(survivor)
            and not self._is_held(key)
            and _is_valid(survivor["Email"])
            and "add" not in broken_gates(survivor, self.rules, self.today)
        )

    def _consents(self, person: Record) -> bool:
        if self.settings["consent"] == "none":
            return True
        consent_field = self.settings["consent"].get(person["object"].lower())
        return consent_field is not None and person.get(consent_field) is True

    def _is_held(self, key: str) -> bool:
        """G01: somebody with the e-mail left the audience under another one."""
        others = set()
        for person in self.by_email[key]:
            others |= set(self.memory.former[name_of(person)])
            for gone in self.world.people.values():
                if is_gone(gone) and person in self._heirs(gone):
                    others |= set(self.memory.former[name_of(gone)])
                    others |= {key_of(gone["Email"])} if gone.get("Email") else set()
        reached = others.union(*(self.known.kin(each) for each in {key, *others}))
        return any(self.known.members.get(each, {}).get("status") in LEFT for each in reached)

    def _values(self, person: Record) -> tuple[Record, set[str]]:
        """The values to write, and the tags that are left out."""
        defaults = self.settings.get("create_leads", {}).get("defaults", {})
        values = values_of(person, self.settings["fields"], defaults if person.get("MC_Key__c") else {})
        left_out = unfit(values, self.audience.merge_fields)
        return {tag: value for tag, value in values.items() if tag not in left_out}, left_out

    def _may_be_updated(self, key: str, person: Record) -> bool:
        return (
            self.audience.members[key]["status"] in KEPT_UP_TO_DATE
            and "update" not in broken_gates(person, self.rules, self.today)
            and not self._required() & self._values(person)[1]
        )

    def _update(self) -> None:
        """R15, detail 3."""
        for key, member in self.audience.members.items():
            person = self.person_of(key)
            if person is not None and key not in self.added and self._may_be_updated(key, person):
                self._update_one(key, member["values"], person)

    def _update_one(self, key: str, stored: Record, person: Record) -> None:
        """Detail 10: a blank follows only what was filled at the last sync."""
        values, left_out = self._values(person)
        synced = self.known.synced.get(key, {})
        both_ways = self._both_ways(person) - left_out
        settled = {tag: self._settle(key, tag, values.get(tag, ""), person) for tag in both_ways}
        for tag, mapping in self.settings["fields"].items():
            blank = mapping.get("blank", "follow")
            if tag in both_ways:
                stored[tag] = settled[tag]
                if not settled[tag]:
                    del stored[tag]
            elif tag in values:
                stored[tag] = values[tag]
            elif tag in left_out or person["object"].lower() not in mapping or tag in self._required():
                continue
            elif blank == "overwrite" or (blank == "follow" and synced.get(tag)):
                stored.pop(tag, None)
        kept = left_out | (self._policies().keys() - both_ways)
        self.known.synced[key] = values | settled | {tag: synced[tag] for tag in kept if tag in synced}

    def _policies(self) -> dict[str, Policy]:
        """X03: the fields that Salesforce does not decide over alone."""
        default = self.settings.get("mailchimp_edits", "salesforce")
        named = {tag: mapping.get("conflict", default) for tag, mapping in self.settings["fields"].items()}
        return {tag: policy for tag, policy in named.items() if policy != "salesforce"}

    def _both_ways(self, person: Record) -> set[str]:
        """X03: those of them that this kind of person has."""
        return {tag for tag in self._policies() if person["object"].lower() in self.settings["fields"][tag]}

    def _settle(self, key: str, tag: str, value: str, person: Record) -> str:
        """X03: what the member has of a field then; what its person gets is noted."""
        mapping = self.settings["fields"][tag]
        path = mapping[person["object"].lower()]
        policy = self._policies()[tag] if self._speaks(key, person) else "salesforce"
        configured = Field(policy, mapping.get("blank", "follow"), tag in self._required(), path in ALWAYS_FILLED)
        stored = self.audience.members[key]["values"].get(tag, "")
        sides = Sides(value, stored, self.known.synced.get(key, {}).get(tag, UNKNOWN), member_later=False)
        now, there = settled(configured, sides)
        if now != value:
            self.written[name_of(person)][path] = now or None
        return there

    def _speaks(self, key: str, person: Record) -> bool:
        """Of several members of a person, the one with its own e-mail; else the first."""
        theirs = [
            each
            for each in self.audience.members
            if each not in self.added and self.person_of(each) is person and self._may_be_updated(each, person)
        ]
        return key == min(theirs, key=lambda each: (each not in self.by_email, each))

    def _assign(self) -> None:
        """R12, R14, detail 5: once per query and e-mail."""
        for key, member in self.audience.members.items():
            current = self._queries(key)
            for query, changed in current:
                if self._is_due(key, query, changed):
                    self._give(key, member["groups"], query)
                    self.known.assigned[query["name"], key] = (_targets(query), changed)
        members = self.by_email.keys() - set(self.changes.followed.values()) | self.changes.followed.keys()
        matching = {(query["name"], key) for key in members for query, _ in self._queries(key)}
        self.known.assigned = {each: past for each, past in self.known.assigned.items() if each in matching}

    def _is_due(self, key: str, query: Record, changed: str) -> bool:
        """When the person starts to match, when the query's groups or tags change, when a matching record changes."""
        if key in self.added:
            return True
        person = self.person_of(key)
        if person is None or not self._may_be_updated(key, person):
            return False
        past = self.known.assigned.get((query["name"], key))
        return past is None or past[0] != _targets(query) or changed > past[1]

    def _give(self, key: str, groups: set[str], query: Record) -> None:
        for path in query.get("groups", []):
            taken = any(group.split(" / ")[0] == path.split(" / ")[0] for group in groups)
            if not (self.audience.single_choice[path] and taken):
                groups.add(path)
        for tag in query.get("tags", []):
            self.audience.tags.setdefault(tag, set()).add(key)

    # --- Salesforce

    def _make_leads(self) -> None:
        """R08, detail 6."""
        settings = self.settings.get("create_leads", {})
        if not settings.get("enabled"):
            return
        known = self.memory.ever() | set(self.world.leads_made())
        for key, member in self.audience.members.items():
            if key in self.changes.followed:
                continue
            if member["status"] == "subscribed" and key not in known and _is_valid(member["email"]):
                self.world.people[f"lead of {key}"] = self._lead(key, member, settings.get("defaults", {}))

    def _lead(self, key: str, member: Record, defaults: Record) -> Record:
        fields = {
            mapping["lead"]: member["values"][tag]
            for tag, mapping in self.settings["fields"].items()
            if "lead" in mapping and "." not in mapping["lead"] and tag in member["values"]
        }
        made = {name: value for name, value in defaults.items() if value is not None} | fields
        return made | {"object": "Lead", "Id": f"lead of {key}", "Email": member["email"], "MC_Key__c": key}

    def _mirror(self) -> None:
        """Detail 7: a row that is there stays."""
        prefix = f"{self.audience.id}:"
        known = {key: member for key, member in self.known.members.items() if key not in self.changes.moved}
        gone = {key: member for key, member in known.items() if key not in self.audience.members}
        self._rekey_rows(prefix, set(gone | self.audience.members))
        for key, member in (gone | self.audience.members).items():
            person = self.person_of(key)
            if person is None and self.settings.get("mirror") != "all" and prefix + key not in self.world.subscribers:
                continue
            holders = {tag for tag, keys in self.audience.tags.items() if key in keys}
            self.world.subscribers[prefix + key] = {
                "audience": self.audience.id,
                "person": None if person is None else name_of(person),
                "status": member["status"],
                "groups": set(member["groups"]),
                "tags": member["tags"] if key in gone else holders,
            }
        for name, row in self.world.subscribers.items():
            if name.startswith(prefix) and name.removeprefix(prefix) not in gone | self.audience.members:
                row["status"] = "forgotten"

    def _rekey_rows(self, prefix: str, keys: set[str]) -> None:
        """The row of a member with another e-mail goes on, where it is the same contact of the same person."""
        rows = self.world.subscribers
        strays = sorted(row for row in rows if row.startswith(prefix) and row.removeprefix(prefix) not in keys)
        for key, contact in self.audience.contacts.items():
            person = self.person_of(key)
            if prefix + key in rows or person is None:
                continue
            for stray in strays:
                if self.world.row_contacts[stray] == contact and rows[stray]["person"] == name_of(person):
                    rows[prefix + key] = rows.pop(stray)
                    strays.remove(stray)
                    break


def _targets(query: Record) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(query.get("groups", [])), frozenset(query.get("tags", []))


def seniority(person: Record) -> tuple[Any, ...]:
    return person["object"] != "Contact", person.get("CreatedDate", "9999"), person["Id"]


def _is_valid(email: str) -> bool:
    try:
        validate_email(email.strip(), check_deliverability=False)
    except EmailNotValidError:
        return False
    return True
