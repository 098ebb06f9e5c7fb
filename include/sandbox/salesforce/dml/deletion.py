"""Deletes records: children of a master go with it, lookups to a deleted record become empty.

What becomes of a lookup is set per field, `SetNull` being one of three
(https://developer.salesforce.com/docs/atlas.en-us.204.0.api_meta.meta/api_meta/meta_field_types.htm); describe results
tell only which of them cascade.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from include.sandbox.controls import Switch, SwitchValue
from include.sandbox.salesforce.dml.changes import Saved, select_by
from include.sandbox.salesforce.dml.statements import mark_deleted, remove
from include.sandbox.salesforce.errors import RowError
from include.sandbox.salesforce.ids import canonical_id
from include.sandbox.salesforce.schema import Schema, SObject
from include.sandbox.salesforce.tables import quoted
from include.sandbox.salesforce.values import Stored
from include.sandbox.salesforce.wordings import assumed

SWITCHES = {
    "deletion_clears_lookups": Switch(True, "lookups to a deleted record become empty, else they keep its id"),
    "cleared_lookups_move_stamps": Switch(
        False, "a lookup that its target's deletion empties moves its record's `SystemModstamp`"
    ),
    "deleted_twice_is_refused": Switch(
        True, "an id that stands twice in one deletion is refused the second time, else both are told deleted"
    ),
    "person_contact_takes_its_account": Switch(
        False, "the deletion of a person's contact deletes the account with it, else it is refused"
    ),
}
# References that keep telling what happened to a record, or that go with it anyway.
_KEPT = frozenset({"PersonContactId", "ConvertedContactId", "ConvertedAccountId"})


@dataclass(frozen=True, slots=True)
class Deletion:
    """One call's deletions.

    Attributes:
        connection: in a write transaction.
        now: the time stamp of what goes into the recycle bin.
        hard: whether the records go for good, past the recycle bin.
    """

    connection: sqlite3.Connection
    schema: Schema
    switches: Mapping[str, SwitchValue]
    now: str
    hard: bool

    def delete(self, sobject: SObject, ids: Iterable[str]) -> list[Saved]:
        """Deletes records of one object; the results are in order."""
        wanted = [(one, canonical_id(one)) for one in ids]
        found = self._found(sobject, [full for _, full in wanted if full])
        results: list[Saved] = []
        doomed: list[str] = []
        for sent, record_id in wanted:
            error = self._refusal(sobject, sent, record_id, found, again=record_id in doomed)
            results.append(Saved(record_id or sent, created=False, errors=(error,) if error else ()))
            if error is None and record_id and record_id not in doomed:
                doomed.append(record_id)
        accounts = [str(account) for one in doomed if (account := _account(found[one]))]
        self._delete(sobject, doomed)
        self._delete(self.schema.objects["Account"], accounts)
        return results

    def _found(self, sobject: SObject, ids: Iterable[str]) -> dict[str, dict[str, Stored]]:
        shadows = ["IsPersonAccount", "AccountId"] * (sobject.name == "Contact" and self.schema.person_accounts)
        columns = ["Id", "IsDeleted", *shadows]
        rows = select_by(self.connection, sobject, sobject.fields["Id"], ids, columns)
        return {str(row[0]): dict(zip(columns, row, strict=True)) for row in rows}

    def _refusal(
        self,
        sobject: SObject,
        sent: str,
        record_id: str | None,
        found: Mapping[str, Mapping[str, Stored]],
        *,
        again: bool,
    ) -> RowError | None:
        if record_id is None or record_id[:3] != sobject.prefix:
            return RowError.assumed(assumed("wrong_id_deleted", value=sent))
        if record_id not in found:
            return RowError.assumed(assumed("no_such_record"))
        if again:
            return RowError.assumed(assumed("deleted_twice")) if self.switches["deleted_twice_is_refused"] else None
        if found[record_id]["IsDeleted"] and not self.hard:
            return RowError.assumed(assumed("record_deleted"))
        if _account(found[record_id]) and not self.switches["person_contact_takes_its_account"]:
            return RowError.assumed(assumed("person_contact_deleted"))
        return None

    def _delete(self, sobject: SObject, ids: list[str]) -> None:
        if not ids:
            return
        if self.hard:
            remove(self.connection, sobject, ids)
        else:
            mark_deleted(self.connection, sobject, ids, self.now)
        for child in self.schema.children[sobject.name]:
            owner = self.schema.objects[child.object]
            if child.cascade:
                rows = select_by(self.connection, owner, owner.fields[child.field], ids, ("Id", "IsDeleted"))
                self._delete(owner, [str(record_id) for record_id, deleted in rows if self.hard or not deleted])
            elif child.field not in _KEPT and owner.fields[child.field].nillable:
                self._clear(owner, quoted(child.field), ids)

    def _clear(self, owner: SObject, column: str, ids: list[str]) -> None:
        if not self.switches["deletion_clears_lookups"]:
            return
        stamp = ', "SystemModstamp" = :now' if self.switches["cleared_lookups_move_stamps"] else ""
        self.connection.execute(
            f"UPDATE {quoted(owner.name)} SET {column} = NULL{stamp}"
            f" WHERE {column} IN (SELECT value FROM json_each(:ids))",
            {"ids": json.dumps(ids), "now": self.now},
        )


def _account(record: Mapping[str, Stored]) -> Stored:
    """The account of a person's contact; None of other records."""
    return record["AccountId"] if record.get("IsPersonAccount") else None
