"""What planning reads: the pinned tables and the run's staging, as views of a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.load.operations import show_plan
from include.pipelines.load import PEOPLE_KINDS
from include.pipelines.plan_inputs import other_lists
from include.transform.neighbours import keep_neighbours
from include.transform.opt_outs import OPEN
from include.transform.sql import text, texts
from include.warehouse.tables import ASSIGNMENTS, EMAILS, MEMBERS, PEOPLE, QUARANTINE, SYNCED_VALUES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.pipelines.run import SyncRun


def show_sources(run: SyncRun, connection: DuckDBPyConnection) -> None:
    """Make the pinned tables and the run's staging visible as the views that `make_plan` reads."""
    show_tables(run, connection)
    _show_elsewhere(run, connection)
    staging = run.project.staging
    staging.view(connection, "mapped", run.partition("mapped"))
    staging.view(connection, "findings", run.partition("findings"))
    staging.view(connection, "selections", run.partition("selections"))
    staging.view(connection, "requests", run.partition("requests"))
    if run.audience.create_leads.enabled:
        staging.view(connection, "lead_candidates", run.partition("lead_candidates"))
    else:
        connection.execute("CREATE TEMP VIEW lead_candidates AS SELECT '' AS email_key, '' AS email WHERE false")


def show_tables(run: SyncRun, connection: DuckDBPyConnection) -> None:
    """Make the pinned tables visible; of a run's second plan, that part of them which bears on its people.

    Views: people, emails (of all), members, synced_values, assignments (of the audience); of a restricted run also
    asked (key): whom it is about, by Salesforce Id or member hash.
    """
    pins, list_id, warehouse = run.pins(), run.schema().list_id, run.project.warehouse
    warehouse.view(connection, "people", PEOPLE, pins.people)
    warehouse.view(connection, "emails", EMAILS, pins.emails)
    warehouse.view(connection, "members", MEMBERS, pins.members, list_id=list_id)
    warehouse.view(connection, "synced_values", SYNCED_VALUES, pins.synced_values, list_id=list_id)
    warehouse.view(connection, "assignments", ASSIGNMENTS, pins.assignments, list_id=list_id)
    if run.settling:
        show_written(run, connection)
        keep_neighbours(connection, list_id)
    elif run.rerun.person is not None:
        connection.execute(f"CREATE TEMP VIEW asked AS SELECT {text(run.rerun.person)} AS key")
    elif run.rerun.quarantined:
        warehouse.view(connection, "quarantine", QUARANTINE, audience=run.stem)
        connection.execute("CREATE TEMP VIEW asked AS SELECT DISTINCT key FROM quarantine")


def _show_elsewhere(run: SyncRun, connection: DuckDBPyConnection) -> None:
    """Make the view `elsewhere` (`opt_outs.py`): who gets mail by the other audiences that take part in opt-outs."""
    run.project.warehouse.view(connection, "all_members", MEMBERS, run.pins().members)
    run.project.staging.view(connection, "unread_elsewhere", run.partition("elsewhere"))
    lists = [list_id for list_id in other_lists(run).values() if list_id]
    connection.execute(
        f"""CREATE TEMP VIEW elsewhere AS SELECT email_key FROM all_members
            WHERE list_id IN (SELECT unnest({texts(lists)})) AND status IN ({", ".join(map(text, OPEN))})
            UNION FROM unread_elsewhere"""
    )


def show_written(run: SyncRun, connection: DuckDBPyConnection) -> int:
    """Make the table `asked` (key): the people that the run has written to, and their members; returns how many.

    Written to is also who had the values already, or the Lead: by a try whose answer was lost, or by another audience.
    """
    show_plan(connection, run.project.warehouse, run.run_id)
    kinds = ", ".join(map(text, PEOPLE_KINDS))
    connection.execute(
        f"""
        CREATE TEMP TABLE written AS
        SELECT DISTINCT op_id, person_id, email_key FROM plans JOIN results USING (op_id)
        WHERE kind IN ({kinds}) AND state NOT IN ('refused', 'precondition_gone');
        CREATE TEMP TABLE asked AS
        SELECT person_id AS key FROM written WHERE person_id IS NOT NULL
        UNION SELECT email_key FROM written WHERE email_key IS NOT NULL
        """
    )
    ((people,),) = connection.execute("SELECT count(DISTINCT coalesce(person_id, email_key)) FROM written").fetchall()
    return int(people)
