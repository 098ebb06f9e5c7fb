"""The stage `refresh`: read back what the loads changed, and remember what was carried out.

The next run then finds both sides as they are, and nothing to do (G05). It also verifies: a write that had no effect
shows as a difference again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.load.operations import Plan, show_plan
from include.pipelines import extract_salesforce
from include.pipelines.current_plan import refuse_superseded
from include.pipelines.extract_audience import refresh_members
from include.pipelines.load import PEOPLE_KINDS
from include.transform.memory import REMEMBERED, find_done, follow_contacts, next_assignments, next_synced_values
from include.warehouse.store import connect
from include.warehouse.tables import ASSIGNMENTS, EMAILS, MEMBERS, PEOPLE, SYNCED_VALUES

if TYPE_CHECKING:
    from collections.abc import Callable, Set

    import pyarrow as pa
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

    from include.pipelines.run import SyncRun
    from include.warehouse.tables import Table


def refresh(run: SyncRun) -> dict[str, object]:
    """Re-read members and people that this run wrote; update `synced_values` and `assignments`; returns counts.

    Raises StoppedByCheck where another run has planned since: what this one left is not what is there now.
    """
    if run.dry_run:
        return {}
    refuse_superseded(run)
    kinds = Plan(run.project.warehouse, run.run_id).carried_out()
    counts: dict[str, object] = {}
    if kinds & {*PEOPLE_KINDS}:
        counts["people"] = extract_salesforce.extract(run.run_id, run.project)
    return counts | read_back(run, kinds)


def read_back(run: SyncRun, kinds: Set[str]) -> dict[str, object]:
    """Re-read the members, where operations of these kinds changed any, and update the tables of memory."""
    counts: dict[str, object] = {}
    if kinds - {*PEOPLE_KINDS, "create_tag"}:
        counts["members"] = refresh_members(run, run.schema(), run.pins().extracted_at)
    counts["synced_values"] = _remember(run, SYNCED_VALUES, "synced_values", next_synced_values)
    rewritten = bool(kinds & {"opt_out_person", "update_person"})
    counts["assignments"] = _remember(run, ASSIGNMENTS, "assignments", next_assignments, also=rewritten)
    return counts


def _remember(
    run: SyncRun,
    table: Table,
    staged: str,
    next_rows: Callable[[DuckDBPyConnection, str], DuckDBPyRelation],
    *,
    also: bool = False,
) -> int:
    """Bring one table of memory up to date; returns the number of rows that the plan said to remember.

    Where there are none, nothing is done, unless `also` something else changes the table.
    """
    partition, list_id, warehouse = run.partition(staged), run.schema().list_id, run.project.warehouse
    rows = run.project.staging.rows(partition)
    if not rows and not also:
        return 0

    def compute(version: int) -> pa.Table:
        connection = connect()
        show_plan(connection, warehouse, run.run_id)
        run.project.staging.view(connection, "fresh", partition)
        warehouse.view(connection, "known", table, version, list_id=list_id)
        # A change that was seen after people were written to is not by the run.
        warehouse.view(connection, "people", PEOPLE, run.pins().people if run.settling else None)
        if run.audience.email_change == "move":
            warehouse.view(connection, "members", MEMBERS, list_id=list_id)
            warehouse.view(connection, "emails", EMAILS, source=list_id)
            follow_contacts(connection, list_id, dict.fromkeys(("known", "fresh"), REMEMBERED[table.name]))
        find_done(connection)
        return next_rows(connection, list_id).to_arrow_table()

    warehouse.update(table, compute, list_id=list_id)
    return rows
