"""Why Mailchimp refused a member, in one word: the vendor's sentences can quote the address.

The vendor has two codes only, `ERROR_CONTACT_EXISTS` and `ERROR_GENERIC` (pull request mailchimp-client-lib-codegen
#303); the rest is in the wording.
"""

from __future__ import annotations

from include.mailchimp.problems import scrub

OF_THE_ADDRESS = ("compliance_state", "forgotten", "looks_fake", "invalid_email", "cleaned")
"""Reasons that no further attempt changes: the vendor refuses the address itself."""
TOO_MANY_SIGN_UPS = "too_many_sign_ups"
"""The one refusal that passes by itself, after minutes or days."""
WORDINGS = {
    "compliance": "compliance_state",
    "permanently deleted": "forgotten",
    "forgotten": "forgotten",
    "looks fake or invalid": "looks_fake",
    "valid email": "invalid_email",
    "signed up to a lot of lists": TOO_MANY_SIGN_UPS,
    "bounced": "cleaned",
}


def known_reason(sentence: str) -> str | None:
    """The reason that a wording stands for; None for a wording that is not known."""
    lowered = scrub(sentence).lower()
    return next((reason for wording, reason in WORDINGS.items() if wording in lowered), None)
