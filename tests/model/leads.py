"""Leads from members that match nobody (R08, detail 6), as dictionaries and loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.model.additions import is_valid
from tests.model.values import broken_gates
from tests.model.world import Record

if TYPE_CHECKING:
    from tests.model.sync import Sync


def make(sync: Sync) -> None:
    """One per subscribed member whose e-mail nobody has or had."""
    settings = sync.settings.get("create_leads", {})
    if not settings.get("enabled"):
        return
    known = sync.memory.ever() | set(sync.world.leads_made())
    for key, member in sync.audience.members.items():
        if key in sync.changes.followed:
            continue
        if member["status"] == "subscribed" and key not in known and is_valid(member["email"]):
            lead = _lead(sync, key, member, settings.get("defaults", {}))
            if "create_lead" not in broken_gates(lead, sync.rules, sync.today):
                sync.world.people[lead["Id"]] = lead


def _lead(sync: Sync, key: str, member: Record, defaults: Record) -> Record:
    fields = {
        mapping["lead"]: member["values"][tag]
        for tag, mapping in sync.settings["fields"].items()
        if "lead" in mapping and "." not in mapping["lead"] and tag in member["values"]
    }
    made = {name: value for name, value in defaults.items() if value is not None} | fields
    return made | {"object": "Lead", "Id": f"lead of {key}", "Email": member["email"], "MC_Key__c": key}
