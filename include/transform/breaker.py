"""The circuit breaker (G06): what a plan may do without a person having looked at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from include.config.models import Audience

IRREVERSIBLE = ("unsubscribe_member", "archive_member", "opt_out_person")
"""Kinds of operations that can't be taken back: nobody may subscribe the member again, or un-opt-out the person."""

OPERATION_NAMES = {
    "add_member": "members to add",
    "update_member": "members to update",
    "unsubscribe_member": "members to unsubscribe",
    "move_member": "members to move to another e-mail",
    "archive_member": "members to archive",
    "create_tag": "tags to create",
    "add_tag": "tags to give",
    "remove_tag": "tags to take away",
    "opt_out_person": "people to opt out",
    "update_person": "people to update",
    "create_lead": "leads to create",
    "answer_request": "requests of users to answer",
}
"""What the kinds of operations are called where a person reads them."""


@dataclass(frozen=True, slots=True)
class PlanCounts:
    """What the breaker looks at, in rows.

    Attributes:
        current_people: Contacts and Leads that are not deleted.
        known_people: those, and the deleted ones.
        current_members: members that are neither archived nor forgotten.
        known_members: those, and the archived and forgotten ones.
        new_members: members to add.
        changed_members: members with any other change.
        changed_people: people to whom something is written in Salesforce; new Leads are not among them.
        new_leads: Leads to create.
        kinds: operations by kind; answers to requests, which change nobody, are not among them.
        requested: members to unsubscribe because a user asked for it on the record (R22).
    """

    current_people: int
    known_people: int
    current_members: int
    known_members: int
    new_members: int
    changed_members: int
    changed_people: int
    new_leads: int
    kinds: Mapping[str, int] = field(default_factory=dict)
    requested: int = 0

    @property
    def irreversible(self) -> int:
        """Operations that can't be taken back; what a person has asked for, one by one, is not held against them."""
        return sum(self.kinds.get(kind, 0) for kind in IRREVERSIBLE) - self.requested


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a plan has to wait for a person: a word that approvals are compared by, and a sentence for the person."""

    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person let through.

    Attributes:
        objections: names of the objections that were shown.
        left: operations by kind that were shown, without those carried out since.
        policy: the audience's effective switches at that time.
    """

    objections: AbstractSet[str]
    left: Mapping[str, int]
    policy: Mapping[str, str]

    def covers(self, found: Sequence[Objection], counts: PlanCounts, policy: Mapping[str, str]) -> bool:
        """Whether a plan passes by it: under the same policy, no other objection, of no kind more than was shown."""
        return (
            policy == self.policy
            and {objection.name for objection in found} <= set(self.objections)
            and all(number <= self.left.get(kind, 0) for kind, number in counts.kinds.items())
        )


def objections(
    counts: PlanCounts, audience: Audience, *, first_load: bool, policy_changes: Sequence[str] = ()
) -> list[Objection]:
    """Why the plan has to wait for a person; empty where it may go on.

    Shares are of the current members, those of `changed_people` of the current people. An approved first load
    (`first_load: auto`) is held against the cap on what can't be taken back only: it fills the audience. A source that
    had rows and has none now always waits, and so does a plan under another policy than that of the last load
    (`policy_changes`: a text for each switch that differs).
    """
    found = [
        Objection(name, f"{source} has no {what} any more, where {known:,} were known: check what its user may see")
        for name, source, what, known, current in (
            ("no_people", "Salesforce", "people", counts.known_people, counts.current_people),
            ("no_members", "Mailchimp", "members", counts.known_members, counts.current_members),
        )
        if known and not current
    ]
    if policy_changes:
        changes = "; ".join(policy_changes)
        found.append(Objection("policy_changed", f"the policy changed since the last load: {changes}"))
    if first_load and audience.first_load == "approve":
        found.append(Objection("first_load", "this is the audience's first load (`first_load: approve`)"))
    return found + _over_the_caps(counts, audience, first_load=first_load)


def policy_changes(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """A text for each switch that both have and that differs."""
    both = sorted(before.keys() & now.keys())
    return [f"{name} from {before[name]} to {now[name]}" for name in both if before[name] != now[name]]


def _over_the_caps(counts: PlanCounts, audience: Audience, *, first_load: bool) -> list[Objection]:
    caps = audience.circuit_breaker
    capped: list[tuple[str, str, int, str | int, tuple[int, str]]]
    members, people = (counts.current_members, "members"), (counts.current_people, "people")
    capped = [("irreversible", "irreversible changes", counts.irreversible, caps.irreversible, members)]
    if not first_load:
        capped += [
            ("changed_members", "changed members", counts.changed_members, caps.changed_members, members),
            ("changed_people", "changed people", counts.changed_people, caps.changed_people, people),
            ("new_members", "new members", counts.new_members, caps.new_members, members),
            ("new_leads", "new leads", counts.new_leads, caps.new_leads, members),
        ]
    return [
        Objection(
            name,
            f"{planned:,} {words} are planned, over the cap `circuit_breaker.{name}: {cap}`"
            + (f" of {whole:,} {of}" if isinstance(cap, str) else ""),
        )
        for name, words, planned, cap, (whole, of) in capped
        if planned > _limit(cap, whole)
    ]


def _limit(cap: str | int, whole: int) -> float:
    return whole * float(cap.removesuffix("%")) / 100 if isinstance(cap, str) else cap
