"""The detail reports of a campaign: who opened, and what was clicked by whom."""

import hashlib

import orjson

from include.sandbox.mailchimp import times
from include.sandbox.mailchimp.call import Call, Document
from include.sandbox.mailchimp.campaigns import count_events
from include.sandbox.mailchimp.links import REPORT_ROW, links
from include.sandbox.mailchimp.problems import not_found
from include.sandbox.mailchimp.reports import Campaign, people_of, recipients, report_page

CLICK_ORDERS = {"total_clicks": 1, "unique_clicks": 2}
"""By which columns of its rows the click report can be sorted."""


def get_open_details(call: Call) -> Document:
    """GET /reports/{campaign_id}/open-details."""
    campaign = Campaign.of(call)
    field, direction = call.query.order({"opens_count"})
    page, total = recipients(call, campaign, "open", order=f"count(*) {direction}, min(no)" if field else "min(no)")
    people = people_of(call, campaign, page)
    since = call.query.time("since")
    rows = call.database.execute(
        "SELECT e.email_id, e.timestamp FROM json_each(?) AS p JOIN events AS e"
        " ON e.campaign_id = ? AND e.action = 'open' AND e.email_id = p.value WHERE e.timestamp > ?"
        " ORDER BY e.email_id, e.timestamp, e.no",
        (orjson.dumps(page).decode(), campaign.id, times.last_second_before_or_at(since) if since else ""),
    )
    opens: dict[str, list[Document]] = {email_id: [] for email_id in page}
    for email_id, timestamp in rows:
        opens[email_id].append({"timestamp": timestamp, "is_proxy_open": False})
    members = [
        campaign.row(email_id, people[email_id], "open-details")
        | people[email_id].details()
        | {
            "contact_status": people[email_id].status,
            "opens_count": len(opens[email_id]),
            "proxy_excluded_opens_count": len(opens[email_id]),
            "opens": opens[email_id],
        }
        for email_id in page
    ]
    total_opens = count_events(call, campaign.id, "open")
    totals = {"total_opens": total_opens, "total_proxy_excluded_opens": total_opens}
    return report_page(campaign, "members", members, total, "open-details") | totals


def get_click_details(call: Call) -> Document:
    """GET /reports/{campaign_id}/click-details: one row per link."""
    campaign = Campaign.of(call)
    rows = call.database.execute(
        "SELECT url, count(*), count(DISTINCT email_id), max(timestamp) FROM events"
        " WHERE campaign_id = ? AND action = 'click' GROUP BY url ORDER BY min(no)",
        (campaign.id,),
    ).fetchall()
    field, direction = call.query.order(CLICK_ORDERS)
    if field:
        rows.sort(key=lambda row: int(row[CLICK_ORDERS[field]]), reverse=direction == "DESC")
    shown = rows[call.query.page()]
    clicks = sum(row[1] for row in rows) or 1
    unique = sum(row[2] for row in rows) or 1
    urls = [
        {
            "id": link_id(url),
            "url": url,
            "total_clicks": total,
            "click_percentage": total / clicks,
            "unique_clicks": people,
            "unique_click_percentage": people / unique,
            "last_click": last,
            "campaign_id": campaign.id,
            "_links": links(REPORT_ROW, f"{campaign.href}/click-details/{link_id(url)}"),
        }
        for url, total, people, last in shown
    ]
    return report_page(campaign, "urls_clicked", urls, len(rows), "click-details")


def get_click_members(call: Call) -> Document:
    """GET /reports/{campaign_id}/click-details/{link_id}/members."""
    campaign = Campaign.of(call)
    sql = "SELECT DISTINCT url FROM events WHERE campaign_id = ? AND action = 'click'"
    urls = {link_id(url): url for (url,) in call.database.execute(sql, (campaign.id,))}
    wanted = call.path["link_id"]
    if wanted not in urls:
        raise not_found()
    rows = call.database.execute(
        "SELECT email_id, count(*) FROM events WHERE campaign_id = ? AND action = 'click' AND url = ?"
        " GROUP BY email_id ORDER BY min(no)",
        (campaign.id, urls[wanted]),
    ).fetchall()
    shown = rows[call.query.page()]
    people = people_of(call, campaign, (email_id for email_id, _ in shown))
    members = [
        campaign.row(email_id, people[email_id], f"click-details/{wanted}/members")
        | people[email_id].details()
        | {"contact_status": people[email_id].status, "clicks": clicks, "url_id": wanted}
        for email_id, clicks in shown
    ]
    return report_page(campaign, "members", members, len(rows), f"click-details/{wanted}/members")


def link_id(url: str) -> str:
    """The id of a link: it follows from its address."""
    return hashlib.md5(url.encode(), usedforsecurity=False).hexdigest()[:10]
