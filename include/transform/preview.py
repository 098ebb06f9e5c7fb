"""What each query of a plan would do (X02): counts over the tables that `make_plan` made, and Ids of a few people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.transform import sql
from include.transform.precedence import ACTIVE

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.config.queries import Query
    from include.transform.inputs import Inputs

SAMPLE = 5


@dataclass(frozen=True, slots=True)
class QueryPreview:
    """What one query selects, and what becomes of it: emails = members + new_members + the sum of not_added.

    Attributes:
        query: the query.
        people: people with an e-mail that it selects.
        emails: their different e-mails.
        members: those that are members now, and kept up to date.
        new_members: those that would be added.
        not_added: those that are left alone, by reason of the ledger.
        changes: planned operations by kind; what several queries ask for counts for the first of them.
        sample: Salesforce Ids of a few of the people, those that would be added first.
    """

    query: Query
    people: int
    emails: int
    members: int
    new_members: int
    not_added: dict[str, int]
    changes: dict[str, int]
    sample: tuple[str, ...]


def preview_queries(connection: DuckDBPyConnection, inputs: Inputs) -> list[QueryPreview]:
    """The queries of the plan that was made on this connection, in order. Reads its tables, and changes none."""
    return [_preview(connection, number, query) for number, query in enumerate(inputs.queries)]


def planned_changes(connection: DuckDBPyConnection) -> dict[str, int]:
    """Every operation of the plan by kind, whoever asks for it."""
    return dict(connection.execute("SELECT kind, count(*) FROM operations GROUP BY kind ORDER BY kind").fetchall())


def _preview(connection: DuckDBPyConnection, number: int, query: Query) -> QueryPreview:
    fates = dict(
        connection.execute(
            f"""
            SELECT CASE WHEN roster.status IN ({", ".join(map(sql.text, ACTIVE))}) THEN 'member'
                        ELSE coalesce(roster.status, additions.obstacle, 'new') END AS fate, count(*)
            FROM matches LEFT JOIN roster USING (email_key) LEFT JOIN additions USING (email_key)
            WHERE matches.query_number = {number} GROUP BY fate ORDER BY fate
            """
        ).fetchall()
    )
    ((people,),) = connection.execute(f"SELECT count(*) FROM persons WHERE q{number}").fetchall()
    changes = connection.execute(
        "SELECT kind, count(*) FROM operations WHERE query = $name GROUP BY kind ORDER BY kind", {"name": query.name}
    ).fetchall()
    sample = connection.execute(
        f"""
        SELECT id FROM persons LEFT JOIN (
            SELECT email_key, true AS is_new FROM additions WHERE obstacle IS NULL
        ) USING (email_key)
        WHERE q{number} ORDER BY coalesce(is_new, false) DESC, id LIMIT {SAMPLE}
        """
    ).fetchall()
    return QueryPreview(
        query=query,
        people=people,
        emails=sum(fates.values()),
        members=fates.pop("member", 0),
        new_members=fates.pop("new", 0),
        not_added=fates,
        changes=dict(changes),
        sample=tuple(row[0] for row in sample),
    )
