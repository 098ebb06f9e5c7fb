"""What people let through (G06): the question of a run whose plan waits, and the answers, in the table `approvals`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from pydantic import TypeAdapter

from include.errors import ConfigError
from include.pipelines import runs
from include.transform.breaker import Approval, Figure, Measure, Objection
from include.warehouse.store import connect
from include.warehouse.tables import APPROVALS, PLANS, RESULTS

if TYPE_CHECKING:
    from include.pipelines.run import SyncRun
    from include.warehouse.store import Warehouse

EMPTIED = "source_emptied"
"""What answers about a source that shows nothing any more name as their objection (`emptied`); they are no plan's."""
Decision = Literal["approved", "rejected", "timed_out"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the breaker found of a plan: why it has to wait, its measures, and both sides before and after it."""

    objections: tuple[Objection, ...]
    measures: tuple[Measure, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is shown of a plan; no personal data.

    Attributes:
        planned_at: when the plan was made, by our clock.
        judgement: why it waits, and how it stands against the caps.
        counts: operations by kind.
        members, people: how many there are now, to see the shares.
        policy: the audience's effective switches.
        wait_hours: how long the plan waits for an answer.
    """

    planned_at: datetime
    judgement: Judgement
    counts: dict[str, int]
    members: int
    people: int
    policy: dict[str, str]
    wait_hours: float


def save_judgement(run: SyncRun, judgement: Judgement) -> None:
    """Leave what the breaker found for the report; another try of the run replaces it."""
    run.project.staging.write_document(run.partition("judgement"), dataclasses.asdict(judgement))


def judgement_of(run: SyncRun) -> Judgement | None:
    """What the breaker found of the run's plan; None where the run did not come to it."""
    partition = run.partition("judgement")
    if not run.project.staging.committed(partition):
        return None
    return TypeAdapter(Judgement).validate_python(run.project.staging.document(partition))


def ask(run: SyncRun, question: Question) -> None:
    """Leave the question where an answer finds it; another try of the run replaces it."""
    document = dataclasses.asdict(question) | {"planned_at": question.planned_at.isoformat()}
    run.project.staging.write_document(run.partition("question"), document)


def asked(run: SyncRun) -> bool:
    """Whether the run has left a question about its plan."""
    return run.project.staging.committed(run.partition("question"))


def question_of(run: SyncRun) -> Question:
    """The question that the run asked. Raises ConfigError where it asked none."""
    if not asked(run):
        raise ConfigError(f"audience {run.stem} has no run {run.run_id} whose plan waits for approval{_asking(run)}")
    return TypeAdapter(Question).validate_python(run.project.staging.document(run.partition("question")))


def answer(run: SyncRun, decision: Decision, by: str | None) -> None:
    """Record an answer to the run's question; a second answer replaces the first. Raises ConfigError, see above."""
    question = question_of(run)
    row = {
        "audience": run.stem,
        "run_id": run.run_id,
        "planned_at": question.planned_at,
        "decision": decision,
        "decided_by": by,
        "objections": [objection.name for objection in question.judgement.objections],
        "counts": json.dumps(question.counts, sort_keys=True),
        "policy": json.dumps(question.policy, sort_keys=True),
    }
    record(run.project.warehouse, row)


def record(warehouse: Warehouse, row: Mapping[str, object]) -> None:
    """Record an answer, a row of `approvals` but for its time; one to the same question of its run is replaced.

    A run asks at most two: about its source, and about its plan.
    """
    import pyarrow as pa

    answered, audience = {**row, "decided_at": datetime.now(UTC)}, str(row["audience"])

    def compute(version: int) -> pa.Table:
        known = warehouse.read(APPROVALS, version, audience=audience).to_pylist()
        others = [other for other in known if _question(other) != _question(answered)]
        return pa.Table.from_pylist([*others, answered], schema=APPROVALS.schema())

    warehouse.update(APPROVALS, compute, audience=audience)


def _question(answer: Mapping[str, Any]) -> tuple[str, bool]:
    return answer["run_id"], EMPTIED in answer["objections"]


def approve(run: SyncRun, by: str) -> dict[str, object]:
    """Approve what a stopped run's plan showed; returns the counts within which the next plan passes.

    Raises ConfigError where the run asked nothing.
    """
    answer(run, "approved", by)
    until = holds_until(run, datetime.now(UTC))
    return {"run_id": run.run_id, "within": question_of(run).counts, "until": f"{until:%Y-%m-%d %H:%M} UTC"}


def in_force(run: SyncRun) -> tuple[str, Approval] | None:
    """The approval that counts now, with the run that asked for it: the newest answer, where it was a yes.

    It holds for `circuit_breaker.wait_hours`, for what is left of the operations that were shown; a time-out takes
    nothing back.
    """
    rows = run.project.warehouse.read(APPROVALS, audience=run.stem).to_pylist()
    answers = [row for row in rows if row["decision"] != "timed_out" and EMPTIED not in row["objections"]]
    newest = max(answers, key=lambda row: row["decided_at"], default=None)
    if newest is None or newest["decision"] != "approved" or datetime.now(UTC) > holds_until(run, newest["decided_at"]):
        return None
    done = _carried_out(run, since=newest["decided_at"])
    left = {kind: shown - done.get(kind, 0) for kind, shown in json.loads(newest["counts"]).items()}
    return newest["run_id"], Approval(frozenset(newest["objections"]), left, json.loads(newest["policy"]))


def holds_until(run: SyncRun, decided_at: datetime) -> datetime:
    """Until when an approval that was given at a time holds."""
    return decided_at + timedelta(hours=run.audience.circuit_breaker.wait_hours)


def _carried_out(run: SyncRun, since: datetime) -> dict[str, int]:
    """Operations by kind that runs of the audience have applied since then."""
    done: dict[str, int] = {}
    for other in runs.find(run.project, "sync_audience", audience=run.stem):
        if other["ended_at"] is not None and other["ended_at"] < since:
            continue
        connection = connect()
        run.project.warehouse.view(connection, "plans", PLANS, run_id=other["run_id"])
        run.project.warehouse.view(connection, "results", RESULTS, run_id=other["run_id"])
        counted = connection.execute(
            """SELECT kind, count(DISTINCT op_id) FROM plans JOIN results USING (op_id)
               WHERE state = 'applied' AND "at" >= ? AND audience = ? GROUP BY kind""",
            [since, run.stem],
        ).fetchall()
        for kind, number in counted:
            done[kind] = done.get(kind, 0) + number
    return done


def _asking(run: SyncRun) -> str:
    """The newest runs that do ask, for the error's end."""
    asking = [
        other["run_id"]
        for other in runs.find(run.project, "sync_audience", audience=run.stem)
        if asked(dataclasses.replace(run, run_id=other["run_id"]))
    ]
    return f"; those that do: {', '.join(asking[:5])}" if asking else ""
