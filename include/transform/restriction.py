"""Restricts a plan to some people (M04): the one place where a run leaves somebody out.

The plan is made from everybody, so that each decision is the one that a whole run would make; what it says of others is
taken out in the end: from the operations, the ledger and what is to be remembered. Nothing is planned, counted or
forgotten of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.errors import ConfigError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.transform.inputs import Inputs

BY_EMAIL = ("operations", "assignment_changes", "value_memory", "unwritable")


def restrict(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `scope` (email_key, id), and take out of the plan what it does not cover.

    In scope are the e-mails of those whom the view `asked` (key) names by Salesforce Id (of a person account also the
    account's) or member hash, with every person and member that has one of them, and the other e-mails of these
    (a person's member under a former e-mail, an heir's); id is set for a person without an e-mail. A tag is created
    where it is given to somebody in scope. Raises ConfigError where the one person that is asked for is unknown.
    """
    _find_scope(connection)
    if inputs.person is not None and not connection.execute("SELECT 1 FROM scope LIMIT 1").fetchone():
        raise ConfigError(
            f"person {inputs.person}: audience {inputs.audience.stem} knows nobody with this Id or hash, in Salesforce "
            "or in Mailchimp, as both were read last. Is it of this org and audience? A new record is known once "
            "extract_salesforce has run"
        )
    connection.execute(
        """
        CREATE TEMP TABLE tags_in_scope AS
        SELECT DISTINCT "after" ->> '$.tag' AS tag FROM operations
        WHERE kind = 'add_tag' AND email_key IN (SELECT email_key FROM scope)
        """
    )
    kept = "coalesce(email_key IN (SELECT email_key FROM scope WHERE email_key IS NOT NULL), false)"
    created = "kind = 'create_tag' AND \"after\" ->> '$.tag' IN (SELECT tag FROM tags_in_scope)"
    for table in BY_EMAIL:
        also = f" OR coalesce({created}, false)" if table == "operations" else ""
        connection.execute(f"DELETE FROM {table} WHERE NOT ({kept}{also})")
    no_email = "side = 'salesforce' AND key IN (SELECT id FROM scope WHERE id IS NOT NULL)"
    connection.execute(f"DELETE FROM ledger WHERE NOT ({kept} OR ({no_email}))")


def _find_scope(connection: DuckDBPyConnection) -> None:
    connection.execute(
        """
        CREATE TEMP TABLE scope AS
        WITH RECURSIVE named AS (
            SELECT id, email_key FROM people
            WHERE id IN (FROM asked) OR left(id, 15) IN (FROM asked)
                OR is_person_account AND (account_id IN (FROM asked) OR left(account_id, 15) IN (FROM asked))
        ), former AS (
            SELECT holder_id AS id, email_key FROM emails ANTI JOIN addressees USING (email_key)
            WHERE source = 'salesforce'
        ), links AS (
            SELECT email_key AS one, member_key AS other FROM aliases
            UNION ALL SELECT email_key, member_key FROM moves
            UNION ALL SELECT claims.email_key, people.email_key FROM claims JOIN people ON people.id = person_id
            UNION ALL SELECT matched.email_key, people.email_key FROM matched JOIN people ON people.id = person_id
            UNION ALL SELECT former.email_key, persons.email_key FROM former JOIN persons USING (id)
        ), ways AS (
            SELECT one, other FROM links WHERE one <> other UNION SELECT other, one FROM links WHERE one <> other
        ), reached AS (
            SELECT email_key FROM named WHERE email_key IS NOT NULL
            UNION
            SELECT email_key FROM former SEMI JOIN named USING (id) SEMI JOIN unreachable USING (id)
            UNION
            SELECT key FROM asked
            WHERE key IN (SELECT email_key FROM roster UNION ALL SELECT email_key FROM people)
            UNION
            SELECT ways.other FROM reached JOIN ways ON ways.one = reached.email_key
        )
        SELECT email_key, CAST(NULL AS VARCHAR) AS id FROM reached
        UNION ALL
        SELECT NULL, id FROM named WHERE email_key IS NULL
        """
    )
