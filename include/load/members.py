"""Carries out `add_member` and `update_member`.

New members go through `POST /lists/{id}` with `update_existing=false`, 500 a call: an existing e-mail is reported,
never overwritten. Existing members are changed by PATCH without `status`, one by one or, when there are many, in
batches. No call made here can raise a status (G01).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from include.errors import PermanentError, TransientError
from include.keys import email_key
from include.load.operations import Operation, in_chunks
from include.mailchimp.batches import OPERATIONS_LIMIT, BatchOperation
from include.mailchimp.client import NOT_FOUND, WRITE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from include.load.jobs import StartedJobs
    from include.load.pending import Pending
    from include.load.results import ResultState
    from include.mailchimp.client import MailchimpClient


@dataclass(frozen=True, slots=True)
class MemberLoad:
    """Loads the members of one audience."""

    client: MailchimpClient
    list_id: str
    pending: Pending
    jobs: StartedJobs
    batch_above: int

    def add(self) -> None:
        """Add the planned new members."""
        for chunk in in_chunks(self.pending.operations("add_member"), WRITE_LIMIT):
            self._add(chunk)

    def update(self) -> None:
        """Write the planned differences of existing members."""
        if self.pending.plan.count("update_member") > self.batch_above:
            for chunk in in_chunks(self.pending.operations("update_member"), OPERATIONS_LIMIT):
                self._update_in_batch(chunk)
        else:
            for chunk in in_chunks(self.pending.operations("update_member"), WRITE_LIMIT):
                for operation, error in self.client.map(self._patch, chunk):
                    self._record_update(operation, error)

    def _add(self, chunk: Sequence[Operation]) -> None:
        """Add a chunk; where the vendor refuses it whole, halve it until the one bad member is alone (G07)."""
        try:
            answer = self.client.add_members(self.list_id, [operation.after for operation in chunk])
        except PermanentError as error:
            if len(chunk) == 1:
                self.pending.log.record(chunk[0].op_id, "refused", str(error), code=error.code)
                return
            middle = len(chunk) // 2
            self._add(chunk[:middle])
            self._add(chunk[middle:])
            return
        added = {member["id"] for member in answer["new_members"]}
        errors = {email_key(error["email_address"]): error for error in answer["errors"]}
        for operation in chunk:
            state, reason, code = _added(operation, added, errors)
            self.pending.log.record(operation.op_id, state, reason, code=code)

    def _patch(self, operation: Operation) -> tuple[Operation, Exception | None]:
        try:
            self.client.update_member(self.list_id, operation.email_key or "", operation.after)
        except (PermanentError, TransientError) as error:
            return operation, error
        return operation, None

    def _update_in_batch(self, chunk: Sequence[Operation]) -> None:
        by_id = {operation.op_id: operation for operation in chunk}
        requests = [
            BatchOperation(
                "PATCH", f"/lists/{self.list_id}/members/{operation.email_key}", json.dumps(operation.after), op_id
            )
            for op_id, operation in by_id.items()
        ]
        job_id = self.jobs.find(by_id)
        if job_id is None:
            job_id = self.client.start_batch(requests)
            self.jobs.save(by_id, job_id)
        for result in self.client.batch_results(job_id):
            self._record_update(by_id.pop(result.operation_id), result.error)
        for operation in by_id.values():
            self.pending.log.record(operation.op_id, "failed", "no_answer_in_batch")

    def _record_update(self, operation: Operation, error: Exception | None) -> None:
        if error is None:
            self.pending.log.record(operation.op_id, "applied")
        elif isinstance(error, PermanentError):
            state: ResultState = "precondition_gone" if error.code == NOT_FOUND else "refused"
            self.pending.log.record(operation.op_id, state, str(error), code=error.code)
        else:
            self.pending.log.record(operation.op_id, "failed", str(error), code=getattr(error, "code", ""))


def _added(operation: Operation, added: set[str], errors: dict[str, dict[str, Any]]) -> tuple[ResultState, str, str]:
    """Classify what `POST /lists/{id}` said of one member.

    The vendor has two codes only, `ERROR_CONTACT_EXISTS` and `ERROR_GENERIC` (pull request codegen#303); the rest is in
    the wording. A member that the answer does not mention was ignored without a word (seen with renewals).
    """
    if operation.email_key in added:
        return "applied", "", ""
    error = errors.get(operation.email_key or "")
    if error is None:
        return "failed", "not_in_answer", ""
    code = str(error.get("error_code", ""))
    if code == "ERROR_CONTACT_EXISTS":
        return "already_there", "member_exists", code
    return _refusal(str(error.get("error", ""))), _reason(error), code


def _refusal(message: str) -> ResultState:
    return "deferred" if "signed up to a lot of lists" in message else "refused"


_WORDINGS = {
    "compliance": "compliance_state",
    "permanently deleted": "forgotten",
    "forgotten": "forgotten",
    "looks fake or invalid": "looks_fake",
    "valid email": "invalid_email",
    "signed up to a lot of lists": "too_many_sign_ups",
    "bounced": "cleaned",
}


def _reason(error: dict[str, Any]) -> str:
    """A reason in one word: the vendor's sentence can quote the address."""
    message = f"{error.get('error', '')} {error.get('field_message', '')}".lower()
    found = next((reason for wording, reason in _WORDINGS.items() if wording in message), "refused_by_mailchimp")
    merge_field = str(error.get("field", ""))
    return f"{found}:{merge_field}" if merge_field else found
