"""The 50 newest events of each subscriber, against the same written plainly in Python."""

import tempfile
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from include.activity.snapshot import NEWEST, build, newest_events, stale_days
from include.storage import Storage
from include.warehouse.store import Warehouse
from include.warehouse.tables import ACTIVITY_EVENTS, ACTIVITY_SNAPSHOTS

DAY = date(2026, 11, 20)
TYPES = ("sent", "open", "click", "bounce")
COLUMNS = ("list_id", "email_key", "rank", "type", "at", "campaign_id", "url")

event = st.fixed_dictionaries(
    {
        "list_id": st.sampled_from(["l1", "l2"]),
        "email_key": st.sampled_from(["a", "b", "former"]),
        "campaign_id": st.sampled_from(["c1", "c2"]),
        "type": st.sampled_from(TYPES),
        # Few different times, so that ties are common.
        "minute": st.integers(0, 3 * 24 * 60 - 1).map(lambda minute: minute // 240 * 240),
        "url": st.sampled_from([None, "https://s.example/1", "https://s.example/2"]),
    }
)


def history(events):
    """Rows of `activity_events`, each once; three days from the 19th on, in UTC."""
    start = datetime(2026, 11, 19, tzinfo=UTC)
    rows = [e | {"at": start + timedelta(minutes=e["minute"])} for e in events]
    rows = [row | {"event_date": row["at"].date()} for row in rows]
    unique = {tuple(str(row[column.name]) for column in ACTIVITY_EVENTS.columns): row for row in rows}
    return pa.Table.from_pylist(list(unique.values()), schema=ACTIVITY_EVENTS.schema())


def who(*rows):
    columns = ("list_id", "email_key", "event_key")
    schema = pa.schema([(column, pa.string()) for column in columns])
    return pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in rows], schema=schema)


def plainly(events, subscribers, day):
    """The snapshot as the specification says it."""
    of_key = {}
    for row in subscribers.to_pylist():
        of_key.setdefault((row["list_id"], row["event_key"]), []).append(row["email_key"])
    held = {
        (row["list_id"], holder, row["at"], row["type"], row["campaign_id"], row["url"] or "")
        for row in events.to_pylist()
        if row["event_date"] <= day
        for holder in of_key.get((row["list_id"], row["email_key"]), ())
    }
    found = set()
    for (list_id, holder), rows in groupby(sorted(held), itemgetter(0, 1)):
        newest = sorted(rows, reverse=True)[:NEWEST]
        found |= {
            (list_id, holder, rank, kind, at, campaign, url or None)
            for rank, (_, _, at, kind, campaign, url) in enumerate(newest, 1)
        }
    return found


def rows_of(table):
    return {tuple(row[column] for column in COLUMNS) for row in table.select(COLUMNS).to_pylist()}


EVERYONE = who(("l1", "a", "a"), ("l1", "b", "b"), ("l1", "b", "former"), ("l2", "b", "b"))


@settings(max_examples=40, deadline=None)
@given(st.lists(event, max_size=300))
def test_r11_the_newest_fifty_of_each_subscriber(events):
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Warehouse(Storage(folder))
        known = history(events)
        warehouse.append(ACTIVITY_EVENTS, known)
        found = newest_events(warehouse, DAY.isoformat(), EVERYONE)
        assert found.num_rows == len(rows_of(found))
        assert rows_of(found) == plainly(known, EVERYONE, DAY)


def many(count):
    events = [
        {"list_id": "l1", "email_key": "a", "campaign_id": "c1", "type": "open", "minute": n, "url": None}
        for n in range(count)
    ]
    return history(events)


def test_r11_of_more_than_fifty_the_oldest_are_left_out(tmp_path):
    warehouse = Warehouse(Storage(str(tmp_path)))
    warehouse.append(ACTIVITY_EVENTS, many(51))
    rows = sorted(newest_events(warehouse, DAY.isoformat(), EVERYONE).to_pylist(), key=itemgetter("rank"))
    assert [row["rank"] for row in rows] == list(range(1, NEWEST + 1))
    assert [row["at"].minute for row in rows] == list(range(50, 0, -1))


def test_m03_a_day_is_stale_while_the_history_knows_more_of_it(tmp_path):
    warehouse = Warehouse(Storage(str(tmp_path)))
    warehouse.append(ACTIVITY_EVENTS, many(3))
    for day in ("2026-11-18", "2026-11-19", "2026-11-20"):
        build(warehouse, day, EVERYONE)
    assert stale_days(warehouse, "2026-11-21") == []
    late = many(4).slice(3)
    warehouse.append(ACTIVITY_EVENTS, late)
    assert stale_days(warehouse, "2026-11-21") == ["2026-11-19", "2026-11-20"]
    assert stale_days(warehouse, "2026-11-20") == ["2026-11-19"]
    build(warehouse, "2026-11-19", EVERYONE)
    assert stale_days(warehouse, "2026-11-21") == ["2026-11-20"]


def test_m03_the_same_day_built_again_has_the_same_rows(tmp_path):
    warehouse = Warehouse(Storage(str(tmp_path)))
    warehouse.append(ACTIVITY_EVENTS, many(60))
    day = DAY.isoformat()
    assert build(warehouse, day, EVERYONE) == NEWEST
    before = rows_of(warehouse.read(ACTIVITY_SNAPSHOTS, day=day))
    build(warehouse, "2026-11-19", EVERYONE)
    build(warehouse, day, EVERYONE)
    assert rows_of(warehouse.read(ACTIVITY_SNAPSHOTS, day=day)) == before
