"""The row ledger of a plan (G03): every current person and every member in one state, for one reason.

An e-mail's fate is decided once, by ordered rules; the person who stands for the e-mail and the member share it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.transform import sql
from include.transform.moves import MOVABLE
from include.transform.reasons import MEANINGS, Reason

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.transform.inputs import Inputs

FATES: tuple[tuple[str, Reason | str], ...] = (
    ("status = 'archived'", Reason.ARCHIVED),
    ("status = 'forgotten'", Reason.FORGOTTEN),
    ("status = 'cleaned'", Reason.CLEANED),
    ("kinds['unsubscribe_member'] IS NOT NULL", Reason.UNSUBSCRIBED),
    ("kinds['archive_member'] IS NOT NULL", Reason.ARCHIVED_WITH_PERSON),
    ("shared", Reason.SHARED_EMAIL_HELD),
    ("has_person AND status IS NULL AND NOT wanted AND lists_groups", Reason.NOT_A_MEMBER),
    ("has_person AND status IS NULL AND NOT wanted", Reason.NOT_SELECTED),
    ("obstacle IS NOT NULL", "obstacle"),
    ("has_person AND no_update AND status IS NOT NULL", Reason.FAILED_RULE),
    ("has_person AND left_out AND (wanted OR $writes_values)", Reason.FIELD_LEFT_OUT),
    ("has_person AND wanted", Reason.ADDED),
    ("kinds['opt_out_person'] IS NOT NULL", Reason.OPTED_OUT_BY_MEMBER),
    ("kinds['move_member'] IS NOT NULL", Reason.MOVED),
    ("kinds['update_person'] IS NOT NULL", Reason.PERSON_UPDATED),
    ("has_person AND op_ids IS NOT NULL", Reason.UPDATED),
    ("has_person AND $one_query", Reason.OTHER_QUERY),
    ("has_person AND NOT $writes_values", Reason.DATA_SYNC_OFF),
    ("has_person", Reason.UP_TO_DATE),
    ("kinds['create_lead'] IS NOT NULL", Reason.LEAD_CREATED),
    ("op_ids IS NOT NULL", Reason.UPDATED),
    ("unmovable", Reason.UNMOVABLE),
    ("former", Reason.FORMER_EMAIL),
    ("gone", Reason.ORPHAN_MEMBER),
    ("true", Reason.NO_PERSON),
)
"""What becomes of an e-mail; the first that holds. A plain text is a column that holds the reason."""

PEOPLE: tuple[tuple[str, Reason | str], ...] = (
    ("people.is_converted", Reason.CONVERTED),
    ("people.email_key IS NULL", Reason.NO_EMAIL),
    ("addressees.shared", "fates.reason"),
    ("addressees.person_id IS DISTINCT FROM people.id AND own.opted_out", Reason.OPTED_OUT_BY_MEMBER),
    ("own.op_ids IS NOT NULL AND NOT list_has_any(coalesce(fates.op_ids, []), own.op_ids)", Reason.PERSON_UPDATED),
    ("addressees.person_id IS DISTINCT FROM people.id", Reason.SHARED_EMAIL),
    ("aliases.moves = false AND own.op_ids IS NULL", Reason.EMAIL_CHANGED),
    ("true", "fates.reason"),
)
"""What becomes of a person."""


def make_ledger(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `ledger`: side (salesforce, mailchimp), key, email_key, state, reason, op_ids (a list, empty for none).

    Reads everything that the plan was made of, and `operations`.
    """
    _decide_fates(connection, inputs)
    state = sql.choice((f"reason = {sql.text(reason)}", sql.text(MEANINGS[reason].state)) for reason in Reason)
    mine = "addressees.person_id = people.id"
    connection.execute(
        f"""
        CREATE TEMP TABLE ledger AS
        SELECT side, key, email_key, {state} AS state, reason, coalesce(op_ids, []) AS op_ids FROM (
            SELECT 'salesforce' AS side, people.id AS key, people.email_key, {_reason(PEOPLE)} AS reason,
                   list_sort(list_distinct(
                       list_concat(coalesce(CASE WHEN {mine} THEN fates.op_ids END, []), coalesce(own.op_ids, []))
                   )) AS op_ids
            FROM people LEFT JOIN (
                SELECT person_id, list(op_id ORDER BY op_id) AS op_ids, bool_or(kind = 'opt_out_person') AS opted_out
                FROM operations WHERE kind IN ('opt_out_person', 'update_person') GROUP BY person_id
            ) own ON own.person_id = people.id
            LEFT JOIN addressees ON addressees.email_key = people.email_key
            LEFT JOIN aliases ON aliases.email_key = people.email_key
            LEFT JOIN fates ON fates.email_key = coalesce(aliases.member_key, people.email_key)
            WHERE NOT people.is_deleted
            UNION ALL
            SELECT 'mailchimp', email_key, email_key, reason, op_ids
            FROM (FROM roster SELECT email_key) JOIN fates USING (email_key)
        )
        """
    )


def _decide_fates(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `fates` (email_key, reason, op_ids): of every e-mail that a current person or a member has.

    Where both differ (`aliases`), it is the member's.
    """
    switches = {"$writes_values": inputs.writes_values, "$one_query": inputs.only_query is not None}
    reason = _reason(FATES)
    for switch, on in switches.items():
        reason = reason.replace(switch, sql.boolean(on))
    connection.execute(
        f"""
        CREATE TEMP TABLE fates AS
        WITH whole AS (
            SELECT email_key, roster.status, coalesce(matched.person_id, standing.person_id) AS person_id,
                   standing.shared
            FROM (
                SELECT coalesce(member_key, email_key) AS email_key, person_id, shared
                FROM addressees LEFT JOIN aliases USING (email_key)
            ) standing FULL JOIN roster USING (email_key) LEFT JOIN matched USING (email_key)
        )
        SELECT email_key, {reason} AS reason, op_ids FROM (
            SELECT whole.email_key, whole.status, whole.person_id IS NOT NULL AS has_person,
                   additions.email_key IS NOT NULL AS wanted,
                   whole.email_key IN (SELECT email_key FROM listed) AS lists_groups,
                   coalesce(additions.obstacle, new_leads.obstacle) AS obstacle,
                   coalesce(person_gates.no_update, false) OR coalesce(member_gates.no_update, false) AS no_update,
                   len(coalesce(person_gates.left_out, [])) > 0
                       OR email_key IN (SELECT email_key FROM unwritable) AS left_out,
                   email_key IN (
                       SELECT claims.email_key FROM claims JOIN addressees USING (person_id)
                       WHERE addressees.email_key NOT IN (SELECT email_key FROM roster)
                   ) AND whole.status <> '{MOVABLE}' AS unmovable,
                   coalesce(strangers.former, false) AS former, coalesce(strangers.gone, false) AS gone,
                   coalesce(whole.shared, false) AS shared, ops.op_ids, ops.kinds
            FROM whole
            LEFT JOIN additions USING (email_key)
            LEFT JOIN new_leads USING (email_key)
            LEFT JOIN strangers USING (email_key)
            LEFT JOIN person_gates ON person_gates.key = whole.person_id
            LEFT JOIN member_gates ON member_gates.key = whole.email_key
            LEFT JOIN (
                SELECT email_key, list(op_id ORDER BY op_id) AS op_ids, histogram(kind) AS kinds FROM operations
                WHERE email_key IS NOT NULL GROUP BY email_key
            ) ops USING (email_key)
        )
        """
    )


def _reason(rules: tuple[tuple[str, Reason | str], ...]) -> str:
    return sql.choice(
        (condition, sql.text(reason) if isinstance(reason, Reason) else reason) for condition, reason in rules
    )
