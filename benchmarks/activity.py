"""How long the event history and a night's snapshot take, and how much memory, without the vendors.

    python -m benchmarks.activity [events] [members]

Fills the history through the writer that harvesting uses: campaigns one after the other over 60 local days, each with a
week of events. Then adds events that are known, then builds snapshots. One event in three is of one member in twenty,
who have more than the 50 that are kept.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from include.activity import snapshot
from include.activity.history import MERGE_ROWS, EventWriter
from include.storage import Storage
from include.warehouse.store import Warehouse, connect

LIST = "a1b2c3d4e5"
LAST_DAY = "2026-11-22"
EVENTS = """
SELECT md5(printf('p%d@b.example', CASE WHEN i % 3 = 0 THEN hash(i) % ($members // 20) ELSE hash(i) % $members END))
           AS email_key,
       ['sent', 'open', 'open', 'click'][1 + i % 4] AS type,
       TIMESTAMPTZ '2026-11-22 22:00:00Z'
           - to_seconds(CAST((60 - 60 * i // $events) * 86400 - hash(i + 7) % (7 * 86400) AS BIGINT)) AS "at",
       CASE WHEN i % 4 = 3 THEN 'https://shop.example/offers/' || i % 90 || '?id=' || i END AS url
FROM range($first, $last) numbers(i)
"""


class Clock:
    """Adds up the time that is spent inside its `with` blocks."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def __enter__(self) -> None:
        self.wall -= time.perf_counter()
        self.cpu -= time.process_time()

    def __exit__(self, *_: object) -> None:
        self.wall += time.perf_counter()
        self.cpu += time.process_time()


@contextmanager
def measured(step: str) -> Iterator[Clock]:
    clock = Clock()
    yield clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{step:<44} {clock.wall:6.1f} s  {clock.cpu:6.1f} s of CPU  peak so far {peak:6,} MB", flush=True)


def made_up(first: int, last: int, members: int, events: int) -> pa.Table:
    parameters = {"first": first, "last": last, "members": members, "events": events}
    return connect().sql(EVENTS, params=parameters).to_arrow_table()


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000_000
    members = int(sys.argv[2]) if len(sys.argv) > 2 else events // 20
    with tempfile.TemporaryDirectory() as root:
        warehouse = Warehouse(Storage(root))
        writer = EventWriter(warehouse, "Europe/Paris")
        with measured("first harvest, a million events at a time") as clock:
            for first in range(0, events, MERGE_ROWS):
                last = min(first + MERGE_ROWS, events)
                page = made_up(first, last, members, events)
                with clock:
                    writer.add(page, list_id=LIST, campaign_id=f"c{first}")
                    writer.flush()
        with measured("the last of them again: nothing new") as clock, clock:
            writer.add(page, list_id=LIST, campaign_id=f"c{first}")
            writer.flush()
        everyone = connect().sql(
            f"SELECT '{LIST}' AS list_id, md5(printf('p%d@b.example', i)) AS email_key, email_key AS event_key "
            "FROM range($members) numbers(i)",
            params={"members": members},
        )
        who = everyone.to_arrow_table()
        with measured(f"snapshot of {members:,} members") as clock, clock:
            rows = snapshot.build(warehouse, LAST_DAY, who)
        with measured("snapshot of a day six weeks before") as clock, clock:
            snapshot.build(warehouse, "2026-10-10", who)
        with measured("which days are stale") as clock, clock:
            stale = snapshot.stale_days(warehouse, "2026-11-23")
        print(f"{writer.added:,} events, {rows:,} rows in the snapshot, {len(stale)} stale days")


if __name__ == "__main__":
    main()
