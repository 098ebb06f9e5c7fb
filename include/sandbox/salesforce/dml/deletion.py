"""Deletes records: children of a master go with it, lookups to a deleted record become empty."""

import json
import sqlite3
from collections.abc import Iterable, Mapping

from include.sandbox.controls import Switch
from include.sandbox.salesforce.dml.changes import Saved, select_by
from include.sandbox.salesforce.dml.statements import mark_deleted, remove
from include.sandbox.salesforce.errors import RowError
from include.sandbox.salesforce.ids import canonical_id
from include.sandbox.salesforce.schema import Schema, SObject
from include.sandbox.salesforce.tables import quoted
from include.sandbox.salesforce.wordings import assumed

SWITCHES = {
    "cleared_lookups_move_stamps": Switch(
        False, "a lookup that its target's deletion empties moves its record's `SystemModstamp`"
    ),
}
# References that keep telling what happened to a record, or that go with it anyway.
_KEPT = frozenset({"PersonContactId", "ConvertedContactId", "ConvertedAccountId"})


def delete(
    connection: sqlite3.Connection,
    schema: Schema,
    sobject: SObject,
    ids: Iterable[str],
    now: str,
    *,
    hard: bool = False,
    stamped: bool = False,
) -> list[Saved]:
    """Deletes records of one object, into the recycle bin or for good; the results are in order.

    With `stamped`, `SystemModstamp` moves where a lookup to a deleted record becomes empty.
    """
    wanted = [(one, canonical_id(one)) for one in ids]
    columns = ["Id", "IsDeleted"] + ["IsPersonAccount"] * (sobject.name == "Contact" and schema.person_accounts)
    found = {
        str(record_id): (deleted, *shadow)
        for record_id, deleted, *shadow in select_by(
            connection, sobject, sobject.fields["Id"], [full for _, full in wanted if full], columns
        )
    }
    results: list[Saved] = []
    doomed: list[str] = []
    for sent, record_id in wanted:
        again = RowError.assumed(assumed("deleted_twice")) if record_id in doomed else None
        error = again or _refusal(sobject, sent, record_id, found, hard=hard)
        results.append(Saved(record_id or sent, created=False, errors=(error,) if error else ()))
        if error is None and record_id:
            doomed.append(record_id)
    _delete(connection, schema, sobject, doomed, now, hard=hard, stamped=stamped)
    return results


def _refusal(
    sobject: SObject, sent: str, record_id: str | None, found: Mapping[str, tuple[object, ...]], *, hard: bool
) -> RowError | None:
    if record_id is None or record_id[:3] != sobject.prefix:
        return RowError.assumed(assumed("wrong_id_deleted", value=sent))
    if record_id not in found:
        return RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    deleted, *shadow = found[record_id]
    if deleted and not hard:
        return RowError("ENTITY_IS_DELETED", "entity is deleted")
    if any(shadow):
        return RowError.assumed(assumed("person_contact_deleted"))
    return None


def _delete(
    connection: sqlite3.Connection,
    schema: Schema,
    sobject: SObject,
    ids: list[str],
    now: str,
    *,
    hard: bool,
    stamped: bool,
) -> None:
    if not ids:
        return
    if hard:
        remove(connection, sobject, ids)
    else:
        mark_deleted(connection, sobject, ids, now)
    for child in schema.children[sobject.name]:
        owner = schema.objects[child.object]
        if child.cascade:
            rows = select_by(connection, owner, owner.fields[child.field], ids, ("Id", "IsDeleted"))
            live = [str(record_id) for record_id, deleted in rows if hard or not deleted]
            _delete(connection, schema, owner, live, now, hard=hard, stamped=stamped)
        elif child.field not in _KEPT and owner.fields[child.field].nillable:
            column = quoted(child.field)
            stamp = ', "SystemModstamp" = :now' if stamped else ""
            connection.execute(
                f"UPDATE {quoted(owner.name)} SET {column} = NULL{stamp}"
                f" WHERE {column} IN (SELECT value FROM json_each(:ids))",
                {"ids": json.dumps(ids), "now": now},
            )
