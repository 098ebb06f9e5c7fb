"""Writes through Bulk API 2.0: a job per CSV of at most 90 MB, driven step by step.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/ingest_jobs.htm : the upload may hold
100 MB; results come in no order, so rows are known by their key column; an empty cell leaves the field alone and `#N/A`
empties it.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import requests

from include.errors import TransientError
from include.salesforce.jobs import ended, job_id, state
from include.salesforce.refusals import from_bulk, unreadable
from include.salesforce.rest import Call, Rest, with_json
from include.salesforce.results import WriteResult
from include.salesforce.rows import Keyed, Record

Operation = Literal["upsert", "update", "delete"]
MAX_BYTES = 90 * 1000 * 1000
ROUNDS = 3
"""How often rows are submitted that Salesforce did not process, or refused for a passing reason."""
NULL = "#N/A"
CSV_TYPE = "text/csv; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Ingest:
    """What a job does; `key` is the column that tells its rows apart."""

    object: str
    operation: Operation
    key: str

    @property
    def settings(self) -> dict[str, str]:
        """The body that makes the job."""
        settings = {"object": self.object, "operation": self.operation, "contentType": "CSV", "lineEnding": "LF"}
        return settings | ({"externalIdFieldName": self.key} if self.operation == "upsert" else {})


def ingest(rest: Rest, job: Ingest, rows: Sequence[Keyed]) -> Iterator[WriteResult]:
    """Write rows; one result each. Rows left over are submitted again, `ROUNDS` times in all."""
    pending = dict(rows)
    if len(pending) != len(rows):
        raise ValueError(f"{job.operation} {job.object}: two rows have the same {job.key}")
    for attempt in range(1, ROUNDS + 1):
        left: dict[str, WriteResult] = {}
        for content, keys in _uploads(job, pending):
            for result, transient in _run(rest, job, content, keys):
                if transient:
                    left[result.key] = result
                else:
                    yield result
        if not left or attempt == ROUNDS:
            yield from left.values()
            return
        pending = {key: pending[key] for key in left}


def _run(rest: Rest, job: Ingest, content: bytes, keys: Sequence[str]) -> Iterator[tuple[WriteResult, bool]]:
    """One job; each row's result and whether it may be submitted again."""
    path = _submit(rest, job, content)
    job_info = ended(rest, path)
    open_keys = set(keys)
    for row in _answer(rest, f"{path}/successfulResults"):
        open_keys.discard(row[job.key])
        yield WriteResult(row[job.key], row["sf__Id"], success=True, created=row.get("sf__Created") == "true"), False
    for row in _answer(rest, f"{path}/failedResults"):
        open_keys.discard(row[job.key])
        refusal = from_bulk(row["sf__Error"])
        known_id = row.get("sf__Id") or refusal.record_id
        yield (
            WriteResult(
                row[job.key], known_id, False, code=refusal.code, message=refusal.message, fields=refusal.fields
            ),
            refusal.transient,
        )
    reason = from_bulk(str(job_info.get("errorMessage") or job_info["state"]))
    for key in keys:
        if key in open_keys:
            yield WriteResult(key, None, success=False, code="UNPROCESSED", message=str(reason)), True


def _submit(rest: Rest, job: Ingest, content: bytes) -> str:
    """Make, fill and close a job; returns its path.

    A job takes one upload. Where its answer got lost the job is left open, so that nothing of it happens (Salesforce
    removes it after seven days), and another one is made.
    """
    for attempt in range(1, rest.pace.attempts + 1):
        path = _create(rest, job)
        upload = Call(f"upload rows of {job.object}", "PUT", f"{path}/batches", body=content, content_type=CSV_TYPE)
        try:
            rest.send(upload, lambda _: None, attempts=1)
        except TransientError as error:
            if attempt == rest.pace.attempts:
                raise
            time.sleep(rest.pace.pause(attempt, error.retry_after))
            continue
        _close(rest, path)
        return path
    raise AssertionError("a pace has at least one attempt")


def _create(rest: Rest, job: Ingest) -> str:
    call = with_json(f"start a job to {job.operation} {job.object}", "POST", "jobs/ingest", job.settings)
    return f"jobs/ingest/{job_id(rest, call)}"


def _close(rest: Rest, path: str) -> None:
    """Let Salesforce begin. A close whose answer got lost has worked when the job is no longer open."""
    call = with_json("close an upload", "PATCH", path, {"state": "UploadComplete"})
    for attempt in range(1, rest.pace.attempts + 1):
        try:
            rest.send(call, lambda _: None, attempts=1)
        except TransientError as error:
            if state(rest, path)["state"] != "Open":
                return
            if attempt == rest.pace.attempts:
                raise
            time.sleep(rest.pace.pause(attempt, error.retry_after))
        else:
            return


def _answer(rest: Rest, path: str) -> list[dict[str, str]]:
    """The rows of a result CSV; a bodyless answer is none."""
    call = Call("read the results of a bulk job", "GET", path, headers={"Accept": "text/csv"})

    def decode(response: requests.Response) -> list[dict[str, str]]:
        if not response.content:
            return []
        if not response.content.endswith((b"\n", b'"')):
            raise unreadable(call.action, "the CSV is cut off")
        rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8"), newline="")))
        if any(None in row or None in row.values() for row in rows):
            raise unreadable(call.action, "the CSV is cut off")
        return rows

    return rest.send(call, decode)


def _uploads(job: Ingest, rows: Mapping[str, Record]) -> Iterator[tuple[bytes, list[str]]]:
    """The rows as CSV files of at most `MAX_BYTES`, each with the keys in it."""
    columns = [job.key] if job.operation == "delete" else _columns(job, rows)
    header = _line(columns)
    lines, size = [header], len(header)
    keys: list[str] = []
    for key, row in rows.items():
        line = _line([key if column == job.key else _cell(row, column) for column in columns])
        if keys and size + len(line) > MAX_BYTES:
            yield b"".join(lines), keys
            lines, keys, size = [header], [], len(header)
        lines.append(line)
        keys.append(key)
        size += len(line)
    if keys:
        yield b"".join(lines), keys


def _columns(job: Ingest, rows: Mapping[str, Record]) -> list[str]:
    """The key, then every field of any row; a lookup by external id (`Audience__r: {List_Id__c: ...}`) is a path."""
    named: dict[str, None] = {job.key: None}
    lookups: set[str] = set()
    for row in rows.values():
        for name, value in row.items():
            if isinstance(value, dict):
                lookups.add(name)
                named.update(dict.fromkeys(f"{name}.{inner}" for inner in value))
            else:
                named[name] = None
    return [column for column in named if column not in lookups]


def _cell(row: Record, column: str) -> str:
    name, _, inner = column.partition(".")
    if name not in row:
        return ""
    value = row[name]
    if inner:
        value = value.get(inner) if isinstance(value, dict) else None
    if value is None or value == "":
        return NULL
    return str(value).lower() if isinstance(value, bool) else str(value)


def _line(cells: Sequence[str]) -> bytes:
    quoted = [cell.replace('"', '""') for cell in cells]
    return ('"' + '","'.join(quoted) + '"\n').encode()
