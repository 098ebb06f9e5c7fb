"""Groups and tags of members: given once per query and e-mail (R12, R14, detail 5), taken away where set (X01).

What is given is `("group", path)` or `("tag", name)`. Groups that a record lists itself (R13) are given like those of a
query, after all of them, and belong to nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.model.policies import switch
from tests.model.values import chosen
from tests.model.world import Record

if TYPE_CHECKING:
    from tests.model.sync import Sync

Gift = tuple[str, str]


def take_away(sync: Sync, requested: dict[str, list[str]]) -> None:
    """X01: what the sync gave, and no query that selects the person gives any more, nor their record or a user wants.

    What others gave stays.
    """
    removes = switch(sync.settings, "stops_matching") == "remove"
    for key in sync.audience.members:
        ours = sync.known.ours[key]
        ours &= _gifts(sync, key)  # what somebody took away is ours no more
        stale = ours.difference(*(gifts(query) for query, _ in [*sync.queries(key), *_listing(sync, key)]))
        stale -= {("group", path) for path in requested.get(key, [])}
        if not removes:
            ours -= stale
        elif _is_free(sync, key):
            for gift in stale:
                _take(sync, key, gift)
            ours -= stale


def _take(sync: Sync, key: str, gift: Gift) -> None:
    kind, name = gift
    if kind == "group":
        sync.audience.members[key]["groups"].remove(name)
    else:
        sync.audience.tags[name].remove(key)


def _is_free(sync: Sync, key: str) -> bool:
    person = sync.person_of(key)
    return person is not None and sync.may_be_updated(key, person)


def give(sync: Sync) -> None:
    """When the person starts to match, when the query's groups or tags change, when a matching record changes."""
    for key in sync.audience.members:
        for query, changed in [*sync.queries(key), *_listing(sync, key)]:
            if _is_due(sync, key, query, changed):
                owned = not is_manual(query) and "names" not in query
                for gift in _give(sync, key, query):
                    if owned:
                        sync.known.ours[key].add(gift)
                if not is_manual(query):
                    sync.known.assigned[query["name"], key] = (_named(query), changed)
    members = sync.by_email.keys() - set(sync.changes.followed.values()) | sync.changes.followed.keys()
    matching = {(query["name"], key) for key in members for query, _ in [*sync.queries(key), *_listing(sync, key)]}
    sync.known.assigned = {
        (name, key): past
        for (name, key), past in sync.known.assigned.items()
        if (name, key) in matching or (sync.only is not None and name != sync.only)
    }


def _listing(sync: Sync, key: str) -> list[tuple[Record, str]]:
    """R13: what the record of who stands for the e-mail lists, as queries; `names` are all, also unknown ones."""
    if sync.only is not None or not sync.having(key):
        return []
    person, found = sync.having(key)[0], []
    for category, source in sync.settings.get("groups_from", {}).items():
        names = chosen(person, source.get(person["object"].lower()))
        paths = [f"{category} / {name}" for name in names]
        known = [path for path in paths if path in sync.audience.single_choice]
        if names:
            query = {"name": f"groups_from {category}", "groups": known, "names": names}
            found.append((query, str(person.get("SystemModstamp", ""))))
    return found


def gifts(query: Record) -> frozenset[Gift]:
    """What a query gives."""
    groups = frozenset(("group", path) for path in query.get("groups", []))
    return groups | {("tag", tag) for tag in query.get("tags", [])}


def _gifts(sync: Sync, key: str) -> set[Gift]:
    """What a member has."""
    groups = {("group", path) for path in sync.audience.members[key]["groups"]}
    return groups | {("tag", tag) for tag, holders in sync.audience.tags.items() if key in holders}


def _named(query: Record) -> object:
    return tuple(query["names"]) if "names" in query else gifts(query)


def _is_due(sync: Sync, key: str, query: Record, changed: str) -> bool:
    if len(query.get("names", [])) > len(query.get("groups", [])):
        return False  # an unknown name quarantines the field
    if key in sync.added:
        return True
    if not _is_free(sync, key):
        return False
    if is_manual(query):
        known = sync.known.seen.get(query["name"])
        return known is not None and int(changed) > known
    past = sync.known.assigned.get((query["name"], key))
    return past is None or past[0] != _named(query) or changed > past[1]


def _give(sync: Sync, key: str, query: Record) -> set[Gift]:
    """Returns what was not there yet. A single choice is never replaced."""
    groups, given = sync.audience.members[key]["groups"], set()
    for path in query.get("groups", []):
        taken = any(group.split(" / ")[0] == path.split(" / ")[0] for group in groups)
        if path not in groups and not (sync.audience.single_choice[path] and taken):
            groups.add(path)
            given.add(("group", path))
    for tag in query.get("tags", []):
        holders = sync.audience.tags.setdefault(tag, set())
        if key not in holders:
            holders.add(key)
            given.add(("tag", tag))
    return given


def is_manual(query: Record) -> bool:
    """Whether a query takes part only in syncs for it alone."""
    return bool(query.get("run") == "manual")
