"""The circuit breaker (G06): what a plan may do without a person having looked at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from include.kinds import IRREVERSIBLE

if TYPE_CHECKING:
    from include.config.models import Audience

EMPTY_SOURCES = {"no_people": "current_people", "no_members": "current_members"}
"""Objections to a source that had rows and has none, and what each counts."""
WORDS = {
    "irreversible": "irreversible changes",
    "changed_members": "changed members",
    "changed_people": "changed people",
    "new_members": "new members",
    "new_leads": "new leads",
}
"""What the caps of `circuit_breaker` count."""


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
        subscribed: subscribed members; `joining` and `leaving`: those whom the plan adds as such, or takes away.
        opted_out: people who opted out of e-mail; `opting_out`: those whom the plan adds.
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
    subscribed: int = 0
    joining: int = 0
    leaving: int = 0
    opted_out: int = 0
    opting_out: int = 0

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
class Measure:
    """What a plan would do of one thing that has a cap.

    Attributes:
        name: the setting below `circuit_breaker`.
        planned: the rows.
        cap: the setting, a number or a share such as `20%`, of `whole` rows of `of` (members, people).
        allowed: the most rows that go on without a person.
        holds: whether the plan is held against it; a first load is not held against most.
    """

    name: str
    planned: int
    cap: str | int
    whole: int
    of: str
    allowed: int
    holds: bool

    @property
    def exceeded(self) -> bool:
        """Whether a person has to look."""
        return self.holds and self.planned > self.allowed


@dataclass(frozen=True, slots=True)
class Figure:
    """How many there are now, and will be once the plan is carried out."""

    name: str
    now: int
    afterwards: int


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
    counts: PlanCounts,
    audience: Audience,
    *,
    first_load: bool,
    policy_changes: Sequence[str] = (),
    known_empty: AbstractSet[str] = frozenset(),
) -> list[Objection]:
    """Why the plan has to wait for a person; empty where it may go on.

    Shares are of the current members, those of `changed_people` of the current people. An approved first load
    (`first_load: auto`) is held against the cap on what can't be taken back only: it fills the audience. A source that
    had rows and has none now always waits, unless its objection is in `known_empty`, and so does a plan under another
    policy than that of the last load (`policy_changes`: a text for each switch that differs).
    """
    found = [
        Objection(name, f"{source} has no {what} any more, where {known:,} were known: check what its user may see")
        for name, source, what, known, current in (
            ("no_people", "Salesforce", "people", counts.known_people, counts.current_people),
            ("no_members", "Mailchimp", "members", counts.known_members, counts.current_members),
        )
        if known and not current and name not in known_empty
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


def measures(counts: PlanCounts, audience: Audience, *, first_load: bool) -> list[Measure]:
    """The plan against each cap, what can't be taken back first."""
    caps = audience.circuit_breaker
    members, people = (counts.current_members, "members"), (counts.current_people, "people")
    planned: tuple[tuple[str, int, str | int, tuple[int, str]], ...] = (
        ("irreversible", counts.irreversible, caps.irreversible, members),
        ("changed_members", counts.changed_members, caps.changed_members, members),
        ("changed_people", counts.changed_people, caps.changed_people, people),
        ("new_members", counts.new_members, caps.new_members, members),
        ("new_leads", counts.new_leads, caps.new_leads, members),
    )
    return [
        Measure(name, number, cap, whole, of, _allowed(cap, whole), holds=name == "irreversible" or not first_load)
        for name, number, cap, (whole, of) in planned
    ]


def figures(counts: PlanCounts) -> list[Figure]:
    """What there is of both sides before and after the plan."""
    members, people = counts.current_members, counts.current_people
    archived = counts.kinds.get("archive_member", 0)
    return [
        Figure("members", members, members + counts.new_members - archived),
        Figure("subscribed members", counts.subscribed, counts.subscribed + counts.joining - counts.leaving),
        Figure("people", people, people + counts.new_leads),
        Figure("opted-out people", counts.opted_out, counts.opted_out + counts.opting_out),
    ]


def _over_the_caps(counts: PlanCounts, audience: Audience, *, first_load: bool) -> list[Objection]:
    return [
        Objection(
            measure.name,
            f"{measure.planned:,} {WORDS[measure.name]} are planned, over the cap "
            f"`circuit_breaker.{measure.name}: {measure.cap}`"
            + (f" of {measure.whole:,} {measure.of}" if isinstance(measure.cap, str) else ""),
        )
        for measure in measures(counts, audience, first_load=first_load)
        if measure.exceeded
    ]


def _allowed(cap: str | int, whole: int) -> int:
    return int(whole * Fraction(cap.removesuffix("%")) / 100) if isinstance(cap, str) else cap
