"""Carries out `add_member`, `update_member`, `unsubscribe_member` and `archive_member`.

New members go through `POST /lists/{id}` with `update_existing=false`, 500 a call: an existing e-mail is reported,
never overwritten. Existing members are changed by PATCH without `status`, one by one or, when there are many, in
batches; so they are unsubscribed and archived. No call made here can raise a status (G01).
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from include.errors import FatalError, PermanentError, TransientError
from include.keys import email_key
from include.load.chunks import in_chunks, send
from include.load.ground import ANSWER_LOST
from include.load.lost_answers import added_before
from include.load.operations import Operation
from include.load.refusals import TOO_MANY_SIGN_UPS, reason_of
from include.mailchimp.batches import OPERATIONS_LIMIT, BatchOperation
from include.mailchimp.client import NOT_FOUND, WRITE_LIMIT
from include.mailchimp.member_table import KEY_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from include.load.jobs import StartedJobs
    from include.load.pending import Pending
    from include.load.results import ResultState
    from include.mailchimp.client import MailchimpClient

Answered = list[tuple["Sequence[Operation]", "dict[str, Any] | PermanentError"]]
"""Parts of a group, with what the vendor said of each."""
ChangeKind = Literal["update_member", "unsubscribe_member", "archive_member"]
UNSUBSCRIBED = {"status": "unsubscribed"}
BATCHES_AT_ONCE = 4
"""Batches that wait to be carried out; the vendor allows 500 of all programs together."""
FAILURES_IN_A_ROW = 10
"""So many updates that fail one after the other, each tried several times: Mailchimp is down, not a record bad."""


@dataclass(frozen=True, slots=True)
class MemberLoad:
    """Loads the members of one audience."""

    client: MailchimpClient
    list_id: str
    pending: Pending
    jobs: StartedJobs
    batch_above: int
    extracted_at: datetime

    def add(self) -> None:
        """Add the planned new members. Raises FatalError where Mailchimp took an archived member back."""
        chunks = in_chunks(self.pending.operations("add_member"), WRITE_LIMIT)
        self.jobs.begin("add_member")
        there: list[Operation] = []
        for answered in self.client.map(self._sent, chunks):
            for part, answer in answered:
                there += self._record_added(part, answer)
        added = added_before(self.client, self.list_id, self.extracted_at, there)
        for operation in there:
            ours = operation.email_key in added
            state: ResultState = "applied" if ours else "already_there"
            self.pending.log.record(operation, state, ANSWER_LOST if ours else "member_exists")

    def change(self, kind: ChangeKind) -> None:
        """Carry out one kind of planned change of existing members. Raises TransientError where Mailchimp is down."""
        if self.pending.plan.counts().get(kind, 0) > self.batch_above:
            self._change_in_batches(kind)
            return
        failures = 0
        for operation, error in self.client.map(self._changed, self.pending.operations(kind)):
            self._record_updated(operation, error)
            failures = failures + 1 if isinstance(error, TransientError) else 0
            if error is not None and failures == FAILURES_IN_A_ROW:
                raise error

    def _sent(self, chunk: Sequence[Operation]) -> Answered:
        def add(part: Sequence[Operation]) -> dict[str, Any]:
            return self.client.add_members(self.list_id, [operation.after for operation in part])

        return list(send(chunk, add, lambda error: error.code != NOT_FOUND))

    def _record_added(self, part: Sequence[Operation], answer: dict[str, Any] | PermanentError) -> Iterator[Operation]:
        """Yields those who are there, where an attempt whose answer was lost may have added them."""
        if isinstance(answer, PermanentError):
            self.pending.log.record(part[0], "refused", reason_of(str(answer), answer.fields), code=answer.code)
            return
        added = {member["id"] for member in answer["new_members"]}
        errors = {email_key(error["email_address"]): error for error in answer["errors"]}
        for operation in part:
            if operation.email_key in added:
                self.pending.log.record(operation, "applied")
            elif answer["resent"] and _exists(errors.get(operation.email_key or "")):
                yield operation
            elif operation.email_key in errors:
                self._record_not_added(operation, errors[operation.email_key])
            else:
                self._look_up(operation)
        if answer["updated_members"]:
            revived = ", ".join(sorted(member["id"] for member in answer["updated_members"]))
            raise FatalError(
                f"G01: Mailchimp took members of audience {self.list_id} back who were archived during this load. "
                f"Archive them again: {revived}"
            )

    def _record_not_added(self, operation: Operation, error: dict[str, Any]) -> None:
        code = str(error.get("error_code") or "")
        if _exists(error):
            self.pending.log.record(operation, "already_there", "member_exists", code=code)
            return
        named = [str(error["field"])] if error.get("field") else []
        reason = reason_of(f"{error.get('error')} {error.get('field_message')}", named)
        state: ResultState = "deferred" if reason.startswith(TOO_MANY_SIGN_UPS) else "refused"
        self.pending.log.record(operation, state, reason, code=code)

    def _look_up(self, operation: Operation) -> None:
        """A member that the answer does not mention was ignored without a word (seen with renewals), or is there."""
        if self.client.member(self.list_id, operation.email_key or "", fields=KEY_FIELDS) is None:
            self.pending.log.record(operation, "refused", "ignored_by_mailchimp")
        else:
            self.pending.log.record(operation, "already_there", "member_exists")

    def _changed(self, operation: Operation) -> tuple[Operation, PermanentError | TransientError | None]:
        key = operation.email_key or ""
        try:
            if operation.kind == "unsubscribe_member":
                self.client.unsubscribe_member(self.list_id, key)
            elif operation.kind == "archive_member":
                self.client.archive_member(self.list_id, key)
            else:
                self.client.update_member(self.list_id, key, operation.after)
        except (PermanentError, TransientError) as error:
            return operation, error
        return operation, None

    def _change_in_batches(self, kind: ChangeKind) -> None:
        running: deque[tuple[str, Sequence[Operation]]] = deque()
        for chunk in in_chunks(self.pending.operations(kind), OPERATIONS_LIMIT):
            running.append((self._started(chunk), chunk))
            if len(running) == BATCHES_AT_ONCE:
                self._collect(*running.popleft())
        while running:
            self._collect(*running.popleft())

    def _started(self, chunk: Sequence[Operation]) -> str:
        """The id of the batch for these operations: the one that an earlier try has started, or a new one."""
        op_ids = [operation.op_id for operation in chunk]
        batch_id = self.jobs.find(op_ids)
        if batch_id is None:
            batch_id = self.client.start_batch([self._request(operation) for operation in chunk])
            self.jobs.save(op_ids, batch_id)
        return batch_id

    def _request(self, operation: Operation) -> BatchOperation:
        path = f"/lists/{self.list_id}/members/{operation.email_key}"
        if operation.kind == "archive_member":
            return BatchOperation("DELETE", path, None, operation.op_id)
        if "status" in operation.after and operation.after != UNSUBSCRIBED:
            raise FatalError(f"G01: operation {operation.op_id} would change a status; only an unsubscribe does")
        return BatchOperation("PATCH", path, json.dumps(operation.after), operation.op_id)

    def _collect(self, batch_id: str, chunk: Sequence[Operation]) -> None:
        """Wait for a batch and note its results. Where they are lost, the next try starts another."""
        op_ids = [operation.op_id for operation in chunk]
        unanswered = dict(zip(op_ids, chunk, strict=True))
        try:
            for result in self.client.batch_results(batch_id):
                operation = unanswered.pop(result.operation_id, None)
                if operation is not None:
                    self._record_updated(operation, result.error)
        except PermanentError as error:
            self.jobs.forget(op_ids)
            raise TransientError(str(error), vendor="mailchimp", code=error.code) from error
        for operation in unanswered.values():
            self.pending.log.record(operation, "failed", "no_answer_in_batch")
        self.pending.log.flush()
        self.jobs.forget(op_ids)

    def _record_updated(self, operation: Operation, error: PermanentError | TransientError | None) -> None:
        if error is None:
            self.pending.log.record(operation, "applied")
        elif isinstance(error, TransientError):
            self.pending.log.record(operation, "failed", str(error), code=error.code)
        elif error.code == NOT_FOUND:
            self.pending.log.record(operation, "precondition_gone", "no_such_member", code=error.code)
        else:
            self.pending.log.record(operation, "refused", reason_of(str(error), error.fields), code=error.code)


def _exists(error: Mapping[str, Any] | None) -> bool:
    return error is not None and error.get("error_code") == "ERROR_CONTACT_EXISTS"
