"""What carrying out a plan will cost, in calls and in new rows, from the connection that made the plan (M05, G08)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.load.estimate import estimated_calls
from include.load.mirror import SUBSCRIBER, differences
from include.warehouse.tables import MIRROR

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from include.pipelines.run import SyncRun
    from include.schema import AudienceSchema


@dataclass(frozen=True, slots=True)
class Estimate:
    """What carrying out a plan will take.

    Attributes:
        calls: by vendor and kind of operation.
        new_rows: by object of Salesforce, the rows to add; objects without any are left out.
    """

    calls: dict[str, dict[str, int]]
    new_rows: dict[str, int]


def estimate(run: SyncRun, connection: DuckDBPyConnection) -> Estimate:
    """Estimate a plan from what `make_plan` left on the connection."""
    planned = planned_by_tag(connection)
    rows, new = _mirror_rows(run, connection) if run.audience.data_sync else (0, 0)
    limits = run.project.configuration.pipeline.limits
    calls = estimated_calls(planned, rows, limits, stamps=not run.rerun.restricted)
    added = {SUBSCRIBER: new, "Lead": planned.get(("create_lead", None), 0)}
    return Estimate(calls, {name: number for name, number in added.items() if number})


def planned_by_tag(connection: DuckDBPyConnection) -> dict[tuple[str, str | None], int]:
    """How many operations `make_plan` left, by kind and tag (None: the kind has none)."""
    counted = connection.execute(
        """SELECT kind, "after" ->> '$.tag' AS tag, count(*) FROM operations GROUP BY ALL"""
    ).fetchall()
    return {(kind, tag): number for kind, tag, number in counted}


def _mirror_rows(run: SyncRun, connection: DuckDBPyConnection) -> tuple[int, int]:
    """Rows that differ already, and those of members that the plan changes; and how many of them are new.

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
    ((rows, new),) = connection.execute(
        """
        WITH changes AS (
            SELECT email_key, "before" IS NULL AS is_new FROM mirror_changes
            UNION ALL
            SELECT email_key, kind IN ('add_member', 'create_lead')
            FROM operations WHERE kind NOT IN ('create_tag', 'opt_out_person', 'update_person', 'answer_request')
        )
        SELECT count(DISTINCT email_key), count(DISTINCT email_key) FILTER (
            is_new AND $list_id || ':' || email_key NOT IN (SELECT key FROM mirror)
        ) FROM changes WHERE email_key IS NOT NULL
        """,
        {"list_id": run.schema().list_id},
    ).fetchall()
    return int(rows), int(new)


def interests(schema: AudienceSchema) -> pa.Table:
    """The audience's groups: id, path."""
    import pyarrow as pa

    rows = [{"id": interest.id, "path": path} for path, interest in schema.interests.items()]
    return pa.Table.from_pylist(rows, schema=pa.schema([("id", pa.string()), ("path", pa.string())]))
