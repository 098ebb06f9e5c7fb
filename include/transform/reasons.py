"""The closed vocabulary of the row ledger (G03): every reason, the state it belongs to, and what it means.

`docs/transform.md` lists the same table; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

RowState = Literal["unchanged", "changed", "on_hold", "quarantined", "skipped"]
"""The states that a plan can give a row; loading adds `failed` and `deferred`."""


class Reason(StrEnum):
    """Why a row of the ledger is in its state."""

    ADDED = "added"
    MOVED = "moved"
    UPDATED = "updated"
    LEAD_CREATED = "lead_created"
    UNSUBSCRIBED = "unsubscribed"
    OPTED_OUT_BY_MEMBER = "opted_out_by_member"
    PERSON_UPDATED = "person_updated"
    ARCHIVED_WITH_PERSON = "archived_with_person"
    UP_TO_DATE = "up_to_date"
    DATA_SYNC_OFF = "data_sync_off"
    OTHER_QUERY = "other_query"
    CONSENT_HELD = "consent_held"
    SHARED_EMAIL_HELD = "shared_email_held"
    INVALID_EMAIL = "invalid_email"
    FAILED_RULE = "failed_rule"
    REQUIRED_MERGE_FIELD = "required_merge_field"
    FIELD_LEFT_OUT = "field_left_out"
    CONVERTED = "converted"
    NO_EMAIL = "no_email"
    SHARED_EMAIL = "shared_email"
    NOT_SELECTED = "not_selected"
    NOT_A_MEMBER = "not_a_member"
    OPTED_OUT = "opted_out"
    NO_CONSENT = "no_consent"
    ARCHIVED = "archived"
    FORGOTTEN = "forgotten"
    CLEANED = "cleaned"
    EMAIL_CHANGED = "email_changed"
    UNMOVABLE = "unmovable"
    FORMER_EMAIL = "former_email"
    ORPHAN_MEMBER = "orphan_member"
    NO_PERSON = "no_person"


@dataclass(frozen=True, slots=True)
class Meaning:
    """The state a reason belongs to, and a sentence for the docs and the report."""

    state: RowState
    text: str


MEANINGS: dict[Reason, Meaning] = {
    Reason.ADDED: Meaning("changed", "The person becomes a member."),
    Reason.MOVED: Meaning("changed", "The member moves to its person's new e-mail."),
    Reason.UPDATED: Meaning("changed", "Merge fields, groups or tags of the member change."),
    Reason.LEAD_CREATED: Meaning("changed", "The member matches nobody and becomes a Lead."),
    Reason.UNSUBSCRIBED: Meaning(
        "changed",
        "The member is unsubscribed: its person opted out or left elsewhere, or a user asked for it.",
    ),
    Reason.OPTED_OUT_BY_MEMBER: Meaning("changed", "The person is opted out: the member unsubscribed in Mailchimp."),
    Reason.PERSON_UPDATED: Meaning("changed", "Values edited in Mailchimp are written to the person."),
    Reason.ARCHIVED_WITH_PERSON: Meaning("changed", "The member is archived: its person is gone from Salesforce."),
    Reason.UP_TO_DATE: Meaning("unchanged", "Nothing to change."),
    Reason.DATA_SYNC_OFF: Meaning("unchanged", "The audience's data sync is off: nothing is overwritten."),
    Reason.OTHER_QUERY: Meaning("unchanged", "The run is for one query only and changes nothing here."),
    Reason.CONSENT_HELD: Meaning("on_hold", "The person has left the audience under a former or another e-mail."),
    Reason.SHARED_EMAIL_HELD: Meaning(
        "on_hold", "Several people have this e-mail, and the audience holds such e-mails."
    ),
    Reason.INVALID_EMAIL: Meaning("quarantined", "The e-mail is not valid and is not added."),
    Reason.FAILED_RULE: Meaning("quarantined", "A validation rule holds the record back; the quarantine names it."),
    Reason.REQUIRED_MERGE_FIELD: Meaning("quarantined", "A merge field that Mailchimp requires has no value."),
    Reason.FIELD_LEFT_OUT: Meaning("quarantined", "A field is held back by validation; the rest goes on."),
    Reason.CONVERTED: Meaning("skipped", "A converted Lead; its Contact stands for it."),
    Reason.NO_EMAIL: Meaning("skipped", "The person has no e-mail."),
    Reason.SHARED_EMAIL: Meaning("skipped", "Another person with the same e-mail stands for it."),
    Reason.NOT_SELECTED: Meaning("skipped", "No query selects the person."),
    Reason.NOT_A_MEMBER: Meaning("skipped", "The record lists groups, but no query makes the person a member."),
    Reason.OPTED_OUT: Meaning("skipped", "A person with this e-mail has opted out in Salesforce."),
    Reason.NO_CONSENT: Meaning("skipped", "The consent field does not say yes."),
    Reason.ARCHIVED: Meaning("skipped", "The member is archived."),
    Reason.FORGOTTEN: Meaning("skipped", "The member was deleted for good."),
    Reason.CLEANED: Meaning("skipped", "The member's address bounced for good."),
    Reason.EMAIL_CHANGED: Meaning("skipped", "The person's member has another e-mail, changed in Mailchimp."),
    Reason.UNMOVABLE: Meaning("skipped", "Its person has another e-mail now; Mailchimp moves subscribed members only."),
    Reason.FORMER_EMAIL: Meaning("skipped", "A former e-mail of a person; the member stays as it is."),
    Reason.ORPHAN_MEMBER: Meaning("skipped", "The member's person is gone from Salesforce."),
    Reason.NO_PERSON: Meaning("skipped", "The member matches nobody, and no Lead is made of it."),
}
"""In the order of the docs."""
