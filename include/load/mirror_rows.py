"""Carries out `upsert_mirror`: rows of `MC_Subscriber__c`, by their external id; where that changes, by their Id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.load.chunks import in_chunks
from include.load.mirror import SUBSCRIBER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from include.load.operations import Operation
    from include.load.pending import Pending
    from include.salesforce.client import SalesforceClient
    from include.salesforce.results import WriteResult

UPSERT_CHUNK = 50_000
"""Rows per upsert: one Bulk API 2.0 job of some 30 MB, below the vendor's 100 MB."""


@dataclass(frozen=True, slots=True)
class MirrorLoad:
    """Writes the mirror rows of one audience."""

    client: SalesforceClient
    list_id: str
    pending: Pending
    bulk_above: int

    def write(self) -> None:
        """Upsert what is pending. A row whose member has another e-mail gets its new key in the same write."""
        for chunk in in_chunks(self.pending.operations("upsert_mirror"), UPSERT_CHUNK):
            by_key: dict[str, Operation] = {}
            by_id: dict[str, Operation] = {}
            for operation in chunk:
                if row_id := operation.precondition.get("row"):
                    by_id[row_id] = operation
                else:
                    by_key[self._key(operation)] = operation
            for answer in self._written(by_key, by_id):
                operation = by_id[answer.key] if answer.key in by_id else by_key[answer.key]
                self.pending.log.record_row(operation, answer)

    def _written(self, by_key: Mapping[str, Operation], by_id: Mapping[str, Operation]) -> Iterator[WriteResult]:
        if by_id:
            rekeyed = [one.after | {"Id": id_, "Key__c": self._key(one)} for id_, one in by_id.items()]
            yield from self.client.update(SUBSCRIBER, rekeyed, bulk_above=self.bulk_above)
        if by_key:
            records = [operation.after | {"Key__c": key} for key, operation in by_key.items()]
            yield from self.client.upsert(SUBSCRIBER, "Key__c", records, bulk_above=self.bulk_above)

    def _key(self, operation: Operation) -> str:
        return f"{self.list_id}:{operation.email_key}"
