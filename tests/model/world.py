"""Both vendors' states as plain dictionaries, without what the vendors decide alone (new ids, times, ratings)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]


def key_of(email: str) -> str:
    """The member hash."""
    return hashlib.md5(email.strip().lower().encode(), usedforsecurity=False).hexdigest()


@dataclass
class List:
    """An audience: members by hash, with email, status, values (no blanks) and groups (paths); who has which tag.

    `contacts`: Mailchimp's contact_id by hash, of the members that Mailchimp made; `changed`: when they changed last.
    """

    id: str
    merge_fields: dict[str, Record]
    single_choice: dict[str, bool]
    members: dict[str, Record]
    tags: dict[str, set[str]]
    forgotten: set[str]
    contacts: dict[str, str] = field(default_factory=dict)
    changed: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """What Mailchimp calls the member count."""
        return sum(member["status"] == "subscribed" for member in self.members.values())


@dataclass
class World:
    """People by Id (with `object`), audiences by name, mirror rows by key, and the contact_id of each.

    A Lead made from a member goes by `lead of <hash>`.
    """

    people: dict[str, Record]
    lists: dict[str, List]
    subscribers: dict[str, Record] = field(default_factory=dict)
    row_contacts: dict[str, str] = field(default_factory=dict)
    audiences: dict[str, Record] = field(default_factory=dict)
    requests: dict[str, Record] = field(default_factory=dict)
    """What users ask for on mirror rows (R22), by the rows' Ids: audience, key (None: a user made the row), contact,
    person, status and groups as typed."""

    def current(self) -> Iterator[Record]:
        """People that are neither deleted nor converted."""
        return (person for person in self.people.values() if not is_gone(person))

    def leads_made(self) -> dict[str, Record]:
        """Leads made from members, by hash."""
        return {person["MC_Key__c"]: person for person in self.people.values() if person.get("MC_Key__c")}


def is_gone(person: Record) -> bool:
    """Deleted, or converted."""
    return bool(person.get("IsDeleted") or person.get("IsConverted"))


def read(salesforce: Record, mailchimp: Record) -> World:
    """The two `/_sandbox/state` documents as a world."""
    accounts = {account["Id"]: account for account in salesforce.get("Account", [])}
    people = {}
    for name in ("Contact", "Lead"):
        for record in salesforce.get(name, []):
            account = accounts.get(record.get("AccountId"), {})
            person = {"object": name, **record} | {f"Account.{key}": value for key, value in account.items()}
            people[name_of(person)] = person
    lists = {each["name"]: _list(each) for each in mailchimp.get("lists", [])}
    list_ids = {row["Id"]: row["List_Id__c"] for row in salesforce.get("MC_Audience__c", [])}
    names = {person["Id"]: name for name, person in people.items()}
    rows = salesforce.get("MC_Subscriber__c", [])
    subscribers = {
        row["Key__c"]: {
            "audience": list_ids[row["Audience__c"]],
            "person": names.get(row.get("Contact__c") or row.get("Lead__c")),
            "status": row.get("Status__c"),
            "groups": set(filter(None, (row.get("Groups__c") or "").split("; "))),
            "tags": set(filter(None, (row.get("Tags__c") or "").split("; "))),
        }
        for row in rows
        if row.get("Key__c")
    }
    requests = {
        row["Id"]: {
            "audience": list_ids[row["Audience__c"]],
            "key": row["Key__c"].partition(":")[2] if row.get("Key__c") else None,
            "contact": row.get("Mailchimp_Contact_Id__c"),
            "person": names.get(row.get("Contact__c") or row.get("Lead__c")),
            "status": row.get("Requested_Status__c"),
            "groups": row.get("Requested_Groups__c"),
        }
        for row in rows
        if row.get("Requested_Status__c") or row.get("Requested_Groups__c")
    }
    audiences = {
        row["List_Id__c"]: {"name": row["Name"], "status": row["Status__c"], "size": row["Member_Count__c"]}
        for row in salesforce.get("MC_Audience__c", [])
    }
    contacts = {row["Key__c"]: row["Mailchimp_Contact_Id__c"] for row in rows if row.get("Key__c")}
    return World(people, lists, subscribers, contacts, audiences, requests)


def name_of(person: Record) -> str:
    """What the model calls a person."""
    return f"lead of {person['MC_Key__c']}" if person.get("MC_Key__c") else person["Id"]


def _list(state: Record) -> List:
    paths, single = {}, {}
    for category in state.get("interest_categories", []):
        for interest in category["interests"]:
            path = f"{category['title']} / {interest['name']}"
            paths[interest["id"]], single[path] = path, category["type"] in {"radio", "dropdown"}
    members = {
        member["id"]: {
            "email": member["email_address"],
            "status": member["status"],
            "values": _filled(member["merge_fields"]),
            "groups": {paths[id_] for id_, chosen in member.get("interests", {}).items() if chosen},
        }
        for member in state["members"]
    }
    tags = {segment["name"]: set(segment["members"]) for segment in state.get("segments", [])}
    merge_fields = {each["tag"]: each for each in state["merge_fields"]}
    contacts = {member["id"]: member["contact_id"] for member in state["members"]}
    forgotten = set(state.get("forgotten", []))
    changed = {member["id"]: member["last_changed"] for member in state["members"]}
    return List(state["id"], merge_fields, single, members, tags, forgotten, contacts, changed)


def _filled(values: Record) -> Record:
    """Without blanks; also without those inside an address."""
    found = {}
    for tag, value in values.items():
        kept = {part: text for part, text in value.items() if text} if isinstance(value, dict) else value
        if kept not in ("", None, {}):
            found[tag] = kept
    return found
