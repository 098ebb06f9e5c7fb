"""What to remember of a plan once it was carried out: the next state of `synced_values` and `assignments`.

A remembered row holds only if every operation it hangs on was carried out; otherwise the next run plans it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.transform import sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from duckdb import DuckDBPyConnection, DuckDBPyRelation


REMEMBERED: dict[str, tuple[str, ...]] = {"synced_values": (), "assignments": ("query",)}
"""What is remembered per e-mail, by table: the columns that identify a row beside email_key."""


def follow_contacts(connection: DuckDBPyConnection, list_id: str, views: Mapping[str, Sequence[str]]) -> None:
    """Let views of what is remembered per e-mail follow the members that have another e-mail by now.

    `views`: by name, the columns that identify a row beside email_key. A row of an e-mail that a contact had before,
    and that no member has, becomes one of the contact's present e-mail, over one that is there. Reads the views
    `members` and `emails`.
    """
    connection.execute(
        f"""
        CREATE TEMP TABLE moved_keys AS
        SELECT former.email_key, members.email_key AS now_key, former.until
        FROM emails former JOIN members ON members.contact_id = former.holder_id AND members.status <> 'forgotten'
        WHERE former.source = {sql.text(list_id)} AND former.email_key NOT IN (SELECT email_key FROM members)
        QUALIFY row_number() OVER (PARTITION BY former.email_key ORDER BY former.until DESC, now_key) = 1
        """
    )
    if not connection.execute("SELECT 1 FROM moved_keys LIMIT 1").fetchone():
        return
    for view, others in views.items():
        as_read = f"{view}_by_former_key"
        connection.execute(f"ALTER VIEW {view} RENAME TO {as_read}")
        connection.execute(
            f"""
            CREATE TEMP VIEW {view} AS
            SELECT * EXCLUDE (now_key, until) REPLACE (coalesce(now_key, email_key) AS email_key)
            FROM {as_read} LEFT JOIN moved_keys USING (email_key)
            QUALIFY row_number() OVER (
                PARTITION BY {", ".join(["coalesce(now_key, email_key)", *others])} ORDER BY until DESC NULLS LAST
            ) = 1
            """
        )


def find_done(connection: DuckDBPyConnection) -> None:
    """Make `done` (op_id, written): the operations of the run that hold now; `written` by this run itself.

    Reads the views `plans` and `results` of the run. A member that was there already got none of what its `add_member`
    said: that one is not done. A person who has the planned values already got them from an earlier try. Without
    `follow_contacts`, its `moved_keys` is made empty.
    """
    connection.execute(
        """
        CREATE TEMP TABLE IF NOT EXISTS moved_keys (email_key VARCHAR, now_key VARCHAR, until TIMESTAMPTZ);
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
            SELECT email_key, max(modified_at) AS modified_at FROM (
                SELECT unnest([coalesce(now_key, plans.email_key), people.email_key]) AS email_key, people.modified_at
                FROM plans JOIN (FROM done WHERE written) USING (op_id) JOIN people ON people.id = plans.person_id
                LEFT JOIN moved_keys ON moved_keys.email_key = plans.email_key
                WHERE kind IN ('opt_out_person', 'update_person')
            ) GROUP BY email_key
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
