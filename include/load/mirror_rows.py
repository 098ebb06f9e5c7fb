"""Carries out `upsert_mirror`: rows of `MC_Subscriber__c`, by their external id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.load.chunks import in_chunks
from include.load.mirror import SUBSCRIBER

if TYPE_CHECKING:
    from include.load.pending import Pending
    from include.salesforce.client import SalesforceClient

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
        """Upsert what is pending."""
        for chunk in in_chunks(self.pending.operations("upsert_mirror"), UPSERT_CHUNK):
            by_key = {f"{self.list_id}:{operation.email_key}": operation for operation in chunk}
            records = [operation.after | {"Key__c": key} for key, operation in by_key.items()]
            for answer in self.client.upsert(SUBSCRIBER, "Key__c", records, bulk_above=self.bulk_above):
                self.pending.log.record_row(by_key[answer.key], answer)
