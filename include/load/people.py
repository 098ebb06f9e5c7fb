"""Carries out `opt_out_person`: the opt-out flag of existing people, through Collections or Bulk API 2.0 (X01)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.load.chunks import in_chunks

if TYPE_CHECKING:
    from include.load.operations import Operation
    from include.load.pending import Pending
    from include.salesforce.client import SalesforceClient

UPDATE_CHUNK = 10_000
"""Operations held at a time."""


@dataclass(frozen=True, slots=True)
class PeopleLoad:
    """Writes to the people of one audience. A person account is written through its Account: the plan names it."""

    client: SalesforceClient
    pending: Pending
    bulk_above: int

    def opt_out(self) -> None:
        """Set the flags that are planned; setting one twice is harmless."""
        for chunk in in_chunks(self.pending.operations("opt_out_person"), UPDATE_CHUNK):
            by_object: dict[str, list[Operation]] = defaultdict(list)
            for operation in chunk:
                by_object[operation.after["attributes"]["type"]].append(operation)
            for object_name, operations in by_object.items():
                self._update(object_name, operations)

    def _update(self, object_name: str, operations: list[Operation]) -> None:
        by_id = {operation.after["Id"]: operation for operation in operations}
        records = [
            {name: value for name, value in operation.after.items() if name != "attributes"}
            for operation in by_id.values()
        ]
        for answer in self.client.update(object_name, records, bulk_above=self.bulk_above):
            self.pending.log.record_row(by_id[answer.key], answer)
