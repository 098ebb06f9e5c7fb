"""The result ledger of a run: one row per planned operation, written as the vendor answers."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Self

from include.errors import TransientError
from include.salesforce.refusals import TRANSIENT_CODES
from include.warehouse.tables import RESULTS

if TYPE_CHECKING:
    from types import TracebackType

    from include.salesforce.results import WriteResult
    from include.warehouse.store import Warehouse

ResultState = Literal["applied", "already_there", "precondition_gone", "refused", "failed", "deferred"]

FINAL_STATES: frozenset[ResultState] = frozenset({"applied", "already_there", "precondition_gone", "refused"})
"""States that a retry of the task leaves alone; `failed` and `deferred` operations are tried again."""
FLUSH_ROWS = 2_000
FLUSH_SECONDS = 5.0


def written(answer: WriteResult) -> ResultState:
    """The state of an operation from Salesforce's answer for its row; a taken unique key means it is there already."""
    if answer.success:
        return "applied"
    if answer.code == "DUPLICATE_VALUE":
        return "already_there"
    return "failed" if answer.code in {*TRANSIENT_CODES, "UNPROCESSED"} else "refused"


def reason(answer: WriteResult) -> str:
    """What Salesforce said of a row, with the fields it named."""
    return f"{answer.message} ({', '.join(answer.fields)})" if answer.fields else answer.message


class ResultLog:
    """Collects results and appends them to the warehouse in chunks.

    What is lost in a kill between two chunks is done again by the retry; operations are absolute, so that is harmless.
    Leaving the context writes what is left, also when an error ends it.
    """

    def __init__(self, warehouse: Warehouse, run_id: str, *, attempt: int = 1) -> None:
        self._warehouse = warehouse
        self._run_id = run_id
        self._attempt = attempt
        self._rows: list[dict[str, object]] = []
        self._flushed_at = time.monotonic()
        self.counts: Counter[str] = Counter()

    def finished(self) -> set[str]:
        """The op_ids of this run that need no further attempt."""
        rows = self._warehouse.read(RESULTS, run_id=self._run_id).select(["op_id", "state"]).to_pylist()
        return {row["op_id"] for row in rows if row["state"] in FINAL_STATES}

    def record(
        self, op_id: str, state: ResultState, reason: str = "", *, code: str = "", vendor_id: str | None = None
    ) -> None:
        """Note what became of an operation. `reason` and `code` never hold a person's data."""
        self.counts[state] += 1
        self._rows.append(
            {
                "run_id": self._run_id,
                "op_id": op_id,
                "state": state,
                "reason": reason,
                "vendor_code": code,
                "vendor_id": vendor_id,
                "attempt": self._attempt,
                "at": datetime.now(UTC),
            }
        )
        if len(self._rows) >= FLUSH_ROWS or time.monotonic() - self._flushed_at > FLUSH_SECONDS:
            self.flush()

    def account(self) -> dict[str, object]:
        """The counts by state. Raises TransientError where operations failed that can be tried again."""
        if self.counts["failed"]:
            raise TransientError(f"{self.counts['failed']} operations failed and can be tried again", vendor="both")
        return dict(self.counts)

    def flush(self) -> None:
        """Append what was collected."""
        import pyarrow as pa

        if self._rows:
            self._warehouse.append(RESULTS, pa.Table.from_pylist(self._rows, schema=RESULTS.schema()))
            self._rows = []
        self._flushed_at = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.flush()
