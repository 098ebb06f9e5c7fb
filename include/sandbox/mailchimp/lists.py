"""Audiences (the API calls them lists): reading them and what they count."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from include.sandbox.mailchimp import times
from include.sandbox.mailchimp.call import Call, Document
from include.sandbox.mailchimp.links import LIST, LISTS, links
from include.sandbox.mailchimp.problems import not_found

NOT_OF_THE_LIST = frozenset(
    {"members", "merge_fields", "interest_categories", "segments", "forgotten", "stats", "_links"}
)


@dataclass(frozen=True, slots=True)
class ListRef:
    """A list that exists: its row number, id and address."""

    no: int
    id: str
    href: str


def find_list(call: Call) -> ListRef:
    """The list that the path names.

    Raises:
        Problem: 404.
    """
    list_id = call.path["list_id"]
    row = call.database.execute("SELECT no FROM lists WHERE id = ?", (list_id,)).fetchone()
    if row is None:
        raise not_found()
    return ListRef(row[0], list_id, f"{call.base_url}/lists/{list_id}")


def list_document(given: Mapping[str, Any]) -> Document:
    """What is stored of a list of a loaded state: defaults for what it leaves out (keys as recorded)."""
    list_id = given["id"]
    document: Document = {
        "id": list_id,
        "web_id": int(list_id[:6], 16) if _is_hex(list_id) else 1,
        "name": list_id,
        "contact": {"company": "", "address1": "", "city": "", "state": "", "zip": "", "country": ""},
        "permission_reminder": "",
        "use_archive_bar": True,
        "campaign_defaults": {"from_name": "", "from_email": "", "subject": "", "language": "en"},
        "notify_on_subscribe": "",
        "notify_on_unsubscribe": "",
        "date_created": "2020-01-01T00:00:00+00:00",
        "list_rating": 0,
        "email_type_option": False,
        "subscribe_url_short": "",
        "subscribe_url_long": "",
        "beamer_address": "",
        "visibility": "prv",
        "double_optin": False,
        "has_welcome": False,
        "marketing_permissions": False,
        "modules": [],
    }
    return document | {key: value for key, value in given.items() if key not in NOT_OF_THE_LIST}


def _is_hex(text: str) -> bool:
    return len(text) >= 6 and all(character in "0123456789abcdef" for character in text)


def get_lists(call: Call) -> Document:
    """GET /lists."""
    rows = call.database.execute("SELECT no, id, document FROM lists ORDER BY no").fetchall()
    chosen = [row for row in rows if _in_periods(call, row[0], orjson.loads(row[2])) and _has_email(call, row[0])]
    field, direction = call.query.order({"date_created"})
    if field:
        chosen.sort(key=lambda row: str(orjson.loads(row[2])[field]), reverse=direction == "DESC")
    shown = chosen[call.query.page()]
    return {
        "lists": [_shown(call, *row) for row in shown],
        "total_items": len(chosen),
        "constraints": {"may_create": False, "max_instances": len(rows), "current_total_instances": len(rows)},
        "_links": links(LISTS, f"{call.base_url}/lists"),
    }


def get_list(call: Call) -> Document:
    """GET /lists/{list_id}."""
    found = find_list(call)
    row = call.database.execute("SELECT no, id, document FROM lists WHERE no = ?", (found.no,)).fetchone()
    return _shown(call, *row)


def delete_list(call: Call) -> None:
    """DELETE /lists/{list_id}: the list and everything in it is gone; its campaigns stay."""
    found = find_list(call)
    database = call.database
    inner = "SELECT no FROM members WHERE list_no = ?"
    database.execute(f"DELETE FROM segment_members WHERE member_no IN ({inner})", (found.no,))
    for table in ("segments", "members", "merge_fields", "interests", "interest_categories", "forgotten"):
        database.execute(f"DELETE FROM {table} WHERE list_no = ?", (found.no,))
    database.execute("DELETE FROM lists WHERE no = ?", (found.no,))


def _in_periods(call: Call, list_no: int, document: Mapping[str, Any]) -> bool:
    for name, value in (("date_created", document["date_created"]), ("campaign_last_sent", _last_sent(call, list_no))):
        since, before = call.query.time(f"since_{name}"), call.query.time(f"before_{name}")
        moment = times.parse(value) if value else None
        if since is not None and (moment is None or moment <= since):
            return False
        if before is not None and (moment is None or moment >= before):
            return False
    return True


def _last_sent(call: Call, list_no: int) -> str:
    sql = "SELECT coalesce(max(send_time), '') FROM campaigns WHERE list_no = ? AND status = 'sent'"
    return str(call.database.execute(sql, (list_no,)).fetchone()[0])


def _has_email(call: Call, list_no: int) -> bool:
    email = call.query.text("email")
    if email is None:
        return True
    sql = "SELECT 1 FROM members WHERE list_no = ? AND lower(email_address) = lower(?) AND status <> 'archived'"
    return call.database.execute(sql, (list_no, email)).fetchone() is not None


def _shown(call: Call, list_no: int, list_id: str, document: str) -> Document:
    shown: Document = orjson.loads(document)
    shown["stats"] = _stats(call, list_no)
    shown["_links"] = links(LIST, f"{call.base_url}/lists/{list_id}")
    return shown


def _stats(call: Call, list_no: int) -> Document:
    if not call.query.projection().inside("lists").wants("stats") and "list_id" not in call.path:
        return {}
    rows: Iterable[tuple[str, int, str, str]] = call.database.execute(
        "SELECT status, count(*), max(timestamp_opt), max(last_changed) FROM members WHERE list_no = ? GROUP BY status",
        (list_no,),
    ).fetchall()
    counts = {status: count for status, count, _, _ in rows}
    newest = {status: (opted, changed) for status, _, opted, changed in rows}
    sql = "SELECT count(*) FROM campaigns WHERE list_no = ? AND status = 'sent'"
    campaigns = call.database.execute(sql, (list_no,)).fetchone()[0]
    fields = call.database.execute("SELECT count(*) FROM merge_fields WHERE list_no = ?", (list_no,)).fetchone()[0]
    return {
        "member_count": counts.get("subscribed", 0),
        **({"total_contacts": sum(counts.values())} if call.query.flag("include_total_contacts") else {}),
        "unsubscribe_count": counts.get("unsubscribed", 0),
        "cleaned_count": counts.get("cleaned", 0),
        "member_count_since_send": 0,
        "unsubscribe_count_since_send": 0,
        "cleaned_count_since_send": 0,
        "campaign_count": campaigns,
        "campaign_last_sent": _last_sent(call, list_no),
        "merge_field_count": fields,
        "avg_sub_rate": 0,
        "avg_unsub_rate": 0,
        "target_sub_rate": 0,
        "open_rate": 0,
        "click_rate": 0,
        "last_sub_date": newest.get("subscribed", ("", ""))[0],
        "last_unsub_date": newest.get("unsubscribed", ("", ""))[1],
    }
