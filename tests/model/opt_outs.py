"""Opt-outs both ways, and members of people who are gone (X01), as dictionaries and loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.model.policies import switch
from tests.model.world import List, Record, is_gone, key_of, name_of

if TYPE_CHECKING:
    from tests.model.sync import Sync

OPEN = {"subscribed", "pending"}
ARCHIVABLE = {"subscribed", "unsubscribed", "transactional"}
EMAIL_OPT_OUT = "HasOptedOutOfEmail"


def flow(sync: Sync) -> None:
    """Unsubscribe the members of who opted out, opt out who unsubscribed, archive the members of who is gone."""
    way = switch(sync.settings, "opt_out")
    if way in {"to_mailchimp", "both"}:
        _unsubscribe(sync)
    if way in {"to_salesforce", "both"}:
        _opt_out(sync)
    if switch(sync.settings, "missing_people") == "archive" and sync.syncs_data:
        _archive(sync)


def has_opted_out(sync: Sync, person: Record) -> bool:
    """By Email Opt Out, or by the audience's own checkbox."""
    flag = _flag(sync, person)
    return bool(person.get(EMAIL_OPT_OUT) or (flag and person.get(flag)))


def _flag(sync: Sync, person: Record) -> str | None:
    """The field that an unsubscribe sets."""
    setting = sync.settings.get("unsubscribe_sets_opt_out", "all")
    return EMAIL_OPT_OUT if isinstance(setting, str) else setting.get(person["object"].lower())


def _unsubscribe(sync: Sync) -> None:
    for key, status in sync.statuses.items():
        whose = sync.having(key) or [*sync.who_had(key), *sync.heirs_of(key)]
        if status in OPEN and any(has_opted_out(sync, each) for each in whose):
            sync.audience.members[key]["status"] = "unsubscribed"


def _opt_out(sync: Sync) -> None:
    """Also of those that were unsubscribed just now."""
    for key, member in sync.audience.members.items():
        for person in sync.having(key):
            flag = _flag(sync, person)
            left = member["status"] == "unsubscribed" and not _is_mailed_elsewhere(sync, {key, key_of(person["Email"])})
            if left and flag is not None and not person.get(flag):
                sync.written[name_of(person)][flag] = True


def _is_mailed_elsewhere(sync: Sync, keys: set[str]) -> bool:
    """`all`: another audience whose opt-outs flow to Salesforce has them still, as it was read last."""
    if sync.settings.get("unsubscribe_sets_opt_out", "all") != "all":
        return False
    flowing = [each for each in sync.others if switch(each, "opt_out") in {"to_salesforce", "both"}]
    lists = [sync.world.lists[each["audience"]] for each in flowing]
    return any(keys & _mailed(sync, each) for each in lists)


def _mailed(sync: Sync, audience: List) -> set[str]:
    """Who is, or would be after a confirmation; an audience that no sync has read yet is read for it."""
    known = sync.memory.audiences[audience.id]
    members = known.members if known.looks else audience.members
    return {key for key, member in members.items() if member["status"] in OPEN}


def _archive(sync: Sync) -> None:
    for key, member in sync.audience.members.items():
        if member["status"] in ARCHIVABLE and _is_missing(sync, key):
            member["status"] = "archived"


def _is_missing(sync: Sync, key: str) -> bool:
    """All who had the e-mail are gone, and it is nobody's former one."""
    gone = any(
        is_gone(each) and each.get("Email") and key_of(each["Email"]) == key for each in sync.world.people.values()
    )
    return gone and sync.person_of(key) is None and not sync.who_had(key)
