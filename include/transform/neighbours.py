"""The part of both sides that bears on some people: what a plan for them alone has to look at.

A plan for some is cut out of one for all (`restriction.py`). Every decision on somebody hangs on who has or had the
same e-mails, whom a record was merged or converted into, and which contacts had these e-mails, over any number of
steps: whoever is not reached in this way makes no difference, and can be left out before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.transform import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def keep_neighbours(connection: DuckDBPyConnection, list_id: str) -> None:
    """Leave in the views `people`, `members`, `synced_values` and `assignments` whom the table `asked` (key) reaches.

    `asked` holds Salesforce Ids of people and member hashes. Reads also the view `emails`.
    """
    connection.execute(
        f"""
        CREATE TEMP TABLE neighbours AS
        WITH RECURSIVE links AS (
            SELECT 'person ' || id AS one, 'email ' || unnest([email_key, mc_key]) AS other FROM people
            UNION ALL
            SELECT 'person ' || id, 'person ' || unnest([master_record_id, converted_contact_id]) FROM people
            UNION ALL
            SELECT if(source = 'salesforce', 'person ', 'contact ') || holder_id, 'email ' || email_key FROM emails
            WHERE source IN ('salesforce', {sql.text(list_id)})
            UNION ALL
            SELECT 'contact ' || contact_id, 'email ' || email_key FROM members WHERE contact_id <> ''
        ), ways AS (
            SELECT one, other FROM links WHERE other IS NOT NULL
            UNION ALL SELECT other, one FROM links WHERE other IS NOT NULL
        ), reached AS (
            SELECT unnest(['person ' || key, 'email ' || key]) AS node FROM asked
            UNION
            SELECT ways.other FROM reached JOIN ways ON ways.one = reached.node
        )
        SELECT DISTINCT split_part(node, ' ', 1) AS kind, split_part(node, ' ', 2) AS key FROM reached
        """
    )
    columns = {"people": ("person", "id")}
    columns |= dict.fromkeys(("members", "synced_values", "assignments"), ("email", "email_key"))
    for view, (kind, column) in columns.items():
        connection.execute(f"ALTER VIEW {view} RENAME TO whole_{view}")
        connection.execute(
            f"""CREATE TEMP VIEW {view} AS
                FROM whole_{view} WHERE {column} IN (SELECT key FROM neighbours WHERE kind = '{kind}')"""
        )
