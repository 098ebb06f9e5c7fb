"""What happened to one member, newest first."""

from typing import Any

from include.sandbox.mailchimp.call import Call, Document
from include.sandbox.mailchimp.links import ACTIVITY, links
from include.sandbox.mailchimp.lists import ListRef, find_list
from include.sandbox.mailchimp.member_reads import find_member, show_member

MOST_EVENTS = 50
"""The activity endpoint shows the last 50 events and has no pages (OpenAPI)."""

ACTIONS = ("abuse", "bounce", "click", "open", "sent", "unsub", "ecomm")
FEED_ACTIONS = (
    *("bounce", "click", "conversation", "ecommerce_signup", "event", "web_engagement", "generic_signup"),
    *("landing_page_signup", "marketing_permission", "note", "open", "order", "postcard_sent", "sent", "signup"),
    *("squatter_signup", "unsub", "website_signup", "survey_response", "sms_bulk_sent", "inbox_thread"),
    *("qbo_payment_link", "video_call_transcripts"),
)
"""What the two endpoints can be asked for (OpenAPI); the account has some of it."""

SHOWN_ACTION = {"unsubscribe": "unsub"}
STORED_ACTION = {"unsub": "unsubscribe"}


def get_activity(call: Call) -> Document:
    """GET /lists/{list_id}/members/{subscriber_hash}/activity."""
    found = find_list(call)
    member = show_member(call, found, find_member(call, found))
    rows = _events(call, found, member["id"], call.query.words("action", ACTIONS))[:MOST_EVENTS]
    return {
        "activity": [_entry(*row) for row in rows],
        "email_id": member["id"],
        "contact_id": member["contact_id"],
        "list_id": found.id,
        "total_items": len(rows),
        "_links": links(ACTIVITY, f"{found.href}/members/{member['id']}/activity"),
    }


def get_activity_feed(call: Call) -> Document:
    """GET /lists/{list_id}/members/{subscriber_hash}/activity-feed: all events, in pages."""
    found = find_list(call)
    member = show_member(call, found, find_member(call, found))
    rows = _events(call, found, member["id"], call.query.words("activity_filters", FEED_ACTIONS))
    shown = rows[call.query.page()]
    return {
        "activity": [_feed_entry(*row) for row in shown],
        "email_id": member["id"],
        "list_id": found.id,
        "_links": links(ACTIVITY, f"{found.href}/members/{member['id']}/activity-feed"),
    }


def _events(call: Call, found: ListRef, email_id: str, actions: list[str]) -> list[tuple[Any, ...]]:
    stored = [STORED_ACTION.get(action, action) for action in actions]
    marks = ", ".join("?" for _ in stored)
    only = f" AND e.action IN ({marks})" if stored else ""
    return call.database.execute(
        "SELECT e.action, e.timestamp, e.url, e.type, e.campaign_id,"
        " coalesce(json_extract(c.document, '$.settings.title'), '')"
        " FROM events AS e LEFT JOIN campaigns AS c ON c.id = e.campaign_id"
        f" WHERE e.list_no = ? AND e.email_id = ?{only} ORDER BY e.timestamp DESC, e.no DESC",
        (found.no, email_id, *stored),
    ).fetchall()


def _entry(action: str, timestamp: str, url: str, kind: str, campaign_id: str, title: str) -> Document:
    entry = {"action": SHOWN_ACTION.get(action, action), "timestamp": timestamp}
    if action == "click":
        entry["url"] = url
    if action == "bounce":
        entry["type"] = kind
    return entry | {"campaign_id": campaign_id, "title": title, "parent_campaign": ""}


def _feed_entry(action: str, timestamp: str, url: str, kind: str, campaign_id: str, title: str) -> Document:
    entry: Document = {
        "activity_type": SHOWN_ACTION.get(action, action),
        "created_at_timestamp": timestamp,
        "campaign_id": campaign_id,
        "campaign_title": title,
    }
    if action == "click":
        entry["link_clicked"] = url
    if action == "bounce":
        entry |= {"bounce_type": kind, "bounce_has_open_activity": False}
    return entry
