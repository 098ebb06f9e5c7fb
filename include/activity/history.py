"""The event history `activity_events`: every event once, by local day."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from include.warehouse.store import connect
from include.warehouse.tables import ACTIVITY_EVENTS

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from include.warehouse.store import Warehouse

MERGE_ROWS = 1_000_000
"""Events that are collected before they are merged: about 150 MB."""
COLUMNS = ", ".join(f'"{column.name}"' for column in ACTIVITY_EVENTS.columns)


@dataclass(slots=True)
class EventWriter:
    """Collects events and merges them into the history, one local day after the other.

    Each day is replaced by what it had and what is new, in one commit whose ground is checked: two writers that meet
    both get their events in. A kill between two days loses nothing, as the same events are read again.
    """

    warehouse: Warehouse
    zone: str
    added: int = 0
    """Events that the history did not have."""
    _waiting: list[pa.Table] = field(default_factory=list)

    def add(self, events: pa.Table, *, list_id: str, campaign_id: str) -> bool:
        """Take events (email_key, type, at, url) of a campaign; True where so many wait that `flush` is due."""
        import pyarrow as pa

        if events.num_rows:
            for name, value in (("list_id", list_id), ("campaign_id", campaign_id)):
                events = events.append_column(name, pa.repeat(pa.scalar(value), events.num_rows))
            self._waiting.append(events)
        return sum(int(table.num_rows) for table in self._waiting) >= MERGE_ROWS

    def flush(self) -> None:
        """Merge what was taken."""
        import pyarrow as pa

        if not self._waiting:
            return
        connection = connect()
        connection.register("taken", pa.concat_tables(self._waiting))
        self.warehouse.view(connection, "history", ACTIVITY_EVENTS)
        connection.execute(_SHAPED, {"zone": self.zone})
        connection.execute(_MISSING)
        days = connection.sql("SELECT CAST(event_date AS VARCHAR), count(*) FROM missing GROUP BY 1 ORDER BY 1")
        for day, count in days.fetchall():
            self._merge(connection, day)
            self.added += count
        self._waiting = []

    def _merge(self, connection: DuckDBPyConnection, day: str) -> None:
        def compute(version: int) -> pa.Table:
            self.warehouse.view(connection, "known", ACTIVITY_EVENTS, version, event_date=day)
            return connection.sql(
                f"""SELECT {COLUMNS} FROM known
                UNION ALL (SELECT {COLUMNS} FROM missing WHERE event_date = '{day}' EXCEPT SELECT {COLUMNS} FROM known)
                ORDER BY list_id, email_key, "at"
                """
            ).to_arrow_table()

        self.warehouse.update(ACTIVITY_EVENTS, compute, event_date=day)


# A query string may hold a person's data.
_SHAPED = f"""
CREATE TEMP TABLE fresh AS SELECT DISTINCT {COLUMNS} FROM (
    SELECT * REPLACE (nullif(regexp_extract(url, '^[^?#]*'), '') AS url),
           CAST(timezone($zone, "at") AS DATE) AS event_date
    FROM taken WHERE "at" IS NOT NULL
)
"""
_MISSING = f"""
CREATE TEMP TABLE missing AS
SELECT {COLUMNS} FROM fresh
EXCEPT SELECT {COLUMNS} FROM history WHERE event_date IN (SELECT event_date FROM fresh)
"""
