"""The kinds of operations that a person reads about: what they are called, in the order in which they are listed."""

from __future__ import annotations

from collections.abc import Mapping

IRREVERSIBLE = ("unsubscribe_member", "archive_member", "opt_out_person")
"""Kinds of operations that can't be taken back: nobody may subscribe the member again, or un-opt-out the person."""

OPERATION_NAMES = {
    "unsubscribe_member": "members to unsubscribe",
    "archive_member": "members to archive",
    "opt_out_person": "people to opt out",
    "add_member": "members to add",
    "update_member": "members to update",
    "move_member": "members to move to another e-mail",
    "create_tag": "tags to create",
    "add_tag": "tags to give",
    "remove_tag": "tags to take away",
    "create_lead": "leads to create",
    "update_person": "people to update",
    "answer_request": "requests of users to answer",
    "upsert_mirror": "mirror rows to write",
}
"""What the kinds are called; what can't be taken back comes first."""

_PLACES = {kind: place for place, kind in enumerate(OPERATION_NAMES)}


def place(kind: str) -> int:
    """Where a kind stands in a list; an unknown one at the end."""
    return _PLACES.get(kind, len(_PLACES))


def in_order(counts: Mapping[str, int]) -> dict[str, int]:
    """Numbers by kind, in the order of a list."""
    return dict(sorted(counts.items(), key=lambda item: (place(item[0]), item[0])))


def in_words(counts: Mapping[str, int]) -> str:
    """Numbers by kind as half a sentence: `members to archive: 3 (cannot be taken back), members to add: 1,200`."""
    return ", ".join(
        f"{OPERATION_NAMES.get(kind, kind.replace('_', ' '))}: {number:,}"
        + (" (cannot be taken back)" if kind in IRREVERSIBLE else "")
        for kind, number in in_order(counts).items()
    )
