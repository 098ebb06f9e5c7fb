"""Carries a plan out on a world, as the vendors and the stage `refresh` would where nothing goes wrong."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from tests.unit.transform.worlds import BORN, LIST, Outcome, World

PARTS = ("MailingStreet", "MailingCity", "MailingState", "MailingPostalCode", "MailingCountry",
         "Street", "City", "State", "PostalCode", "Country")  # fmt: skip
REMEMBERED = ("query", "email_key", "targets_hash", "person_modified_at", "owned_groups", "owned_tags")


def carry_out(world: World, outcome: Outcome) -> None:
    """Change members and people as the operations say, then remember what the plan says to."""
    for operation in sorted(outcome.operations, key=lambda each: each["kind"] in {"add_tag", "remove_tag"}):
        _carry_out(world, operation)
    world.synced |= {row["email_key"]: json.loads(row["field_values"]) for row in outcome.synced_values}
    changed = {(row["query"], row["email_key"]) for row in outcome.assignments}
    world.assignments = [row for row in world.assignments if (row["query"], row["email_key"]) not in changed]
    world.assignments += [
        {"list_id": LIST} | {name: row[name] for name in REMEMBERED} for row in outcome.assignments if not row["stops"]
    ]


def _carry_out(world: World, operation: dict[str, Any]) -> None:
    after, key = operation["after"], operation["email_key"]
    match operation["kind"]:
        case "add_member":
            groups = sorted(after.get("interests", {}))
            # A contact keeps its id for good; a new one has an id of its own.
            world.members = [member for member in world.members if member["email_key"] != key]
            world.member(after["email_address"], after["status"], contact_id=f"new-{key}", groups=groups,
                         merge_fields=after["merge_fields"], timestamp_opt=BORN + timedelta(days=1))  # fmt: skip
        case "update_member":
            member = _member(world, key)
            member["merge_fields"] = json.dumps(json.loads(member["merge_fields"]) | after.get("merge_fields", {}))
            chosen = dict.fromkeys(member["groups"], True) | after.get("interests", {})
            member["groups"] = sorted(group for group, on in chosen.items() if on)
        case "add_tag":
            member = _member(world, key)
            member["tags"] = sorted({*member["tags"], after["tag"]})
        case "remove_tag":
            member = _member(world, key)
            member["tags"] = sorted({*member["tags"]} - {after["tag"]})
        case "unsubscribe_member":
            _member(world, key)["status"] = "unsubscribed"
        case "opt_out_person":
            next(person for person in world.people if person["id"] == operation["person_id"])["opted_out"] = True
        case "answer_request":
            answered = operation["precondition"]["row"]
            world.requests = [row for row in world.requests if row["row_id"] != answered]
        case "create_lead":
            columns = {
                name: str(value).lower() if isinstance(value, bool) else str(value)
                for name, value in after.items()
                if name not in {"Email", "MC_Key__c"}
            }
            blank = dict.fromkeys([*PARTS, "FirstName", "Tier__c", "Spend__c"]) | {"Agreed__c": "false"}
            world.person(after["Email"], "Lead", mc_key=after["MC_Key__c"], **(blank | columns))


def _member(world: World, key: str) -> dict[str, Any]:
    return next(member for member in world.members if member["email_key"] == key)
