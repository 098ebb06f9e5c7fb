"""A source that had rows and shows none: before what is known of it is given up, a person is asked (G06).

The vendor's answer can be right: somebody has emptied the audience. Or its user lost sight of it: then everybody would
count as gone, for this audience and for others that ask where people are members. Answers are rows of `approvals`, like
those to plans.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from include.config.models import CircuitBreaker
from include.errors import ApprovalNeeded, ConfigError, StoppedByCheck
from include.pipelines.approvals import EMPTIED, record
from include.staging.store import Partition
from include.warehouse.tables import APPROVALS

if TYPE_CHECKING:
    from include.pipelines.approvals import Decision
    from include.pipelines.run import SyncRun
    from include.wiring import Project

NOTHING: Mapping[str, int] = {}
SALESFORCE = "salesforce"
"""What stands for an audience's stem where Salesforce is the source."""


@dataclass(frozen=True, slots=True)
class Source:
    """What one run reads: an audience of Mailchimp, by its stem, or Salesforce; a person has `wait_hours` to answer."""

    project: Project
    name: str
    run_id: str
    wait_hours: float

    @property
    def partition(self) -> Partition:
        """Where the run's question lies."""
        return Partition(SALESFORCE if self.name == SALESFORCE else f"sync_{self.name}", "emptied", self.run_id)


@dataclass(frozen=True, slots=True)
class Emptied:
    """The question: what is shown no more, how many of it were known (by object), and when that was seen."""

    message: str
    known: dict[str, int]
    wait_hours: float
    seen_at: datetime


def salesforce(project: Project, run_id: str) -> Source:
    """Salesforce, as a run of the extraction reads it. No audience's setting holds for it: the default does."""
    return Source(project, SALESFORCE, run_id, CircuitBreaker().wait_hours)


def mailchimp(run: SyncRun) -> Source:
    """The audience, as a run of its sync reads it."""
    return Source(run.project, run.stem, run.run_id, run.audience.circuit_breaker.wait_hours)


def ask_unless_accepted(source: Source, known: Mapping[str, int], message: str) -> None:
    """Go on where a person has accepted that it is empty; else leave the question and raise ApprovalNeeded.

    `known`: how many rows there were, by object. An answer covers as many as were shown, and holds for the source's
    `wait_hours`.
    """
    if accepted(source, known):
        return
    question = Emptied(message, dict(known), source.wait_hours, datetime.now(UTC))
    document = asdict(question) | {"seen_at": question.seen_at.isoformat()}
    source.project.staging.write_document(source.partition, document)
    raise ApprovalNeeded(message, audience=None if source.name == SALESFORCE else source.name)


def accepted(source: Source, known: Mapping[str, int] = NOTHING) -> bool:
    """Whether the newest answer is a yes that still holds, for these rows; a time-out takes nothing back."""
    rows = source.project.warehouse.read(APPROVALS, audience=source.name).to_pylist()
    answers = [row for row in rows if EMPTIED in row["objections"] and row["decision"] != "timed_out"]
    newest = max(answers, key=lambda row: row["decided_at"], default=None)
    if newest is None or newest["decision"] != "approved":
        return False
    shown = json.loads(newest["counts"])
    in_time = datetime.now(UTC) <= newest["decided_at"] + timedelta(hours=source.wait_hours)
    return in_time and all(number <= shown.get(name, 0) for name, number in known.items())


def asked(source: Source) -> bool:
    """Whether the run has left a question."""
    return source.project.staging.committed(source.partition)


def question_of(source: Source) -> Emptied:
    """The question that the run asked. Raises ConfigError where it asked none."""
    if not asked(source):
        raise ConfigError(f"run {source.run_id} did not find {source.name} empty: there is nothing to approve")
    return TypeAdapter(Emptied).validate_python(source.project.staging.document(source.partition))


def answer(source: Source, decision: Decision, by: str | None) -> None:
    """Record what a person answered; a second answer to a run replaces the first. Raises ConfigError, see above."""
    question = question_of(source)
    row = {
        "audience": source.name,
        "run_id": source.run_id,
        "planned_at": question.seen_at,
        "decision": decision,
        "decided_by": by,
        "objections": [EMPTIED],
        "counts": json.dumps(question.known, sort_keys=True),
        "policy": "{}",
    }
    record(source.project.warehouse, row)


def go_on_by(source: Source, decision: Decision, by: str | None) -> None:
    """Record an answer. Raises StoppedByCheck for any other than a yes in time.

    A yes of the command line, given while the run waited for one, counts after a time-out.
    """
    if decision == "timed_out" and accepted(source, question_of(source).known):
        return
    answer(source, decision, by)
    if decision == "approved":
        return
    why = "it was rejected" if decision == "rejected" else f"nobody accepted that within {source.wait_hours:g} hours"
    raise StoppedByCheck(f"{question_of(source).message}: {why}. The next run asks again")
