"""Merges what was read of Salesforce into the tables `people` and `emails`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from include.warehouse.store import Warehouse, connect
from include.warehouse.tables import EMAILS, PEOPLE

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from include.schema import PersonObject
    from include.staging.store import Partition, StagingStore

SOURCE = "salesforce"

FORMER_EMAILS = """
SELECT was.id AS holder_id, was.email_key
FROM current AS was JOIN fresh AS now USING (object, id)
WHERE was.email_key IS NOT NULL AND was.email_key IS DISTINCT FROM now.email_key
"""
VANISHED = """
SELECT object, id FROM current
WHERE object IN (SELECT unnest($full)) AND NOT is_deleted
  AND NOT EXISTS (FROM fresh WHERE fresh.object = current.object AND fresh.id = current.id)
"""
KNOWN_EMAILS = """
SELECT $source AS source, holder_id, email_key, max(until) AS until
FROM (SELECT holder_id, email_key, until FROM emails UNION ALL
      SELECT holder_id, email_key, $seen_at::TIMESTAMPTZ FROM former)
GROUP BY holder_id, email_key
"""


@dataclass(frozen=True, slots=True)
class Merge:
    """What a merge changed, in rows."""

    changed: int
    vanished: int
    former_emails: int


@dataclass(frozen=True, slots=True)
class Fresh:
    """What was read.

    Attributes:
        partitions: in the shape of `people`.
        full: the objects that were read whole.
        paths: further text columns.
        before: from when on the last reading may have seen a record before a second change in the same second, which
            leaves SystemModstamp as it is; None where nothing was read before.
    """

    staging: StagingStore
    partitions: Sequence[Partition]
    full: Sequence[PersonObject]
    paths: Sequence[str]
    before: datetime | None


def current_people(warehouse: Warehouse) -> dict[str, int]:
    """Per object, how many people that are not deleted are known."""
    connection = connect()
    warehouse.view(connection, "people", PEOPLE)
    rows = connection.execute("SELECT object, count(*) FROM people WHERE NOT is_deleted GROUP BY object").fetchall()
    return dict(rows)


def merge(warehouse: Warehouse, fresh: Fresh, seen_at: datetime) -> Merge:
    """Replace the rows that were read, keep the others; a row that a full reading no longer finds becomes deleted.

    Former e-mails are written first: killed in between, the next merge finds them again. Each table changes in one
    atomic step, or not at all where nothing differs.
    """
    connection = _views(warehouse, fresh, warehouse.version(PEOPLE))
    former: pa.Table = connection.sql(FORMER_EMAILS).to_arrow_table()
    changed = _number(connection, f"SELECT count(*) FROM ({_different(_columns(fresh.paths))})")
    vanished = _number(connection, f"SELECT count(*) FROM ({VANISHED})", {"full": list(fresh.full)})
    new_columns = set(_table_columns(connection, "stored")) != set(_columns(fresh.paths))
    if former.num_rows:
        _remember(warehouse, former, seen_at)
    if changed or vanished or new_columns:
        warehouse.update(PEOPLE, lambda version: _merged(_views(warehouse, fresh, version), fresh))
    return Merge(changed, vanished, former.num_rows)


def _views(warehouse: Warehouse, fresh: Fresh, version: int) -> DuckDBPyConnection:
    """A connection with `fresh` (what was read), `stored` (the table), `current` (the table in fresh's columns).

    SystemModstamp has whole seconds: of a row that changed within the second in which it was read before, `modified_at`
    is a microsecond later, so that the change is one for whoever compares. `reading` counts the readings that found
    something: it tells what was known when, whatever any clock says.
    """
    connection = connect()
    warehouse.view(connection, "stored", PEOPLE, version)
    for number, partition in enumerate(fresh.partitions):
        fresh.staging.view(connection, f"read_{number}", partition)
    read = " UNION ALL BY NAME ".join(f"SELECT * FROM read_{number}" for number in range(len(fresh.partitions)))
    columns = _columns(fresh.paths)
    for name, relation in (("current", "stored"), ("read", f"({read})")):
        there = set(_table_columns(connection, relation))
        chosen = ", ".join(_quoted(c) if c in there else f"NULL::VARCHAR AS {_quoted(c)}" for c in columns)
        connection.execute(f"CREATE TEMP VIEW {name} AS SELECT {chosen} FROM {relation}")
    connection.execute(f"CREATE TEMP VIEW fresh AS {_stamped(columns, fresh.before)}")
    return connection


def _stamped(columns: Sequence[str], before: datetime | None) -> str:
    others = (column for column in columns if column not in {"modified_at", "reading"})
    differs = " OR ".join(f"read.{_quoted(c)} IS DISTINCT FROM current.{_quoted(c)}" for c in others)
    told_again = f"read.modified_at >= TIMESTAMPTZ '{before.isoformat()}' AND ({differs})" if before else "false"
    return f"""
        WITH stamped AS (SELECT read.* REPLACE (
            CASE WHEN date_trunc('second', current.modified_at) IS DISTINCT FROM read.modified_at THEN read.modified_at
                 WHEN {told_again} THEN current.modified_at + INTERVAL 1 microsecond
                 ELSE current.modified_at END AS modified_at)
        FROM read LEFT JOIN current USING (object, id))
        SELECT stamped.* REPLACE (
            CASE WHEN stamped.modified_at IS NOT DISTINCT FROM current.modified_at THEN current.reading
                 ELSE (SELECT coalesce(max(reading), 0) + 1 FROM current) END AS reading)
        FROM stamped LEFT JOIN current USING (object, id)
        """


def _merged(connection: DuckDBPyConnection, fresh: Fresh) -> pa.Table:
    columns = [_quoted(column) for column in _columns(fresh.paths)]
    kept = ", ".join(
        f"is_deleted OR object IN (SELECT unnest($full)) AS {c}" if c == '"is_deleted"' else c for c in columns
    )
    return connection.sql(
        f"""
        SELECT {", ".join(columns)} FROM fresh
        UNION ALL
        SELECT {kept} FROM current
        WHERE NOT EXISTS (FROM fresh WHERE fresh.object = current.object AND fresh.id = current.id)
        """,
        params={"full": list(fresh.full)},
    ).to_arrow_table()


def _remember(warehouse: Warehouse, former: pa.Table, seen_at: datetime) -> None:
    def compute(version: int) -> pa.Table:
        connection = connect()
        warehouse.view(connection, "emails", EMAILS, version, source=SOURCE)
        connection.register("former", former)
        return connection.sql(KNOWN_EMAILS, params={"source": SOURCE, "seen_at": seen_at}).to_arrow_table()

    warehouse.update(EMAILS, compute, source=SOURCE)


def _different(columns: Sequence[str]) -> str:
    """SQL: the fresh rows that `current` lacks or has with another value."""
    differs = " OR ".join(f"fresh.{_quoted(c)} IS DISTINCT FROM current.{_quoted(c)}" for c in columns)
    return f"SELECT fresh.id FROM fresh LEFT JOIN current USING (object, id) WHERE {differs}"


def _columns(paths: Sequence[str]) -> list[str]:
    return [*PEOPLE.schema().names, *paths]


def _table_columns(connection: DuckDBPyConnection, relation: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()]


def _number(connection: DuckDBPyConnection, sql: str, parameters: Mapping[str, object] | None = None) -> int:
    row = connection.execute(sql, parameters).fetchone()
    return int(row[0]) if row else 0


def _quoted(name: str) -> str:
    return f'"{name}"'
