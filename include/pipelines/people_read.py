"""Reads Contacts and Leads from Salesforce in the shape of the table `people`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from include.errors import TransientError
from include.keys import email_key
from include.salesforce import soql
from include.schema import PersonObject, SalesforceSchema
from include.warehouse.tables import PEOPLE

if TYPE_CHECKING:
    import pyarrow as pa

    from include.salesforce.client import SalesforceClient

BOTH = {
    "id": "Id", "email": "Email", "created_at": "CreatedDate", "modified_at": "SystemModstamp",
    "is_deleted": "IsDeleted", "master_record_id": "MasterRecordId", "opted_out": "HasOptedOutOfEmail",
}  # fmt: skip
SOURCES: Mapping[PersonObject, Mapping[str, str]] = {
    "Contact": BOTH | {"account_id": "AccountId", "is_person_account": "IsPersonAccount"},
    "Lead": BOTH | {"is_converted": "IsConverted", "converted_contact_id": "ConvertedContactId", "mc_key": "MC_Key__c"},
}
"""Where the fixed columns of `people` come from. IsPersonAccount exists only in orgs with person accounts, MC_Key__c
only where our metadata is deployed: a field that the describe lacks is left out."""
ROWS_PER_TABLE = 20_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read of one object: its fixed columns, further field paths, and since when (None: everything)."""

    object: PersonObject
    fixed: tuple[tuple[str, str], ...]
    paths: tuple[str, ...]
    datetimes: frozenset[str]
    parents: tuple[str, ...]
    since: datetime | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The paths to select."""
        return tuple(dict.fromkeys([*(source for _, source in self.fixed), *self.paths]))

    @property
    def fields_hash(self) -> str:
        """Identifies the field set: another one means a full read."""
        return hashlib.sha256(json.dumps([self.fixed, self.paths]).encode()).hexdigest()[:16]

    @property
    def where(self) -> soql.Where | None:
        """What changed since then, in the record or in a parent that is read with it."""
        if self.since is None:
            return None
        stamps = ["SystemModstamp", *(f"{parent}.SystemModstamp" for parent in self.parents)]
        return soql.any_of(*(soql.compare(stamp, ">=", self.since) for stamp in stamps))


def plan_reading(schema: SalesforceSchema, object_name: PersonObject, paths: Iterable[str]) -> Reading:
    """A full reading of the paths that exist; others are left for the audience's own check."""
    fixed_names = {name.lower() for name in PEOPLE.schema().names}  # DuckDB's `"Email"` finds `email`
    known = tuple(sorted(p for p in paths if schema.field(object_name, p) and p.lower() not in fixed_names))
    fixed = tuple((c, source) for c, source in SOURCES[object_name].items() if schema.field(object_name, source))
    stamped = [parent for parent in _parents(known) if schema.field(object_name, f"{parent}.SystemModstamp")]
    datetimes = frozenset(path for path in known if _type(schema, object_name, path) == "datetime")
    return Reading(object_name, fixed, known, datetimes, tuple(stamped))


def count(client: SalesforceClient, reading: Reading) -> int:
    """How many rows a reading has, deleted ones included."""
    return client.count(soql.count(reading.object, reading.where), include_deleted=True)


def read(client: SalesforceClient, reading: Reading, *, bulk: bool) -> Iterator[pa.Table]:
    """The rows, deleted and merged ones included: tables of the fixed columns of `people` and one text column per path.

    Raises TransientError for an answer whose columns or values are not what was asked for.
    """
    query = soql.select(reading.object, reading.fields, reading.where)
    if bulk:
        pages = client.bulk_query(query, include_deleted=True)
    else:
        pages = _tables(reading, client.query(query, include_deleted=True))
    return (_shaped(reading, page) for page in pages)


def schema_of(reading: Reading) -> pa.Schema:
    """The Arrow schema of the tables that `read` yields."""
    import pyarrow as pa

    return pa.schema([*PEOPLE.schema(), *(pa.field(path, pa.string()) for path in reading.paths)])


def _parents(paths: Iterable[str]) -> list[str]:
    parents = {".".join(parts[:end]) for path in paths for parts in [path.split(".")] for end in range(1, len(parts))}
    return sorted(parents)


def _type(schema: SalesforceSchema, object_name: PersonObject, path: str) -> str | None:
    field = schema.field(object_name, path)
    return field.type if field else None


def _tables(reading: Reading, records: Iterator[Mapping[str, object]]) -> Iterator[pa.Table]:
    """REST rows as the text columns that Bulk API 2.0 would give."""
    import pyarrow as pa

    schema = pa.schema([pa.field(path, pa.string()) for path in reading.fields])
    while chunk := list(islice(records, ROWS_PER_TABLE)):
        columns = {
            path: [_text(record.get(path), is_datetime=path in reading.datetimes) for record in chunk]
            for path in reading.fields
        }
        yield pa.table(columns, schema=schema)


def _text(value: object, *, is_datetime: bool) -> str | None:
    """REST writes `+0000` where Bulk API 2.0 writes `Z`."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else repr(value)
    return f"{text.removesuffix('+0000')}Z" if is_datetime and text.endswith("+0000") else text


def _shaped(reading: Reading, page: pa.Table) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    missing = [path for path in reading.fields if path not in page.column_names]
    if missing:
        raise _unreadable(reading, f"the columns {', '.join(missing)} are missing")
    sources = dict(reading.fixed)
    columns: dict[str, pa.Array] = {}
    for field in PEOPLE.schema():
        source = sources.get(field.name)
        if source is None:
            columns[field.name] = pa.nulls(page.num_rows, field.type)
            continue
        try:
            columns[field.name] = page.column(source).cast(field.type)
        except pa.ArrowInvalid:
            raise _unreadable(reading, f"{source} holds something else than a {field.type}") from None
    for field in PEOPLE.schema():
        if field.type == pa.bool_():
            columns[field.name] = pc.fill_null(columns[field.name], False)
    columns["object"] = pa.repeat(reading.object, page.num_rows)
    columns["email"], columns["email_key"] = _emails(columns["email"])
    return pa.table(columns | {path: page.column(path) for path in reading.paths}, schema=schema_of(reading))


def _emails(column: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """The trimmed addresses and their keys; blank ones are null."""
    import pyarrow as pa

    trimmed = [(address or "").strip() or None for address in column.to_pylist()]
    keys = [None if address is None else email_key(address) for address in trimmed]
    return pa.array(trimmed, pa.string()), pa.array(keys, pa.string())


def _unreadable(reading: Reading, why: str) -> TransientError:
    return TransientError(f"Salesforce's rows of {reading.object}: {why}", vendor="salesforce", code="UNREADABLE")
