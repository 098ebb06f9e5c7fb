"""The row ledger and the quarantine of a run as they ended, made from both parts of its plan (G03)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from include.pipelines.settle import settling_of
from include.quality import figures, quarantine
from include.quality.ledgers import add_second, keep_in_scope, make_row_ledger, weigh
from include.transform.reasons import MEANINGS
from include.warehouse.tables import MEMBERS, PEOPLE, QUARANTINE, ROW_LEDGER

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.pipelines.run import SyncRun
    from include.quality.document import QuarantineGroup, RowLedger


def close_rows(run: SyncRun, connection: DuckDBPyConnection) -> RowLedger:
    """Make and save the row ledger; of a restricted run, of those only whom it is about."""
    warehouse = run.project.warehouse
    _show_rows(run, connection)
    if run.rerun.restricted:
        run.show_scope(connection)
        keep_in_scope(connection)
    if settling_of(run):
        settling = replace(run, settling=True)
        _show_rows(settling, connection, "second_")
        settling.show_scope(connection, "second_scope")
        add_second(connection)
    make_row_ledger(connection)
    saved = connection.sql(
        "SELECT $run_id AS run_id, $audience AS audience, * FROM row_ledger",
        params={"run_id": run.run_id, "audience": run.stem},
    )
    warehouse.replace(ROW_LEDGER, saved.to_arrow_table(), run_id=run.run_id)
    return figures.row_ledger(
        connection, weigh(connection), {reason.value: meaning.text for reason, meaning in MEANINGS.items()}
    )


def close_quarantine(run: SyncRun, connection: DuckDBPyConnection, *, newest: bool) -> tuple[QuarantineGroup, ...]:
    """Make the quarantine; save it where the plan was carried out and no other run has planned since.

    What a run for some people, or for one query, says nothing of stays as it was.
    """
    warehouse = run.project.warehouse
    for name, partition in (("found", "findings"), ("unwritable", "unwritable")):
        run.project.staging.view(connection, name, run.partition(partition))
    found = "FROM found UNION ALL BY NAME FROM unwritable"
    if settling_of(run):
        run.project.staging.view(connection, "found_later", replace(run, settling=True).partition("findings"))
        found += " UNION ALL BY NAME (FROM found_later ANTI JOIN first_draft USING (side, key))"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW findings AS {found}")
    warehouse.view(connection, "known", QUARANTINE, audience=run.stem)
    quarantine.make_quarantine(connection, run.stem, run.pins().extracted_at)
    if newest:
        now = quarantine.with_untouched(connection, restricted=run.rerun.restricted, one_query=run.query is not None)
        warehouse.replace(QUARANTINE, now.to_arrow_table(), audience=run.stem)
    return figures.quarantine(connection)


def _show_rows(run: SyncRun, connection: DuckDBPyConnection, prefix: str = "") -> None:
    """Make visible whom a plan was made from, and what it says of them."""
    pins, warehouse = run.pins(), run.project.warehouse
    warehouse.view(connection, f"{prefix}people", PEOPLE, pins.people)
    warehouse.view(connection, f"{prefix}members", MEMBERS, pins.members, list_id=run.schema().list_id)
    run.project.staging.view(connection, f"{prefix}draft", run.partition("ledger"))
