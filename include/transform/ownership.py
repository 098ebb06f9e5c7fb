"""What queries own (X01): the groups and tags that the sync itself gave for them, taken away when nobody asks any more.

A query owns what it gave, never what a member had already: that others gave. What a query of ours gave counts as given
by each query that asks for it. What somebody took away in Mailchimp is owned no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.transform import sql
from include.transform.assignments import group_targets
from include.transform.record_groups import givers

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.transform.inputs import Inputs

NOTHING = "CAST([] AS VARCHAR[])"


def find_removals(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `owned`, `targets`, `unasked` and `removals`.

    `owned` (email_key, kind, target): what the sync gave members who have it still; kind is `group` or `tag`, target an
    interest's id or a tag. `targets` (query_number, kind, target): what the run's automatic queries give. `unasked`:
    what is owned, and neither a matching query of the run, nor the record, nor a request asks for. `removals`
    (email_key, groups, tags): the part of it to take away now, where `stops_matching: remove` says so; not of members
    that are left alone. Reads `matches`, `matched`, `roster`, `updatable`, `record_groups`, `requested_groups` and
    the view `assignments`. A run for one query takes nothing away: it does not know who else asks.
    """
    automatic = [(n, query) for n, query in enumerate(inputs.queries) if query.run == "automatic"]
    rows = [(n, "'group'", row[1]) for n, query in automatic for row in group_targets(query, inputs.schema)]
    rows += [(n, "'tag'", sql.text(tag)) for n, query in automatic for tag in query.tags]
    targets = sql.table(rows, {"query_number": "INTEGER", "kind": "VARCHAR", "target": "VARCHAR"})
    removes = _removes(inputs) and inputs.only_query is None
    connection.execute(
        f"""
        CREATE TEMP TABLE targets AS SELECT DISTINCT * FROM {targets};
        CREATE TEMP TABLE owned AS
        SELECT DISTINCT email_key, kind, target FROM (
            SELECT email_key, 'group' AS kind, unnest(coalesce(owned_groups, [])) AS target FROM assignments
            UNION ALL
            SELECT email_key, 'tag', unnest(coalesce(owned_tags, [])) FROM assignments
        ) JOIN (FROM roster WHERE status <> 'forgotten') roster USING (email_key)
        WHERE list_contains(CASE kind WHEN 'tag' THEN roster.tags ELSE roster.groups END, target);
        CREATE TEMP TABLE unasked AS
        FROM owned ANTI JOIN (
            SELECT email_key, kind, target FROM matches JOIN targets USING (query_number)
            UNION ALL SELECT email_key, 'group', interest FROM record_groups
            UNION ALL SELECT email_key, 'group', interest FROM requested_groups
        ) wanted USING (email_key, kind, target);
        CREATE TEMP TABLE removals AS
        SELECT email_key, list(target ORDER BY target) FILTER (kind = 'group') AS groups,
               list(target ORDER BY target) FILTER (kind = 'tag') AS tags
        FROM unasked
        SEMI JOIN matched USING (email_key)
        SEMI JOIN updatable USING (email_key)
        WHERE {sql.boolean(removes)}
        GROUP BY email_key
        """
    )


def remember_assignments(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `assignment_changes`: how the table `assignments` changes once this plan is carried out.

    Columns: query, email_key, targets_hash, person_modified_at, owned_groups, owned_tags, op_ids, stops. A row counts
    when all of op_ids were applied (there may be none); one that `stops` is removed: the person no longer matches, or
    the query is gone. Where what it owns is yet to be taken away, it stays instead, with a blank targets_hash, so that
    it assigns anew. A row that holds while what it owns was taken away in Mailchimp, or was given for another query, is
    written anew. Manual queries leave nothing here. Reads `due`, `matches`, `operations`, and what `find_removals`
    makes.
    """
    lasting = {n: query.name for n, query in enumerate(inputs.queries) if query.run == "automatic"} | givers(inputs)
    names = sql.choice((f"query_number = {n}", sql.text(name)) for n, name in lasting.items())
    connection.execute(
        f"""
        CREATE TEMP TABLE assignment_changes AS
        WITH needed AS (
            SELECT email_key, list(op_id) AS op_ids FROM operations WHERE assigns GROUP BY email_key
        ), given AS (
            SELECT email_key, 'group' AS kind, target FROM (
                SELECT email_key, unnest(interests) AS target FROM group_changes
            ) ANTI JOIN (SELECT email_key, interest AS target FROM requested_groups) USING (email_key, target)
            UNION ALL SELECT email_key, 'tag', tag FROM tag_changes
            UNION SELECT email_key, kind, target FROM owned
        ), owning AS (
            SELECT email_key, query_number, {_lists()} FROM given JOIN targets USING (kind, target)
            GROUP BY email_key, query_number
        ), lasting AS (
            SELECT email_key, {_lists()} FROM owned GROUP BY email_key
        ), waiting AS (
            SELECT email_key, {_lists()} FROM unasked ANTI JOIN removals USING (email_key)
            WHERE {sql.boolean(_removes(inputs))} GROUP BY email_key
        ), current AS (
            SELECT {names} AS query, email_key, query_number FROM matches
        ), past AS (
            SELECT * REPLACE (coalesce(owned_groups, []) AS owned_groups, coalesce(owned_tags, []) AS owned_tags)
            FROM assignments {_judged(inputs)}
        )
        SELECT {names} AS query, due.email_key, due.targets_hash, due.modified_at AS person_modified_at,
               {_both("owned_groups", "waiting")} AS owned_groups, {_both("owned_tags", "waiting")} AS owned_tags,
               coalesce(needed.op_ids, {NOTHING}) AS op_ids, false AS stops
        FROM due LEFT JOIN needed USING (email_key) LEFT JOIN owning USING (email_key, query_number)
        LEFT JOIN waiting USING (email_key)
        LEFT JOIN past ON past.query = {names} AND past.email_key = due.email_key
        WHERE {names} IS NOT NULL
        UNION ALL
        SELECT query, email_key, CASE WHEN stops THEN targets_hash ELSE '' END, person_modified_at,
               left_groups, left_tags, op_ids, stops
        FROM (
            SELECT past.*, {_shared("owned_groups", "waiting")} AS left_groups,
                   {_shared("owned_tags", "waiting")} AS left_tags, len(left_groups) + len(left_tags) = 0 AS stops,
                   CASE WHEN removals.email_key IS NULL THEN {NOTHING}
                        ELSE coalesce(needed.op_ids, {NOTHING}) END AS op_ids
            FROM past ANTI JOIN current USING (query, email_key)
            LEFT JOIN removals USING (email_key) LEFT JOIN needed USING (email_key) LEFT JOIN waiting USING (email_key)
        ) WHERE stops OR targets_hash <> '' OR left_groups <> owned_groups OR left_tags <> owned_tags
        UNION ALL
        SELECT query, email_key, targets_hash, person_modified_at, still_groups, still_tags, op_ids, false FROM (
            SELECT past.*, {_both("owned_groups", "lasting")} AS still_groups,
                   {_both("owned_tags", "lasting")} AS still_tags, coalesce(needed.op_ids, {NOTHING}) AS op_ids
            FROM past JOIN current USING (query, email_key)
            ANTI JOIN (SELECT {names} AS query, email_key FROM due) again USING (query, email_key)
            SEMI JOIN roster USING (email_key)
            LEFT JOIN owning USING (email_key, query_number) LEFT JOIN needed USING (email_key)
            LEFT JOIN lasting USING (email_key)
        ) WHERE still_groups <> owned_groups OR still_tags <> owned_tags
        """
    )


def _removes(inputs: Inputs) -> bool:
    return inputs.audience.stops_matching == "remove"


def _judged(inputs: Inputs) -> str:
    """SQL: which remembered rows a run has to judge; a run for one query does not touch those of others."""
    return "" if inputs.only_query is None else f"WHERE query = {sql.text(inputs.only_query)}"


def _shared(column: str, table: str) -> str:
    """SQL: what a remembered row and the member's row of a table both name."""
    return f"list_filter(coalesce(past.{column}, []), lambda x: list_contains(coalesce({table}.{column}, []), x))"


def _both(column: str, table: str) -> str:
    """SQL: what the query owns by what this run gives, and what it owned before that is in the table still."""
    return f"list_sort(list_distinct(coalesce(owning.{column}, {NOTHING}) || {_shared(column, table)}))"


def _lists() -> str:
    """SQL: groups and tags of a group of rows, as the two columns of `assignments`."""
    return ", ".join(
        f"coalesce(list(DISTINCT target ORDER BY target) FILTER (kind = '{kind}'), {NOTHING}) AS owned_{kind}s"
        for kind in ("group", "tag")
    )
