"""Everything the pipeline asks of Salesforce, on one log-in.

Small reads and writes go through REST and sObject Collections, large ones through Bulk API 2.0, driven step by step:
simple-salesforce's own `bulk2` aborts a job on one dropped poll and answers counts instead of rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from include.salesforce import bulk_ingest, bulk_query, describe, query, rows, soql
from include.salesforce.bulk_ingest import Ingest
from include.salesforce.refusals import unreadable
from include.salesforce.rest import Call, Rest
from include.salesforce.results import WriteResult
from include.schema import SalesforceObject

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SalesforceClient", "WriteResult"]

Record = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SalesforceClient:
    """All methods raise TransientError, PermanentError, DeferredError (daily limit) or FatalError (log-in, rights).

    Records are dictionaries by API field name; None empties a field, an absent key leaves it alone; a lookup by an
    external id is `{"Audience__r": {"List_Id__c": value}}`.
    """

    rest: Rest

    @property
    def calls(self) -> int:
        """Requests sent so far, log-ins left out."""
        return self.rest.calls

    def identity(self) -> dict[str, object]:
        """`organization_id` and `user_id` of the connected user."""
        answer = self.rest.json(Call("read the connected identity", "GET", "/services/oauth2/userinfo"))
        if not isinstance(answer, dict) or not answer.get("organization_id"):
            raise unreadable("read the connected identity", "no organization_id")
        return {name: answer.get(name) for name in ("organization_id", "user_id")}

    def limits(self) -> dict[str, object]:
        """The org's limits, each `{"Max": int, "Remaining": int}`: `DailyApiRequests`, `DataStorageMB`, ..."""
        answer = self.rest.json(Call("read the limits", "GET", "limits"))
        if not isinstance(answer, dict):
            raise unreadable("read the limits", "no limits")
        return answer

    def server_time(self) -> datetime:
        """Salesforce's clock, whole seconds, in UTC."""
        return self.rest.server_time()

    def describe(self, object_name: str) -> SalesforceObject:
        """An object's fields. Raises PermanentError with code `NOT_FOUND` where there is none."""
        return describe.describe(self.rest, object_name)

    def object_names(self) -> list[str]:
        """The API names of every object that the connected user sees, those of installed packages included."""
        answer = self.rest.json(Call("list the objects", "GET", "sobjects"))
        try:
            return [str(entry["name"]) for entry in answer["sobjects"]]
        except (KeyError, TypeError):
            raise unreadable("list the objects", "no sobjects") from None

    def query(self, text: str, include_deleted: bool = False) -> Iterator[dict[str, object]]:
        """Rows through REST, each as path to value (`Account.Name`); a parent that is not set leaves its paths out."""
        return query.query(self.rest, text, include_deleted=include_deleted)

    def count(self, text: str, include_deleted: bool = False) -> int:
        """The answer of a `SELECT COUNT()`."""
        return query.count(self.rest, text, include_deleted=include_deleted)

    def validation_rules(self, object_name: str) -> Iterator[dict[str, object]]:
        """The active validation rules of an object: `ValidationName` and `ErrorMessage`, by the Tooling API."""
        where = soql.all_of(
            soql.compare("EntityDefinition.QualifiedApiName", "=", object_name), soql.compare("Active", "=", True)
        )
        named = soql.select("ValidationRule", ("ValidationName", "ErrorMessage"), where)
        return query.query(self.rest, named, tooling=True)

    def bulk_query(self, text: str, include_deleted: bool = False) -> Iterator[pa.Table]:
        """Rows through Bulk API 2.0: tables of text columns named as in the query, a blank is null."""
        return bulk_query.bulk_query(self.rest, text, include_deleted=include_deleted)

    def insert(
        self, object_name: str, records: Sequence[Record], headers: Mapping[str, str] | None = None
    ) -> Iterator[WriteResult]:
        """Create records, 200 a call; results come in order, keyed by position.

        Needs a unique field in the records: an answer that got lost is asked for again, and Salesforce then refuses the
        copy as `DUPLICATE_VALUE` with the id of the first.
        """
        keyed = [(str(position), record) for position, record in enumerate(records)]
        return rows.insert(self.rest, object_name, keyed, headers or {})

    def upsert(
        self, object_name: str, external_id: str, records: Sequence[Record], bulk_above: int
    ) -> Iterator[WriteResult]:
        """Create or update by an external id, which every record carries; results are keyed by its value."""
        keyed = [(str(record[external_id]), record) for record in records]
        if len(records) > bulk_above:
            return bulk_ingest.ingest(self.rest, Ingest(object_name, "upsert", external_id), keyed)
        return rows.upsert(self.rest, object_name, external_id, keyed)

    def update(self, object_name: str, records: Sequence[Record], bulk_above: int) -> Iterator[WriteResult]:
        """Update records by their `Id`; results are keyed by it."""
        keyed = [(str(record["Id"]), record) for record in records]
        if len(records) > bulk_above:
            return bulk_ingest.ingest(self.rest, Ingest(object_name, "update", "Id"), keyed)
        return rows.update(self.rest, object_name, keyed)

    def retrieve(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Record | None]:
        """Records by Id, 2,000 a call, in the order of the ids; None for one that is deleted."""
        return rows.retrieve(self.rest, object_name, ids, fields)

    def delete(self, object_name: str, ids: Sequence[str], bulk_above: int) -> Iterator[WriteResult]:
        """Move records to the recycle bin; results are keyed by id."""
        keyed = [(record_id, {"Id": record_id}) for record_id in ids]
        if len(ids) > bulk_above:
            return bulk_ingest.ingest(self.rest, Ingest(object_name, "delete", "Id"), keyed)
        return rows.delete(self.rest, object_name, keyed)
