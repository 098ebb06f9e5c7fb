"""What a history compares after a sync, and how it tells where both differ."""

from __future__ import annotations

from typing import Any

from tests.model.world import World

PERSON_FIELDS = (
    "FirstName", "LastName", "Title", "Department", "Company", "HasOptedOutOfEmail", "Newsletter_Opt_Out__c",
)  # fmt: skip
LEAD_FIELDS = ("Email", "FirstName", "LastName", "Company", "LeadSource", "MC_Key__c")


def differences(found: Any, wanted: Any, way: str = "") -> list[str]:
    """Where two nested dictionaries differ, a line each."""
    if not (isinstance(found, dict) and isinstance(wanted, dict)):
        return [] if found == wanted else [f"{way}: found {found}, the model says {wanted}"]
    return [
        line
        for key in sorted(found.keys() | wanted.keys())
        for line in differences(found.get(key), wanted.get(key), f"{way} / {key}")
    ]


def shown(world: World) -> dict[str, Any]:
    """What a sync decides: not the values that vendors or users alone do."""
    return {
        "members": {name: each.members for name, each in world.lists.items()},
        "tags": {name: {tag: keys for tag, keys in each.tags.items() if keys} for name, each in world.lists.items()},
        "people": {
            name: {field: person.get(field) or None for field in PERSON_FIELDS} for name, person in world.people.items()
        },
        "leads": {
            key: {name: lead[name] for name in LEAD_FIELDS if lead.get(name)}
            for key, lead in world.leads_made().items()
        },
        "subscribers": world.subscribers,
        "audiences": world.audiences,
        "requests": world.requests,
    }
