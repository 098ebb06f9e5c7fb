"""Saves rows: takes them in, finds their records, checks the rules, writes what stands."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Literal

from include.sandbox.controls import Controls
from include.sandbox.salesforce.assignment_rules import OBJECT as ASSIGNED
from include.sandbox.salesforce.assignment_rules import asked_for, assign
from include.sandbox.salesforce.dml import (
    address_picklists,
    campaign_members,
    duplicates,
    person_accounts,
    rules,
)
from include.sandbox.salesforce.dml.changes import Change, Saved, Sent, standing
from include.sandbox.salesforce.dml.deletion import Deletion
from include.sandbox.salesforce.dml.matching import match_by_id, match_by_key
from include.sandbox.salesforce.dml.options import SaveOptions
from include.sandbox.salesforce.dml.statements import insert, update
from include.sandbox.salesforce.dml.taking import Taking
from include.sandbox.salesforce.dml.validation import Validation
from include.sandbox.salesforce.errors import RowError
from include.sandbox.salesforce.localization import Locale
from include.sandbox.salesforce.schema import Field, SObject
from include.sandbox.salesforce.store import OrgStore
from include.sandbox.salesforce.values import stamp

Operation = Literal["insert", "update", "upsert"]
NO_HEADERS = SaveOptions()
_ROLLED_BACK = RowError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)


class Writer:
    """Writes records as the org's users may."""

    def __init__(self, store: OrgStore, controls: Controls) -> None:
        self._store = store
        self._controls = controls

    def save(
        self,
        sobject: SObject,
        operation: Operation,
        rows: Sequence[Sent],
        *,
        key: Field | None = None,
        all_or_none: bool = False,
        options: SaveOptions = NO_HEADERS,
    ) -> list[Saved]:
        """Inserts, updates or upserts records of one object; the results are in order.

        Args:
            sobject: whose records they are.
            operation: what to do.
            rows: API field names to values; updates carry their `Id`.
            key: for upserts, the field by which records are found.
            all_or_none: whether one refused row undoes the others.
            options: what the request's headers ask.

        Raises:
            ApiError: `options` names an assignment rule that is not there.
        """

        def work(connection: sqlite3.Connection) -> list[Saved]:
            return self._save(connection, sobject, operation, [Change(row) for row in rows], key, options)

        return self.together(work, all_or_none=all_or_none)

    def delete(
        self, sobject: SObject, ids: Iterable[str], *, hard: bool = False, all_or_none: bool = False
    ) -> list[Saved]:
        """Deletes records of one object, into the recycle bin or for good; the results are in order."""

        def work(connection: sqlite3.Connection) -> list[Saved]:
            deletion = Deletion(connection, self._store.schema, self._controls.switches, self._now(), hard)
            return deletion.delete(sobject, ids)

        return self.together(work, all_or_none=all_or_none)

    def together(self, work: Callable[[sqlite3.Connection], list[Saved]], *, all_or_none: bool) -> list[Saved]:
        """Carries out several writes in one transaction; with `all_or_none` one refused row undoes them all."""
        with self._store.database.writing() as connection:
            connection.execute("SAVEPOINT rows")
            results = work(connection)
            undone = all_or_none and any(one.errors for one in results)
            if undone:
                connection.execute("ROLLBACK TO rows")
            connection.execute("RELEASE rows")
        if undone:
            results = [Saved("", created=False, errors=one.errors or (_ROLLED_BACK,)) for one in results]
        return [one.told(self._controls.switches) for one in results]

    def _save(
        self,
        connection: sqlite3.Connection,
        sobject: SObject,
        operation: Operation,
        changes: list[Change],
        key: Field | None,
        options: SaveOptions,
    ) -> list[Saved]:
        if operation == "update":
            match_by_id(connection, sobject, changes)
        elif key is not None:
            match_by_key(connection, sobject, key, changes)
        Taking(connection, self._store.schema, sobject, key).take(changes)
        for change in standing(changes):
            if change.new:
                change.record_id = self._store.new_id(sobject.prefix)
        deleted_keep = bool(self._controls.switches["deleted_records_keep_unique_values"])
        rules.check(connection, self._store.schema, sobject, changes, deleted_keep=deleted_keep)
        self._check_as_their_object_asks(connection, sobject, changes)
        self._let_rows_fail(sobject, operation, standing(changes))
        self._pass_rules(connection, sobject, standing(changes), options)
        return [change.outcome() for change in changes]

    def _pass_rules(
        self, connection: sqlite3.Connection, sobject: SObject, changes: list[Change], options: SaveOptions
    ) -> None:
        """Writes the changes as the administrators' rules let them."""
        schema, switches, ruled = self._store.schema, self._controls.switches, self._store.rules()
        now = Locale.of(self._controls).now
        asked = duplicates.Duplicates(schema, ruled.duplicates, options, switches)
        found = asked.forbidden(connection, sobject, changes)
        Validation(ruled.validation, now, switches).write(
            connection, sobject, changes, partial(self._write, connection, sobject, stamp(now)), found
        )
        if sobject.name != ASSIGNED:
            return
        must_exist = bool(switches["unknown_assignment_rules_refuse"])
        rule = asked_for(ruled.assignment, options.assignment, must_exist=must_exist)
        if rule:
            otherwise = str(switches["default_lead_owner"])
            assign(connection, schema, rule, standing(changes), now, otherwise)

    def _let_rows_fail(self, sobject: SObject, operation: Operation, changes: Iterable[Change]) -> None:
        for change in changes:
            fault = self._controls.faults.pick_row(operation, sobject.name)
            if fault:
                change.refuse(fault.code, fault.message)

    def _check_as_their_object_asks(
        self, connection: sqlite3.Connection, sobject: SObject, changes: list[Change]
    ) -> None:
        switches = self._controls.switches
        if switches["state_and_country_picklists"]:
            folded = bool(switches["address_names_fold_case"])
            address_picklists.check_addresses(connection, sobject, changes, folded=folded)
        if sobject.name == "Account":
            person_accounts.check_accounts(self._store.schema, changes)
        elif sobject.name == "Contact":
            person_accounts.check_contacts(changes, writable=bool(switches["person_contact_writable"]))
        elif sobject.name == "CampaignMember":
            keep = bool(switches["unknown_member_status_kept"])
            campaign_members.check_campaign_members(connection, changes, keep_unknown=keep)

    def _write(self, connection: sqlite3.Connection, sobject: SObject, now: str, changes: Sequence[Change]) -> None:
        insert(connection, sobject, [(one.record_id, one.values) for one in changes if one.new], now)
        update(connection, sobject, [(one.record_id, one.values) for one in changes if not one.new], now)
        if sobject.name == "CampaignMemberStatus":
            campaign_members.move_default(connection, changes)
        if sobject.name == "Campaign" and self._controls.switches["campaigns_come_with_statuses"]:
            statuses = self._store.schema.objects["CampaignMemberStatus"]
            rows = campaign_members.first_statuses(changes)
            insert(connection, statuses, [(self._store.new_id(statuses.prefix), one) for one in rows], now)
        if not self._store.schema.person_accounts:
            return
        if sobject.name == "Account":
            person_accounts.carry_to_contacts(connection, self._store.schema, changes, now, self._store.new_id)
        elif sobject.name == "Contact":
            person_accounts.carry_to_accounts(connection, self._store.schema, changes, now)

    def _now(self) -> str:
        return stamp(self._controls.now())
