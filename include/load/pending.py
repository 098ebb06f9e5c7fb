"""Which planned operations are still to be carried out: not those that are done, held back, or whose ground is gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from include.calls import CallMeter
from include.load.refusals import OF_THE_ADDRESS
from include.warehouse.store import connect
from include.warehouse.tables import QUARANTINE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from include.load.ground import Ground
    from include.load.operations import Operation, Plan
    from include.load.results import ResultLog
    from include.warehouse.store import Warehouse


NEVER_HELD = ("unsubscribe_member", "opt_out_person")
"""Operations that the cap on attempts does not hold: an opt-out is never held back by a quarantine (detail 2)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an operation was refused before."""

    reason: str
    code: str


def held_back(warehouse: Warehouse, audience: str, attempts: int) -> dict[str, Refusal]:
    """The operations that are refused again without asking the vendor, by op_id.

    An operation is held once it was refused in `attempts` runs, at once where the address itself was refused. The op_id
    says what the operation does: with the record, or the configuration, it changes, and the new one is tried.
    """
    connection = connect()
    warehouse.view(connection, "quarantine", QUARANTINE, audience=audience)
    rows = connection.execute(
        """
        SELECT op_id, reason, rule FROM quarantine
        WHERE op_id IS NOT NULL AND (attempts >= $attempts OR list_contains($final, split_part(reason, ':', 1)))
        """,
        {"attempts": attempts, "final": list(OF_THE_ADDRESS)},
    ).fetchall()
    return {op_id: Refusal(reason, code) for op_id, reason, code in rows}


@dataclass(frozen=True, slots=True)
class Pending:
    """The operations of a run that are left to do; what is not carried out is recorded with its reason."""

    plan: Plan
    ground: Ground
    held: Mapping[str, Refusal]
    log: ResultLog
    meter: CallMeter = field(default_factory=CallMeter)

    def operations(self, kind: str) -> Iterator[Operation]:
        """Those of one kind, by tag, then by member. The calls from here on are counted for this kind."""
        self.meter.purpose = kind
        for operation in self.plan.unfinished(kind):
            refusal = None if kind in NEVER_HELD else self.held.get(operation.op_id)
            outcome = self.ground.outcome(operation)
            if refusal is not None:
                self.log.record(operation, "refused", refusal.reason, code=refusal.code)
            elif outcome is not None:
                self.log.record(operation, *outcome)
            else:
                yield operation
