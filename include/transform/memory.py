"""What to remember of a plan once it was carried out: the next state of `synced_values` and `assignments`.

A remembered row holds only if every operation it hangs on was carried out; otherwise the next run plans it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation


def find_done(connection: DuckDBPyConnection) -> None:
    """Make `done` (op_id, written): the operations of the run that hold now; `written` by this run itself.

    Reads the views `plans` and `results` of the run. A member that was there already got none of what its `add_member`
    said: that one is not done. A person who has the planned values already got them from an earlier try.
    """
    connection.execute(
        """
        CREATE TEMP TABLE done AS
        SELECT op_id, state = 'applied' OR kind = 'update_person' AS written
        FROM (SELECT op_id, arg_max(state, "at") AS state FROM results GROUP BY op_id) JOIN plans USING (op_id)
        WHERE state = 'applied' OR (state = 'already_there' AND kind <> 'add_member')
        """
    )


def next_synced_values(connection: DuckDBPyConnection, list_id: str) -> DuckDBPyRelation:
    """The columns of `synced_values`: the known rows (view `known`) with those of the plan (view `fresh`) over them."""
    return connection.sql(
        f"""
        WITH held AS ({_unfinished("email_key", "written")}),
        fresh_rows AS (SELECT email_key, field_values FROM fresh ANTI JOIN held USING (email_key))
        SELECT list_id, email_key, field_values FROM known ANTI JOIN fresh_rows USING (email_key)
        UNION ALL
        SELECT $list_id, email_key, field_values FROM fresh_rows
        """,
        params={"list_id": list_id},
    )


def next_assignments(connection: DuckDBPyConnection, list_id: str) -> DuckDBPyRelation:
    """The columns of `assignments`: known rows without those that stop, and those made by the plan over them.

    A record that the run itself has written to did not change by that: the row takes on its new time (view `people`).
    """
    return connection.sql(
        f"""
        WITH held AS ({_unfinished("query, email_key", "true")}),
        fresh_rows AS (SELECT * FROM fresh ANTI JOIN held USING (query, email_key)),
        remembered AS (
            SELECT list_id, query, email_key, targets_hash, person_modified_at, owned_groups, owned_tags
            FROM known ANTI JOIN fresh_rows USING (query, email_key)
            UNION ALL
            SELECT $list_id, query, email_key, targets_hash, person_modified_at, owned_groups, owned_tags
            FROM fresh_rows WHERE NOT stops
        ), rewritten AS (
            SELECT plans.email_key, max(people.modified_at) AS modified_at
            FROM plans JOIN (FROM done WHERE written) USING (op_id) JOIN people ON people.id = plans.person_id
            WHERE kind IN ('opt_out_person', 'update_person') GROUP BY plans.email_key
        )
        SELECT remembered.* REPLACE (greatest(person_modified_at, rewritten.modified_at) AS person_modified_at)
        FROM remembered LEFT JOIN rewritten USING (email_key)
        """,
        params={"list_id": list_id},
    )


def _unfinished(key: str, condition: str) -> str:
    """SQL: keys of `fresh` with an operation that is not done."""
    return f"""
        SELECT DISTINCT {key} FROM (SELECT {key}, unnest(op_ids) AS op_id FROM fresh)
        ANTI JOIN (FROM done WHERE {condition}) USING (op_id)
    """
