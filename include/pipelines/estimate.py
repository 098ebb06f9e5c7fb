"""What carrying out a plan will cost in calls, from the connection that made the plan (M05)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.load.estimate import estimated_calls
from include.load.mirror import SUBSCRIBER, differences
from include.warehouse.tables import MIRROR

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from include.pipelines.run import SyncRun
    from include.schema import AudienceSchema


def estimate(run: SyncRun, connection: DuckDBPyConnection) -> dict[str, dict[str, int]]:
    """Calls by vendor and kind of operation; reads what `make_plan` left on the connection."""
    counted = connection.execute(
        """SELECT kind, "after" ->> '$.tag' AS tag, count(*) FROM operations GROUP BY ALL"""
    ).fetchall()
    planned = {(kind, tag): number for kind, tag, number in counted}
    rows = _mirror_rows(run, connection) if run.audience.data_sync else 0
    limits = run.project.configuration.pipeline.limits
    return estimated_calls(planned, rows, limits, stamps=not run.rerun.restricted)


def _mirror_rows(run: SyncRun, connection: DuckDBPyConnection) -> int:
    """Rows that differ already, and those of members that the plan changes.

    By the mirror as Salesforce last showed it: what somebody changed there since is not counted.
    """
    run.project.warehouse.view(connection, "mirror", MIRROR, list_id=run.schema().list_id, object=SUBSCRIBER)
    connection.register("interests", interests(run.schema()))
    known = connection.execute("SELECT record ->> '$.Audience__c' FROM mirror LIMIT 1").fetchall()
    connection.register(
        "mirror_changes",
        differences(
            connection,
            audience_id=str(known[0][0]) if known else "",
            everyone=run.audience.mirror == "all",
            restricted=run.rerun.restricted,
        ),
    )
    ((rows,),) = connection.execute(
        """
        SELECT count(*) FROM (
            SELECT email_key FROM mirror_changes
            UNION SELECT email_key FROM operations WHERE kind NOT IN
                ('create_tag', 'opt_out_person', 'update_person', 'answer_request')
        ) WHERE email_key IS NOT NULL
        """
    ).fetchall()
    return int(rows)


def interests(schema: AudienceSchema) -> pa.Table:
    """The audience's groups: id, path."""
    import pyarrow as pa

    rows = [{"id": interest.id, "path": path} for path, interest in schema.interests.items()]
    return pa.Table.from_pylist(rows, schema=pa.schema([("id", pa.string()), ("path", pa.string())]))
