"""Campaigns and their reports, page by page, as Arrow tables. A row may come twice: pages overlap while reports grow.

Times are UTC, in microseconds. E-mail addresses are not asked for; the member hash (`email_key`) is.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from include.mailchimp.endpoints import CAMPAIGNS, EMAIL_ACTIVITY, SENT_TO, UNSUBSCRIBED
from include.mailchimp.paging import Pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from include.mailchimp.paging import Row
    from include.mailchimp.transport import Transport


def campaigns(transport: Transport, connections: int, list_id: str, since: datetime | None) -> Iterator[pa.Table]:
    """Sent campaigns: campaign_id, list_id, title (string), send_time (timestamp), emails_sent, counted (int64).

    `counted` is the number of opens and clicks that Mailchimp counts now, repeated ones included; null where it tells
    none.
    """
    params = {"list_id": list_id} | ({"since_send_time": since.isoformat()} if since else {})
    for rows in Pages(transport, CAMPAIGNS, {}, params).read(connections):
        yield _table(
            campaign_id=[row["id"] for row in rows],
            list_id=[_inside(row, "recipients")["list_id"] for row in rows],
            title=[_inside(row, "settings").get("title") for row in rows],
            send_time=_instants([row["send_time"] for row in rows]),
            emails_sent=[row["emails_sent"] for row in rows],
            counted=[_counted(row) for row in rows],
        )


def email_activity(
    transport: Transport, connections: int, campaign_id: str, since: datetime | None
) -> Iterator[pa.Table]:
    """Opens, clicks and bounces: email_key, type, at (timestamp), url (of clicks), bounce (`hard` or `soft`).

    `since` filters events, not recipients: every recipient is answered, so a page without events is an empty table.
    """
    params = {"since": since.isoformat()} if since else {}
    for rows in Pages(transport, EMAIL_ACTIVITY, {"campaign_id": campaign_id}, params).read(connections):
        events: list[tuple[Any, dict[str, Any]]] = [(row["email_id"], event) for row in rows for event in _events(row)]
        yield _table(
            email_key=[key for key, _ in events],
            type=[event["action"] for _, event in events],
            at=_instants([event["timestamp"] for _, event in events]),
            url=[event.get("url") or None for _, event in events],
            bounce=[event.get("type") or None for _, event in events],
        )


def sent_to(transport: Transport, connections: int, campaign_id: str) -> Iterator[pa.Table]:
    """Recipients: email_key, status (sent, hard or soft)."""
    for rows in Pages(transport, SENT_TO, {"campaign_id": campaign_id}, {}).read(connections):
        yield _table(email_key=[row["email_id"] for row in rows], status=[row["status"] for row in rows])


def unsubscribed(transport: Transport, connections: int, campaign_id: str) -> Iterator[pa.Table]:
    """Who unsubscribed from the campaign: email_key, at (timestamp)."""
    for rows in Pages(transport, UNSUBSCRIBED, {"campaign_id": campaign_id}, {}).read(connections):
        yield _table(email_key=[row["email_id"] for row in rows], at=_instants([row["timestamp"] for row in rows]))


def _counted(row: Row) -> int | None:
    summary = row.get("report_summary")
    if not isinstance(summary, dict) or not {"opens", "clicks"} <= summary.keys():
        return None
    return int(summary["opens"]) + int(summary["clicks"])


def _events(row: Row) -> list[dict[str, Any]]:
    activity = row["activity"]
    return activity if isinstance(activity, list) else []


def _inside(row: Row, key: str) -> dict[str, Any]:
    value = row[key]
    return value if isinstance(value, dict) else {}


def _instants(values: list[object]) -> pa.Array:
    import pyarrow as pa

    return pa.array([value or None for value in values], pa.string()).cast(pa.timestamp("us", tz="UTC"))


def _table(**columns: object) -> pa.Table:
    import pyarrow as pa

    numbers = {"emails_sent": pa.int64(), "counted": pa.int64()}
    return pa.table(
        {
            name: pa.array(values, numbers.get(name, pa.string())) if isinstance(values, list) else values
            for name, values in columns.items()
        }
    )
