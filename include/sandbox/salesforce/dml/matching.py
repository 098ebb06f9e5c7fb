"""Finds the records that updates and upserts are about."""

import sqlite3
from collections import Counter, defaultdict

from include.sandbox.salesforce.dml.changes import Change, select_by, standing
from include.sandbox.salesforce.ids import canonical_id
from include.sandbox.salesforce.schema import Field, SObject
from include.sandbox.salesforce.wordings import assumed

# What the rules need to know of a record that is about to change, where its object has the field.
_KNOWN = (
    *("Id", "IsDeleted", "IsConverted", "IsPersonAccount", "PersonContactId", "AccountId", "RecordTypeId", "Name"),
    "CampaignId",
)


def match_by_id(connection: sqlite3.Connection, sobject: SObject, changes: list[Change]) -> None:
    """Finds the records of updates by the id that was sent; a row without a live record is refused."""
    for change in changes:
        change.new = False
        sent = next((str(value) for name, value in change.sent.items() if name.lower() == "id"), "")
        record_id = canonical_id(sent)
        if not sent:
            change.refuse_as(assumed("no_id"))
        elif record_id is None or record_id[:3] != sobject.prefix:
            change.refuse_as(assumed("wrong_id", field=f"{sobject.describe['label']} ID", value=sent), "Id")
        else:
            change.record_id = record_id
    _read_before(connection, sobject, changes)


def match_by_key(connection: sqlite3.Connection, sobject: SObject, key: Field, changes: list[Change]) -> None:
    """Finds the records of upserts by the key; those without one become new records."""
    if key.name == "Id":
        match_by_id(connection, sobject, changes)
        return
    values = [_key_of(change, key) for change in changes]
    times = Counter(value.casefold() for value in values)
    found: dict[str, list[str]] = defaultdict(list)
    for value, record_id, deleted in select_by(
        connection, sobject, key, {value for value in values if value}, (key.name, "Id", "IsDeleted")
    ):
        if not deleted:
            found[str(value).casefold()].append(str(record_id))
    for change, value in zip(changes, values, strict=True):
        ids = found[value.casefold()]
        if not value:
            change.refuse_as(assumed("no_key", field=key.name), key.name)
        elif times[value.casefold()] > 1:
            # https://salesforce.stackexchange.com/questions/104048; within 200 rows: /questions/296121
            change.refuse("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", key.name)
        elif len(ids) > 1:
            change.refuse_as(assumed("several_found", field=key.name, values=", ".join(ids)), key.name)
        elif ids:
            change.new = False
            change.record_id = ids[0]
    _read_before(connection, sobject, [change for change in changes if not change.new])


def _key_of(change: Change, key: Field) -> str:
    sent = next((value for name, value in change.sent.items() if name.lower() == key.name.lower()), None)
    return "" if sent is None else str(sent).strip()


def _read_before(connection: sqlite3.Connection, sobject: SObject, changes: list[Change]) -> None:
    columns = [name for name in _KNOWN if name in sobject.fields]
    wanted = {change.record_id for change in standing(changes)}
    rows = select_by(connection, sobject, sobject.fields["Id"], wanted, columns)
    known = {row[0]: dict(zip(columns, row, strict=True)) for row in rows}
    times = Counter(change.record_id for change in standing(changes))
    for change in standing(changes):
        before = known.get(change.record_id)
        if before is None:
            change.refuse_as(assumed("no_such_record"))
        elif before["IsDeleted"]:
            change.refuse_as(assumed("record_deleted"))
        elif times[change.record_id] > 1:
            change.refuse_as(assumed("id_twice", value=change.record_id))
        else:
            change.before = before
