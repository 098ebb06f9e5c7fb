"""The stage `settle`: what follows for the audience from what the run has written to people (R08, X01, X03).

A Lead that was just made, or a person who was just written to, looks as Salesforce made it: by assignment rules, flows,
defaults, formulas. `refresh` has read them again; here what their queries and values now ask for is planned, and
carried out as the second part of the run's plan, for these people alone. Nobody in Salesforce is written to once more,
so a run settles once: what an org's own flows make of that is for the next run to see.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from include.load.estimate import estimated_calls
from include.load.operations import Plan, show_plan
from include.load.results import ResultLog
from include.pipelines.breaker import objections_to_settling
from include.pipelines.current_plan import changed_since_extraction, refuse_superseded
from include.pipelines.estimate import planned_by_tag
from include.pipelines.load import AUDIENCE_KINDS, change_audience
from include.pipelines.plan import plan, plan_rows
from include.pipelines.plan_inputs import plan_inputs
from include.pipelines.refresh import read_back
from include.pipelines.run import pinned
from include.pipelines.selections import read_selections
from include.pipelines.sources import show_written
from include.pipelines.validate import judge
from include.transform.sql import text
from include.warehouse.store import connect
from include.warehouse.tables import PLANS

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from include.pipelines.run import SyncRun

STAGE = "settle"
WAITS = "over_the_circuit_breaker"
"""Why an operation is left to the next run, which asks."""


@dataclass(frozen=True, slots=True)
class Settling:
    """The second part of a run's plan.

    Attributes:
        planned_at: when the first part was made; a cleared run makes another, and settles anew.
        people: how many people the first part wrote to.
        operations: planned operations by kind.
        estimated_calls: what they cost, by vendor and kind.
        waits: why they are left to the next run; empty where they are not.
    """

    planned_at: str
    people: int
    operations: dict[str, int]
    estimated_calls: dict[str, dict[str, int]]
    waits: tuple[str, ...]


def settle(run: SyncRun) -> dict[str, object]:
    """Plan what follows from what the run wrote to people, and carry it out; returns its counts.

    The plan is made once and kept: a further try goes on with it. It counts for the circuit breaker with the first
    part, and is left to the next run where that objects, and where the configuration has changed since the first part.
    Raises StoppedByCheck where another run has planned since, or the plan is old, and otherwise as the stages do whose
    work this is.
    """
    if run.dry_run or not show_written(run, connect()):
        return {}
    refuse_superseded(run)
    settling = replace(run, settling=True)
    made = settling_of(run)
    if made is None:
        if changed_since_extraction(run):
            return {"waits": ["the configuration has changed during the run"]}
        made = _plan(settling)
    second = Plan(run.project.warehouse, run.run_id, STAGE)
    counts: dict[str, object] = {"people": made.people, "planned": made.operations, "waits": list(made.waits)}
    if made.waits:
        counts |= _leave(settling, second)
    elif made.operations:
        second.refuse_if_stale()
        counts |= change_audience(settling, second)
    return counts | read_back(settling, second.carried_out()) | {"estimated_calls": made.estimated_calls}


def settling_of(run: SyncRun) -> Settling | None:
    """What was planned in the stage; None where it planned nothing yet for the plan that counts."""
    staging, partition = run.project.staging, replace(run, settling=True).partition("plan")
    if not staging.committed(partition):
        return None
    document = cast("dict[str, Any]", staging.document(partition))
    found = Settling(**document | {"waits": tuple(document["waits"])})
    return found if found.planned_at == _first_planned_at(run) else None


def _plan(run: SyncRun) -> Settling:
    """Read what only Salesforce can judge, check, plan, and add the operations to the run's plan."""
    _pin(run)
    read_selections(run, run.schema())
    inputs = plan_inputs(run)
    judge(run, inputs)
    connection = connect()
    plan(run, connection, inputs)
    _save(run, connection)
    planned = planned_by_tag(connection)
    operations: Counter[str] = Counter()
    for (kind, _), number in sorted(planned.items()):
        operations[kind] += number
    made = Settling(
        planned_at=_first_planned_at(run),
        people=show_written(run, connect()),
        operations=dict(operations),
        estimated_calls=estimated_calls(planned, 0, run.project.configuration.pipeline.limits, stamps=False),
        waits=objections_to_settling(run),
    )
    run.project.staging.write_document(run.partition("plan"), asdict(made))
    return made


def _pin(run: SyncRun) -> None:
    """Read the tables as they are by now; the first plan's day goes on, and members are held against its time."""
    run.save_pins(pinned(run, replace(run, settling=False).pins().extracted_at))


def _save(run: SyncRun, connection: DuckDBPyConnection) -> None:
    """Add the operations to the run's plan: of the audience, and those that the first part does not have.

    Those that it has were refused, or have lost their ground.
    """
    warehouse = run.project.warehouse
    show_plan(connection, warehouse, run.run_id)
    kinds = ", ".join(map(text, AUDIENCE_KINDS))
    connection.execute(
        f"""DELETE FROM operations WHERE kind NOT IN ({kinds})
            OR op_id IN (SELECT op_id FROM plans WHERE planned_by IS DISTINCT FROM '{STAGE}')"""
    )
    rows = plan_rows(run, connection, datetime.now(UTC), STAGE)

    def compute(version: int) -> pa.Table:
        merging = connect()
        show_plan(merging, warehouse, run.run_id, version)
        merging.register("fresh", rows)
        return merging.sql(
            f"FROM plans WHERE planned_by IS DISTINCT FROM '{STAGE}' UNION ALL BY NAME FROM fresh"
        ).to_arrow_table()

    warehouse.update(PLANS, compute, run_id=run.run_id)


def _leave(run: SyncRun, second: Plan) -> dict[str, object]:
    with ResultLog(run.project.warehouse, run.run_id) as log:
        for kind in AUDIENCE_KINDS:
            for operation in second.unfinished(kind):
                log.record(operation, "deferred", WAITS)
    return dict(log.counts)


def _first_planned_at(run: SyncRun) -> str:
    planned_at = Plan(run.project.warehouse, run.run_id).planned_at()
    return planned_at.isoformat() if planned_at else ""
