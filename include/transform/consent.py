"""Consent across e-mails (G01): who left under one address is not added under another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.transform import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LEFT = ("unsubscribed", "archived", "forgotten")
"""Statuses of a member who was taken off the audience. A cleaned address only bounced: another one may be added."""


def find_held(connection: DuckDBPyConnection, list_id: str) -> None:
    """Make `held` (email_key): e-mails of people who have left the audience under a former or another e-mail.

    Those e-mails come from our own history of the person, from records merged into it and Leads converted into it, and
    from the history of the Mailchimp contacts that had any of them. Anyone with the e-mail counts, survivor or not.
    Who leaves in this run (`unsubscribes`) counts. Reads `persons`, `heirs`, `roster` and the views `emails` and
    `members`.
    """
    source = sql.text(list_id)
    connection.execute(
        f"""
        CREATE TEMP TABLE held AS
        WITH of_people AS (
            SELECT coalesce(heirs.person_id, emails.holder_id) AS person_id, emails.email_key
            FROM emails LEFT JOIN heirs ON heirs.gone_id = emails.holder_id
            WHERE emails.source = 'salesforce'
            UNION
            SELECT person_id, email_key FROM heirs WHERE email_key IS NOT NULL
        ), of_contacts AS (
            SELECT holder_id AS contact_id, email_key FROM emails WHERE source = {source}
            UNION
            SELECT contact_id, email_key FROM members
            WHERE contact_id IN (SELECT holder_id FROM emails WHERE source = {source})
        ), kin AS (
            SELECT one.email_key, other.email_key AS other_key
            FROM of_contacts one JOIN of_contacts other USING (contact_id)
            WHERE one.email_key <> other.email_key
        ), others AS (
            SELECT persons.email_key, of_people.email_key AS other_key
            FROM persons JOIN of_people ON of_people.person_id = persons.id
        ), reached AS (
            SELECT email_key, other_key FROM others
            UNION ALL
            SELECT email_key, other_key FROM kin
            UNION ALL
            SELECT others.email_key, kin.other_key FROM others JOIN kin ON kin.email_key = others.other_key
        )
        SELECT DISTINCT reached.email_key
        FROM reached JOIN roster ON roster.email_key = reached.other_key
        WHERE roster.status IN ({", ".join(map(sql.text, LEFT))})
            OR roster.email_key IN (SELECT email_key FROM unsubscribes)
        """
    )
