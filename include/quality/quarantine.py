"""What is held back now: this run's findings and refusals, with the age and the attempts of those known before."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

GATE_OF = {
    "add_member": "add",
    "update_member": "update",
    "add_tag": "update",
    "unsubscribe_member": "opt_out",
    "opt_out_person": "opt_out",
    "update_person": "update_person",
    "archive_member": "archive",
    "move_member": "move",
    "remove_tag": "update",
    "create_lead": "create_lead",
    "upsert_mirror": "mirror",
    "answer_request": "mirror",
}
"""What a refused operation of each kind holds back."""
MIRROR_OBJECT = "MC_Subscriber__c"


def make_quarantine(connection: DuckDBPyConnection, audience: str, found_at: datetime) -> None:
    """Make `held` with the columns of the table `quarantine`.

    Reads the views `findings`, `known` (the audience's quarantine before), `operation_ledger` and `row_ledger`: what is
    wrong with somebody whom the audience skips anyway holds nothing back. `found_at` is the same at each try of a run:
    a row that already bears it is not counted again.
    """
    gates = " ".join(f"WHEN '{kind}' THEN '{gate}'" for kind, gate in GATE_OF.items())
    of_mirror = "kind IN ('upsert_mirror', 'answer_request')"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE held AS
        WITH found AS (
            SELECT side, object, key, field, rule, reason, gates, NULL AS op_id FROM findings
            SEMI JOIN (FROM row_ledger WHERE state <> 'skipped') USING (side, key)
            UNION ALL
            SELECT if({of_mirror}, 'salesforce', 'mailchimp'), if({of_mirror}, '{MIRROR_OBJECT}', 'member'), email_key,
                   nullif(split_part(cause, ':', 2), ''),
                   split_part(cause, ':', 1), reason, [CASE kind {gates} END], op_id
            FROM operation_ledger WHERE state = 'refused' AND email_key IS NOT NULL
        ), once AS (
            SELECT side, object, key, field, rule, min(reason) AS reason,
                   list_sort(list_distinct(flatten(list(gates)))) AS gates, max(op_id) AS op_id
            FROM found GROUP BY side, object, key, field, rule
        )
        SELECT $audience AS audience, once.side, once.object, once.key, once.field, once.rule, once.reason, once.gates,
               coalesce(known.first_seen, $found_at) AS first_seen, $found_at AS last_seen,
               CASE WHEN known.last_seen = $found_at THEN known.attempts
                    WHEN known.op_id IS DISTINCT FROM once.op_id THEN 1
                    ELSE coalesce(known.attempts, 0) + 1 END AS attempts,
               once.op_id
        FROM once LEFT JOIN known ON known.side = once.side AND known.object = once.object AND known.key = once.key
            AND known.field IS NOT DISTINCT FROM once.field AND known.rule = once.rule
        """,
        {"audience": audience, "found_at": found_at},
    )


def with_untouched(connection: DuckDBPyConnection, *, restricted: bool, one_query: bool) -> DuckDBPyRelation:
    """The audience's quarantine as it is now: `held`, and the rows of `known` that the run says nothing of.

    Those are, of a restricted run, the rows of whom it was not about; of a run for one query, the refused operations
    that it does not plan. Reads also `row_ledger` and `operation_ledger`.
    """
    untouched = ["false"]
    if restricted:
        untouched.append(
            """key NOT IN (SELECT key FROM row_ledger)
               AND key NOT IN (SELECT email_key FROM row_ledger WHERE email_key IS NOT NULL)"""
        )
    if one_query:
        untouched.append("op_id IS NOT NULL AND op_id NOT IN (SELECT op_id FROM operation_ledger)")
    return connection.sql(
        f"""
        FROM held UNION ALL BY NAME
        FROM (FROM known WHERE {" OR ".join(untouched)}) others
        ANTI JOIN held ON held.side = others.side AND held.object = others.object AND held.key = others.key
            AND held.field IS NOT DISTINCT FROM others.field AND held.rule = others.rule
        """
    )
