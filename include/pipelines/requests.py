"""Reads what users ask for on the rows of `MC_Subscriber__c` (R22).

They are read in each run, and not kept: an open request stands on its row until it is answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.load.mirror import AUDIENCE, SUBSCRIBER
from include.pipelines.run import SALESFORCE_SCHEMA
from include.schema import REQUEST_RESULT, REQUESTED_GROUPS, REQUESTED_STATUS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from include.pipelines.run import SyncRun
    from include.schema import AudienceSchema

PARTITION = "requests"
PAGE = 10_000


def read_requests(run: SyncRun, schema: AudienceSchema) -> int:
    """Stage the partition `requests` of the run, as `transform.requests` reads it; returns how many rows ask.

    Those of the audience: rows with its key, whatever their lookup says, and rows without a key that a user made for
    it, or for no audience: whichever run comes first answers these. A run for one query reads none, and neither does
    one of an org whose objects lack the fields: that is for the check of the configuration to say.
    """
    rows = _asking(run, schema.list_id) if run.query is None and _has_fields(run) else iter(())
    return run.project.staging.write(run.partition(PARTITION), _tables(rows), _schema())


def _has_fields(run: SyncRun) -> bool:
    if not run.project.staging.committed(SALESFORCE_SCHEMA):
        return False
    objects = run.salesforce_schema().objects
    if AUDIENCE not in objects or SUBSCRIBER not in objects:
        return False
    return {REQUESTED_STATUS, REQUESTED_GROUPS, REQUEST_RESULT} <= objects[SUBSCRIBER].fields.keys()


def _asking(run: SyncRun, list_id: str) -> Iterator[dict[str, str | bool | None]]:
    """In the order of the Ids: which of several requests counts is the same in each try."""
    soql = (
        f"SELECT Id, Key__c, Mailchimp_Contact_Id__c, Audience__c, Contact__c, Lead__c, {REQUESTED_STATUS}, "
        f"{REQUESTED_GROUPS} "
        f"FROM {SUBSCRIBER} WHERE ({REQUESTED_STATUS} != null OR {REQUESTED_GROUPS} != null) "
        f"AND (Key__c LIKE '{list_id}:%' "
        f"OR (Key__c = null AND (Audience__c = null OR Audience__r.List_Id__c = '{list_id}'))) ORDER BY Id"
    )
    for row in run.project.salesforce().query(soql):
        key = _text(row, "Key__c")
        yield {
            "row_id": _text(row, "Id"),
            "member_key": (key or "").partition(":")[2] or None,
            "contact_id": _text(row, "Mailchimp_Contact_Id__c"),
            "of_audience": bool(key or row.get("Audience__c")),
            "person_id": _text(row, "Contact__c") or _text(row, "Lead__c"),
            "requested_status": _text(row, REQUESTED_STATUS),
            "requested_groups": _text(row, REQUESTED_GROUPS),
        }


def _text(row: Mapping[str, object], field: str) -> str | None:
    value = row.get(field)
    return None if value is None else str(value)


def _tables(rows: Iterator[dict[str, str | bool | None]]) -> Iterator[pa.Table]:
    import pyarrow as pa

    page: list[dict[str, str | bool | None]] = []
    for row in rows:
        page.append(row)
        if len(page) == PAGE:
            yield pa.Table.from_pylist(page, schema=_schema())
            page = []
    if page:
        yield pa.Table.from_pylist(page, schema=_schema())


def _schema() -> pa.Schema:
    import pyarrow as pa

    names = ("row_id", "member_key", "contact_id", "person_id", "requested_status", "requested_groups")
    return pa.schema([("of_audience", pa.bool_()), *((name, pa.string()) for name in names)])
