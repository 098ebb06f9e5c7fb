"""A night's snapshot: the 50 newest events of each subscriber, from the event history (R11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.warehouse.store import connect
from include.warehouse.tables import ACTIVITY_DAYS, ACTIVITY_EVENTS, ACTIVITY_SNAPSHOTS

if TYPE_CHECKING:
    import pyarrow as pa

    from include.warehouse.store import Warehouse

NEWEST = 50
"""Events per subscriber, as the Mailchimp app shows them (R11)."""


def build(warehouse: Warehouse, day: str, subscribers: pa.Table) -> int:
    """Replace the snapshot of a day (YYYY-MM-DD), then note what it was built from; returns its rows.

    `subscribers` (list_id, email_key, event_key) says who is in it, and under which keys the history has their events:
    their own, and those of former addresses.
    """
    version = warehouse.version(ACTIVITY_EVENTS)
    rows = newest_events(warehouse, day, subscribers, version)
    warehouse.replace(ACTIVITY_SNAPSHOTS, rows, day=day)
    _note(warehouse, day, version)
    return int(rows.num_rows)


def stale_days(warehouse: Warehouse, before: str) -> list[str]:
    """Days before a day whose snapshot misses an event that the history has (M03), oldest first."""
    connection = connect()
    warehouse.view(connection, "built", ACTIVITY_DAYS)
    warehouse.view(connection, "events", ACTIVITY_EVENTS)
    stale = connection.sql(
        """
        WITH per_day AS (SELECT event_date, count(*) AS n FROM events GROUP BY event_date)
        SELECT CAST(day AS VARCHAR) FROM built
        WHERE day < CAST($before AS DATE)
          AND events <> (SELECT coalesce(sum(n), 0) FROM per_day WHERE event_date <= built.day)
        ORDER BY day
        """,
        params={"before": before},
    ).fetchall()
    return [day for (day,) in stale]


def newest_events(warehouse: Warehouse, day: str, subscribers: pa.Table, version: int | None = None) -> pa.Table:
    """The rows of `activity_snapshots` for a day, in no order; ties of time go by type, campaign and url."""
    connection = connect()
    warehouse.view(connection, "history", ACTIVITY_EVENTS, version)
    connection.register("subscribers", subscribers)
    return connection.sql(_QUERY, params={"day": day}).to_arrow_table()


def _note(warehouse: Warehouse, day: str, version: int) -> None:
    connection = connect()
    warehouse.view(connection, "history", ACTIVITY_EVENTS, version)
    counted = "SELECT CAST($day AS DATE) AS day, count(*) AS events FROM history WHERE event_date <= CAST($day AS DATE)"
    warehouse.replace(ACTIVITY_DAYS, connection.sql(counted, params={"day": day}).to_arrow_table(), day=day)


# Holders are numbered: sorting by a number takes half the time of sorting by list and hash.
_QUERY = f"""
WITH holders AS MATERIALIZED (
    SELECT row_number() OVER () AS holder, list_id, email_key, list(event_key) AS event_keys
    FROM subscribers GROUP BY list_id, email_key
), keys AS (
    SELECT holder, list_id, unnest(event_keys) AS event_key, len(event_keys) > 1 AS several FROM holders
), held AS (
    SELECT k.holder, e.type, e."at", e.campaign_id, e.url
    FROM history e JOIN keys k ON k.list_id = e.list_id AND k.event_key = e.email_key AND NOT k.several
    WHERE e.event_date <= CAST($day AS DATE)
    UNION ALL
    -- An event that was read before and after the address changed is one event.
    SELECT DISTINCT k.holder, e.type, e."at", e.campaign_id, e.url
    FROM history e JOIN keys k ON k.list_id = e.list_id AND k.event_key = e.email_key AND k.several
    WHERE e.event_date <= CAST($day AS DATE)
), newest AS (
    SELECT *, row_number() OVER (
        PARTITION BY holder ORDER BY "at" DESC, type DESC, campaign_id DESC, url DESC NULLS LAST
    ) AS rank
    FROM held QUALIFY rank <= {NEWEST}
)
SELECT CAST($day AS DATE) AS day, list_id, email_key, rank, type, "at", campaign_id, url
FROM newest JOIN holders USING (holder)
"""
