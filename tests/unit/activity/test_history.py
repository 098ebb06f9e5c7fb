"""The event history: each event once, on its local day."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from include.activity.history import EventWriter
from include.storage import Storage
from include.warehouse.store import Warehouse
from include.warehouse.tables import ACTIVITY_EVENTS


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(Storage(str(tmp_path)))


def page(*events):
    """Rows of a report: member, type, time in UTC, url."""
    rows = [
        {"email_key": who, "type": kind, "at": datetime.fromisoformat(at).replace(tzinfo=UTC) if at else None, "url": u}
        for who, kind, at, u in events
    ]
    schema = pa.schema([ACTIVITY_EVENTS.schema().field(name) for name in ("email_key", "type", "at", "url")])
    return pa.Table.from_pylist(rows, schema=schema)


def write(warehouse, *pages, campaign="c1", zone="Europe/Paris"):
    writer = EventWriter(warehouse, zone)
    for each in pages:
        writer.add(each, list_id="l1", campaign_id=campaign)
    writer.flush()
    return writer.added


def stored(warehouse):
    rows = warehouse.read(ACTIVITY_EVENTS).to_pylist()
    return sorted(
        (str(row["event_date"]), row["campaign_id"], row["email_key"], row["type"], row["url"]) for row in rows
    )


def test_m03_an_event_lies_on_its_local_day_also_when_the_clock_changes(warehouse):
    write(
        warehouse,
        page(
            ("a", "open", "2026-10-24T21:59:59", None),  # 23:59:59 in summer time
            ("b", "open", "2026-10-24T22:00:00", None),
            ("c", "open", "2026-10-25T22:59:59", None),  # 25 hours later, in winter time
            ("d", "open", "2026-10-25T23:00:00", None),
        ),
    )
    assert [(row[0], row[2]) for row in stored(warehouse)] == [
        ("2026-10-24", "a"), ("2026-10-25", "b"), ("2026-10-25", "c"), ("2026-10-26", "d")
    ]  # fmt: skip


def test_what_is_read_twice_is_one_event_and_clicks_in_one_second_on_two_links_are_two(warehouse):
    clicks = [("a", "click", "2026-11-20T10:00:00", f"https://s.example/{n}") for n in (1, 2, 2)]
    opened = ("a", "open", "2026-11-20T10:00:00", None)
    assert write(warehouse, page(opened, *clicks), page(opened)) == 3
    assert write(warehouse, page(opened, *clicks)) == 0
    assert write(warehouse, page(opened), campaign="c2") == 1


def test_what_is_known_is_not_written_again(warehouse):
    opened = page(("a", "open", "2026-11-20T10:00:00", None))
    write(warehouse, opened)
    before = warehouse.version(ACTIVITY_EVENTS)
    write(warehouse, opened)
    assert warehouse.version(ACTIVITY_EVENTS) == before


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://s.example/a?e=ann@x.example#t", "https://s.example/a"),
        ("https://s.example/a#ann@x.example", "https://s.example/a"),
        ("?only", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_loses_what_may_tell_who_clicked(warehouse, url, kept):
    write(warehouse, page(("a", "click", "2026-11-20T10:00:00", url)))
    assert [row[4] for row in stored(warehouse)] == [kept]


def test_an_event_without_a_time_is_none(warehouse):
    assert write(warehouse, page(("a", "unsubscribe", None, None))) == 0
    assert write(warehouse) == 0


def test_two_writers_that_meet_both_get_their_events_in(warehouse):
    first, second = EventWriter(warehouse, "UTC"), EventWriter(warehouse, "UTC")
    first.add(page(("a", "open", "2026-11-20T10:00:00", None)), list_id="l1", campaign_id="c1")

    class Meeting(Warehouse):
        """Lets the second writer commit between the first one's look and its commit."""

        def update(self, table, compute, **partition):
            opened = page(("a", "open", "2026-11-20T10:00:00", None), ("b", "open", "2026-11-20T10:00:00", None))
            second.add(opened, list_id="l1", campaign_id="c1")
            second.flush()
            super().update(table, compute, **partition)

    first.warehouse = Meeting(warehouse.storage)
    first.flush()
    assert [row[2] for row in stored(warehouse)] == ["a", "b"]
