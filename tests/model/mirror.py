"""The rows that show members in Salesforce (detail 7), as dictionaries and loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.model.world import name_of

if TYPE_CHECKING:
    from tests.model.sync import Sync


def write(sync: Sync) -> None:
    """A row that is there stays."""
    audience, subscribers = sync.audience, sync.world.subscribers
    prefix = f"{audience.id}:"
    known = {key: member for key, member in sync.known.members.items() if key not in sync.changes.moved}
    gone = {key: member for key, member in known.items() if key not in audience.members}
    _rekey_rows(sync, prefix, set(gone | audience.members))
    for key, member in (gone | audience.members).items():
        person = sync.person_of(key)
        if person is None and sync.settings.get("mirror") != "all" and prefix + key not in subscribers:
            continue
        holders = {tag for tag, keys in audience.tags.items() if key in keys}
        subscribers[prefix + key] = {
            "audience": audience.id,
            "person": None if person is None else name_of(person),
            "status": member["status"],
            "groups": set(member["groups"]),
            "tags": member["tags"] if key in gone else holders,
        }
    for name, row in subscribers.items():
        if name.startswith(prefix) and name.removeprefix(prefix) not in gone | audience.members:
            row["status"] = "forgotten"


def _rekey_rows(sync: Sync, prefix: str, keys: set[str]) -> None:
    """The row of a member with another e-mail goes on, where it is the same contact of the same person."""
    rows = sync.world.subscribers
    strays = sorted(row for row in rows if row.startswith(prefix) and row.removeprefix(prefix) not in keys)
    for key, contact in sync.audience.contacts.items():
        person = sync.person_of(key)
        if prefix + key in rows or person is None:
            continue
        for stray in strays:
            if sync.world.row_contacts.get(stray) == contact and rows[stray]["person"] == name_of(person):
                rows[prefix + key] = rows.pop(stray)
                strays.remove(stray)
                break
