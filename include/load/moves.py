"""Carries out `move_member`: another e-mail for a member, by PATCH on the hash of the one it has (X01).

Last of all changes of members: everything else is addressed at the former e-mail. Mailchimp changes the address of
subscribed members only, to one that no member of any status has; the contact_id stays, the former hash answers 404 from
then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from include.errors import PermanentError, TransientError
from include.load.refusals import NOT_SUBSCRIBED, reason_of
from include.mailchimp.client import MEMBER_EXISTS, NOT_FOUND
from include.mailchimp.member_table import KEY_FIELDS

if TYPE_CHECKING:
    from include.load.operations import Operation
    from include.load.pending import Pending
    from include.load.results import ResultState
    from include.mailchimp.client import MailchimpClient


class _Outcome(NamedTuple):
    """What became of an operation."""

    state: ResultState
    reason: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class MoveLoad:
    """Moves the members of one audience."""

    client: MailchimpClient
    list_id: str
    pending: Pending

    def move(self) -> None:
        """Carry out what is pending."""
        for operation, outcome in self.client.map(self._moved, self.pending.operations("move_member")):
            self.pending.log.record(operation, outcome.state, outcome.reason, code=outcome.code)

    def _moved(self, operation: Operation) -> tuple[Operation, _Outcome]:
        try:
            self.client.move_member(self.list_id, operation.email_key or "", operation.after["email_address"])
        except TransientError as error:
            return operation, _Outcome("failed", str(error), error.code)
        except PermanentError as error:
            return operation, self._refused(operation, error)
        return operation, _Outcome("applied")

    def _refused(self, operation: Operation, error: PermanentError) -> _Outcome:
        """Where the member is gone or the e-mail taken, an earlier try whose answer was lost may have moved it."""
        if error.code not in {NOT_FOUND, MEMBER_EXISTS}:
            reason = reason_of(str(error), error.fields)
            return _Outcome("precondition_gone" if reason == NOT_SUBSCRIBED else "refused", reason, error.code)
        try:
            there = self.client.member(self.list_id, operation.precondition["absent"], fields=KEY_FIELDS)
        except TransientError as unknown:
            return _Outcome("failed", str(unknown), unknown.code)
        if there is not None and there["contact_id"].to_pylist() == [operation.precondition["contact_id"]]:
            return _Outcome("already_there", "moved", error.code)
        gone = error.code == NOT_FOUND
        return _Outcome("precondition_gone", "no_such_member" if gone else "member_exists", error.code)
