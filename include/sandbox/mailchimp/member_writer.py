"""The rules by which members of one audience come to be and change."""

from collections.abc import Mapping
from typing import Any

import orjson

from include.sandbox.mailchimp import times
from include.sandbox.mailchimp.call import Call
from include.sandbox.mailchimp.emails import check_email, is_of
from include.sandbox.mailchimp.lists import ListRef
from include.sandbox.mailchimp.member_body import MemberBody
from include.sandbox.mailchimp.member_record import (
    BY_ADMIN,
    COLUMN_NAMES,
    INSERT,
    TEXT_COLUMNS,
    MemberRecord,
    subscriber_hash,
    unique_email_id,
)
from include.sandbox.mailchimp.merge_fields import merge_fields_of
from include.sandbox.mailchimp.merge_values import UnacceptableValueError, stored_value
from include.sandbox.mailchimp.problems import (
    ANY_OF,
    FieldError,
    busy_address,
    forgotten,
    in_compliance_state,
    invalid,
    invalid_fields,
    member_exists,
    not_movable,
)
from include.sandbox.mailchimp.wordings import wording

ENTER_A_VALUE = "Please enter a value"
"""Of a required merge field that is blank (mailchimp-for-wordpress issue 545)."""
SINGLE_CHOICE = frozenset({"radio", "dropdown"})
SELECT = f"SELECT {', '.join(COLUMN_NAMES)} FROM members WHERE no = ?"
UPDATE = f"UPDATE members SET {', '.join(f'{name} = ?' for name in COLUMN_NAMES)} WHERE no = ?"


class MemberWriter:
    """Creates and changes members of one list; keeps the list's fields and groups for many members.

    Args:
        call: gives the database, the time, the switches and `skip_merge_validation`.
        found: the list.
    """

    def __init__(self, call: Call, found: ListRef) -> None:
        self._call = call
        self._list = found
        self._skip_validation = call.query.flag("skip_merge_validation")
        self._fields = {field["tag"]: field for field in merge_fields_of(call, found.no)}
        rows = call.database.execute(
            "SELECT i.id, i.category_id, c.type FROM interests AS i"
            " JOIN interest_categories AS c ON c.list_no = i.list_no AND c.id = i.category_id"
            " WHERE i.list_no = ? ORDER BY i.no",
            (found.no,),
        )
        self._groups: dict[str, tuple[str, str]] = {interest: (category, kind) for interest, category, kind in rows}

    def create(self, body: MemberBody, status: str) -> int:
        """Adds a member and tells its row number.

        Raises:
            Problem: 400, for an address that is refused or forgotten, or for values that are wrong.
        """
        email = (body.email_address or "").strip()
        check_email(email, self._call.switches)
        self._refuse_forgotten(email)
        if is_of(email, self._call.switches["busy_domains"]):
            raise busy_address(email)
        database = self._call.database
        number = database.execute("SELECT coalesce(max(no), 0) + 1 FROM members").fetchone()[0]
        record = MemberRecord.new(self._list.no, self._list.id, email, number)
        record.merge_fields = orjson.dumps(dict.fromkeys(self._fields, "")).decode()
        record.interests = orjson.dumps(dict.fromkeys(self._groups, False)).decode()
        self._enter(record, status)
        self._apply(record, body, creating=True)
        record.last_changed = self._call.time
        database.execute(INSERT, (number, *record.row()))
        return int(number)

    def revive(self, number: int, body: MemberBody, status: str) -> None:
        """Takes an archived member back: same ids, tags and values, new opt-in time (recorded).

        Raises:
            Problem: 400, for a member in compliance state or for values that are wrong.
        """
        record = self.read(number)
        self._refuse_compliance(record, status)
        self._enter(record, status)
        self._apply(record, body, creating=True)
        self._write(number, record)

    def update(self, number: int, body: MemberBody, status: str | None) -> None:
        """Changes a member. A call that changes nothing does not move `last_changed` (recorded).

        Raises:
            Problem: 400, for a move or a status that Mailchimp does not allow, or for values that are wrong.
        """
        record = self.read(number)
        before = record.row()
        if body.email_address is not None:
            self._move(record, body.email_address.strip())
        if status is not None and status != record.status:
            self._change_status(record, status)
        self._apply(record, body, creating=False)
        if record.row() != before:
            self._write(number, record)

    def read(self, number: int) -> MemberRecord:
        """The member's row."""
        return MemberRecord(*self._call.database.execute(SELECT, (number,)).fetchone())

    def archive(self, number: int) -> None:
        """Archives a member; it keeps its values and tags (recorded)."""
        record = self.read(number)
        record.status = "archived"
        self._write(number, record)

    def _write(self, number: int, record: MemberRecord) -> None:
        record.last_changed = self._call.time
        self._call.database.execute(UPDATE, (*record.row(), number))

    def _refuse_forgotten(self, email: str) -> None:
        sql = "SELECT 1 FROM forgotten WHERE list_no = ? AND id = ?"
        if self._call.database.execute(sql, (self._list.no, subscriber_hash(email))).fetchone():
            raise forgotten(email)

    def _move(self, record: MemberRecord, email: str) -> None:
        """Gives a member another address: the id follows it, the contact id stays (recorded)."""
        if email == record.email_address:
            return
        check_email(email, self._call.switches)
        old_id, new_id = record.id, subscriber_hash(email)
        if new_id != old_id:
            self._refuse_forgotten(email)
            sql = "SELECT 1 FROM members WHERE list_no = ? AND id = ?"
            if self._call.database.execute(sql, (self._list.no, new_id)).fetchone():
                raise member_exists(email)
            if record.status != "subscribed":
                raise not_movable(record.status)
            if self._call.switches["activity_follows_new_address"]:
                sql = "UPDATE events SET email_id = ? WHERE list_no = ? AND email_id = ?"
                self._call.database.execute(sql, (new_id, self._list.no, old_id))
        record.id, record.email_address = new_id, email
        record.unique_email_id = unique_email_id(self._list.id, new_id)

    def _refuse_compliance(self, record: MemberRecord, status: str) -> None:
        # Who unsubscribed decides: after the member's own unsubscribe only a new confirmation brings it back.
        if status == "subscribed" and record.unsubscribed_by == "member":
            raise in_compliance_state(record.email_address)
        if record.status == "cleaned" and (
            status == "subscribed" or (status == "pending" and not self._call.switches["cleaned_can_be_pending"])
        ):
            raise in_compliance_state(record.email_address)

    def _change_status(self, record: MemberRecord, status: str) -> None:
        self._refuse_compliance(record, status)
        if record.status == "archived":
            self._enter(record, status)
            return
        record.status = status
        unsubscribed = status == "unsubscribed"
        record.unsubscribe_reason = BY_ADMIN if unsubscribed else ""
        record.unsubscribed_at = self._call.time if unsubscribed else ""
        record.unsubscribed_by = "admin" if unsubscribed else record.unsubscribed_by if status == "pending" else ""

    def _enter(self, record: MemberRecord, status: str) -> None:
        record.status = status
        record.timestamp_opt = self._call.time if status == "subscribed" else ""
        record.unsubscribe_reason = BY_ADMIN if status == "unsubscribed" else ""
        record.unsubscribed_at = self._call.time if status == "unsubscribed" else ""
        if status == "unsubscribed":
            record.unsubscribed_by = "admin"

    def _apply(self, record: MemberRecord, body: MemberBody, *, creating: bool) -> None:
        if creating or body.merge_fields is not None:
            record.merge_fields = self._merged(record.merge_fields, body.merge_fields or {}, creating=creating)
        if body.interests:
            record.interests = self._joined(record.interests, body.interests)
        for name in TEXT_COLUMNS - {"email_client", "source"}:
            value = getattr(body, name)
            if value is not None:
                setattr(record, name, value)
        for name in ("timestamp_signup", "timestamp_opt"):
            value = getattr(body, name)
            if value is not None:
                setattr(record, name, _time(name, value))
        if body.vip is not None:
            record.vip = int(body.vip)
        if body.location is not None:
            record.location = orjson.dumps(orjson.loads(record.location) | body.location.model_dump()).decode()

    def _merged(self, current: str, given: Mapping[str, Any], *, creating: bool) -> str:
        self._refuse_other_types(given)
        values, errors = orjson.loads(current), []
        for tag in given.keys() & self._fields.keys():  # unknown merge fields are ignored without a word (recorded)
            try:
                values[tag] = stored_value(self._fields[tag], given[tag], self._call.switches)
            except UnacceptableValueError as error:
                if self._skip_validation and self._call.switches["skip_validation_admits_wrong_values"]:
                    values[tag] = given[tag]
                else:
                    errors.append(FieldError(tag, error.message))
        if not self._skip_validation and (creating or self._call.switches["updates_need_required_fields"]):
            blank = (tag for tag, field in self._fields.items() if field["required"] and values[tag] == "")
            wrong = {error.field for error in errors}
            errors += [FieldError(tag, ENTER_A_VALUE) for tag in blank if tag not in wrong]
        if errors:
            raise invalid("Your merge fields were invalid.", *sorted(errors, key=lambda error: error.field))
        return orjson.dumps(values).decode()

    def _refuse_other_types(self, given: Mapping[str, Any]) -> None:
        nulls = () if self._call.switches["null_merge_values_are_refused"] else (type(None),)
        taken = (str, int, float, dict, *nulls)
        wrong = [tag for tag, value in given.items() if isinstance(value, bool) or not isinstance(value, taken)]
        if wrong:
            raise invalid_fields(*(FieldError(f"merge_fields.{tag}", ANY_OF) for tag in wrong))

    def _joined(self, current: str, given: Mapping[str, bool]) -> str:
        joined = orjson.loads(current)
        for interest_id, wanted in given.items():
            if interest_id not in self._groups:
                raise invalid(f"Invalid interest ID: '{interest_id}'.")  # drewm/mailchimp-api issue 294
            category, kind = self._groups[interest_id]
            if wanted and kind in SINGLE_CHOICE and self._call.switches["single_choice_groups_hold_one"]:
                others = (other for other, (of, _) in self._groups.items() if of == category)
                joined |= dict.fromkeys(others, False)
            joined[interest_id] = wanted
        return orjson.dumps(joined).decode()


def _time(name: str, value: str) -> str:
    try:
        return times.stored(value)
    except ValueError:
        raise invalid_fields(FieldError(name, wording("time"))) from None
