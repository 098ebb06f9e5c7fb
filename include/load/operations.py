"""The planned operations of a run, read back from the warehouse in the order they are carried out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from include.errors import StoppedByCheck
from include.load.results import FINAL_STATES
from include.warehouse.store import connect
from include.warehouse.tables import PEOPLE, PLANS, RESULTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from duckdb import DuckDBPyConnection

    from include.warehouse.store import Warehouse

PLAN_LIFETIME = timedelta(hours=2)
"""An older plan is refused: too much may have happened since (G02)."""
FETCH_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Operation:
    """One planned change; `after` and `precondition` are the plan's JSON, decoded; `attempt` counts tries from 1."""

    op_id: str
    kind: str
    email_key: str | None
    after: dict[str, Any]
    precondition: dict[str, Any]
    attempt: int = 1

    @property
    def person_key(self) -> str | None:
        """The e-mail key that the person must still have: the member's, unless the plan says another one.

        None: it has no e-mail, as the heir of a merged record may have none.
        """
        return self.precondition.get("person_email_key", self.email_key)


@dataclass(frozen=True)
class Plan:
    """The plan of one run, or the part of it that one stage has planned (`plans.planned_by`).

    What was planned is looked up once, what became of it each time.
    """

    warehouse: Warehouse
    run_id: str
    planned_by: str | None = None

    def refuse_if_stale(self, now: datetime | None = None) -> None:
        """Raise StoppedByCheck where the plan is older than two hours: a new run plans again from current data."""
        planned_at = self.planned_at()
        if planned_at is not None and (now or datetime.now(UTC)) - planned_at > PLAN_LIFETIME:
            raise StoppedByCheck(
                f"the plan of run {self.run_id} was made at {planned_at:%Y-%m-%d %H:%M} UTC, more than "
                f"{PLAN_LIFETIME} ago: nothing more of it is carried out; start a new run"
            )

    def planned_at(self) -> datetime | None:
        """When the plan was made; None where it is empty."""
        oldest = min((planned_at for _, planned_at in self._planned.values()), default=None)
        return None if oldest is None else datetime.fromtimestamp(oldest / 1e6, UTC)

    def counts(self) -> dict[str, int]:
        """How many operations of each kind were planned."""
        return {kind: number for kind, (number, _) in self._planned.items()}

    @cached_property
    def _planned(self) -> dict[str, tuple[int, int]]:
        """By kind: the number of operations, and when the first was planned, in microseconds of the epoch."""
        connection = connect()
        self.warehouse.view(connection, "plans", PLANS, run_id=self.run_id)
        self._leave_part(connection)
        rows = connection.execute("SELECT kind, count(*), epoch_us(min(planned_at)) FROM plans GROUP BY kind")
        return {kind: (number, planned_at) for kind, number, planned_at in rows.fetchall()}

    def carried_out(self) -> set[str]:
        """The kinds of operations that may have changed something: none was refused, or had lost its ground."""
        rows = self._opened().execute(
            """SELECT DISTINCT kind FROM plans JOIN results USING (op_id)
               WHERE state NOT IN ('refused', 'precondition_gone', 'deferred')"""
        )
        return {row[0] for row in rows.fetchall()}

    def not_added(self) -> set[str]:
        """E-mail keys of planned new members that are no members after this run's results so far."""
        rows = self._opened().execute(
            """SELECT email_key FROM plans
               ANTI JOIN (FROM results WHERE state IN ('applied', 'already_there')) USING (op_id)
               WHERE kind = 'add_member'"""
        )
        return {row[0] for row in rows.fetchall()}

    def outcomes(self, op_ids: Set[str]) -> dict[str, tuple[str, str]]:
        """State and reason of those operations that were tried."""
        rows = self._opened().execute(
            """SELECT op_id, unnest(arg_max({state: state, reason: coalesce(reason, '')}, "at")) FROM results
               WHERE list_contains($op_ids, op_id) GROUP BY op_id""",
            {"op_ids": sorted(op_ids)},
        )
        return {op_id: (state, reason) for op_id, state, reason in rows.fetchall()}

    def unfinished_members(self) -> set[str]:
        """E-mail keys of members with a change, other than a move, that is to be tried again."""
        rows = self._opened().execute(
            """SELECT DISTINCT email_key FROM plans
               JOIN (SELECT op_id, arg_max(state, "at") AS state FROM results GROUP BY op_id) USING (op_id)
               WHERE email_key IS NOT NULL AND kind <> 'move_member' AND NOT list_contains($final, state)""",
            {"final": list(FINAL_STATES)},
        )
        return {row[0] for row in rows.fetchall()}

    def leads_of_known_people(self) -> set[str]:
        """E-mail keys of planned Leads that belong to somebody in the newest `people`, the Lead itself left out."""
        connection = self._opened()
        self.warehouse.view(connection, "people", PEOPLE)
        rows = connection.execute(
            """SELECT DISTINCT email_key FROM plans JOIN people USING (email_key)
               WHERE kind = 'create_lead' AND people.mc_key IS DISTINCT FROM email_key"""
        )
        return {row[0] for row in rows.fetchall()}

    def unfinished(self, kind: str) -> Iterator[Operation]:
        """Operations of one kind that no try has finished, by tag, then by member.

        Only what is being carried out is held as objects: an audience can have a million of them.
        """
        if kind not in self._planned:
            return
        cursor = self._opened().execute(
            """
            WITH tried AS (
                SELECT op_id, arg_max(state, "at") AS state, count(*) AS tries FROM results GROUP BY op_id
            )
            SELECT op_id, kind, email_key, "after", precondition, 1 + coalesce(tries, 0)
            FROM plans LEFT JOIN tried USING (op_id)
            WHERE kind = $kind AND (tried.state IS NULL OR NOT list_contains($final, tried.state))
            ORDER BY "after" ->> '$.tag', email_key, op_id
            """,
            {"kind": kind, "final": list(FINAL_STATES)},
        )
        while rows := cursor.fetchmany(FETCH_ROWS):
            for op_id, found, email_key, after, precondition, attempt in rows:
                yield Operation(op_id, found, email_key, _decoded(after), _decoded(precondition), attempt)

    def _opened(self) -> DuckDBPyConnection:
        connection = connect()
        show_plan(connection, self.warehouse, self.run_id)
        self._leave_part(connection)
        return connection

    def _leave_part(self, connection: DuckDBPyConnection) -> None:
        if self.planned_by is not None:
            connection.execute("ALTER VIEW plans RENAME TO whole_plan")
            connection.execute(f"CREATE TEMP VIEW plans AS FROM whole_plan WHERE planned_by = '{self.planned_by}'")


def show_plan(connection: DuckDBPyConnection, warehouse: Warehouse, run_id: str, version: int | None = None) -> None:
    """Make the views `plans` (as of a version), `results` and `results_of_any_plan` of a run.

    A run that is cleared plans again under its old id, from data that is current then. `results` are what became of
    the plan that counts: older ones do not, even where the same operation is planned once more, as what was done may
    have been undone since.
    """
    warehouse.view(connection, "plans", PLANS, version, run_id=run_id)
    warehouse.view(connection, "results_of_any_plan", RESULTS, run_id=run_id)
    connection.execute(
        """CREATE OR REPLACE TEMP VIEW results AS
           FROM results_of_any_plan WHERE "at" >= (SELECT min(planned_at) FROM plans)"""
    )


def _decoded(text: str | None) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(text) if text else {}
    return value
