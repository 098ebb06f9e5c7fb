"""Campaign reports: totals, and one row per recipient of what happened."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from include.sandbox.mailchimp import times
from include.sandbox.mailchimp.call import Call, Document
from include.sandbox.mailchimp.campaigns import campaign_document, campaign_selection, count_events, find_campaign
from include.sandbox.mailchimp.links import REPORT, REPORT_ROW, REPORT_ROWS, REPORTS, links

MOST_OF_A_KIND = 1000
"""email-activity keeps so many opens and so many clicks of a recipient and campaign (OpenAPI)."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign whose report is read."""

    id: str
    list_no: int
    list_id: str
    list_active: bool
    href: str

    @classmethod
    def of(cls, call: Call) -> "Campaign":
        """The campaign that the path names.

        Raises:
            Problem: 404.
        """
        document = campaign_document(call, find_campaign(call))
        number = call.database.execute("SELECT list_no FROM campaigns WHERE id = ?", (document["id"],)).fetchone()[0]
        recipients = document["recipients"]
        href = f"{call.base_url}/reports/{document['id']}"
        return cls(document["id"], number, recipients["list_id"], recipients["list_is_active"], href)

    def row(self, email_id: str, person: "Person", kind: str) -> Document:
        """What every row of a report says about its recipient."""
        return {
            "campaign_id": self.id,
            "list_id": self.list_id,
            "list_is_active": self.list_active,
            "email_id": email_id,
            "email_address": person.email_address,
            "_links": links(REPORT_ROW, f"{self.href}/{kind}/{email_id}"),
        }


@dataclass(frozen=True, slots=True)
class Person:
    """What a report knows of a recipient; a forgotten one is anonymous.

    Source: https://mailchimp.com/help/delete-contacts/.
    """

    email_address: str = ""
    merge_fields: Any = None
    vip: bool = False
    status: str = "archived"

    def details(self) -> Document:
        """The keys that most rows carry."""
        return {"merge_fields": self.merge_fields or {}, "vip": self.vip}


def get_reports(call: Call) -> Document:
    """GET /reports: of sent campaigns."""
    sql, values = campaign_selection(call, period_columns=("send_time",))
    numbers = call.database.selection(f"{sql} AND c.status = 'sent' ORDER BY c.send_time DESC, c.no", values)
    page = numbers[call.query.page()]
    return {
        "reports": [_report(call, number) for number in page],
        "total_items": len(numbers),
        "_links": links(REPORTS, f"{call.base_url}/reports"),
    }


def get_report(call: Call) -> Document:
    """GET /reports/{campaign_id}."""
    return _report(call, find_campaign(call))


def _report(call: Call, number: int) -> Document:
    campaign = campaign_document(call, number)
    campaign_id, sent = campaign["id"], campaign["emails_sent"]
    unique_opens = count_events(call, campaign_id, "open", unique=True)
    unique_clicks = count_events(call, campaign_id, "click", unique=True)
    bounces = dict(
        call.database.execute(
            "SELECT type, count(*) FROM events WHERE campaign_id = ? AND action = 'bounce' GROUP BY type",
            (campaign_id,),
        ).fetchall()
    )
    return {
        "id": campaign_id,
        "campaign_title": campaign["settings"]["title"],
        "type": campaign["type"],
        "list_id": campaign["recipients"]["list_id"],
        "list_is_active": campaign["recipients"]["list_is_active"],
        "list_name": campaign["recipients"]["list_name"],
        "subject_line": campaign["settings"]["subject_line"],
        "preview_text": campaign["settings"]["preview_text"],
        "emails_sent": sent,
        "abuse_reports": 0,
        "unsubscribed": count_events(call, campaign_id, "unsubscribe", unique=True),
        "send_time": campaign["send_time"],
        "bounces": {
            "hard_bounces": bounces.get("hard", 0),
            "soft_bounces": bounces.get("soft", 0),
            "syntax_errors": 0,
        },
        "forwards": {"forwards_count": 0, "forwards_opens": 0},
        "opens": {
            "opens_total": count_events(call, campaign_id, "open"),
            "unique_opens": unique_opens,
            "open_rate": unique_opens / sent if sent else 0,
            "last_open": _last(call, campaign_id, "open"),
        },
        "clicks": {
            "clicks_total": count_events(call, campaign_id, "click"),
            "unique_clicks": unique_clicks,
            "unique_subscriber_clicks": unique_clicks,
            "click_rate": unique_clicks / sent if sent else 0,
            "last_click": _last(call, campaign_id, "click"),
        },
        "list_stats": {"sub_rate": 0, "unsub_rate": 0, "open_rate": 0, "click_rate": 0},
        "delivery_status": {"enabled": False},
        "_links": links(REPORT, f"{call.base_url}/reports/{campaign_id}"),
    }


def _last(call: Call, campaign_id: str, action: str) -> str:
    sql = "SELECT coalesce(max(timestamp), '') FROM events WHERE campaign_id = ? AND action = ?"
    return str(call.database.execute(sql, (campaign_id, action)).fetchone()[0])


def get_email_activity(call: Call) -> Document:
    """GET /reports/{campaign_id}/email-activity: every recipient; `since` only thins out what is inside (threads)."""
    campaign = Campaign.of(call)
    page, total = recipients(call, campaign, "sent")
    since = call.query.time("since")
    after = times.last_second_before_or_at(since) if since else ""
    activity = _activity(call, campaign, page, after)
    people = people_of(call, campaign, page)
    rows = [
        campaign.row(email_id, people[email_id], "email-activity") | {"activity": activity.get(email_id, [])}
        for email_id in page
    ]
    return report_page(campaign, "emails", rows, total, "email-activity")


def _activity(call: Call, campaign: Campaign, page: Sequence[str], after: str) -> Mapping[str, list[Document]]:
    rows = call.database.execute(
        "SELECT e.email_id, e.action, e.timestamp, e.url, e.type, e.ip FROM json_each(?) AS p"
        " JOIN events AS e ON e.campaign_id = ? AND e.action IN ('open', 'click', 'bounce') AND e.email_id = p.value"
        " WHERE e.timestamp > ? ORDER BY e.email_id, e.timestamp, e.no",
        (orjson.dumps(list(page)).decode(), campaign.id, after),
    )
    found: dict[str, list[Document]] = {}
    counts: dict[tuple[str, str], int] = {}
    for email_id, action, timestamp, url, kind, ip in rows:
        counts[email_id, action] = counts.get((email_id, action), 0) + 1
        if counts[email_id, action] > MOST_OF_A_KIND:
            continue
        event = {"action": action, "timestamp": timestamp, "ip": ip}
        if action == "bounce":
            event["type"] = kind
        if action == "click":
            event["url"] = url
        found.setdefault(email_id, []).append(event)
    return found


def get_sent_to(call: Call) -> Document:
    """GET /reports/{campaign_id}/sent-to."""
    campaign = Campaign.of(call)
    page, total = recipients(call, campaign, "sent")
    people = people_of(call, campaign, page)
    values = (orjson.dumps(list(page)).decode(), campaign.id)
    counted = (
        "SELECT e.email_id, {} FROM json_each(?) AS p JOIN events AS e"
        " ON e.campaign_id = ? AND e.action = '{}' AND e.email_id = p.value GROUP BY e.email_id"
    )
    bounces = dict(call.database.execute(counted.format("min(e.type)", "bounce"), values).fetchall())
    opens = {
        email_id: (count, last)
        for email_id, count, last in call.database.execute(counted.format("count(*), max(e.timestamp)", "open"), values)
    }
    rows = []
    for email_id in page:
        count, last = opens.get(email_id, (0, ""))
        person = people[email_id]
        row = campaign.row(email_id, person, "sent-to") | person.details()
        row |= {"status": bounces.get(email_id, "sent"), "open_count": count, "last_open": last, "gmt_offset": 0}
        rows.append(row)
    return report_page(campaign, "sent_to", rows, total, "sent-to")


def get_unsubscribed(call: Call) -> Document:
    """GET /reports/{campaign_id}/unsubscribed."""
    campaign = Campaign.of(call)
    page, total = recipients(call, campaign, "unsubscribe")
    people = people_of(call, campaign, page)
    at = dict(
        call.database.execute(
            "SELECT e.email_id, max(e.timestamp) FROM json_each(?) AS p JOIN events AS e"
            " ON e.campaign_id = ? AND e.action = 'unsubscribe' AND e.email_id = p.value GROUP BY e.email_id",
            (orjson.dumps(list(page)).decode(), campaign.id),
        ).fetchall()
    )
    rows = [
        campaign.row(email_id, people[email_id], "unsubscribed")
        | people[email_id].details()
        | {"timestamp": at[email_id], "reason": "None given"}
        for email_id in page
    ]
    return report_page(campaign, "unsubscribes", rows, total, "unsubscribed")


def recipients(call: Call, campaign: Campaign, action: str, *, order: str = "min(no)") -> tuple[list[str], int]:
    """The page of addresses (ids) to which something happened, and how many there are; `order` is that of the SQL."""
    sql = f"SELECT min(no) FROM events WHERE campaign_id = ? AND action = ? GROUP BY email_id ORDER BY {order}"
    numbers = call.database.selection(sql, (campaign.id, action))
    page = numbers[call.query.page()]
    rows = call.database.execute(
        "SELECT e.email_id FROM json_each(?) AS n JOIN events AS e ON e.no = n.value ORDER BY n.key",
        (orjson.dumps(list(page)).decode(),),
    )
    return [email_id for (email_id,) in rows], len(numbers)


def people_of(call: Call, campaign: Campaign, page: Iterable[str]) -> Mapping[str, Person]:
    """What is known of these recipients today, by id."""
    page = list(page)
    rows = call.database.execute(
        "SELECT m.id, m.email_address, m.merge_fields, m.vip, m.status FROM json_each(?) AS p"
        " JOIN members AS m ON m.list_no = ? AND m.id = p.value",
        (orjson.dumps(page).decode(), campaign.list_no),
    )
    known = {
        email_id: Person(email, orjson.loads(merge_fields), bool(vip), status)
        for email_id, email, merge_fields, vip, status in rows
    }
    return {email_id: known.get(email_id, Person()) for email_id in page}


def report_page(campaign: Campaign, key: str, rows: list[Document], total: int, kind: str) -> Document:
    """A page of rows."""
    href = f"{campaign.href}/{kind}"
    return {key: rows, "campaign_id": campaign.id, "total_items": total, "_links": links(REPORT_ROWS, href)}
