"""The end state of an audience's first sync under `legacy_parity`: SPEC.md as dictionaries and loops, nothing more.

It shares no code with the pipeline, and knows no history: what is remembered between runs is for the behaviour tests.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from email_validator import EmailNotValidError, validate_email

from tests.model.conditions import selects
from tests.model.values import broken_gates, unfit, values_of
from tests.model.world import List, Record, World, is_gone, key_of

KEPT_UP_TO_DATE = {"subscribed", "pending", "unsubscribed", "transactional"}
LEFT = {"unsubscribed", "archived"}


@dataclass
class Sync:
    """One audience's sync of a world, which it changes in place."""

    world: World
    settings: Record
    rules: list[Record]
    today: date
    zone: ZoneInfo
    by_email: dict[str, list[Record]] = field(init=False)
    added: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Add, update, make Leads, mirror."""
        size = self.list.size
        self.by_email = self._people_by_email()
        self._add()
        if self.settings.get("data_sync", True):
            self._update()
        self._assign()
        if self.settings.get("data_sync", True):
            self._make_leads()
            self.by_email = self._people_by_email()
            self._mirror()
        self.world.audiences[self.list.id] = {"name": self.settings["audience"], "status": "active", "size": size}

    @property
    def list(self) -> List:
        """The audience."""
        return self.world.lists[self.settings["audience"]]

    # --- people

    def _people_by_email(self) -> dict[str, list[Record]]:
        """People by e-mail, the survivor first (details 1 and 2)."""
        found = defaultdict(list)
        for person in sorted(self.world.current(), key=_seniority):
            if person.get("Email"):
                found[key_of(person["Email"])].append(person)
        return found

    def _person_of(self, key: str) -> Record | None:
        """The survivor of an e-mail, or where nobody has it any more, the heir of who had it (detail 9)."""
        if key in self.by_email:
            return self.by_email[key][0]
        heirs = [
            heir
            for person in self.world.people.values()
            if is_gone(person) and person.get("Email") and key_of(person["Email"]) == key
            for heir in self._heirs(person)
        ]
        return min(heirs, key=_seniority, default=None)

    def _heirs(self, person: Record) -> list[Record]:
        next_id = person.get("ConvertedContactId") if person.get("IsConverted") else person.get("MasterRecordId")
        heir = self.world.people.get(next_id) if next_id else None
        if heir is None:
            return []
        return self._heirs(heir) if is_gone(heir) else [heir]

    def _queries(self, key: str) -> list[Record]:
        """Automatic queries that select any person with the e-mail, in the order of the file."""
        return [
            query
            for query in self.settings.get("queries", [])
            if query.get("run", "automatic") == "automatic"
            and any(selects(query, person, self.today, self.zone) for person in self.by_email.get(key, []))
        ]

    # --- members

    def _add(self) -> None:
        """Detail 4."""
        for key, people in self.by_email.items():
            if key in self.list.members or key in self.list.forgotten or not self._queries(key):
                continue
            values, left_out = self._values(people[0])
            if self._may_be_added(people, values, left_out):
                status = self.settings.get("new_members", {}).get("status", "subscribed")
                email = people[0]["Email"].strip()
                self.list.members[key] = {"email": email, "status": status, "values": values, "groups": set()}
                self.added.add(key)

    def _may_be_added(self, people: list[Record], values: Record, left_out: set[str]) -> bool:
        survivor = people[0]
        required = {tag for tag, each in self.list.merge_fields.items() if each["required"]}
        return (
            not any(person.get("HasOptedOutOfEmail") for person in people)
            and self._consents(survivor)
            and not any(self._has_left(person) for person in people)
            and _is_valid(survivor["Email"])
            and "add" not in broken_gates(survivor, self.rules, self.today)
            and not required & left_out
            and required <= set(values)
        )

    def _consents(self, person: Record) -> bool:
        if self.settings["consent"] == "none":
            return True
        consent_field = self.settings["consent"].get(person["object"].lower())
        return consent_field is not None and person.get(consent_field) is True

    def _has_left(self, person: Record) -> bool:
        """G01: under an e-mail of a record that was merged or converted into this one."""
        for other in self.world.people.values():
            if is_gone(other) and other.get("Email") and person in self._heirs(other):
                key = key_of(other["Email"])
                status = self.list.members.get(key, {}).get("status")
                if key != key_of(person["Email"]) and (status in LEFT or key in self.list.forgotten):
                    return True
        return False

    def _values(self, person: Record) -> tuple[Record, set[str]]:
        """The values to write, and the tags that are left out."""
        values = values_of(person, self.settings["fields"])
        left_out = unfit(values, self.list.merge_fields)
        return {tag: value for tag, value in values.items() if tag not in left_out}, left_out

    def _may_be_updated(self, key: str, person: Record) -> bool:
        required = {tag for tag, each in self.list.merge_fields.items() if each["required"]}
        return (
            self.list.members[key]["status"] in KEPT_UP_TO_DATE
            and "update" not in broken_gates(person, self.rules, self.today)
            and not required & self._values(person)[1]
        )

    def _update(self) -> None:
        """R15, detail 3; what was never filled leaves Mailchimp's value alone (detail 10)."""
        for key, member in self.list.members.items():
            person = self._person_of(key)
            if person is not None and self._may_be_updated(key, person):
                member["values"] |= self._values(person)[0]

    def _assign(self) -> None:
        """R12, R14, detail 5: a first sync assigns everything that the queries say."""
        for key, member in self.list.members.items():
            if key not in self.by_email:
                continue
            if key not in self.added and not self._may_be_updated(key, self.by_email[key][0]):
                continue
            for query in self._queries(key):
                for path in query.get("groups", []):
                    category = path.split(" / ")[0]
                    taken = any(group.split(" / ")[0] == category for group in member["groups"])
                    if not (self.list.single_choice[path] and taken):
                        member["groups"].add(path)
                for tag in query.get("tags", []):
                    self.list.tags.setdefault(tag, set()).add(key)

    # --- Salesforce

    def _make_leads(self) -> None:
        """R08, detail 6."""
        settings = self.settings.get("create_leads", {})
        if not settings.get("enabled"):
            return
        known = {key_of(person["Email"]) for person in self.world.people.values() if person.get("Email")}
        known |= set(self.world.leads_made())
        for key, member in self.list.members.items():
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
        """Detail 7."""
        for key, member in self.list.members.items():
            person = self._person_of(key)
            if person is None and self.settings.get("mirror") != "all":
                continue
            self.world.subscribers[f"{self.list.id}:{key}"] = {
                "audience": self.list.id,
                "person": None if person is None else _name(person),
                "status": member["status"],
                "groups": set(member["groups"]),
                "tags": {tag for tag, holders in self.list.tags.items() if key in holders},
            }


def _name(person: Record) -> str:
    return f"lead of {person['MC_Key__c']}" if person.get("MC_Key__c") else person["Id"]


def _seniority(person: Record) -> tuple[Any, ...]:
    return person["object"] != "Contact", person.get("CreatedDate", "9999"), person["Id"]


def _is_valid(email: str) -> bool:
    try:
        validate_email(email.strip(), check_deliverability=False)
    except EmailNotValidError:
        return False
    return True
