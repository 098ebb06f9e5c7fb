"""Members of segments, and the tags of a member."""

from typing import Literal

from pydantic import Field

from include.sandbox.mailchimp.bodies import Body
from include.sandbox.mailchimp.call import Answer, Call, Document
from include.sandbox.mailchimp.links import MEMBER_TAGS, MEMBERS, SEGMENT, links
from include.sandbox.mailchimp.lists import find_list
from include.sandbox.mailchimp.member_reads import find_member
from include.sandbox.mailchimp.members import NOT_IN_BATCHES, NOT_IN_SEGMENTS, MemberView
from include.sandbox.mailchimp.problems import FieldError, invalid_fields
from include.sandbox.mailchimp.projection import EVERYTHING
from include.sandbox.mailchimp.segments import (
    MOST_MEMBERS,
    add_members,
    find_addresses,
    remove_members,
    segment_row,
    set_tags,
    visible_statuses,
)
from include.sandbox.mailchimp.wordings import said, wording


class MembershipBody(Body):
    """POST /lists/{list_id}/segments/{segment_id}."""

    members_to_add: list[str] = Field(default_factory=list)
    members_to_remove: list[str] = Field(default_factory=list)


class TagChange(Body):
    """One tag of a member: given (`active`) or taken away."""

    name: str
    status: Literal["active", "inactive"]


class TagsBody(Body):
    """POST /lists/{list_id}/members/{subscriber_hash}/tags; tags that are not named stay (recorded)."""

    tags: list[TagChange]
    is_syncing: bool = False


def post_segment_members(call: Call) -> Answer:
    """POST /lists/{list_id}/segments/{segment_id}: adds and removes up to 500 addresses each."""
    found = find_list(call)
    segment_id = int(segment_row(call, found)[0])
    body = call.body_as(MembershipBody)
    for name in ("members_to_add", "members_to_remove"):
        if len(getattr(body, name)) > MOST_MEMBERS:
            raise invalid_fields(FieldError(name, wording("many_addresses", most=MOST_MEMBERS)))
    to_add, unknown = find_addresses(call, found, body.members_to_add)
    to_remove, unknown_too = find_addresses(call, found, body.members_to_remove)
    added = add_members(call, segment_id, to_add.values())
    removed = remove_members(call, segment_id, to_remove.values())
    if call.switches["segment_add_reports_members_already_in"]:
        added = list(to_add.values())
    nobody = unknown + unknown_too if call.switches["segment_reports_unknown_addresses"] else []
    view = MemberView(call.database, found.id, found.href, EVERYTHING, NOT_IN_BATCHES)
    document = {
        "members_added": view.show(added),
        "members_removed": view.show(removed),
        "errors": [{"email_addresses": nobody, "error": said(wording("not_on_list"), call.switches)}] if nobody else [],
        "total_added": len(added),
        "total_removed": len(removed),
        "error_count": len(nobody),
        "_links": links(SEGMENT, f"{found.href}/segments/{segment_id}"),
    }
    return Answer(call.query.projection().apply(document))


def get_segment_members(call: Call) -> Answer:
    """GET /lists/{list_id}/segments/{segment_id}/members: some statuses only with their include_* flag."""
    found = find_list(call)
    segment_id = segment_row(call, found)[0]
    projection = call.query.projection()
    statuses = visible_statuses(call)
    marks = ", ".join("?" for _ in statuses)
    sql = (
        "SELECT m.no FROM segment_members AS s JOIN members AS m ON m.no = s.member_no"
        f" WHERE s.segment_id = ? AND m.status IN ({marks}) ORDER BY m.no"
    )
    numbers = call.database.selection(sql, (segment_id, *statuses))
    page = numbers[call.query.page()]
    view = MemberView(call.database, found.id, found.href, projection.inside("members"), NOT_IN_SEGMENTS)
    document: Document = {
        "members": view.show(page) if projection.wants("members") else [],
        "total_items": len(numbers),
        "_links": links(MEMBERS, f"{found.href}/segments/{segment_id}/members"),
    }
    return Answer({key: value for key, value in document.items() if projection.wants(key)})


def get_member_tags(call: Call) -> Document:
    """GET /lists/{list_id}/members/{subscriber_hash}/tags: all of them, in pages."""
    found = find_list(call)
    number = find_member(call, found)
    rows = call.database.execute(
        "SELECT t.id, t.name, s.added_at FROM segment_members AS s JOIN segments AS t ON t.id = s.segment_id"
        " WHERE s.member_no = ? AND t.type = 'static' ORDER BY s.added_at DESC, t.id",
        (number,),
    ).fetchall()
    shown = rows[call.query.page()]
    return {
        "tags": [{"id": tag_id, "name": name, "date_added": added} for tag_id, name, added in shown],
        "total_items": len(rows),
        "_links": links(MEMBER_TAGS, f"{found.href}/members/{call.path['subscriber_hash']}/tags"),
    }


def post_member_tags(call: Call) -> None:
    """POST /lists/{list_id}/members/{subscriber_hash}/tags; 204 (recorded)."""
    found = find_list(call)
    number = find_member(call, found)
    body = call.body_as(TagsBody)
    set_tags(call, found, number, {tag.name: tag.status == "active" for tag in body.tags})
