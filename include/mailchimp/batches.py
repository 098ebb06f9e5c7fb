"""Batch operations: many calls in one request, carried out by the vendor in its own time.

Source: https://mailchimp.com/developer/marketing/guides/run-async-requests-batch-endpoint/. A finished batch may hold
failed operations, and results come in any order.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from include.errors import TransientError
from include.mailchimp.batch_archive import OperationResult, fetch_results, unreadable
from include.mailchimp.problems import VENDOR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from include.mailchimp.transport import Document, Transport

OPERATIONS_LIMIT = 5000
"""Operations in one batch. The vendor names no limit; ten thousand and a few megabytes are known to work."""
POLL_FIRST, POLL_GROWTH, POLL_CAP = 0.5, 1.5, 15.0
"""Seconds between two looks at a batch that is still running, and how they grow."""
PATIENCE = 2 * 3600.0
"""Seconds after which a batch that does not finish is an error. It can be taken up again by its id."""
FETCH_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class BatchOperation:
    """One call inside a batch; `path` is below the API's version, `body` JSON text; the id returns with the result."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    body: str | None
    operation_id: str


class Batches:
    """Starts batches and reads their results."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def start(self, operations: Sequence[BatchOperation]) -> str:
        """Hand operations over; returns the batch's id, by which `results` can be had for seven days."""
        if len(operations) > OPERATIONS_LIMIT:
            raise ValueError(f"{len(operations)} operations in one batch; at most {OPERATIONS_LIMIT}")
        body = {"operations": [_wire(operation) for operation in operations]}
        return self._transport.call("POST", "/batches", body=body, read=lambda document: str(document["id"]))

    def results(self, batch_id: str) -> Iterator[OperationResult]:
        """Wait for a batch and read what became of its operations, in any order.

        Raises:
            TransientError: not finished in time, or the result could not be read; the id stays valid.
            PermanentError: no such batch, or its results are gone (after seven days).
        """
        batch = self._finished(batch_id)
        for attempt in range(1, FETCH_ATTEMPTS + 1):
            try:
                results = fetch_results(str(batch["response_body_url"]), self._transport.base_url)
                _complete(batch, results)
            except TransientError:
                if attempt == FETCH_ATTEMPTS:
                    raise
                time.sleep(self._transport.backoff.delay(attempt, None))
                batch = self._status(batch_id)  # the old URL may have expired; this brings a new one
            else:
                yield from results
                return

    def _finished(self, batch_id: str) -> Document:
        pause, waited = POLL_FIRST, 0.0
        while True:
            batch = self._status(batch_id)
            if batch["status"] == "finished":
                return batch
            if waited >= PATIENCE:
                message = f"Mailchimp's batch {batch_id} is still {batch['status']} after {waited:.0f} s"
                raise TransientError(message, vendor=VENDOR, code="batch_unfinished")
            time.sleep(pause)
            waited += pause
            pause = min(pause * POLL_GROWTH, POLL_CAP)

    def _status(self, batch_id: str) -> Document:
        return self._transport.call("GET", f"/batches/{batch_id}", read=_with_status)


def _wire(operation: BatchOperation) -> dict[str, str]:
    wire = {"method": operation.method, "path": operation.path, "operation_id": operation.operation_id}
    return wire if operation.body is None else wire | {"body": operation.body}


def _with_status(document: Document) -> Document:
    if document["status"] == "finished" and not document["response_body_url"]:
        raise ValueError("a finished batch without a result")
    return document


def _complete(batch: Document, results: Sequence[OperationResult]) -> None:
    expected = int(str(batch["total_operations"]))
    if len(results) < expected:
        raise unreadable(f"{len(results)} of {expected} operations")
