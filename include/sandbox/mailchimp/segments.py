"""Segments of an audience. A static segment is a tag."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import orjson
from pydantic import Field

from include.sandbox.mailchimp import times
from include.sandbox.mailchimp.bodies import Body
from include.sandbox.mailchimp.call import Call, Document
from include.sandbox.mailchimp.links import SEGMENT, SEGMENTS, links
from include.sandbox.mailchimp.lists import ListRef, find_list
from include.sandbox.mailchimp.member_record import subscriber_hash
from include.sandbox.mailchimp.problems import FieldError, invalid_fields, not_found, refuse_empty, tag_exists
from include.sandbox.mailchimp.wordings import wording

MOST_MEMBERS = 500
COLUMNS = "id, name, type, options, created_at, updated_at"


class SegmentOptions(Body):
    """Which members a saved segment has: kept as given, not evaluated."""

    match: Literal["any", "all"] | None = None
    conditions: list[dict[str, Any]] = Field(default_factory=list)


class SegmentBody(Body):
    """POST and PATCH of a segment: e-mail addresses make it static."""

    name: str = Field(max_length=100)
    static_segment: list[str] | None = None
    options: SegmentOptions | None = None


def get_segments(call: Call) -> Document:
    """GET /lists/{list_id}/segments."""
    found = find_list(call)
    rows = call.database.execute(
        f"SELECT {COLUMNS} FROM segments WHERE list_no = ? ORDER BY id", (found.no,)
    ).fetchall()
    kind = call.query.choice("type", {"saved", "static", "fuzzy"})
    chosen = [row for row in rows if kind in {None, row[2]} and _in_periods(call, row[4], row[5])]
    shown = chosen[call.query.page()]
    return {
        "segments": [_shown(call, found, *row) for row in shown],
        "list_id": found.id,
        "total_items": len(chosen),
        "_links": links(SEGMENTS, f"{found.href}/segments"),
    }


def get_segment(call: Call) -> Document:
    """GET /lists/{list_id}/segments/{segment_id}."""
    found = find_list(call)
    return _shown(call, found, *segment_row(call, found))


def post_segment(call: Call) -> Document:
    """POST /lists/{list_id}/segments: static with `static_segment`, saved with `options`."""
    found = find_list(call)
    body = call.body_as(SegmentBody)
    refuse_empty("name", body.name, call.switches)
    if (body.static_segment is None) == (body.options is None):
        raise invalid_fields(FieldError("static_segment", wording("segment_kind")))
    if body.static_segment is not None and len(body.static_segment) > MOST_MEMBERS:
        raise invalid_fields(FieldError("static_segment", wording("many_addresses", most=MOST_MEMBERS)))
    sql = "SELECT 1 FROM segments WHERE list_no = ? AND name = ?"
    if call.database.execute(sql, (found.no, body.name)).fetchone():
        raise tag_exists()
    kind = "saved" if body.static_segment is None else "static"
    options = body.options.model_dump(exclude_none=True) if body.options else {}
    segment_id = _create(call, found, body.name, kind, options)
    members, _ = find_addresses(call, found, body.static_segment or [])
    add_members(call, segment_id, members.values())
    return _shown(call, found, segment_id, body.name, kind, orjson.dumps(options).decode(), call.time, call.time)


def patch_segment(call: Call) -> Document:
    """PATCH /lists/{list_id}/segments/{segment_id}: a new name; `static_segment` replaces the members."""
    found = find_list(call)
    segment_id = int(segment_row(call, found)[0])
    body = call.body_as(SegmentBody)
    refuse_empty("name", body.name, call.switches)
    sql = "UPDATE segments SET name = ?, updated_at = ? WHERE id = ?"
    call.database.execute(sql, (body.name, call.time, segment_id))
    if body.static_segment is not None:
        call.database.execute("DELETE FROM segment_members WHERE segment_id = ?", (segment_id,))
        members, _ = find_addresses(call, found, body.static_segment)
        add_members(call, segment_id, members.values())
    return get_segment(call)


def delete_segment(call: Call) -> None:
    """DELETE /lists/{list_id}/segments/{segment_id}; its members stay in the list."""
    found = find_list(call)
    segment_id = segment_row(call, found)[0]
    call.database.execute("DELETE FROM segment_members WHERE segment_id = ?", (segment_id,))
    call.database.execute("DELETE FROM segments WHERE id = ?", (segment_id,))


def get_tag_search(call: Call) -> Document:
    """GET /lists/{list_id}/tag-search: tags whose name begins so."""
    found = find_list(call)
    prefix = call.query.text("name") or ""
    sql = "SELECT id, name FROM segments WHERE list_no = ? AND type = 'static' ORDER BY name"
    rows = call.database.execute(sql, (found.no,)).fetchall()
    tags = [{"id": tag_id, "name": name} for tag_id, name in rows if name.lower().startswith(prefix.lower())]
    return {"tags": tags, "total_items": len(tags)}


def find_addresses(call: Call, found: ListRef, emails: Iterable[str]) -> tuple[dict[str, int], list[str]]:
    """Members by address (archived ones are not on the list), and the addresses that are nobody's."""
    known: dict[str, int] = {}
    unknown: list[str] = []
    sql = "SELECT no FROM members WHERE list_no = ? AND id = ? AND status <> 'archived'"
    for email in emails:
        row = call.database.execute(sql, (found.no, subscriber_hash(email.strip()))).fetchone()
        if row is None:
            unknown.append(email)
        else:
            known[email] = row[0]
    return known, unknown


def add_members(call: Call, segment_id: int, numbers: Iterable[int]) -> list[int]:
    """Adds members and tells which were not in the segment before."""
    sql = "INSERT OR IGNORE INTO segment_members VALUES (?, ?, ?)"
    return _each(call, segment_id, numbers, lambda number: (sql, (segment_id, number, call.time)))


def remove_members(call: Call, segment_id: int, numbers: Iterable[int]) -> list[int]:
    """Removes members and tells which were in the segment before."""
    sql = "DELETE FROM segment_members WHERE segment_id = ? AND member_no = ?"
    return _each(call, segment_id, numbers, lambda number: (sql, (segment_id, number)))


def _each(call: Call, segment_id: int, numbers: Iterable[int], statement: Any) -> list[int]:
    changed = []
    for number in numbers:
        if call.database.execute(*statement(number)).rowcount:
            changed.append(number)
            _touch(call, number)
    if changed:
        call.database.execute("UPDATE segments SET updated_at = ? WHERE id = ?", (call.time, segment_id))
    return changed


def _touch(call: Call, number: int) -> None:
    """A change of tags moves the member's last_changed (recorded)."""
    call.database.execute("UPDATE members SET last_changed = ? WHERE no = ?", (call.time, number))


def set_tags(call: Call, found: ListRef, number: int, wanted: Mapping[str, bool]) -> None:
    """Gives a member tags (true) and takes tags away (false); tags that do not exist are made when they are given."""
    for name, active in wanted.items():
        sql = "SELECT id FROM segments WHERE list_no = ? AND name = ? AND type = 'static'"
        row = call.database.execute(sql, (found.no, name)).fetchone()
        if active:
            segment_id = row[0] if row else _create(call, found, name, "static", {})
            if not add_members(call, segment_id, [number]):
                _touch(call, number)  # recorded: giving a tag again moves it too
        elif row:
            remove_members(call, row[0], [number])


def replace_tags(call: Call, found: ListRef, number: int, names: Iterable[str]) -> None:
    """Makes these the member's only tags."""
    sql = (
        "SELECT t.name FROM segment_members AS s JOIN segments AS t ON t.id = s.segment_id"
        " WHERE s.member_no = ? AND t.type = 'static'"
    )
    current = [name for (name,) in call.database.execute(sql, (number,)).fetchall()]
    set_tags(call, found, number, dict.fromkeys(current, False) | dict.fromkeys(names, True))


def _create(call: Call, found: ListRef, name: str, kind: str, options: Mapping[str, Any]) -> int:
    row = (found.no, name, kind, orjson.dumps(options).decode(), call.time, call.time)
    created = call.database.execute("INSERT INTO segments VALUES (NULL, ?, ?, ?, ?, ?, ?)", row)
    return int(created.lastrowid or 0)


def segment_row(call: Call, found: ListRef) -> tuple[Any, ...]:
    """The row of the segment that the path names.

    Raises:
        Problem: 404.
    """
    sql = f"SELECT {COLUMNS} FROM segments WHERE list_no = ? AND id = ?"
    row: tuple[Any, ...] | None = call.database.execute(sql, (found.no, call.path["segment_id"])).fetchone()
    if row is None:
        raise not_found()
    return row


def visible_statuses(call: Call) -> list[str]:
    """The statuses in which a segment shows its members: more with the include_* flags."""
    statuses = ["subscribed"]
    if call.switches["segments_show_pending"]:
        statuses.append("pending")
    flags = ("cleaned", "transactional", "unsubscribed")
    return statuses + [status for status in flags if call.query.flag(f"include_{status}")]


def _in_periods(call: Call, created: str, updated: str) -> bool:
    for name, value in (("created_at", created), ("updated_at", updated)):
        since, before = call.query.time(f"since_{name}"), call.query.time(f"before_{name}")
        if since is not None and value <= times.last_second_before_or_at(since):
            return False
        if before is not None and value >= times.first_second_at_or_after(before):
            return False
    return True


def _shown(  # noqa: PLR0913, PLR0917 - the columns of a row
    call: Call, found: ListRef, segment_id: int, name: str, kind: str, options: str, created: str, updated: str
) -> Document:
    statuses = visible_statuses(call)
    marks = ", ".join("?" for _ in statuses)
    sql = (
        "SELECT count(*) FROM segment_members AS s JOIN members AS m ON m.no = s.member_no"
        f" WHERE s.segment_id = ? AND m.status IN ({marks})"
    )
    static = {
        "match": "any",
        "conditions": [
            {"condition_type": "StaticSegment", "field": "static_segment", "op": "static_is", "value": segment_id}
        ],
    }
    return {
        "id": segment_id,
        "name": name,
        "member_count": call.database.execute(sql, (segment_id, *statuses)).fetchone()[0],
        "type": kind,
        "created_at": created,
        "updated_at": updated,
        "options": orjson.loads(options) or static,
        "list_id": found.id,
        "_links": links(SEGMENT, f"{found.href}/segments/{segment_id}"),
    }
