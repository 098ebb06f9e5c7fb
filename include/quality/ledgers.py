"""The two ledgers of a run as it ended (G03): what became of each planned operation, and of each row.

Relations in, relations out; all of it happens in DuckDB, because an audience can have a million rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROW_STATES = ("unchanged", "changed", "skipped", "on_hold", "deferred", "quarantined", "failed")
"""From good to bad: of several things that happened to a row, the worst is its state."""
OPERATION_STATES = ("applied", "already_there", "precondition_gone", "refused", "failed", "deferred")
"""What can become of an operation; in a run that never came to loading it stays `planned`."""

ROW_STATE_OF = {
    "planned": "changed",
    "applied": "changed",
    "already_there": "unchanged",
    "precondition_gone": "skipped",
    "deferred": "deferred",
    "refused": "quarantined",
    "failed": "failed",
}
"""What an operation makes of its row."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """What an operation without a result is counted as."""

    state: str
    reason: str


def make_operation_ledger(connection: DuckDBPyConnection, unanswered: Mapping[str, Unanswered]) -> None:
    """Make `operation_ledger` (op_id, kind, email_key, person_id, behaviour, note, state, reason, vendor_code, cause).

    Reads the views `plans` and `results` of the run. `unanswered` says per kind what to make of an operation
    without a result. `cause` is one word: the reason where it is one, else the vendor's code, else the state.
    """
    cases = " ".join("WHEN ? THEN {state: ?, reason: ?}" for _ in unanswered)
    bound = [value for kind, it in unanswered.items() for value in (kind, it.state, it.reason)]
    missing = f"CASE kind {cases} END" if cases else "CAST(NULL AS STRUCT(state VARCHAR, reason VARCHAR))"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE operation_ledger AS
        WITH outcomes AS (
            SELECT op_id, unnest(arg_max(
                {{state: state, reason: coalesce(reason, ''), vendor_code: coalesce(vendor_code, '')}}, "at"
            )) FROM results GROUP BY op_id
        ), joined AS (
            SELECT plans.op_id, kind, email_key, person_id, behaviour, note, outcomes.op_id IS NOT NULL AS answered,
                   outcomes.state, outcomes.reason, outcomes.vendor_code, {missing} AS missing
            FROM plans LEFT JOIN outcomes USING (op_id)
        )
        SELECT op_id, kind, email_key, person_id, behaviour, note, if(answered, state, missing.state) AS state,
               if(answered, reason, missing.reason) AS reason, coalesce(vendor_code, '') AS vendor_code,
               CASE WHEN NOT answered THEN missing.reason
                    WHEN regexp_full_match(reason, '[A-Za-z0-9_:]+') THEN reason
                    ELSE coalesce(nullif(vendor_code, ''), state) END AS cause
        FROM joined
        """,
        bound,
    )


def make_row_ledger(connection: DuckDBPyConnection) -> None:
    """Make `row_ledger` (side, key, email_key, state, reason): the plan's draft, corrected by what was carried out.

    Reads `operation_ledger` and the view `draft` (side, key, email_key, state, reason, op_ids). A row that was
    to change is what its operations are; any other row keeps its own state where that is worse.
    """
    row_state = "CASE operation_ledger.state " + " ".join(f"WHEN '{a}' THEN '{b}'" for a, b in ROW_STATE_OF.items())
    rank = f"list_position({list(ROW_STATES)}, {{0}})"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE row_ledger AS
        WITH carried_out AS (
            SELECT side, key, unnest(arg_max({{worst: worst, cause: cause}}, rank)) FROM (
                SELECT side, key, {row_state} END AS worst, cause, {rank.format("worst")} AS rank
                FROM (SELECT side, key, unnest(op_ids) AS op_id FROM draft) JOIN operation_ledger USING (op_id)
            ) GROUP BY side, key
        )
        SELECT side, key, email_key,
               CASE WHEN decided THEN worst ELSE draft.state END AS state,
               CASE WHEN decided AND worst <> draft.state OR worst = 'quarantined' AND decided
                    THEN cause ELSE draft.reason END AS reason
        FROM (
            SELECT draft.*, worst, cause,
                   worst IS NOT NULL AND (draft.state = 'changed'
                       OR {rank.format("worst")} >= {rank.format("draft.state")}) AS decided
            FROM draft LEFT JOIN carried_out USING (side, key)
        ) draft
        """
    )


def keep_in_scope(connection: DuckDBPyConnection) -> None:
    """Leave in the views `people` and `members` those that the view `scope` (email_key, id) covers."""
    covered = "coalesce(email_key IN (SELECT email_key FROM scope WHERE email_key IS NOT NULL), false)"
    for view, kept in (("people", f"{covered} OR id IN (SELECT id FROM scope WHERE id <> '')"), ("members", covered)):
        connection.execute(f"ALTER VIEW {view} RENAME TO all_{view}")
        connection.execute(f"CREATE TEMP VIEW {view} AS FROM all_{view} WHERE {kept}")


def add_second(connection: DuckDBPyConnection) -> None:
    """Add to the views `people`, `members` and `draft` what the second part of the run's plan says.

    Reads `second_people`, `second_members` (as it was planned from), `second_draft`, and `second_scope` (email_key,
    id): whom it is about. Those of them who were not there for the first part are rows of their own, as is a Lead that
    the run has made. Of the others a row is what the first part says, unless that left it alone and the second changes
    it; it hangs on the operations of both.
    """
    there = {"people": "id NOT IN (SELECT id FROM first_people WHERE NOT is_deleted)"}
    there["members"] = "email_key NOT IN (SELECT email_key FROM first_members)"
    for view, is_new in there.items():
        covered = "email_key IN (SELECT email_key FROM second_scope WHERE email_key IS NOT NULL)"
        if view == "people":
            covered = f"(coalesce({covered}, false) OR id IN (SELECT id FROM second_scope WHERE id IS NOT NULL))"
        connection.execute(f"ALTER VIEW {view} RENAME TO first_{view}")
        connection.execute(
            f"""CREATE TEMP VIEW {view} AS FROM first_{view} UNION ALL BY NAME
                FROM second_{view} WHERE {covered} AND {is_new}"""
        )
    connection.execute("ALTER VIEW draft RENAME TO first_draft")
    connection.execute(
        """
        CREATE TEMP VIEW draft AS
        SELECT side, key, coalesce(one.email_key, two.email_key) AS email_key,
               unnest(CASE WHEN one.state IS NULL OR (two.state = 'changed' AND one.state IN ('unchanged', 'skipped'))
                           THEN {state: two.state, reason: two.reason} ELSE {state: one.state, reason: one.reason} END),
               list_distinct(coalesce(one.op_ids, []) || coalesce(two.op_ids, [])) AS op_ids
        FROM first_draft one FULL JOIN second_draft two USING (side, key)
        """
    )


@dataclass(frozen=True, slots=True)
class Balance:
    """How far the row ledger is from holding each current person and member exactly once."""

    missing: int
    unknown: int
    repeated: int

    @property
    def balanced(self) -> bool:
        """Whether every row is there once, and no other."""
        return not (self.missing or self.unknown or self.repeated)


def weigh(connection: DuckDBPyConnection) -> Balance:
    """Compare `row_ledger` with the views `people` and `members` that the run was planned from."""
    ((missing, unknown, repeated),) = connection.execute(
        """
        WITH current AS (
            SELECT 'salesforce' AS side, id AS key FROM people WHERE NOT is_deleted
            UNION ALL SELECT 'mailchimp', email_key FROM members
        ), listed AS (SELECT side, key, count(*) AS times FROM row_ledger GROUP BY side, key)
        SELECT (SELECT count(*) FROM current ANTI JOIN listed USING (side, key)),
               (SELECT count(*) FROM listed ANTI JOIN current USING (side, key)),
               (SELECT coalesce(sum(times - 1), 0) FROM listed)
        """
    ).fetchall()
    return Balance(int(missing), int(unknown), int(repeated))
