"""Carries out `answer_request` (R22): the answer onto the row, the request taken off it, in one write.

What a part of the answer hangs on was carried out before, or was not: the answer says which. A request whose operation
is still to be tried stays open, and so does one that the user changed meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from include.load.chunks import in_chunks
from include.load.ground import OF_THE_PERSON
from include.load.mirror import SUBSCRIBER
from include.load.results import FINAL_STATES
from include.salesforce.rows import IDS_PER_CALL
from include.schema import REQUEST_RESULT, REQUESTED_GROUPS, REQUESTED_STATUS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from include.load.operations import Operation
    from include.load.pending import Pending
    from include.load.results import ResultState
    from include.salesforce.client import SalesforceClient

FIELDS = ("Id", REQUESTED_STATUS, REQUESTED_GROUPS, REQUEST_RESULT)
DONE = ("applied", "already_there")
Outcome = tuple[str, str]
"""State and reason of an operation."""


@dataclass(frozen=True, slots=True)
class RequestLoad:
    """Answers the requests on the mirror rows of one audience."""

    client: SalesforceClient
    pending: Pending
    bulk_above: int

    def answer(self) -> None:
        """Answer what is pending: rows are read in one call, and answered right after."""
        for chunk in in_chunks(self.pending.operations("answer_request"), IDS_PER_CALL):
            answers = dict(self._answers(chunk))
            by_id = {operation.precondition["row"]: operation for operation in chunk}
            for result in self.client.update(SUBSCRIBER, [*answers.values()], bulk_above=self.bulk_above):
                self.pending.log.record_row(by_id[result.key], result)

    def _answers(self, chunk: Sequence[Operation]) -> Iterator[tuple[str, dict[str, Any]]]:
        """By the row's Id, what is to be written; the others are recorded with what became of them."""
        outcomes = self.pending.plan.outcomes({
            part["op"] for operation in chunk for part in operation.precondition["parts"] if part["op"]
        })  # fmt: skip
        ids = [operation.precondition["row"] for operation in chunk]
        for operation, row in zip(chunk, self.client.retrieve(SUBSCRIBER, ids, FIELDS), strict=True):
            record = _completed(operation, outcomes)
            outcome = _judged(operation, row, record)
            if outcome is None and record is not None:
                yield operation.precondition["row"], record
            elif outcome is not None:
                self.pending.log.record(operation, *outcome)


def _completed(operation: Operation, outcomes: Mapping[str, Outcome]) -> dict[str, Any] | None:
    """The row as it is to be, by what was carried out; None while something is still to be tried."""
    parts = operation.precondition["parts"]
    became = {part["op"]: outcomes.get(part["op"], ("failed", "")) for part in parts if part["op"]}
    if any(state not in FINAL_STATES for state, _ in became.values()):
        return None
    record = operation.after | {"Id": operation.precondition["row"]}
    if all(state in DONE for state, _ in became.values()):
        return record
    record.pop("Key__c", None)  # the member that it was to be the row of is none
    texts = [_text(part, became.get(part["op"])) for part in parts]
    return record | {REQUEST_RESULT: f"{operation.precondition['day']}: {' '.join(texts)}"}


def _text(part: Mapping[str, str], became: Outcome | None) -> str:
    if became is None or became[0] in DONE:
        return part["text"]
    changed = "the person" if became[1] in OF_THE_PERSON else "the member"
    who = "Mailchimp refused it" if became[0] == "refused" else f"{changed} changed meanwhile"
    return f"Not carried out: {who} ({became[1].replace('_', ' ')})."


def _judged(
    operation: Operation, row: Mapping[str, object] | None, record: Mapping[str, Any] | None
) -> tuple[ResultState, str] | None:
    """State and reason of an answer that must not be written, or not now; None where it may."""
    if row is None:
        return "precondition_gone", "row_gone"
    asked = {name: row.get(name) for name in (REQUESTED_STATUS, REQUESTED_GROUPS)}
    if record is not None and not any(asked.values()) and row.get(REQUEST_RESULT) == record[REQUEST_RESULT]:
        return "already_there", "answered"
    if asked != operation.precondition["asked"]:
        return "precondition_gone", "request_changed"
    return ("deferred", "not_carried_out_yet") if record is None else None
