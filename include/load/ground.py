"""What happened between extraction and load: operations whose ground is gone are not carried out (G01, G02)."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from include.mailchimp.member_table import COLUMNS, KEY_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Set
    from datetime import datetime

    from include.load.operations import Operation
    from include.load.results import ResultState
    from include.mailchimp.client import MailchimpClient

MARGIN = timedelta(minutes=10)
"""How far before extraction the changes are read: `last_changed` has whole seconds, and can show late (G10)."""
ANSWER_LOST = "answer_lost"
"""An earlier try, or an earlier attempt of the same call, has added the member."""

OF_THE_PERSON = ("another_email", "opted_out", "no_consent")
"""Reasons that somebody gave in Salesforce."""


class MemberNow(NamedTuple):
    """A member as Mailchimp shows it just before the load; merge_fields is JSON text, where it was read."""

    status: str
    contact_id: str
    merge_fields: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """What happened since extraction.

    Attributes:
        members: by member hash, those that changed or are archived.
        added: e-mail keys of planned new members that a try before has added (`lost_answers.py`).
        people: e-mail keys that belong to somebody in Salesforce by now.
        changed_people: by Salesforce id, the e-mail key that a person who changed has now; None for one who is deleted.
        opted_out: e-mail keys of people who changed and have opted out by now.
        without_consent: Salesforce ids of people who changed and do not agree, by now, to be added.
        not_added: e-mail keys of planned new members that this run did not add.
        unfinished: e-mail keys of members with another change that is still to be tried again.
    """

    members: Mapping[str, MemberNow] = field(default_factory=dict)
    added: Set[str] = frozenset()
    people: Set[str] = frozenset()
    changed_people: Mapping[str, str | None] = field(default_factory=dict)
    opted_out: Set[str] = frozenset()
    without_consent: Set[str] = frozenset()
    not_added: Set[str] = frozenset()
    unfinished: Set[str] = frozenset()

    def outcome(self, operation: Operation) -> tuple[ResultState, str] | None:
        """State and reason of an operation that must not be carried out any more; None where it may."""
        key = operation.email_key or ""
        if operation.kind == "add_member" and key in self.added:
            return "applied", ANSWER_LOST
        if operation.kind == "create_lead" and key in self.people:
            return "precondition_gone", "person_exists"
        if operation.kind == "add_tag" and key in self.not_added:
            return "precondition_gone", "member_not_added"
        person = operation.precondition.get("person", "")
        if self.changed_people.get(person, operation.person_key) != operation.person_key:
            return "precondition_gone", "another_email"
        if operation.kind == "move_member":
            return self._of_move(operation) or self._unwilling(operation)
        now = self.members.get(key)
        return (now and _judged(operation, now)) or self._unwilling(operation)

    def _unwilling(self, operation: Operation) -> tuple[ResultState, str] | None:
        """Nobody is added, or moved to an e-mail, who opted out or took consent back since the plan (R01, R05)."""
        if operation.kind not in {"add_member", "move_member"}:
            return None
        if operation.precondition.get("absent", operation.email_key) in self.opted_out:
            return "precondition_gone", "opted_out"
        if operation.precondition.get("person") in self.without_consent:
            return "precondition_gone", "no_consent"
        return None

    def _of_move(self, operation: Operation) -> tuple[ResultState, str] | None:
        """A member at the new e-mail is the same one, moved by a try whose answer was lost, or another one."""
        key, wanted = operation.email_key or "", operation.precondition
        there = self.members.get(wanted["absent"])
        if there is not None and there.contact_id == wanted["contact_id"]:
            return "already_there", "moved"
        if there is not None:
            return "precondition_gone", f"member_is_{there.status}"
        if key in self.unfinished:
            return "failed", "other_changes_first"
        return None if key not in self.members else _judged(operation, self.members[key])


def _judged(operation: Operation, now: MemberNow) -> tuple[ResultState, str] | None:
    wanted = operation.precondition
    if wanted.get("member") == "absent":
        there = now.status == operation.after["status"]
        return ("already_there", "member_exists") if there else ("precondition_gone", f"member_is_{now.status}")
    if operation.kind in {"unsubscribe_member", "archive_member"} and now.status == operation.after["status"]:
        return "already_there", f"member_is_{now.status}"
    allowed = wanted.get("status", now.status)
    if now.status not in ([allowed] if isinstance(allowed, str) else allowed):
        return "precondition_gone", f"member_is_{now.status}"
    if wanted.get("contact_id", now.contact_id) != now.contact_id:
        return "precondition_gone", "another_contact"
    if now.merge_fields and not all_allowed(json.loads(now.merge_fields), wanted.get("merge_fields", {})):
        return "precondition_gone", "member_changed"
    return None


def all_allowed(now: Mapping[str, Any], allowed: Mapping[str, list[Any]]) -> bool:
    """Whether each of the named values is one of those that the plan allows."""
    return all(any(_plain(now.get(name)) == _plain(value) for value in values) for name, values in allowed.items())


def _plain(value: Any) -> Any:
    """A value as both ways of reading it write it: no line ends of Windows, no blanks, nothing for a blank."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items() if _plain(part) is not None} or None
    return value.replace("\r\n", "\n").strip() or None if isinstance(value, str) else value


def read_members(
    client: MailchimpClient, list_id: str, extracted_at: datetime, *, all_archived: bool, values: bool = False
) -> dict[str, MemberNow]:
    """The members that changed since extraction (vendor's clock), archived ones too, which no other read shows.

    `all_archived` reads those whole: a `POST /lists/{id}` takes an archived member back whatever `update_existing` says
    (seen in a recorded exchange), so before members are added none may be missed. `values` reads merge fields as well.
    """
    fields = (*KEY_FIELDS, "merge_fields") if values else KEY_FIELDS
    since = extracted_at - MARGIN
    changed = client.members(list_id, fields=fields, since_last_changed=since)
    archived_since = None if all_archived else since
    archived = client.members(list_id, fields=fields, status="archived", since_last_changed=archived_since)
    found: dict[str, MemberNow] = {}
    for page in itertools.chain(changed, archived):
        columns = [page[COLUMNS[field].name].to_pylist() for field in fields]
        found.update((key, MemberNow(*now)) for key, *now in zip(*columns, strict=True))
    return found
