"""Carries out `opt_out_person` and `update_person` (X01, X03): fields of existing people.

Both go through Collections or Bulk API 2.0. A person account is written through its Account: the plan names it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.errors import PermanentError
from include.keys import email_key
from include.load.chunks import in_chunks, send
from include.load.ground import all_allowed
from include.load.leads import UNREADABLE_VALUE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from include.load.operations import Operation
    from include.load.pending import Pending
    from include.load.results import ResultState
    from include.load.rule_names import RuleNames
    from include.salesforce.client import SalesforceClient
    from include.salesforce.results import WriteResult

UPDATE_CHUNK = 10_000
"""Operations held at a time."""


@dataclass(frozen=True, slots=True)
class PeopleLoad:
    """Writes to the people of one audience."""

    client: SalesforceClient
    pending: Pending
    rules: RuleNames
    bulk_above: int

    def opt_out(self) -> None:
        """Set the flags that are planned; setting one twice is harmless."""
        for object_name, operations in self._planned("opt_out_person"):
            self._write(object_name, operations)

    def update(self) -> None:
        """Write the planned values to people whose fields are still as planned: each is read just before."""
        for object_name, operations in self._planned("update_person"):
            self._write(object_name, list(self._with_ground(object_name, operations)))

    def _planned(self, kind: str) -> Iterator[tuple[str, list[Operation]]]:
        """Operations by the object that is written."""
        for chunk in in_chunks(self.pending.operations(kind), UPDATE_CHUNK):
            by_object: dict[str, list[Operation]] = defaultdict(list)
            for operation in chunk:
                by_object[operation.after["attributes"]["type"]].append(operation)
            yield from by_object.items()

    def _with_ground(self, object_name: str, operations: Sequence[Operation]) -> Iterator[Operation]:
        """Those that are still to be carried out; a person account is read as its Contact."""
        read = "Lead" if object_name == "Lead" else "Contact"
        named = {name for operation in operations for name in operation.precondition["values"]}
        fields = ["Id", "Email", *(["IsConverted"] if read == "Lead" else []), *sorted(named)]
        ids = [operation.precondition["person"] for operation in operations]
        for operation, row in zip(operations, self.client.retrieve(read, ids, fields), strict=True):
            outcome = _judged(operation, row)
            if outcome is None:
                yield operation
            else:
                self.pending.log.record(operation, *outcome)

    def _write(self, object_name: str, operations: Sequence[Operation]) -> None:
        if not operations:
            return

        def update(part: Sequence[Operation]) -> list[WriteResult]:
            records = [{name: value for name, value in each.after.items() if name != "attributes"} for each in part]
            return list(self.client.update(object_name, records, bulk_above=self.bulk_above))

        by_id = {operation.after["Id"]: operation for operation in operations}
        for part, answers in send([*by_id.values()], update, lambda error: error.code == UNREADABLE_VALUE):
            if isinstance(answers, PermanentError):
                self.pending.log.record(part[0], "refused", str(answers), code=answers.code)
            else:
                for answer in answers:
                    self.pending.log.record_row(by_id[answer.key], self.rules.named(object_name, answer))


def _judged(operation: Operation, row: Mapping[str, object] | None) -> tuple[ResultState, str] | None:
    """State and reason of an update that must not be carried out any more; None where it may."""
    if row is None:
        return "precondition_gone", "person_gone"
    if row.get("IsConverted"):
        return "precondition_gone", "converted"
    email = row.get("Email")
    if (email_key(str(email)) if email else None) != operation.person_key:
        return "precondition_gone", "another_email"
    values = operation.precondition["values"]
    if all_allowed(row, {name: [after] for name, (_, after) in values.items()}):
        return "already_there", "person_has_the_values"
    return None if all_allowed(row, values) else ("precondition_gone", "person_changed")
