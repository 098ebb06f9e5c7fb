"""Which e-mail addresses Mailchimp takes."""

import re

from include.sandbox.controls import SwitchValue
from include.sandbox.mailchimp.problems import Switches, invalid

SYNTAX = re.compile(r"[^\s@<>()\[\],;:\"\\]+@[^\s@.<>()\[\],;:\"\\_]+(\.[^\s@.<>()\[\],;:\"\\_]+)+")
MOST_CHARACTERS = 254


def is_of(email: str, domains: SwitchValue) -> bool:
    """Whether an address belongs to one of these domains, which commas part."""
    return email.rpartition("@")[2].lower() in str(domains).split(",")


def check_email(email: str, switches: Switches) -> None:
    """Lets an acceptable address pass.

    Raises:
        Problem: 400; both details are recorded.
    """
    local = email.partition("@")[0]
    dotted = local.startswith(".") or local.endswith(".") or ".." in local
    if dotted or len(email) > MOST_CHARACTERS or not SYNTAX.fullmatch(email):
        raise invalid("Please provide a valid email address.")
    if is_of(email, switches["fake_domains"]):
        raise invalid(f"{email} looks fake or invalid, please enter a real email address.")
