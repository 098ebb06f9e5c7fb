"""The writes themselves.

System fields take the time of the write in whole seconds, so that two writes within one second leave the same stamp.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable

from include.sandbox.salesforce.schema import SObject
from include.sandbox.salesforce.tables import quoted
from include.sandbox.salesforce.values import Stored

Rows = Iterable[tuple[str, dict[str, Stored]]]


def insert(connection: sqlite3.Connection, sobject: SObject, rows: Rows, now: str) -> None:
    """Inserts records (id, values), with `now` as their dates."""
    system = {"CreatedDate": now, "LastModifiedDate": now, "SystemModstamp": now}
    named = sobject.describe["custom"]
    for columns, batch in _by_columns(rows).items():
        names = ["Id", *system, *columns, *(["Name"] if named and "Name" not in columns else [])]
        sql = f"INSERT INTO {quoted(sobject.name)} ({', '.join(map(quoted, names))}) VALUES ({_places(names)})"
        # A record of an own object that gets no name is called by its id.
        extra = len(names) - len(columns) - 1 - len(system)
        connection.executemany(
            sql, [[record_id, *system.values(), *values, *[record_id] * extra] for record_id, values in batch]
        )


def update(connection: sqlite3.Connection, sobject: SObject, rows: Rows, now: str) -> None:
    """Updates records (id, values)."""
    for columns, batch in _by_columns(rows).items():
        sets = [f"{quoted(name)} = ?" for name in columns]
        sets += ['"LastModifiedDate" = ?', '"SystemModstamp" = ?']
        sql = f'UPDATE {quoted(sobject.name)} SET {", ".join(sets)} WHERE "Id" = ?'
        connection.executemany(sql, [[*values, now, now, record_id] for record_id, values in batch])


def mark_deleted(connection: sqlite3.Connection, sobject: SObject, ids: Iterable[str], now: str) -> None:
    """Puts records into the recycle bin."""
    sql = (
        f'UPDATE {quoted(sobject.name)} SET "IsDeleted" = 1, "LastModifiedDate" = ?, "SystemModstamp" = ?'
        ' WHERE "Id" IN (SELECT value FROM json_each(?))'
    )
    connection.execute(sql, (now, now, json.dumps(list(ids))))


def remove(connection: sqlite3.Connection, sobject: SObject, ids: Iterable[str]) -> None:
    """Takes records out of the database for good."""
    sql = f'DELETE FROM {quoted(sobject.name)} WHERE "Id" IN (SELECT value FROM json_each(?))'
    connection.execute(sql, (json.dumps(list(ids)),))


def _by_columns(rows: Rows) -> dict[tuple[str, ...], list[tuple[str, list[Stored]]]]:
    grouped: dict[tuple[str, ...], list[tuple[str, list[Stored]]]] = defaultdict(list)
    for record_id, values in rows:
        grouped[tuple(values)].append((record_id, list(values.values())))
    return grouped


def _places(names: list[str]) -> str:
    return ", ".join("?" * len(names))
