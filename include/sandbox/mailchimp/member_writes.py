"""The calls that write one member."""

from include.sandbox.mailchimp.call import Answer, Call
from include.sandbox.mailchimp.lists import ListRef, find_list
from include.sandbox.mailchimp.member_body import NewBody, PatchBody, PutBody
from include.sandbox.mailchimp.member_reads import find_member, lookup_member, show_member
from include.sandbox.mailchimp.member_record import subscriber_hash
from include.sandbox.mailchimp.member_writer import MemberWriter
from include.sandbox.mailchimp.problems import cannot_archive, invalid_fields, member_exists, missing
from include.sandbox.mailchimp.segments import set_tags

NOT_ARCHIVABLE = frozenset({"cleaned", "pending", "archived"})


def post_member(call: Call) -> Answer:
    """POST /lists/{list_id}/members: a new member, or an archived one taken back (both recorded)."""
    found = find_list(call)
    body = call.body_as(NewBody)
    writer = MemberWriter(call, found)
    number = lookup_member(call, found, subscriber_hash(body.email_address.strip()))
    if number is None:
        number = writer.create(body, body.status)
    elif writer.read(number).status == "archived":
        writer.revive(number, body, body.status)
    else:
        raise member_exists(body.email_address)
    if body.tags:
        set_tags(call, found, number, dict.fromkeys(body.tags, True))
    return _shown(call, found, number)


def put_member(call: Call) -> Answer:
    """PUT /lists/{list_id}/members/{subscriber_hash}: change it, or add it where there is none."""
    found = find_list(call)
    body = call.body_as(PutBody)
    writer = MemberWriter(call, found)
    number = lookup_member(call, found, call.path["subscriber_hash"])
    if number is None:
        number = _put_new(call, found, body, writer)
    elif writer.read(number).status == "archived":
        # An archived member counts as not on the list, so that status_if_new takes it back (assumption).
        status_if_new = body.status_if_new if call.switches["put_status_if_new_revives_archived"] else None
        writer.update(number, body, body.status or status_if_new)
    else:
        writer.update(number, body, body.status)
    return _shown(call, found, number)


def _put_new(call: Call, found: ListRef, body: PutBody, writer: MemberWriter) -> int:
    status = body.status_if_new or body.status  # a status alone is enough (recorded)
    needed = {"email_address": body.email_address, "status_if_new": status}
    if not body.email_address or status is None:
        raise invalid_fields(missing(name for name, value in needed.items() if not value))
    # The hash in the path is not compared with the address (recorded): the address decides who is meant.
    if lookup_member(call, found, subscriber_hash(body.email_address.strip())) is not None:
        raise member_exists(body.email_address)
    return writer.create(body, status)


def patch_member(call: Call) -> Answer:
    """PATCH /lists/{list_id}/members/{subscriber_hash}."""
    found = find_list(call)
    number = find_member(call, found)
    body = call.body_as(PatchBody)
    MemberWriter(call, found).update(number, body, body.status)
    return _shown(call, found, number)


def delete_member(call: Call) -> None:
    """DELETE /lists/{list_id}/members/{subscriber_hash}: archives it; some statuses cannot be (recorded 405)."""
    found = find_list(call)
    number = find_member(call, found)
    writer = MemberWriter(call, found)
    if writer.read(number).status in NOT_ARCHIVABLE:
        raise cannot_archive()
    writer.archive(number)


def delete_permanent(call: Call) -> None:
    """POST /lists/{list_id}/members/{subscriber_hash}/actions/delete-permanent: forgets it for good."""
    found = find_list(call)
    number = find_member(call, found)
    record = MemberWriter(call, found).read(number)
    database = call.database
    database.execute("DELETE FROM segment_members WHERE member_no = ?", (number,))
    database.execute("DELETE FROM members WHERE no = ?", (number,))
    database.execute("INSERT OR IGNORE INTO forgotten VALUES (?, ?)", (found.no, record.id))


def _shown(call: Call, found: ListRef, number: int) -> Answer:
    return Answer(show_member(call, found, number, call.query.projection()))
