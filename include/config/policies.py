"""The two policies side by side, and which of them this version carries out."""

from __future__ import annotations

from typing import Literal, get_args

PolicyName = Literal["legacy_parity", "two_way"]

UNAVAILABLE: dict[str, str] = {"two_way": "two_way is not available in this version; write `policy: legacy_parity`"}
"""Policies that a file may name but that no run carries out yet, with what to say about it."""

WHAT_HAPPENS = (
    ("a person opts out in Salesforce", "the member stays subscribed", "the member is unsubscribed"),
    ("a member unsubscribes in Mailchimp", "Email Opt Out stays as it is", "Email Opt Out is set"),
    ("an e-mail changes", "a new member is added, the old one stays", "the member moves to the new e-mail"),
    ("a person stops matching a query", "tags and groups stay", "tags and groups of the query are removed"),
    ("a mapped merge field is edited", "Salesforce overwrites it", "Salesforce overwrites it"),
    ("a person is gone from Salesforce", "the member stays", "the member is archived, if so configured"),
)
"""What happens when..., under legacy_parity, under two_way (SPEC, Policies)."""


def missing() -> str:
    """What to say to a file without a policy."""
    choices = " or ".join(f"`policy: {name}`" for name in get_args(PolicyName) if name not in UNAVAILABLE)
    return "\n".join([f"is missing; write {choices}", table()])


def table() -> str:
    """Both policies as an aligned text table."""
    rows = [("what happens when...", *get_args(PolicyName)), *WHAT_HAPPENS]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(f"    {line}" for line in lines)
