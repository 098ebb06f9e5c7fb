"""The two policies: presets of switches, what each switch does, and both side by side.

Everything a reader is told about them (the error for a missing policy, `docs/policies.md`) comes from the data here.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent
from typing import Literal, get_args

from include.text_table import text_table

PolicyName = Literal["legacy_parity", "two_way"]
OptOut = Literal["off", "to_mailchimp", "to_salesforce", "both"]
EmailChange = Literal["new_member", "move"]
StopsMatching = Literal["keep", "remove"]
Conflict = Literal["salesforce", "mailchimp", "newest", "fill_blank"]
"""Who decides where both sides have another value than the last sync left (X03)."""
MissingPeople = Literal["keep", "archive"]


@dataclass(frozen=True, slots=True)
class Switches:
    """What a policy decides; an audience file may set each one alone."""

    opt_out: OptOut
    email_change: EmailChange
    stops_matching: StopsMatching
    mailchimp_edits: Conflict
    missing_people: MissingPeople


PRESETS: dict[PolicyName, Switches] = {
    "legacy_parity": Switches("off", "new_member", "keep", "salesforce", "keep"),
    "two_way": Switches("both", "move", "remove", "salesforce", "keep"),
}


@dataclass(frozen=True, slots=True)
class Situation:
    """Something that happens, the switch that decides what becomes of it, and what that is for each of its values."""

    happening: str
    switch: str
    outcomes: dict[str, str]

    def under(self, policy: PolicyName) -> str:
        """What becomes of it under a preset."""
        return self.outcomes[getattr(PRESETS[policy], self.switch)]


_STAYS_SUBSCRIBED = "the member stays subscribed"
_UNSUBSCRIBED = "the member is unsubscribed"
_FLAG_STAYS = "Email Opt Out stays as it is"
_FLAG_SET = "Email Opt Out is set"

WHAT_HAPPENS = (
    Situation(
        "a person opts out in Salesforce",
        "opt_out",
        {
            "off": _STAYS_SUBSCRIBED,
            "to_mailchimp": _UNSUBSCRIBED,
            "to_salesforce": _STAYS_SUBSCRIBED,
            "both": _UNSUBSCRIBED,
        },
    ),
    Situation(
        "a member unsubscribes in Mailchimp",
        "opt_out",
        {"off": _FLAG_STAYS, "to_mailchimp": _FLAG_STAYS, "to_salesforce": _FLAG_SET, "both": _FLAG_SET},
    ),
    Situation(
        "an e-mail changes in Salesforce",
        "email_change",
        {
            "new_member": "a new member is added, the old one stays",
            "move": "the member moves to the new e-mail",
        },
    ),
    Situation(
        "an e-mail changes in Mailchimp",
        "email_change",
        {
            "new_member": "the person's e-mail is added again",
            "move": "the member stays the person's, who is not added again",
        },
    ),
    Situation(
        "a person stops matching a query",
        "stops_matching",
        {"keep": "tags and groups stay", "remove": "tags and groups of the query are removed"},
    ),
    Situation(
        "a mapped merge field is edited",
        "mailchimp_edits",
        {
            "salesforce": "Salesforce overwrites it",
            "mailchimp": "it is written to Salesforce",
            "newest": "it is written to Salesforce, unless Salesforce changed later",
            "fill_blank": "it is written to Salesforce where that is blank, else overwritten",
        },
    ),
    Situation(
        "a person is gone from Salesforce",
        "missing_people",
        {"keep": "the member stays", "archive": "the member is archived"},
    ),
)
"""What happens when... (SPEC, Policies)."""


def missing() -> str:
    """What to say to a file without a policy."""
    choices = " or ".join(f"`policy: {name}`" for name in PRESETS)
    return "\n".join([f"is missing; write {choices}", table()])


def table() -> str:
    """Both policies as an aligned text table."""
    names = get_args(PolicyName)
    head = ("what happens when...", *names, "switch")
    rows = [(one.happening, *(one.under(name) for name in names), one.switch) for one in WHAT_HAPPENS]
    return indent(text_table(head, rows), "    ")
