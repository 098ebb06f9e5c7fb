"""POST /lists/{list_id}: up to 500 members in one call, each with an outcome of its own."""

from dataclasses import dataclass, field
from typing import Any

from include.sandbox.mailchimp.bodies import checked
from include.sandbox.mailchimp.call import Answer, Call, Document
from include.sandbox.mailchimp.links import LIST, links
from include.sandbox.mailchimp.lists import ListRef, find_list
from include.sandbox.mailchimp.member_body import BatchBody, BatchMember
from include.sandbox.mailchimp.member_reads import lookup_member
from include.sandbox.mailchimp.member_record import MemberRecord, subscriber_hash
from include.sandbox.mailchimp.member_writer import MemberWriter
from include.sandbox.mailchimp.members import NOT_IN_BATCHES, MemberView
from include.sandbox.mailchimp.problems import FieldError, Problem, Switches, invalid_fields, missing
from include.sandbox.mailchimp.projection import EVERYTHING
from include.sandbox.mailchimp.segments import replace_tags, set_tags
from include.sandbox.mailchimp.wordings import Text, said, wording

MOST_MEMBERS = 500
CONTACT_EXISTS = "ERROR_CONTACT_EXISTS"
GENERIC = "ERROR_GENERIC"


@dataclass(slots=True)
class Outcome:
    """What became of the members of one call."""

    switches: Switches
    created: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    errors: list[Document] = field(default_factory=list)

    def refuse(self, email: str, code: str, error: str | Text, *fields: FieldError) -> None:
        """Notes a member that was not taken."""
        first = fields[0] if fields else FieldError("", "")
        entry = {"email_address": email, "error": said(error, self.switches), "error_code": code}
        self.errors.append(entry | {"field": first.field, "field_message": said(first.message, self.switches)})


def post_list(call: Call) -> Answer:
    """Adds members and, with `update_existing`, changes those that exist: their status too."""
    found = find_list(call)
    body = call.body_as(BatchBody)
    if len(body.members) > MOST_MEMBERS:
        raise invalid_fields(FieldError("members", wording("many_members", most=MOST_MEMBERS)))
    outcome, seen = Outcome(call.switches), set[str]()
    writer = MemberWriter(call, found)
    for given in body.members:
        email = str(given.get("email_address", "")).strip()
        if email.lower() in seen:
            if not call.query.flag("skip_duplicate_check"):
                outcome.refuse(email, GENERIC, wording("duplicate_member", email=email))
            continue
        seen.add(email.lower())
        try:
            _take(call, found, writer, body, given, outcome)
        except Problem as problem:
            outcome.refuse(email, GENERIC, problem.detail, *problem.errors)
    return Answer(call.query.projection().apply(_document(call, found, outcome)))


def _take(
    call: Call, found: ListRef, writer: MemberWriter, body: BatchBody, given: dict[str, Any], outcome: Outcome
) -> None:
    member = checked(BatchMember, given)
    number = lookup_member(call, found, subscriber_hash(member.email_address.strip()))
    record = None if number is None else writer.read(number)
    archived = record is not None and record.status == "archived"
    if record and call.switches["batch_ignores_renewals"] and _renews(record, member):
        return
    if number is None:
        number = writer.create(member, _status(member))
        outcome.created.append(number)
    elif archived and (body.update_existing or call.switches["batch_add_revives_archived"]):
        writer.revive(number, member, _status(member))
        outcome.updated.append(number)
    elif body.update_existing:
        writer.update(number, member, member.status)
        outcome.updated.append(number)
    else:
        exists = wording("exists_in_batch", email=member.email_address)
        outcome.refuse(member.email_address, CONTACT_EXISTS, exists)
        return
    if body.sync_tags:
        replace_tags(call, found, number, member.tags)
    else:
        set_tags(call, found, number, dict.fromkeys(member.tags, True))


def _renews(record: MemberRecord, member: BatchMember) -> bool:
    return record.unsubscribed_by == "member" and member.status == "subscribed"


def _status(member: BatchMember) -> str:
    if member.status is None:
        raise invalid_fields(missing(["status"]))
    return member.status


def _document(call: Call, found: ListRef, outcome: Outcome) -> Document:
    view = MemberView(call.database, found.id, found.href, EVERYTHING, NOT_IN_BATCHES)
    return {
        "new_members": view.show(outcome.created),
        "updated_members": view.show(outcome.updated),
        "errors": outcome.errors,
        "total_created": len(outcome.created),
        "total_updated": len(outcome.updated),
        "error_count": len(outcome.errors),
        "_links": links(LIST, found.href),
    }
