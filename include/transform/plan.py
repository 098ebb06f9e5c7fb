"""Makes one audience's plan: both sides in, operations and the row ledger out. Pure: no network, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.transform.additions import find_additions
from include.transform.assignments import find_assignments, find_due, find_matches
from include.transform.consent import find_held
from include.transform.decisions import find_decisions
from include.transform.gates import find_gates, find_updatable
from include.transform.leads import find_leads
from include.transform.ledger import make_ledger
from include.transform.match import find_people, follow_successors, match_members
from include.transform.memory import REMEMBERED, follow_contacts
from include.transform.moves import find_moves
from include.transform.operations import make_operations
from include.transform.opt_outs import find_opt_outs
from include.transform.ownership import find_removals, remember_assignments
from include.transform.precedence import compare_values
from include.transform.record_groups import find_record_groups
from include.transform.request_answers import answer_requests
from include.transform.requests import find_requested_groups, find_requests
from include.transform.restriction import restrict
from include.transform.write_back import find_write_backs

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

    from include.transform.inputs import Inputs


@dataclass(frozen=True, slots=True)
class Planned:
    """What a plan consists of, as relations of the connection that made it.

    Attributes:
        operations: columns of the table `plans`, without run_id, audience and planned_at.
        ledger: side, key, email_key, state, reason, op_ids (list of text).
        assignments: how the table `assignments` changes: query, email_key, targets_hash, person_modified_at,
            owned_groups, owned_tags, op_ids, stops. A row counts once all of op_ids were applied; one that stops is
            removed.
        synced_values: how the table `synced_values` changes: email_key, field_values, op_ids. A row replaces the
            member's once all of op_ids were applied.
        unwritable: findings (`validation.findings`): values of members that Salesforce could not hold (X03).
        scope: whom a restricted plan is for: email_key, id (of a person without an e-mail); None: everybody.
    """

    operations: DuckDBPyRelation
    ledger: DuckDBPyRelation
    assignments: DuckDBPyRelation
    synced_values: DuckDBPyRelation
    unwritable: DuckDBPyRelation
    scope: DuckDBPyRelation | None


def make_plan(connection: DuckDBPyConnection, inputs: Inputs) -> Planned:
    """Plan an audience from the connection's views; the connection is used for one plan only.

    Views: people, members, emails, synced_values, assignments (as in `warehouse/tables.py`; the last three and members
    of this audience, emails of all), elsewhere (`opt_outs.py`), mapped, lead_candidates (`values.py`), findings
    (side, object, key, email_key, field, rule, reason, gates), selections (selection, id) and requests
    (`requests.py`); of a restricted plan also asked (key). Raises StoppedByCheck where a field was not read yet,
    ConfigError for an unknown group, and for a person that nobody knows.
    """
    list_id = inputs.schema.list_id
    if inputs.moves_members:
        follow_contacts(connection, list_id, REMEMBERED)
    find_people(connection, inputs)
    follow_successors(connection)
    match_members(connection, inputs)
    find_requests(connection, inputs)
    find_opt_outs(connection, inputs)
    find_held(connection, list_id)
    find_gates(connection)
    find_moves(connection, inputs)
    find_updatable(connection)
    find_decisions(connection, inputs)
    compare_values(connection, inputs)
    find_write_backs(connection, inputs)
    find_additions(connection, inputs)
    find_requested_groups(connection, inputs)
    find_record_groups(connection, inputs)
    find_matches(connection, inputs)
    find_due(connection, inputs)
    find_removals(connection, inputs)
    find_assignments(connection, inputs)
    find_leads(connection, inputs)
    make_operations(connection, inputs)
    make_ledger(connection, inputs)
    answer_requests(connection, inputs)
    remember_assignments(connection, inputs)
    _remember_values(connection)
    if inputs.restricted:
        restrict(connection, inputs)
    return Planned(
        operations=connection.sql("FROM operations SELECT * EXCLUDE (assigns)"),
        ledger=connection.table("ledger"),
        assignments=connection.table("assignment_changes"),
        synced_values=connection.table("value_memory"),
        unwritable=connection.table("unwritable"),
        scope=connection.table("scope") if inputs.restricted else None,
    )


def _remember_values(connection: DuckDBPyConnection) -> None:
    """Make `value_memory` (email_key, field_values, op_ids): what to remember once it is written."""
    connection.execute(
        """
        CREATE TEMP TABLE value_memory AS
        SELECT email_key, field_values, coalesce(op_ids, []) AS op_ids FROM (
            SELECT email_key, field_values FROM value_changes
            UNION ALL
            SELECT email_key, field_values FROM additions WHERE obstacle IS NULL
        ) LEFT JOIN (
            SELECT email_key, list(op_id) AS op_ids FROM operations
            WHERE kind IN ('add_member', 'update_member', 'update_person') GROUP BY email_key
        ) writes USING (email_key)
        """
    )
