"""The circuit breaker (G06): what a plan may do without a person having looked at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from include.config.models import Audience


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
        new_leads: Leads to create.
    """

    current_people: int
    known_people: int
    current_members: int
    known_members: int
    new_members: int
    changed_members: int
    new_leads: int


def objections(counts: PlanCounts, audience: Audience, *, first_load: bool) -> list[str]:
    """Why the plan has to wait for a person; empty where it may go on.

    Shares are of the current members. An approved first load (`first_load: auto`) is not held against the caps: it
    fills the audience. A source that had rows and has none now always stops.
    """
    found = [
        f"{source} has no {what} any more, where {known:,} were known: check what the connection's user may see"
        for source, what, known, current in (
            ("Salesforce", "people", counts.known_people, counts.current_people),
            ("Mailchimp", "members", counts.known_members, counts.current_members),
        )
        if known and not current
    ]
    if not first_load:
        return found + _over_the_caps(counts, audience)
    if audience.first_load == "approve":
        found.append("this is the audience's first load; look at a dry run, then set `first_load: auto`")
    return found


def _over_the_caps(counts: PlanCounts, audience: Audience) -> list[str]:
    caps = audience.circuit_breaker
    capped = (
        ("changed_members", counts.changed_members, caps.changed_members),
        ("new_members", counts.new_members, caps.new_members),
        ("new_leads", counts.new_leads, caps.new_leads),
    )
    return [
        f"{planned:,} {name.replace('_', ' ')} are planned, over the cap `circuit_breaker.{name}: {cap}`"
        + (f" of {counts.current_members:,} members" if isinstance(cap, str) else "")
        for name, planned, cap in capped
        if planned > _limit(cap, counts.current_members)
    ]


def _limit(cap: str | int, members: int) -> float:
    return members * float(cap.removesuffix("%")) / 100 if isinstance(cap, str) else cap
