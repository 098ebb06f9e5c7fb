"""POST /lists/{list_id}: up to 500 members in one call, each with an outcome of its own."""

from dataclasses import dataclass, field
from typing import Any

from include.sandbox.mailchimp.call import Answer, Call, Document, checked
from include.sandbox.mailchimp.links import LIST, links
from include.sandbox.mailchimp.lists import ListRef, find_list
from include.sandbox.mailchimp.member_body import BatchBody, BatchMember
from include.sandbox.mailchimp.member_reads import lookup_member
from include.sandbox.mailchimp.member_record import subscriber_hash
from include.sandbox.mailchimp.member_writer import MemberWriter
from include.sandbox.mailchimp.members import MemberView
from include.sandbox.mailchimp.problems import FieldError, Problem, invalid_fields
from include.sandbox.mailchimp.projection import EVERYTHING
from include.sandbox.mailchimp.segments import replace_tags, set_tags

MOST_MEMBERS = 500
CONTACT_EXISTS = "ERROR_CONTACT_EXISTS"
GENERIC = "ERROR_GENERIC"
EXISTS = "is already a list member, do you want to update? please provide update_existing:true in the request body"


@dataclass(slots=True)
class Outcome:
    """What became of the members of one call."""

    created: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    errors: list[Document] = field(default_factory=list)

    def refuse(self, email: str, code: str, error: str, *fields: FieldError) -> None:
        """Notes a member that was not taken."""
        entry = {"email_address": email, "error": error, "error_code": code}
        if fields:
            entry |= {"field": fields[0].field, "field_message": fields[0].message}
        else:
            entry |= {"field": "", "field_message": ""}
        self.errors.append(entry)


def post_list(call: Call) -> Answer:
    """Adds members and, with `update_existing`, changes those that exist: their status too."""
    found = find_list(call)
    body = call.body_as(BatchBody)
    if len(body.members) > MOST_MEMBERS:
        raise invalid_fields(FieldError("members", f"At most {MOST_MEMBERS} members can be given in one call"))
    outcome, seen = Outcome(), set[str]()
    writer = MemberWriter(call, found)
    for given in body.members:
        email = str(given.get("email_address", "")).strip()
        if email.lower() in seen:
            if not call.query.flag("skip_duplicate_check"):
                outcome.refuse(email, GENERIC, f"Duplicate items found for the following email address: {email}")
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
    archived = number is not None and writer.read(number).status == "archived"
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
        outcome.refuse(member.email_address, CONTACT_EXISTS, f"{member.email_address} {EXISTS}")
        return
    if body.sync_tags:
        replace_tags(call, found, number, member.tags)
    else:
        set_tags(call, found, number, dict.fromkeys(member.tags, True))


def _status(member: BatchMember) -> str:
    if member.status is None:
        raise invalid_fields(FieldError("status", "This value should not be blank."))
    return member.status


def _document(call: Call, found: ListRef, outcome: Outcome) -> Document:
    view = MemberView(call.database, found.id, found.href, EVERYTHING)
    return {
        "new_members": view.show(outcome.created),
        "updated_members": view.show(outcome.updated),
        "errors": outcome.errors,
        "total_created": len(outcome.created),
        "total_updated": len(outcome.updated),
        "error_count": len(outcome.errors),
        "_links": links(LIST, found.href),
    }
