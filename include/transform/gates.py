"""What validation holds back, per person and per member."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.transform import sql
from include.transform.precedence import ACTIVE

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

INVALID_EMAIL = "invalid_email"
"""The rule of validation whose name is a reason of its own in the ledger."""


def find_gates(connection: DuckDBPyConnection) -> None:
    """Make `person_gates` and `member_gates` from the view `findings`, one row per record with a finding.

    Columns: key (Salesforce id, or member hash), no_add, no_update, no_lead, invalid_email, and left_out: the fields
    (merge tags; of a member, Lead fields) that are neither written nor blanked. A finding that names a field holds back
    that field only; the gates are those of findings that hold the record.
    """
    for table, side in (("person_gates", "salesforce"), ("member_gates", "mailchimp")):
        connection.execute(
            f"""
            CREATE TEMP TABLE {table} AS
            SELECT key,
                   bool_or(field IS NULL AND list_contains(gates, 'add')) AS no_add,
                   bool_or(field IS NULL AND list_contains(gates, 'update')) AS no_update,
                   bool_or(field IS NULL AND list_contains(gates, 'create_lead')) AS no_lead,
                   bool_or(rule = '{INVALID_EMAIL}') AS invalid_email,
                   coalesce(list(DISTINCT field) FILTER (field IS NOT NULL), []) AS left_out
            FROM findings WHERE side = '{side}' GROUP BY key
            """
        )


def find_updatable(connection: DuckDBPyConnection) -> None:
    """Make `updatable` (email_key): members in an active status whom validation does not hold back, nor their person.

    One whose e-mail is held, as several people have it, is not among them. Reads `roster`, `addressees`, the gates, and
    `matched` and `aliases`, which have to be complete: it comes after `find_moves`.
    """
    connection.execute(
        f"""
        CREATE TEMP TABLE updatable AS
        SELECT roster.email_key FROM roster LEFT JOIN matched USING (email_key)
        LEFT JOIN person_gates ON person_gates.key = matched.person_id
        LEFT JOIN member_gates ON member_gates.key = roster.email_key
        WHERE roster.status IN ({", ".join(map(sql.text, ACTIVE))})
            AND NOT coalesce(person_gates.no_update, false) AND NOT coalesce(member_gates.no_update, false)
            AND roster.email_key NOT IN (
                SELECT coalesce(member_key, email_key) FROM addressees LEFT JOIN aliases USING (email_key) WHERE shared
            )
        """
    )
