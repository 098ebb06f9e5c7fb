"""Why Mailchimp refused a member, in one word: the vendor's sentences can quote the address.

The vendor has two codes only, `ERROR_CONTACT_EXISTS` and `ERROR_GENERIC` (pull request mailchimp-client-lib-codegen
#303); the rest is in the wording.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.mailchimp.problems import scrub

if TYPE_CHECKING:
    from collections.abc import Sequence

OF_THE_ADDRESS = ("compliance_state", "forgotten", "looks_fake", "invalid_email", "cleaned")
"""Reasons that no further attempt changes: the vendor refuses the address itself."""
TOO_MANY_SIGN_UPS = "too_many_sign_ups"
"""The one refusal that passes by itself, after minutes or days."""
NOT_SUBSCRIBED = "not_subscribed"
"""Mailchimp moves subscribed members only."""
UNKNOWN = "refused_by_mailchimp"
WORDINGS = {
    "only update email addresses": NOT_SUBSCRIBED,
    "compliance": "compliance_state",
    "permanently deleted": "forgotten",
    "forgotten": "forgotten",
    "looks fake or invalid": "looks_fake",
    "valid email": "invalid_email",
    "signed up to a lot of lists": TOO_MANY_SIGN_UPS,
    "bounced": "cleaned",
}


def reason_of(sentence: str, fields: Sequence[str] = ()) -> str:
    """The reason that a wording stands for, and the first field that the vendor named: `refused_by_mailchimp:TIER`."""
    lowered = scrub(sentence).lower()
    reason = next((reason for wording, reason in WORDINGS.items() if wording in lowered), UNKNOWN)
    return ":".join([reason, *fields[:1]])
