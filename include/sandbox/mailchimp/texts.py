"""Words of errors that neither a recording nor a document nor a thread gives; each is a switch.

docs/sandbox.md lists them. Words that have a source stand where they are said.
"""

from collections.abc import Mapping

from include.sandbox.controls import Switch
from include.sandbox.mailchimp.wordings import text_switches

EXISTS_IN_BATCH = (
    "{email} is already a list member, do you want to update? please provide update_existing:true in the request body"
)
TEXTS: Mapping[str, Switch] = text_switches(
    {
        "not_accepted": (
            "Data presented is not one of the accepted values: {values}",
            "a body's value that is none of its choices",
        ),
        "too_short": ("Data presented is too short: at least {least}", "an empty name or list where one is needed"),
        "too_long": ("Data presented is too long: at most {most}", "a name with too many characters"),
        "boolean": ("Value must be a boolean", "a query parameter that is true or false"),
        "time": ("Value must be an ISO 8601 date and time", "a time in a query or a body"),
        "whole": ("Value must be a whole number that is not negative", "count and offset"),
        "most": ("Value must be at most {most}", "count above its maximum"),
        "choice": (
            "Value must be one of the allowed values: {values}",
            "a query parameter with another value",
        ),
        "fields_or_exclude": ("fields and exclude_fields cannot be used together", "both are given"),
        "unknown_field": ("{name} is not a field of this resource", "`fields` that the resource does not have"),
        "needs_unsubscribed": ("needs status=unsubscribed", "`unsubscribed_since` with another status"),
        "needs_status": ("needs a status", "`since_last_campaign` without a status"),
        "interests_together": (
            "interest_category_id, interest_ids and interest_match are only used together",
            "one of the three is given alone",
        ),
        "merge_text": ("Please enter a value that is a text", "a text field"),
        "merge_birthday": ("Please enter the month and day", "a birthday field"),
        "merge_zip": ("Please enter a zip code (5 digits)", "a zip field"),
        "merge_phone": ("Please enter a phone number in the format NNN-NNN-NNNN", "a phone field in the US format"),
        "merge_url": ("Please enter a valid URL", "a url or imageurl field"),
        "merge_choice": ("Please enter a value that is one of the choices", "a radio or dropdown field"),
        "many_members": ("At most {most} members can be given in one call", "the batch call"),
        "duplicate_member": (
            "Duplicate items found for the following email address: {email}",
            "the batch call names an address twice",
        ),
        "exists_in_batch": (
            EXISTS_IN_BATCH,
            "the batch call, for a member that it shall not change",
        ),
        "many_addresses": ("At most {most} addresses can be given", "addresses of a segment"),
        "not_on_list": ("Email address is not on the list", "addresses of a segment that are nobody's"),
        "segment_kind": ("Either static_segment or options has to be given", "a segment with both or neither"),
        "group_exists": ('Cannot add "{name}" because it already exists on the list.', "a group's name is taken"),
        "many_groups": ("Lists are limited to {most} interest groups.", "one group too many"),
        "tag_form": ("Tags have up to 10 characters of A-Z, 0-9 and _", "a merge field's tag"),
        "tag_exists": (
            'A Merge Field with the tag "{tag}" already exists for this list.',
            "a merge field's tag is taken",
        ),
        "many_fields": ("Lists are limited to {most} merge fields.", "one merge field too many"),
        "bad_json": ("We encountered an unspecified JSON parsing error.", "a body that is not JSON"),
        "many_batches": ("You have more than {most} pending batches.", "one batch too many"),
    }
)
