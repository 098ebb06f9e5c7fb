"""The two policies of SPEC.md as their switches."""

from __future__ import annotations

from tests.model.world import Record

PRESETS = {
    "legacy_parity": {
        "opt_out": "off",
        "email_change": "new_member",
        "stops_matching": "keep",
        "mailchimp_edits": "salesforce",
        "missing_people": "keep",
    },
    "two_way": {
        "opt_out": "both",
        "email_change": "move",
        "stops_matching": "remove",
        "mailchimp_edits": "salesforce",
        "missing_people": "keep",
    },
}


def switch(settings: Record, name: str) -> str:
    """What an audience file says of a switch, or its policy where the file says nothing."""
    return str(settings.get(name, PRESETS[settings["policy"]][name]))
