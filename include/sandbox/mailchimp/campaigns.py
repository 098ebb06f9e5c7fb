"""Campaigns: what was sent to which audience, when."""

from collections.abc import Mapping
from typing import Any

import orjson

from include.sandbox.mailchimp import times
from include.sandbox.mailchimp.call import Call, Document
from include.sandbox.mailchimp.links import CAMPAIGN, CAMPAIGNS, links
from include.sandbox.mailchimp.problems import not_found

TYPES = ("regular", "plaintext", "absplit", "rss", "variate")
STATUSES = ("save", "paused", "schedule", "sending", "sent")
STORED_STATUSES = frozenset({*STATUSES, "canceled", "canceling", "archived"})


def campaign_row(given: Mapping[str, Any], list_numbers: Mapping[str, int]) -> tuple[Any, ...]:
    """The row of a campaign of a loaded state, without its number.

    Raises:
        ValueError: no id, an unknown status, or a list that the state does not have.
    """
    campaign_id, status = given.get("id"), given.get("status", "sent")
    recipients = given.get("recipients") or {}
    list_id = recipients.get("list_id") or given.get("list_id")
    if not isinstance(campaign_id, str) or status not in STORED_STATUSES:
        raise ValueError(f"campaign {campaign_id!r} needs an id and a known status, not {status!r}")
    if not isinstance(list_id, str) or list_id not in list_numbers:
        raise ValueError(f"campaign {campaign_id} names the unknown list {list_id!r} in recipients.list_id")
    send_time = times.stored(given.get("send_time"))
    created = times.stored(given.get("create_time")) or send_time
    kind = given.get("type", "regular")
    own = {key: value for key, value in given.items() if key not in {"list_id", "_links"}}
    blank = _defaults(campaign_id, list_id)
    document = blank | own
    document |= {"type": kind, "status": status, "create_time": created, "send_time": send_time}
    document["recipients"] = blank["recipients"] | recipients
    document["settings"] = blank["settings"] | (given.get("settings") or {})
    text = orjson.dumps(document).decode()
    return (campaign_id, list_numbers[list_id], kind, status, created, send_time, text)


def _defaults(campaign_id: str, list_id: str) -> Document:
    return {
        "id": campaign_id,
        "web_id": 1,
        "type": "regular",
        "create_time": "",
        "archive_url": "",
        "long_archive_url": "",
        "status": "sent",
        "emails_sent": 0,
        "send_time": "",
        "content_type": "template",
        "needs_block_refresh": False,
        "resendable": False,
        "recipients": {
            "list_id": list_id,
            "list_is_active": True,
            "list_name": "",
            "segment_text": "",
            "recipient_count": 0,
        },
        "settings": {
            "subject_line": "",
            "preview_text": "",
            "title": "",
            "from_name": "",
            "reply_to": "",
            "use_conversation": False,
            "to_name": "",
            "folder_id": "",
            "authenticate": True,
            "auto_footer": False,
            "inline_css": False,
            "auto_tweet": False,
            "fb_comments": True,
            "timewarp": False,
            "template_id": 0,
            "drag_and_drop": True,
        },
        "tracking": {
            "opens": True,
            "html_clicks": True,
            "text_clicks": False,
            "goal_tracking": False,
            "ecomm360": False,
            "google_analytics": "",
            "clicktale": "",
        },
        "delivery_status": {"enabled": False},
    }


def get_campaigns(call: Call) -> Document:
    """GET /campaigns."""
    sql, values = campaign_selection(call, period_columns=("create_time", "send_time"))
    field, direction = call.query.order({"create_time", "send_time"})
    order = f"c.{field} {direction}, c.no" if field else "c.no"
    numbers = call.database.selection(f"{sql} ORDER BY {order}", values)
    page = numbers[call.query.page()]
    return {
        "campaigns": [_shown(call, number) for number in page],
        "total_items": len(numbers),
        "_links": links(CAMPAIGNS, f"{call.base_url}/campaigns"),
    }


def campaign_selection(call: Call, *, period_columns: tuple[str, ...]) -> tuple[str, tuple[Any, ...]]:
    """The SELECT of campaign numbers by the call's filters, and its values; bounds are exclusive ("after", OpenAPI)."""
    conditions, values = ["1"], list[Any]()
    for column, choices in (("status", STATUSES), ("type", TYPES)):
        wanted = call.query.choice(column, choices)
        if wanted:
            conditions.append(f"c.{column} = ?")
            values.append(wanted)
    for column in period_columns:
        since, before = call.query.time(f"since_{column}"), call.query.time(f"before_{column}")
        if since is not None:
            conditions.append(f"c.{column} > ?")
            values.append(times.last_second_before_or_at(since))
        if before is not None:
            conditions.append(f"c.{column} <> '' AND c.{column} < ?")
            values.append(times.first_second_at_or_after(before))
    if call.query.text("list_id"):
        conditions.append("c.list_no = (SELECT no FROM lists WHERE id = ?)")
        values.append(call.query.text("list_id"))
    if call.query.text("member_id"):
        conditions.append("c.id IN (SELECT campaign_id FROM events WHERE action = 'sent' AND email_id = ?)")
        values.append(call.query.text("member_id"))
    return f"SELECT c.no FROM campaigns AS c WHERE {' AND '.join(conditions)}", tuple(values)


def get_campaign(call: Call) -> Document:
    """GET /campaigns/{campaign_id}."""
    return _shown(call, find_campaign(call))


def find_campaign(call: Call) -> int:
    """The row number of the campaign that the path names.

    Raises:
        Problem: 404.
    """
    sql = "SELECT no FROM campaigns WHERE id = ?"
    row = call.database.execute(sql, (call.path["campaign_id"],)).fetchone()
    if row is None:
        raise not_found()
    return int(row[0])


def campaign_document(call: Call, number: int) -> Document:
    """A campaign as it is stored, with its list's name and its number of recipients."""
    row = call.database.execute(
        "SELECT c.id, c.document, l.document, l.no IS NOT NULL FROM campaigns AS c"
        " LEFT JOIN lists AS l ON l.no = c.list_no WHERE c.no = ?",
        (number,),
    ).fetchone()
    campaign_id, document, of_list, active = row
    shown: Document = orjson.loads(document)
    sent = count_events(call, campaign_id, "sent")
    shown["emails_sent"] = sent
    shown["recipients"] |= {
        "list_name": orjson.loads(of_list)["name"] if of_list else "",
        "list_is_active": bool(active),
        "recipient_count": sent,
    }
    return shown


def count_events(call: Call, campaign_id: str, action: str, *, unique: bool = False) -> int:
    """How often something happened in a campaign, or to how many addresses."""
    counted = "count(DISTINCT email_id)" if unique else "count(*)"
    sql = f"SELECT {counted} FROM events WHERE campaign_id = ? AND action = ?"
    return int(call.database.execute(sql, (campaign_id, action)).fetchone()[0])


def _shown(call: Call, number: int) -> Document:
    shown = campaign_document(call, number)
    campaign_id = shown["id"]
    if shown["status"] == "sent":
        shown["report_summary"] = _summary(call, campaign_id, shown["emails_sent"])
    shown["_links"] = links(CAMPAIGN, f"{call.base_url}/campaigns/{campaign_id}")
    return shown


def _summary(call: Call, campaign_id: str, sent: int) -> Document:
    unique_opens = count_events(call, campaign_id, "open", unique=True)
    subscriber_clicks = count_events(call, campaign_id, "click", unique=True)
    return {
        "opens": count_events(call, campaign_id, "open"),
        "unique_opens": unique_opens,
        "open_rate": unique_opens / sent if sent else 0,
        "clicks": count_events(call, campaign_id, "click"),
        "subscriber_clicks": subscriber_clicks,
        "click_rate": subscriber_clicks / sent if sent else 0,
        "ecommerce": {"total_orders": 0, "total_spent": 0, "total_revenue": 0},
    }
