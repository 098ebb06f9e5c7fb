"""Which e-mail addresses Mailchimp takes."""

import re

from include.sandbox.mailchimp.problems import Problem, invalid

SYNTAX = re.compile(r"[^\s@<>()\[\],;:\"\\]+@[^\s@.<>()\[\],;:\"\\_]+(\.[^\s@.<>()\[\],;:\"\\_]+)+")
FAKE_DOMAINS = ("example.com", "example.org", "example.net", "test.com")
"""example.com is recorded; the others are assumed."""
MOST_CHARACTERS = 254


def check_email(email: str) -> None:
    """Lets an acceptable address pass.

    Raises:
        Problem: 400; both details are recorded.
    """
    refusal = email_refusal(email)
    if refusal is not None:
        raise refusal


def email_refusal(email: str) -> Problem | None:
    """The problem with an address, if any."""
    local = email.partition("@")[0]
    dotted = local.startswith(".") or local.endswith(".") or ".." in local
    if dotted or len(email) > MOST_CHARACTERS or not SYNTAX.fullmatch(email):
        return invalid("Please provide a valid email address.")
    if email.rpartition("@")[2].lower() in FAKE_DOMAINS:
        return invalid(f"{email} looks fake or invalid, please enter a real email address.")
    return None
