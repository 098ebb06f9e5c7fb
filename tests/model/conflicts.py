"""Who decides over a field that both sides may have changed (X03): SPEC.md's words for one field, and nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

UNKNOWN = "unknown"
"""The field was never synced."""


Policy = Literal["salesforce", "mailchimp", "newest", "fill_blank"]


@dataclass(frozen=True)
class Field:
    """How a field is configured."""

    policy: Policy
    blank: Literal["follow", "keep", "overwrite"]
    required_in_mailchimp: bool = False
    required_in_salesforce: bool = False


@dataclass(frozen=True)
class Sides:
    """Both values now, the one of the last sync (`""` is blank), and whether the member changed after the person."""

    salesforce: str
    mailchimp: str
    synced: str
    member_later: bool


def settled(field: Field, sides: Sides) -> tuple[str, str]:
    """What both sides hold after the sync: Salesforce, Mailchimp."""
    now, theirs, last = sides.salesforce, sides.mailchimp, sides.synced
    if now == theirs:
        return now, theirs
    if _takes_mailchimps(field, sides):
        return theirs, theirs
    if now:
        return now, now
    stays = field.required_in_mailchimp or field.blank == "keep"
    was_filled = last not in {"", UNKNOWN}
    return ("", "") if not stays and (field.blank == "overwrite" or was_filled) else (now, theirs)


def _takes_mailchimps(field: Field, sides: Sides) -> bool:
    """Whether Salesforce gets the member's value."""
    if field.policy == "salesforce":
        return False
    if sides.synced == UNKNOWN:
        return not sides.salesforce
    edited, filled = sides.mailchimp != sides.synced, bool(sides.mailchimp)
    if not edited or (not filled and (field.blank == "keep" or field.required_in_salesforce)):
        return False
    if field.policy == "fill_blank":
        return not sides.salesforce
    only_there = sides.salesforce == sides.synced
    return field.policy == "mailchimp" or only_there or sides.member_later
