"""The result ledger of a run: one row per try of an operation, written as the vendors answer."""

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

    from include.load.operations import Operation
    from include.salesforce.results import WriteResult
    from include.warehouse.store import Warehouse

ResultState = Literal["applied", "already_there", "precondition_gone", "refused", "failed", "deferred"]

FINAL_STATES: tuple[ResultState, ...] = ("applied", "already_there", "precondition_gone", "refused")
"""States that a retry of the task leaves alone; `failed` and `deferred` operations are tried again."""
FLUSH_ROWS = 2_000
FLUSH_SECONDS = 5.0


class ResultLog:
    """Collects results and appends them to the warehouse in chunks; `counts` has how many by state.

    What is lost in a kill between two chunks is done again by the retry; operations are absolute, so that is harmless.
    Leaving the context writes what is left, also when an error ends it. Not for use by several threads.
    """

    def __init__(self, warehouse: Warehouse, run_id: str) -> None:
        self._warehouse = warehouse
        self._run_id = run_id
        self._rows: list[dict[str, object]] = []
        self._flushed_at = time.monotonic()
        self.counts: Counter[str] = Counter()

    def record(
        self,
        operation: Operation,
        state: ResultState,
        reason: str = "",
        *,
        code: str = "",
        vendor_id: str | None = None,
    ) -> None:
        """Note what became of an operation. `reason` and `code` never hold a person's data."""
        self.counts[state] += 1
        self._rows.append(
            {
                "run_id": self._run_id,
                "op_id": operation.op_id,
                "state": state,
                "reason": reason,
                "vendor_code": code,
                "vendor_id": vendor_id,
                "attempt": operation.attempt,
                "at": datetime.now(UTC),
            }
        )
        if len(self._rows) >= FLUSH_ROWS or time.monotonic() - self._flushed_at > FLUSH_SECONDS:
            self.flush()

    def record_row(self, operation: Operation, answer: WriteResult, *, unique_key: str = "") -> None:
        """Note what Salesforce answered for a row; a taken `unique_key` means that the row is there already."""
        state: ResultState = "refused"
        if answer.success:
            state = "applied"
        elif answer.code == "DUPLICATE_VALUE" and unique_key and unique_key in f"{answer.message} {answer.fields}":
            state = "already_there"
        elif answer.code in {*TRANSIENT_CODES, "UNPROCESSED"}:
            state = "failed"
        named = f" ({', '.join(answer.fields)})" if answer.fields else ""
        self.record(operation, state, f"{answer.message}{named}", code=answer.code, vendor_id=answer.id)

    def account(self, vendor: str) -> dict[str, object]:
        """The counts by state. Raises TransientError where operations failed that can be tried again."""
        if self.counts["failed"]:
            raise TransientError(f"{self.counts['failed']} operations failed and can be tried again", vendor=vendor)
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
