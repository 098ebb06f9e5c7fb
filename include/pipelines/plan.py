"""The stage `transform` of an audience's sync: the plan."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from include.pipelines import query_state
from include.pipelines.current_plan import claim, refuse_old_data
from include.pipelines.estimate import estimate
from include.pipelines.plan_inputs import plan_inputs
from include.pipelines.sources import show_sources
from include.transform.plan import make_plan
from include.warehouse.store import connect
from include.warehouse.tables import PLANS

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from include.pipelines.run import SyncRun
    from include.transform.inputs import Inputs
    from include.transform.plan import Planned


def transform(run: SyncRun) -> dict[str, object]:
    """Make the plan from the pinned tables and the run's checked values; returns its counts.

    From then on it is the audience's plan that counts, and those of other runs are stale (`current_plan`).

    Writes the run's partition of `plans`, and the staging partitions `ledger` (side, key, email_key, state, reason,
    op_ids), `unwritable` (findings), `assignments` and `synced_values`: how the tables of these names change once the
    plan is carried out (see `transform.plan.Planned`); of a restricted run also `scope`. Raises StoppedByCheck where
    people were read before a configured field was, and where the pinned tables are old; ConfigError where nobody
    is known of whom the run was asked for.
    """
    refuse_old_data(run)
    connection, inputs = connect(), plan_inputs(run)
    planned = plan(run, connection, inputs)
    reading = query_state.newest_reading(connection)
    query_state.see(run, reading)
    planned_at = datetime.now(UTC)
    claim(run, planned_at)
    rows = plan_rows(run, connection, planned_at, "transform")
    run.project.warehouse.replace(PLANS, rows, run_id=run.run_id)
    estimated = estimate(run, connection)
    return _account(connection, planned) | {
        "estimated_calls": estimated.calls,
        "new_rows": estimated.new_rows,
        "query": run.query,
        "selected": _selected(connection, inputs),
        "reading": reading,
        "dry_run": run.dry_run,
        "policy": run.policy(),
        "restricted": run.restricted,
        "asked": list(run.rerun.told),
    }


def plan(run: SyncRun, connection: DuckDBPyConnection, inputs: Inputs) -> Planned:
    """Plan from what the run pinned and staged, and stage what the plan says beside its operations."""
    show_sources(run, connection)
    planned = make_plan(connection, inputs)
    if planned.scope is not None:
        run.project.staging.write_relation(run.partition("scope"), planned.scope)
    for name in ("ledger", "unwritable", "assignments", "synced_values"):
        run.project.staging.write_relation(run.partition(name), getattr(planned, name))
    return planned


def plan_rows(run: SyncRun, connection: DuckDBPyConnection, planned_at: datetime, planned_by: str) -> pa.Table:
    """The operations that `make_plan` left on the connection, as rows of `plans`."""
    rows: pa.Table = connection.sql(
        """
        SELECT $run_id AS run_id, $audience AS audience, $planned_at AS planned_at, $planned_by AS planned_by,
               * EXCLUDE (assigns)
        FROM operations
        """,
        params={"run_id": run.run_id, "audience": run.stem, "planned_at": planned_at, "planned_by": planned_by},
    ).to_arrow_table()
    return rows


def _selected(connection: DuckDBPyConnection, inputs: Inputs) -> dict[str, int]:
    """By query of the run, the people with an e-mail that it selects."""
    if not inputs.queries:
        return {}
    counts = ", ".join(f"count(*) FILTER (q{n})" for n in range(len(inputs.queries)))
    (row,) = connection.execute(f"SELECT {counts} FROM persons").fetchall()
    return {query.name: people for query, people in zip(inputs.queries, row, strict=True)}


def _account(connection: DuckDBPyConnection, planned: Planned) -> dict[str, object]:
    """Planned operations by kind, rows by side, state and reason, and the two counts of the policy table (SPEC)."""
    operations = dict(planned.operations.aggregate("kind, count(*)").order("kind").fetchall())
    ledger: dict[str, dict[str, int]] = {"salesforce": {}, "mailchimp": {}}
    for side, state, reason, rows in planned.ledger.aggregate("side, state, reason, count(*)").order("ALL").fetchall():
        ledger[side][f"{state}: {reason}"] = rows
    covered = "" if planned.scope is None else "WHERE email_key IN (SELECT email_key FROM scope)"
    disagreeing = connection.execute(
        f"""
        SELECT count(*) FILTER (opted_out AND status = 'subscribed'),
               count(*) FILTER (NOT opted_out AND status = 'unsubscribed')
        FROM addressees JOIN roster USING (email_key) {covered}
        """
    ).fetchone()
    opted_out_but_subscribed, unsubscribed_but_not_opted_out = disagreeing or (0, 0)
    return {
        "operations": operations,
        "ledger": ledger,
        "opted_out_but_subscribed": opted_out_but_subscribed,
        "unsubscribed_but_not_opted_out": unsubscribed_but_not_opted_out,
    }
