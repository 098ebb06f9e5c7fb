"""The cast of the golden world as both vendors' states, and what names their Ids, hashes and groups go by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from include.keys import email_key
from include.sandbox.salesforce.ids import make_id
from tests.integration.mailchimp_account import member
from tests.integration.sync.people import LAST_YEAR, account_of

Record = dict[str, Any]
FOLDER = Path(__file__).parent
LISTS = {"Newsletter": "aaaa000001", "Updates": "bbbb000002"}
OBJECTS = {"contact": "Contact", "lead": "Lead", "account": "Contact"}
PREFIXES = {"Contact": "003", "Lead": "00Q", "Account": "001"}
TAKEN = 1_000_000
"""Ids from here on are the cast's own."""
LAST_WEEK = "2026-11-16T09:00:00.000+0000"
"""When the recycle bin got what is in it; it holds 15 days."""
PERSON = {"FirstName": "Ann", "LastName": "Lee", "Newsletter_Consent__c": True}
VALUES = {"FNAME": "Ann", "LNAME": "Lee", "AGREED": "true"}
GROUPS = {
    "Interests": ("checkboxes", {"News": "0ne0000001", "Events": "0ev0000001"}),
    "Rhythm": ("radio", {"Weekly": "0we0000001", "Monthly": "0mo0000001"}),
}
INTERESTS = {f"{category} / {name}": id_ for category, (_, names) in GROUPS.items() for name, id_ in names.items()}
TYPES = {
    "FNAME": "text", "LNAME": "text", "TITLE": "text", "AGREED": "text", "OWN": "text", "TOPICS": "text",
    "DEPT": "text", "ASSIST": "text", "FAX": "text",
    "BORN": "date", "SPEND": "number", "ADDRESS": "address", "TIER": "dropdown",
}  # fmt: skip


def email_of(local: str) -> str:
    """The e-mail address that a local part in the files stands for; what has an @ is one already."""
    return local if "@" in local else f"{local}@x.example"


@dataclass
class Role:
    """One of the cast: name, what the files say of it, and its records by label (`contact 2`)."""

    name: str
    said: Record
    records: dict[str, Record] = field(default_factory=dict)

    def members(self, audience: str) -> Iterator[Record]:
        """Its members of an audience before the first sync."""
        for entry in self.said.get("mailchimp" if audience == "Newsletter" else "updates", ()):
            ((status, said),) = entry.items()
            more = dict(said)
            local, tags, groups = more.pop("email", self.name), more.pop("tags", ()), more.pop("groups", ())
            own = {**VALUES, **more}
            yield member(
                local, status, merge_fields=own, tags=tags, interests={INTERESTS[path]: True for path in groups}
            )  # fmt: skip


@dataclass
class Cast:
    """The whole cast."""

    roles: list[Role]

    @classmethod
    def read(cls) -> Cast:
        """From `world.yaml`."""
        said = yaml.safe_load((FOLDER / "world.yaml").read_text(encoding="utf-8"))
        number = iter(range(TAKEN, 2 * TAKEN))
        roles = [Role(name, each) for name, each in said.items()]
        for role in roles:
            for entry in role.said.get("salesforce", ()):
                ((kind, fields),) = entry.items()
                label = next(each for each in _labels(kind) if each not in role.records)
                role.records[label] = _record(role.name, kind, fields, number)
            for record in role.records.values():
                _point(record, role.records)
        return cls(roles)

    def salesforce(self) -> dict[str, list[Record]]:
        """The org's state."""
        state: dict[str, list[Record]] = {"Account": [], "Contact": [], "Lead": []}
        for role in self.roles:
            for record in role.records.values():
                state[record["object"]].append({name: value for name, value in record.items() if name != "object"})
                if record.get("IsPersonAccount"):
                    state["Account"].append(account_of(record))
        return state

    def mailchimp(self) -> dict[str, list[Record]]:
        """The account's state."""
        return {"lists": [self._list(name, list_id) for name, list_id in LISTS.items()]}

    def _list(self, name: str, list_id: str) -> Record:
        merge_fields = [
            {"tag": tag, "name": tag.title(), "type": type_, "required": tag == "FNAME"}
            | ({"options": {"choices": ["Gold", "Silver", "Bronze"]}} if type_ == "dropdown" else {})
            for tag, type_ in TYPES.items()
        ]
        categories = [
            {
                "id": f"{list_id[0]}{category[:2].lower()}0000009",
                "title": category,
                "type": type_,
                "interests": [{"id": list_id[0] + id_[1:], "name": group} for group, id_ in groups.items()],
            }
            for category, (type_, groups) in GROUPS.items()
        ]
        members = [
            each | {"interests": {list_id[0] + id_[1:]: chosen for id_, chosen in each["interests"].items()}}
            for role in self.roles
            for each in role.members(name)
        ]
        return {
            "id": list_id,
            "name": name,
            "merge_fields": merge_fields,
            "interest_categories": categories,
            "segments": [],
            "members": members,
        }


def _labels(kind: str) -> Iterator[str]:
    yield kind
    yield from (f"{kind} {number}" for number in range(2, 10))


def _record(name: str, kind: str, fields: Record, number: Iterator[int]) -> Record:
    """A record as the org keeps it, with its `object`; `account` is the shadow contact of a person account."""
    object_name = OBJECTS[kind]
    email = fields.get("Email", name)
    gone = fields.get("IsDeleted") or fields.get("IsConverted")
    record = {
        "object": object_name,
        "Id": make_id(PREFIXES[object_name], next(number)),
        "CreatedDate": LAST_YEAR,
        "SystemModstamp": LAST_WEEK if gone else LAST_YEAR,
        **PERSON,
        **fields,
        "Email": email and email_of(email),
    }
    if object_name == "Lead":
        record = {"Company": "Acme", "Status": "Open - Not Contacted"} | record
    if kind == "account":
        record |= {"IsPersonAccount": True, "AccountId": make_id(PREFIXES["Account"], next(number))}
    return record


def _point(record: Record, records: dict[str, Record]) -> None:
    """Put Ids for the labels that a gone record names as its heir."""
    for name in ("MasterRecordId", "ConvertedContactId"):
        if name in record:
            record[name] = records[record[name]]["Id"]


def hash_of(local: str) -> str:
    """The member hash of an e-mail in the files."""
    return email_key(email_of(local))
