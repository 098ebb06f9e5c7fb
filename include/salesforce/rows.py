"""Writes through sObject Collections: 200 rows a call, each row with its own outcome, in the order sent.

https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections.html
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import requests

from include.errors import PermanentError
from include.salesforce.refusals import from_entry, unreadable
from include.salesforce.rest import Call, Rest, decoded, with_json
from include.salesforce.results import WriteResult

ROWS_PER_CALL = 200
"""Records that a call writes: the vendor's maximum."""
IDS_PER_CALL = 2000
"""Records that a call reads by their ids in its body."""
DUPLICATE = "DUPLICATES_DETECTED"
KEEP_OWNER = {"Sforce-Auto-Assign": "FALSE"}
"""Without this header an update of a Lead runs the active assignment rule, which may change the owner.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_autoassign.htm
"""
Record = Mapping[str, object]
Keyed = tuple[str, Record]
"""What the caller knows a row by, and the row."""


def insert(rest: Rest, object_name: str, rows: Sequence[Keyed], headers: Mapping[str, str]) -> Iterator[WriteResult]:
    """Create rows; one that a duplicate rule refuses names the record that it matches."""

    def call(chunk: Sequence[Keyed]) -> Call:
        body = _body(object_name, [row for _, row in chunk])
        return with_json(f"insert {object_name}", "POST", "composite/sobjects", body, headers)

    sent = dict(rows)
    for result in _write(rest, rows, call):
        unnamed = result.code == DUPLICATE and result.id is None
        yield _insert_alone(rest, object_name, result, sent[result.key], headers) if unnamed else result


def _insert_alone(
    rest: Rest, object_name: str, refused: WriteResult, row: Record, headers: Mapping[str, str]
) -> WriteResult:
    """Create a row by itself: only the answers to single rows name the records that a duplicate rule matched.

    Collections tell code, message and fields (resources-composite-allornone.html, case 4).
    """
    try:
        made = rest.json(with_json(f"insert {object_name}", "POST", f"sobjects/{object_name}", dict(row), headers))
    except PermanentError as error:
        return replace(refused, id=error.record_id if error.code == DUPLICATE else None)
    return WriteResult(refused.key, str(made["id"]), success=True, created=True)


def upsert(rest: Rest, object_name: str, external_id: str, rows: Sequence[Keyed]) -> Iterator[WriteResult]:
    """Create rows, or update those that have the external id's value already."""

    def call(chunk: Sequence[Keyed]) -> Call:
        body = _body(object_name, [row for _, row in chunk])
        path = f"composite/sobjects/{object_name}/{external_id}"
        return with_json(f"upsert {object_name}", "PATCH", path, body, KEEP_OWNER)

    return _write(rest, rows, call)


def update(rest: Rest, object_name: str, rows: Sequence[Keyed]) -> Iterator[WriteResult]:
    """Update rows by Id."""

    def call(chunk: Sequence[Keyed]) -> Call:
        # In Collections the key of the record's id is written in small letters.
        records = [{"id": key} | {name: value for name, value in row.items() if name != "Id"} for key, row in chunk]
        return with_json(
            f"update {object_name}", "PATCH", "composite/sobjects", _body(object_name, records), KEEP_OWNER
        )

    return _write(rest, rows, call)


def retrieve(
    rest: Rest, object_name: str, ids: Sequence[str], fields: Sequence[str]
) -> Iterator[Mapping[str, object] | None]:
    """Records by Id, in the order of the ids; None for one that is not there any more.

    https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections_retrieve.htm
    """
    for begin in range(0, len(ids), IDS_PER_CALL):
        some = list(ids[begin : begin + IDS_PER_CALL])
        call = with_json(
            f"read {object_name}", "POST", f"composite/sobjects/{object_name}", {"ids": some, "fields": list(fields)}
        )
        yield from _send(rest, call, len(some))


def delete(rest: Rest, object_name: str, rows: Sequence[Keyed]) -> Iterator[WriteResult]:
    """Move rows to the recycle bin, by Id."""

    def call(chunk: Sequence[Keyed]) -> Call:
        params = {"ids": ",".join(key for key, _ in chunk), "allOrNone": "false"}
        return Call(f"delete {object_name}", "DELETE", "composite/sobjects", params)

    return _write(rest, rows, call)


def _write(rest: Rest, rows: Sequence[Keyed], call: Callable[[Sequence[Keyed]], Call]) -> Iterator[WriteResult]:
    for begin in range(0, len(rows), ROWS_PER_CALL):
        yield from _chunk(rest, rows[begin : begin + ROWS_PER_CALL], call)


def _chunk(rest: Rest, chunk: Sequence[Keyed], call: Callable[[Sequence[Keyed]], Call]) -> Iterator[WriteResult]:
    """Send a chunk; rows refused for a passing reason (a lock) are sent again, at most as often as the pace allows."""
    for attempt in range(1, rest.pace.attempts + 1):
        entries = _send(rest, call(chunk), len(chunk))
        last = attempt == rest.pace.attempts
        again: list[Keyed] = []
        for keyed, entry in zip(chunk, entries, strict=True):
            result, transient = _result(keyed[0], entry)
            if transient and not last:
                again.append(keyed)
            else:
                yield result
        if not again:
            return
        chunk = again
        time.sleep(rest.pace.pause(attempt))


def _send(rest: Rest, call: Call, expected: int) -> list[dict[str, Any]]:
    def decode(response: requests.Response) -> list[dict[str, Any]]:
        entries = decoded(call, response)
        if not isinstance(entries, list) or len(entries) != expected:
            raise unreadable(call.action, f"not one result for each of {expected} rows")
        return entries

    return rest.send(call, decode)


def _result(key: str, entry: Mapping[str, Any]) -> tuple[WriteResult, bool]:
    if entry.get("success"):
        return WriteResult(key, str(entry["id"]), success=True, created=bool(entry.get("created", False))), False
    refusal = from_entry((entry.get("errors") or [{}])[0])
    result = WriteResult(
        key,
        entry.get("id") or refusal.record_id,
        False,
        code=refusal.code,
        message=refusal.message,
        fields=refusal.fields,
    )
    return result, refusal.transient


def _body(object_name: str, records: Sequence[Record]) -> dict[str, object]:
    return {"allOrNone": False, "records": [{"attributes": {"type": object_name}, **record} for record in records]}
