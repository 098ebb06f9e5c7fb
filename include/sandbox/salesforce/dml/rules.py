"""What the org demands of a record: required fields, references that exist, unique values, no converted leads."""

import sqlite3
from collections import defaultdict

from include.sandbox.controls import Switch
from include.sandbox.salesforce.dml.changes import Change, select_by, standing
from include.sandbox.salesforce.schema import Field, Schema, SObject
from include.sandbox.salesforce.wordings import assumed

SWITCHES = {
    "deleted_records_keep_unique_values": Switch(
        False, "a record in the recycle bin keeps its unique values, so that a second one with them is refused"
    ),
}


def check(
    connection: sqlite3.Connection, schema: Schema, sobject: SObject, changes: list[Change], *, deleted_keep: bool
) -> None:
    """Refuses the rows that break a rule. New rows have their ids already.

    Args:
        connection: in a write transaction.
        schema: of the org.
        sobject: whose records change.
        changes: to check.
        deleted_keep: whether a record in the recycle bin keeps its unique values.
    """
    for change in standing(changes):
        _check_converted(change)
        _check_required(sobject, change)
    _check_record_types(connection, sobject, changes)
    for field in sobject.fields.values():
        if field.reference_to:
            _check_references(connection, schema, field, changes)
        if field.unique:
            _check_unique(connection, sobject, field, changes, deleted_keep=deleted_keep)


def _check_converted(change: Change) -> None:
    if change.before.get("IsConverted"):
        change.refuse_as(assumed("lead_converted"))


def _check_required(sobject: SObject, change: Change) -> None:
    missing = []
    for field in sobject.fields.values():
        if not field.stored or field.nillable or field.type == "boolean":
            continue
        blanked = field.name in change.values and change.values[field.name] is None
        if change.new and blanked and field.defaulted:
            del change.values[field.name]
        elif blanked or (change.new and field.required and field.name not in change.values):
            missing.append(field.name)
    if missing:
        message = f"Required fields are missing: [{', '.join(missing)}]"
        change.refuse("REQUIRED_FIELD_MISSING", message, *missing)


def _check_record_types(connection: sqlite3.Connection, sobject: SObject, changes: list[Change]) -> None:
    """A record type must be an active one of the object; the words are those of public threads about inactive ones."""
    chosen = [change for change in standing(changes) if change.values.get("RecordTypeId") is not None]
    if not chosen:
        return
    sql = 'SELECT "Id" FROM "RecordType" WHERE "SobjectType" = ? AND "IsActive" AND NOT "IsDeleted"'
    usable = {record_id for (record_id,) in connection.execute(sql, (sobject.name,))}
    for change in chosen:
        record_type = change.values["RecordTypeId"]
        if record_type not in usable:
            message = f"Record Type ID: this ID value isn't valid for the user: {record_type}"
            change.refuse("INVALID_CROSS_REFERENCE_KEY", message, "RecordTypeId")


def _check_references(connection: sqlite3.Connection, schema: Schema, field: Field, changes: list[Change]) -> None:
    wanted: dict[str, list[Change]] = defaultdict(list)
    for change in standing(changes):
        value = change.values.get(field.name)
        if value is not None:
            wanted[str(value)].append(change)
    if not wanted:
        return
    targets: dict[str, tuple[bool, bool]] = {}
    for name in field.reference_to:
        target = schema.objects[name]
        columns = ["Id", "IsDeleted"] + ["IsConverted"] * ("IsConverted" in target.fields)
        for record_id, deleted, *converted in select_by(connection, target, target.fields["Id"], wanted, columns):
            targets[str(record_id)] = bool(deleted), any(converted)
    for record_id, rows in wanted.items():
        for change in rows:
            _check_target(change, field, targets.get(record_id))


def _check_target(change: Change, field: Field, target: tuple[bool, bool] | None) -> None:
    if target is None:
        change.refuse_as(assumed("no_such_record"), field.name)
        return
    deleted, converted = target
    if deleted:
        change.refuse_as(assumed("record_deleted"), field.name)
    elif converted:
        change.refuse_as(assumed("lead_converted"), field.name)


def _check_unique(
    connection: sqlite3.Connection, sobject: SObject, field: Field, changes: list[Change], *, deleted_keep: bool
) -> None:
    rows = [change for change in standing(changes) if change.values.get(field.name) is not None]
    values = {change.values[field.name] for change in rows}
    holders = {
        str(value).casefold(): str(record_id)
        for value, record_id, deleted in select_by(connection, sobject, field, values, (field.name, "Id", "IsDeleted"))
        if deleted_keep or not deleted
    }
    for change in rows:
        holder = holders.setdefault(str(change.values[field.name]).casefold(), change.record_id)
        if holder != change.record_id:
            message = f"duplicate value found: {field.name} duplicates value on record with id: {holder}"
            change.refuse("DUPLICATE_VALUE", message)
