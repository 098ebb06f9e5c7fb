"""Groups and tags (R10, R12, R14, detail 5): assigned once per query and person, never put back."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from include.errors import ConfigError
from include.transform import sql
from include.transform.groups import TARGET, group_target
from include.transform.record_groups import givers
from include.transform.requests import FIRST

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.config.queries import Query
    from include.schema import AudienceSchema, Interest
    from include.transform.inputs import Inputs

FIRST_TIME_OR_CHANGED = (
    "(past.query IS NULL OR past.targets_hash <> matches.targets_hash OR matches.modified_at > past.person_modified_at)"
)


def find_matches(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `matches` (email_key, query_number, modified_at, reading, targets_hash, held): who is to get what.

    Who is selected by which query of the run; modified_at and reading are the newest among the e-mail's people that the
    query selects. And whose record lists groups (`listed`), numbered after the queries; held ones get nothing now.
    Where the person's member has another e-mail, it is the member's (`aliases`).
    """
    selected = [
        f"""SELECT coalesce(member_key, email_key) AS email_key, {n} AS query_number, m{n} AS modified_at,
                   r{n} AS reading, {sql.text(targets_hash(query))} AS targets_hash, false AS held
            FROM addressees LEFT JOIN aliases USING (email_key) WHERE q{n}"""
        for n, query in enumerate(inputs.queries)
    ]
    listing = """
        SELECT email_key, query_number, modified_at, CAST(NULL AS BIGINT) AS reading,
               left(sha256(array_to_string(names, chr(31))), 16) AS targets_hash, held
        FROM listed
    """
    connection.execute(f"CREATE TEMP TABLE matches AS {' UNION ALL '.join([listing, *selected])}")


def find_due(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `due` (the columns of `matches`): the assignments to make now.

    A new member's are all due. An existing member's are when the person starts to match, when the query's groups or
    tags change, or when a matching record changed since; for a manual query, when one was read as modified after what
    the query's last run knew. Members that are cleaned, archived or held back by validation get nothing.
    """
    known = inputs.known_reading
    changed = "false" if known is None else f"matches.reading > {known}"
    manual = [n for n, query in enumerate(inputs.queries) if query.run == "manual"]
    conditions = sql.choice(((f"query_number = {n}", changed) for n in manual), FIRST_TIME_OR_CHANGED)
    names = {n: query.name for n, query in enumerate(inputs.queries)} | givers(inputs)
    ready = "FROM matches WHERE NOT held"
    name = sql.choice((f"query_number = {n}", sql.text(name)) for n, name in names.items())
    connection.execute(
        f"""
        CREATE TEMP TABLE due AS
        SELECT matches.* FROM ({ready}) matches SEMI JOIN (FROM additions WHERE obstacle IS NULL) USING (email_key)
        UNION ALL
        SELECT matches.* FROM ({ready}) matches
        SEMI JOIN matched USING (email_key)
        SEMI JOIN updatable USING (email_key)
        LEFT JOIN assignments past ON past.query = {name} AND past.email_key = matches.email_key
        WHERE {conditions}
        """
    )


def find_assignments(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `group_changes` (email_key, interests, query_number) and `tag_changes` (email_key, tag, query_number).

    They hold what is due and not there yet; query_number is the first query that asks for it. What is requested on a
    mirror row (`requests.FIRST`) comes before the groups of all queries, what a record lists after them. A
    single-choice category takes the first group that is asked for, and none where the member has one of its groups
    that `removals` does not take. Raises ConfigError for a group that the audience lacks.
    """
    groups = [(n, *row) for n, query in enumerate(inputs.queries) for row in group_targets(query, inputs.schema)]
    slots = sql.table(groups, {"query_number": "INTEGER", **TARGET})
    tags = [(n, sql.text(tag)) for n, query in enumerate(inputs.queries) for tag in query.tags]
    given = sql.table(tags, {"query_number": "INTEGER", "tag": "VARCHAR"})
    connection.execute(
        f"""
        CREATE TEMP TABLE group_changes AS
        SELECT email_key, list(interest ORDER BY interest) AS interests, min(query_number) AS query_number FROM (
            SELECT email_key, slot, min(query_number) AS query_number,
                   arg_min(interest, {{query: query_number, position: position}}) AS interest
            FROM (
                SELECT email_key, query_number, 0 AS position, slot, interest, excluding
                FROM due JOIN {slots} targets USING (query_number)
                UNION ALL
                SELECT email_key, query_number, position, slot, interest, excluding
                FROM due JOIN record_groups USING (email_key, query_number)
                UNION ALL
                SELECT email_key, {FIRST}, position, slot, interest, excluding FROM requested_groups
            )
            LEFT JOIN roster USING (email_key) LEFT JOIN removals USING (email_key)
            WHERE NOT coalesce(list_has_any(
                list_filter(roster.groups, lambda x: NOT coalesce(list_contains(removals.groups, x), false)), excluding
            ), false)
            GROUP BY email_key, slot
        ) GROUP BY email_key
        """
    )
    connection.execute(
        f"""
        CREATE TEMP TABLE tag_changes AS
        SELECT email_key, tag, min(query_number) AS query_number
        FROM due JOIN {given} targets USING (query_number)
        LEFT JOIN roster USING (email_key)
        WHERE NOT list_contains(coalesce(roster.tags, []), tag)
        GROUP BY email_key, tag
        """
    )


def targets_hash(query: Query) -> str:
    """What identifies a query's groups and tags, in any order: another hash assigns anew."""
    targets = json.dumps([sorted(query.groups), sorted(query.tags)])
    return hashlib.sha256(targets.encode()).hexdigest()[:16]


def group_targets(query: Query, schema: AudienceSchema) -> list[tuple[str, str, str]]:
    """Per group of a query, what `group_target` tells of it."""
    return [group_target(_interest(query, path, schema), schema) for path in query.groups]


def _interest(query: Query, path: str, schema: AudienceSchema) -> Interest:
    if path not in schema.interests:
        known = ", ".join(sorted(schema.interests)) or "none"
        raise ConfigError(f"query {query.name}: audience {schema.name} has no group `{path}`; its groups: {known}")
    return schema.interests[path]
