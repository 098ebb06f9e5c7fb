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
        connection.execute(
            f"""CREATE TEMP TABLE fresh AS SELECT DISTINCT {COLUMNS} FROM (
                SELECT * REPLACE (nullif(regexp_extract(url, '^[^?#]*'), '') AS url),
                       CAST(timezone($zone, "at") AS DATE) AS event_date
                FROM taken WHERE "at" IS NOT NULL)""",
            {"zone": self.zone},
        )
        days = connection.sql("SELECT DISTINCT CAST(event_date AS VARCHAR) FROM fresh ORDER BY 1").fetchall()
        for (day,) in days:
            self.added += self._merge(connection, day)
        self._waiting = []

    def _merge(self, connection: DuckDBPyConnection, day: str) -> int:
        of_day = f"SELECT {COLUMNS} FROM fresh WHERE event_date = '{day}'"
        self.warehouse.view(connection, "known", ACTIVITY_EVENTS, event_date=day)
        ((missing,),) = connection.sql(f"SELECT count(*) FROM ({of_day} EXCEPT SELECT {COLUMNS} FROM known)").fetchall()
        if not missing:
            return 0

        def compute(version: int) -> pa.Table:
            self.warehouse.view(connection, "known", ACTIVITY_EVENTS, version, event_date=day)
            return connection.sql(
                f'SELECT {COLUMNS} FROM known UNION {of_day} ORDER BY list_id, email_key, "at", type, campaign_id, url'
            ).to_arrow_table()

        self.warehouse.update(ACTIVITY_EVENTS, compute, event_date=day)
        return int(missing)
