"""REST queries: a first page, and the pages after it by locator.

A locator stands for the ids that the query found; their values are read when the page is asked for, as Salesforce
does, so that a page can hold fewer records than the ids it covers.
"""

import json
import sqlite3
from array import array
from collections.abc import Iterator
from typing import Any

from include.sandbox.controls import Controls
from include.sandbox.salesforce.cursors import Cursor, Cursors
from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.localization import Locale
from include.sandbox.salesforce.recycle_bin import shown_since
from include.sandbox.salesforce.soql.columns import described_columns
from include.sandbox.salesforce.soql.compiler import Compiled, Output, compile_query
from include.sandbox.salesforce.soql.parser import parse
from include.sandbox.salesforce.soql.scope import Parent
from include.sandbox.salesforce.soql.tree import Query
from include.sandbox.salesforce.store import OrgStore
from include.sandbox.salesforce.values import Stored, address_json, to_json
from include.sandbox.salesforce.wordings import assumed

PAGE = 2000
_ONE_ROW_FIELDS = frozenset({"Metadata", "FullName"})


class Queries:
    """Runs queries on one org and keeps the cursors of those that are not read to their end."""

    def __init__(self, store: OrgStore, controls: Controls) -> None:
        self._store = store
        self._controls = controls
        self._cursors = Cursors(store, controls)

    def run(self, soql: str, base: str, *, deleted: bool, size: int = PAGE, tooling: bool = False) -> dict[str, Any]:
        """The first page of a query, as REST answers it.

        Args:
            soql: the query.
            base: the path before `/query`, for URLs in the answer.
            deleted: whether deleted records show (queryAll).
            size: most records on a page.
            tooling: whether it came by the Tooling API.

        Raises:
            ApiError: the query is wrong.
        """
        _, compiled = self._compiled(soql, deleted=deleted, tooling=tooling)
        with self._store.database.reading() as connection:
            if compiled.counted:
                return {"totalSize": _counted(connection, compiled), "done": True, "records": []}
            if compiled.grouped:
                return _grouped(connection, compiled)
            found = connection.execute(f"SELECT q0.rowid {compiled.tail}", compiled.values)
            cursor = Cursor(soql, tooling, array("q", (row[0] for row in found)), size)
        _refuse_many_metadata(compiled, len(cursor.rows))
        name = self._cursors.keep(cursor) if len(cursor.rows) > size else ""
        return self._page(compiled, cursor, 0, base, name)

    def columns(self, soql: str, *, tooling: bool = False) -> dict[str, Any]:
        """What a query selects, without running it.

        Raises:
            ApiError: the query is wrong.
        """
        return described_columns(*self._compiled(soql, deleted=False, tooling=tooling), self._controls.switches)

    def more(self, locator: str, base: str) -> dict[str, Any]:
        """The page that a locator stands for.

        Raises:
            ApiError: INVALID_QUERY_LOCATOR.
        """
        name, _, start = locator.rpartition("-")
        cursor = self._cursors.find(name)
        if cursor is None or not start.isdigit() or int(start) >= len(cursor.rows):
            raise ApiError.assumed(400, assumed("locator"))
        # Whether deleted records show was settled when the ids were found.
        _, compiled = self._compiled(cursor.soql, deleted=True, tooling=cursor.tooling)
        return self._page(compiled, cursor, int(start), base, name)

    def _compiled(self, soql: str, *, deleted: bool, tooling: bool) -> tuple[Query, Compiled]:
        parsed = parse(soql)
        since = shown_since(parsed, self._controls, everything=deleted)
        compiled = compile_query(self._store.schema, parsed, locale=Locale.of(self._controls), deleted_since=since)
        if compiled.root.tooling and not tooling:
            message = f"sObject type '{parsed.source}' is not supported."
            raise parsed.source_place.refused("INVALID_TYPE", message)
        return parsed, compiled

    def _page(self, compiled: Compiled, cursor: Cursor, start: int, base: str, name: str) -> dict[str, Any]:
        end = start + cursor.size
        answer: dict[str, Any] = {"totalSize": len(cursor.rows), "done": end >= len(cursor.rows)}
        if not answer["done"]:
            answer["nextRecordsUrl"] = f"{base}/query/{name}-{end}"
        with self._store.database.reading() as connection:
            answer["records"] = list(_records(connection, compiled, cursor.rows[start:end], base))
        return answer


def _counted(connection: sqlite3.Connection, compiled: Compiled) -> int:
    (number,) = connection.execute(f"SELECT count(*) FROM (SELECT 1 {compiled.tail})", compiled.values).fetchone()
    return int(number)


def _grouped(connection: sqlite3.Connection, compiled: Compiled) -> dict[str, Any]:
    columns = ", ".join(output.sql[0] for output in compiled.outputs)
    rows = connection.execute(f"SELECT {columns} {compiled.tail}", compiled.values).fetchmany(PAGE + 1)
    if len(rows) > PAGE:
        raise ApiError.assumed(400, assumed("groups"))
    records = [
        {"attributes": {"type": "AggregateResult"}}
        | {
            one.name: to_json(one.field, value) if one.field else value
            for one, value in zip(compiled.outputs, row, strict=True)
        }
        for row in rows
    ]
    return {"totalSize": len(records), "done": True, "records": records}


def _refuse_many_metadata(compiled: Compiled, found: int) -> None:
    """The Tooling API gives a rule's metadata for one row only (vendor's Tooling guide, ValidationRule)."""
    asked = any(output.name in _ONE_ROW_FIELDS for output in compiled.outputs)
    if asked and compiled.root.tooling and found > 1:
        message = (
            "When retrieving results with Metadata or FullName fields, the query qualifications must specify no more "
            f"than one row for retrieval. Result size: {found}"
        )
        raise ApiError(400, "MALFORMED_QUERY", message)


def _records(
    connection: sqlite3.Connection, compiled: Compiled, rows: "array[int]", base: str
) -> Iterator[dict[str, Any]]:
    shape = _Shape(compiled, base)
    columns = ", ".join(["q0.rowid", *shape.columns])
    sql = f"SELECT {columns} FROM {compiled.by_id} WHERE q0.rowid IN (SELECT value FROM json_each(?))"
    found = {row[0]: row[1:] for row in connection.execute(sql, (json.dumps(list(rows)),))}
    return (shape.record(found[row]) for row in rows if row in found)


class _Shape:
    """Puts rows together as nested records, in the order in which the fields were selected."""

    def __init__(self, compiled: Compiled, base: str) -> None:
        self._base = base
        self._root = compiled.root.name
        self._outputs: list[tuple[Output, int, int]] = []
        self.columns: list[str] = []
        self._id_columns: dict[str, int] = {}
        for output in compiled.outputs:
            start = len(self.columns)
            self.columns += output.sql
            self._outputs.append((output, start, len(self.columns)))
            self._note_parents(output)
        self._root_id = len(self.columns)
        self.columns.append('q0."Id"')

    def record(self, row: tuple[Stored, ...]) -> dict[str, Any]:
        """One record of the answer."""
        record = self._head(self._root, row[self._root_id])
        for output, start, end in self._outputs:
            if output.column is None or output.field is None:
                continue
            target: dict[str, Any] | None = record
            for parent in output.column.parents:
                if target is not None:
                    target = self._within(target, parent, row)
            if target is not None:
                target[output.name] = _value(output, row[start:end])
        return record

    def _note_parents(self, output: Output) -> None:
        for parent in output.column.parents if output.column else ():
            if parent.table not in self._id_columns:
                self._id_columns[parent.table] = len(self.columns)
                self.columns.append(f'{parent.table}."Id"')

    def _within(self, record: dict[str, Any], parent: Parent, row: tuple[Stored, ...]) -> dict[str, Any] | None:
        if parent.name not in record:
            record_id = row[self._id_columns[parent.table]]
            record[parent.name] = self._head(parent.sobject.name, record_id) if record_id is not None else None
        within: dict[str, Any] | None = record[parent.name]
        return within

    def _head(self, sobject: str, record_id: Stored) -> dict[str, Any]:
        return {"attributes": {"type": sobject, "url": f"{self._base}/sobjects/{sobject}/{record_id}"}}


def _value(output: Output, values: tuple[Stored, ...]) -> Any:
    if output.column is None or output.field is None:
        return values[0]
    if output.field.stored:
        return to_json(output.field, values[0])
    names = output.column.sobject.parts(output.field.name)
    return address_json(dict(zip(names, values, strict=True)))
