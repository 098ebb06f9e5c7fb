"""Carries out `upsert_mirror`: rows of `MC_Subscriber__c`, by their external id."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.load.mirror import SUBSCRIBER
from include.load.operations import in_chunks
from include.load.results import reason, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

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

    def write(self) -> Iterator[pa.Table]:
        """Upsert what is pending; yields what Salesforce took, chunk by chunk: key, id, record (JSON), is_deleted."""
        import pyarrow as pa

        names = [("key", pa.string()), ("id", pa.string()), ("record", pa.string()), ("is_deleted", pa.bool_())]
        for chunk in in_chunks(self.pending.operations("upsert_mirror"), UPSERT_CHUNK):
            by_key = {f"{self.list_id}:{operation.email_key}": operation for operation in chunk}
            records = [operation.after | {"Key__c": key} for key, operation in by_key.items()]
            taken = []
            for answer in self.client.upsert(SUBSCRIBER, "Key__c", records, bulk_above=self.bulk_above):
                operation = by_key[answer.key]
                self.pending.log.record(
                    operation.op_id, written(answer), reason(answer), code=answer.code, vendor_id=answer.id
                )
                if answer.success:
                    record = json.dumps(operation.after, ensure_ascii=False, separators=(",", ":"))
                    taken.append({"key": answer.key, "id": answer.id, "record": record, "is_deleted": False})
            if taken:
                yield pa.Table.from_pylist(taken, schema=pa.schema(names))
