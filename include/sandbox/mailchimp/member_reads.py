"""Reads members: one, and pages of many."""

from typing import Any

from include.sandbox.mailchimp import links, times
from include.sandbox.mailchimp.call import Answer, Call, Document
from include.sandbox.mailchimp.lists import ListRef, find_list
from include.sandbox.mailchimp.member_record import STATUSES, subscriber_hash
from include.sandbox.mailchimp.members import MemberView
from include.sandbox.mailchimp.problems import FieldError, invalid_fields, not_found
from include.sandbox.mailchimp.projection import EVERYTHING, Projection
from include.sandbox.mailchimp.wordings import wording

SORT_FIELDS = {"timestamp_opt", "timestamp_signup", "last_changed"}
MATCHES = {"any": (" OR ", ""), "all": (" AND ", ""), "none": (" OR ", "NOT ")}


class Condition:
    """A WHERE clause that grows, with its bound values."""

    def __init__(self, sql: str, *values: Any) -> None:
        self._parts = [sql]
        self.values = list(values)

    def add(self, sql: str, *values: Any) -> None:
        """Adds one more thing that has to be true."""
        self._parts.append(sql)
        self.values += values

    @property
    def sql(self) -> str:
        """Everything, joined by AND."""
        return " AND ".join(self._parts)


def get_members(call: Call) -> Answer:
    """GET /lists/{list_id}/members."""
    found = find_list(call)
    projection = call.query.projection()
    condition = _condition(call, found)
    order = _order(call)
    sql = f"SELECT m.no FROM members AS m WHERE {condition.sql} ORDER BY {order}"
    numbers = call.database.selection(sql, tuple(condition.values))
    page = numbers[call.query.page()]
    document: Document = {"members": [], "list_id": found.id, "total_items": len(numbers)}
    document["_links"] = links.links(links.MEMBERS, f"{found.href}/members")
    if projection.wants("members"):
        view = MemberView(call.database, found.id, found.href, projection.inside("members"))
        document["members"] = view.show(page)
    return Answer({key: _top(projection, key, value) for key, value in document.items() if projection.wants(key)})


def _top(projection: Projection, key: str, value: Any) -> Any:
    return value if key == "members" else projection.inside(key).apply(value)


def get_member(call: Call) -> Answer:
    """GET /lists/{list_id}/members/{subscriber_hash}: in any status, archived too (recorded)."""
    found = find_list(call)
    number = find_member(call, found)
    return Answer(show_member(call, found, number, call.query.projection()))


def show_member(call: Call, found: ListRef, number: int, projection: Projection = EVERYTHING) -> Document:
    """One member as the API shows it."""
    return MemberView(call.database, found.id, found.href, projection).show([number])[0]


def find_member(call: Call, found: ListRef) -> int:
    """The row number of the member that the path names by hash, e-mail or contact id.

    Raises:
        Problem: 404.
    """
    number = lookup_member(call, found, call.path["subscriber_hash"])
    if number is None:
        raise not_found()
    return number


def lookup_member(call: Call, found: ListRef, key: str) -> int | None:
    """The row number of a member by hash, e-mail or contact id (OpenAPI: all three are taken)."""
    member_id = subscriber_hash(key) if "@" in key else key
    row = call.database.execute("SELECT no FROM members WHERE list_no = ? AND id = ?", (found.no, member_id)).fetchone()
    if row is None and "@" not in key:
        sql = "SELECT no FROM members WHERE contact_id = ? AND list_no = ?"
        row = call.database.execute(sql, (key, found.no)).fetchone()
    return None if row is None else int(row[0])


def _condition(call: Call, found: ListRef) -> Condition:
    query = call.query
    condition = Condition("m.list_no = ?", found.no)
    status = query.choice("status", STATUSES)
    if status:
        condition.add("m.status = ?", status)
    elif not call.switches["unfiltered_list_has_archived"]:
        condition.add("m.status <> 'archived'")
    for name in ("email_type", "unique_email_id"):
        if query.text(name):
            condition.add(f"m.{name} = ?", query.text(name))
    if query.flag("vip_only"):
        condition.add("m.vip")
    _add_periods(call, condition)
    _add_unsubscribed_since(call, condition, status)
    _add_interests(call, condition)
    return condition


def _add_periods(call: Call, condition: Condition) -> None:
    for column in ("timestamp_opt", "last_changed"):
        since, before = call.query.time(f"since_{column}"), call.query.time(f"before_{column}")
        if since is not None:
            condition.add(f"m.{column} > ?", times.last_second_before_or_at(since))
        if before is not None:
            condition.add(f"m.{column} < ?", times.first_second_at_or_after(before))
            condition.add(f"m.{column} <> ''")


def _add_unsubscribed_since(call: Call, condition: Condition, status: str | None) -> None:
    since = call.query.time("unsubscribed_since")
    if since is not None:
        if status != "unsubscribed":
            raise invalid_fields(FieldError("unsubscribed_since", wording("needs_unsubscribed")))
        condition.add("m.unsubscribed_at > ?", times.last_second_before_or_at(since))
    if call.query.has("since_last_campaign") and not status:
        raise invalid_fields(FieldError("since_last_campaign", wording("needs_status")))
    if call.query.flag("since_last_campaign"):
        last_sent = "SELECT coalesce(max(send_time), '') FROM campaigns WHERE list_no = m.list_no AND status = 'sent'"
        condition.add(f"m.last_changed > ({last_sent})")


def _add_interests(call: Call, condition: Condition) -> None:
    ids = call.query.words("interest_ids")
    match = call.query.choice("interest_match", MATCHES)
    if bool(ids) != bool(match) or bool(ids) != bool(call.query.text("interest_category_id")):
        raise invalid_fields(FieldError("interest_ids", wording("interests_together")))
    if match:
        joint, negation = MATCHES[match]
        one = "coalesce(json_extract(m.interests, ?), 0)"
        condition.add(f"{negation}({joint.join([one] * len(ids))})", *(f'$."{interest_id}"' for interest_id in ids))


def _order(call: Call) -> str:
    field, direction = call.query.order(SORT_FIELDS)
    if field:
        return f"m.{field} {direction}, m.no {direction}"
    return "m.no DESC" if call.switches["unsorted_members_newest_first"] else "m.no"
