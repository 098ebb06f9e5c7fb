"""A member's row: its columns, their defaults, and how a member of a loaded state becomes one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

import orjson

from include.sandbox.mailchimp import times

STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived")
NO_STATS = '{"avg_open_rate":0,"avg_click_rate":0}'
NO_LOCATION = '{"latitude":0,"longitude":0,"gmtoff":0,"dstoff":0,"country_code":"","timezone":"","region":""}'
BY_ADMIN = "N/A (Unsubscribed by admin)"
FIRST_WEB_ID = 400_000_000


def subscriber_hash(email: str) -> str:
    """A member's id: MD5 of the lower-cased address."""
    return hashlib.md5(email.lower().encode(), usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class MemberRecord:
    """One row of the table `members`, without its number; columns as schema.sql says."""

    list_no: int
    id: str
    email_address: str
    unique_email_id: str
    contact_id: str
    web_id: int
    email_type: str = "html"
    status: str = "subscribed"
    unsubscribe_reason: str = ""
    unsubscribed_by: str = ""
    unsubscribed_at: str = ""
    merge_fields: str = "{}"
    interests: str = "{}"
    stats: str = NO_STATS
    ip_signup: str = ""
    timestamp_signup: str = ""
    ip_opt: str = ""
    timestamp_opt: str = ""
    member_rating: int = 2
    last_changed: str = ""
    language: str = ""
    vip: int = 0
    email_client: str = ""
    location: str = NO_LOCATION
    source: str = "API - Generic"

    @classmethod
    def new(cls, list_no: int, list_id: str, email: str, number: int) -> MemberRecord:
        """A member that is not stored yet, with ids of its own that follow from list and address."""
        member_id = subscriber_hash(email)
        return cls(
            list_no,
            member_id,
            email,
            unique_email_id(list_id, member_id),
            _digest(f"contact {list_id} {member_id} {number}"),
            FIRST_WEB_ID + number,
        )

    def row(self) -> tuple[Any, ...]:
        """The values in the order of `COLUMN_NAMES`."""
        return _values(self)


COLUMN_NAMES = tuple(field.name for field in fields(MemberRecord))
_values: Callable[[MemberRecord], tuple[Any, ...]] = attrgetter(*COLUMN_NAMES)
TEXT_COLUMNS = frozenset({"email_type", "ip_signup", "ip_opt", "language", "email_client", "source"})
INSERT = f"INSERT INTO members (no, {', '.join(COLUMN_NAMES)}) VALUES (?, {', '.join('?' for _ in COLUMN_NAMES)})"


def unique_email_id(list_id: str, member_id: str) -> str:
    """The id of an address in a list; it changes with the address (recorded)."""
    return _digest(f"email {list_id} {member_id}")[:10]


def _digest(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class ListShape:
    """What every member of a list carries: a value per merge field and per interest."""

    list_no: int
    list_id: str
    blank_merge_fields: Mapping[str, str]
    no_interests: Mapping[str, bool]


def record_from_state(shape: ListShape, member: Mapping[str, Any], number: int) -> MemberRecord:
    """A member of a loaded state, which looks as the API shows it, plus `_unsubscribed_by` and `_unsubscribed_at`.

    Without the latter an unsubscribed member's last change was that.

    Args:
        shape: of the member's list.
        member: only `email_address` is needed; what follows from it or from other parts of the state is not read.
        number: the row's number.

    Raises:
        ValueError: a value that no Mailchimp member has; names list and member hash.
    """
    email = member.get("email_address")
    if not isinstance(email, str) or not email:
        raise ValueError(f"list {shape.list_id}: member {member.get('id', number)} has no email_address")
    record = MemberRecord.new(shape.list_no, shape.list_id, email, number)
    where = f"list {shape.list_id}: member {record.id}"
    if member.get("id", record.id) != record.id:
        raise ValueError(f"{where} has the id {member['id']}; the MD5 of its lower-cased e-mail would be right")
    record.status = member.get("status", "subscribed")
    if record.status not in STATUSES:
        raise ValueError(f"{where} has the status {record.status!r}; known are {', '.join(STATUSES)}")
    record.merge_fields = _filled(shape.blank_merge_fields, member.get("merge_fields"), f"{where}: merge field")
    record.interests = _filled(shape.no_interests, member.get("interests"), f"{where}: interest")
    _copy(record, member)
    return record


def _filled(blank: Mapping[str, Any], given: Mapping[str, Any] | None, what: str) -> str:
    if not given:
        return orjson.dumps(blank).decode()
    filled = {**blank, **given}
    if len(filled) > len(blank):
        unknown = next(name for name in given if name not in blank)
        raise ValueError(f"{what} {unknown!r} is not one of the list's: {', '.join(blank) or 'it has none'}")
    return orjson.dumps(filled).decode()


def _copy(record: MemberRecord, member: Mapping[str, Any]) -> None:
    record.unsubscribed_by = member.get("_unsubscribed_by") or ""
    if record.status == "unsubscribed":
        record.unsubscribe_reason = member.get("unsubscribe_reason") or BY_ADMIN
        record.unsubscribed_at = times.stored(member.get("_unsubscribed_at") or member.get("last_changed"))
    record.unique_email_id = member.get("unique_email_id") or record.unique_email_id
    record.contact_id = member.get("contact_id") or record.contact_id
    record.web_id = member.get("web_id") or record.web_id
    record.member_rating = member.get("member_rating", record.member_rating)
    record.vip = int(bool(member.get("vip")))
    for name in TEXT_COLUMNS & member.keys():
        setattr(record, name, member[name] or "")
    for name in ("timestamp_signup", "timestamp_opt", "last_changed"):
        setattr(record, name, times.stored(member.get(name)))
    for name in ("stats", "location"):
        if member.get(name):
            setattr(record, name, orjson.dumps(member[name]).decode())
