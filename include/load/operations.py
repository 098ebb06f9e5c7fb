"""The planned operations of a run, read back from the warehouse in the order they are carried out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from include.errors import StoppedByCheck
from include.warehouse.store import connect
from include.warehouse.tables import PLANS, RESULTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from include.warehouse.store import Warehouse

PLAN_LIFETIME = timedelta(hours=2)
"""An older plan is refused: too much may have happened since (G02)."""
FETCH_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Operation:
    """One planned change; `after` and `precondition` are the plan's JSON, decoded."""

    op_id: str
    kind: str
    email_key: str | None
    person_id: str | None
    after: dict[str, Any]
    precondition: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of one run."""

    warehouse: Warehouse
    run_id: str

    def refuse_if_stale(self, now: datetime | None = None) -> None:
        """Raise StoppedByCheck where the plan is older than two hours: a new run plans again from current data."""
        connection = connect()
        self.warehouse.view(connection, "plans", PLANS, run_id=self.run_id)
        oldest = connection.execute("SELECT epoch_us(min(planned_at)) FROM plans").fetchone()
        planned_at = datetime.fromtimestamp(oldest[0] / 1e6, UTC) if oldest and oldest[0] is not None else None
        if planned_at is not None and (now or datetime.now(UTC)) - planned_at > PLAN_LIFETIME:
            raise StoppedByCheck(
                f"the plan of run {self.run_id} was made at {planned_at:%Y-%m-%d %H:%M} UTC, more than "
                f"{PLAN_LIFETIME} ago: nothing more of it is carried out; start a new run"
            )

    def count(self, kind: str) -> int:
        """How many operations of a kind were planned."""
        connection = connect()
        self.warehouse.view(connection, "plans", PLANS, run_id=self.run_id)
        row = connection.execute("SELECT count(*) FROM plans WHERE kind = ?", [kind]).fetchone()
        return int(row[0]) if row else 0

    def not_added(self) -> set[str]:
        """E-mail keys of planned new members that are no members after this run's results so far."""
        connection = connect()
        self.warehouse.view(connection, "plans", PLANS, run_id=self.run_id)
        self.warehouse.view(connection, "results", RESULTS, run_id=self.run_id)
        rows = connection.execute(
            """SELECT email_key FROM plans
               ANTI JOIN (FROM results WHERE state IN ('applied', 'already_there')) USING (op_id)
               WHERE kind = 'add_member'"""
        )
        return {row[0] for row in rows.fetchall()}

    def operations(self, kind: str, *, but: set[str]) -> Iterator[Operation]:
        """Operations of one kind in a stable order, without the op_ids in `but`."""
        connection = connect()
        self.warehouse.view(connection, "plans", PLANS, run_id=self.run_id)
        cursor = connection.execute(
            """SELECT op_id, kind, email_key, person_id, "after", precondition FROM plans
               WHERE kind = ? ORDER BY email_key NULLS FIRST, op_id""",
            [kind],
        )
        while rows := cursor.fetchmany(FETCH_ROWS):
            for op_id, found, email_key, person_id, after, precondition in rows:
                if op_id not in but:
                    yield Operation(op_id, found, email_key, person_id, _decoded(after), _decoded(precondition))


def in_chunks(operations: Iterator[Operation], size: int) -> Iterator[Sequence[Operation]]:
    """Groups of at most `size` operations."""
    chunk: list[Operation] = []
    for operation in operations:
        chunk.append(operation)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _decoded(text: str | None) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(text) if text else {}
    return value
