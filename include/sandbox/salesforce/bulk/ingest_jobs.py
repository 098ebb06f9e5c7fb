"""Ingest jobs: rows of an uploaded CSV are written in small lots; refused rows do not stop the others.

An empty cell leaves the field as it is, `#N/A` empties it, `Audience__r.List_Id__c` looks a record up by its key.
"""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from include.sandbox.controls import Controls
from include.sandbox.salesforce.bulk.csv_format import Dialect, JobFailed
from include.sandbox.salesforce.bulk.jobs import Job, Jobs, invalid_state
from include.sandbox.salesforce.bulk.rows import DELETIONS, HARD_DELETE_FORBIDDEN, OPERATIONS, BulkRows, Row
from include.sandbox.salesforce.dml.changes import Sent
from include.sandbox.salesforce.dml.options import assignment
from include.sandbox.salesforce.errors import ApiError, RowError
from include.sandbox.salesforce.schema import SObject
from include.sandbox.salesforce.store import OrgStore
from include.sandbox.salesforce.wordings import assumed

NULL = "#N/A"
# The vendor's documents do not promise result rows in the order of the upload, so they come in another.
UNORDERED = "row * 7919 % 101, row"


class IngestJobs:
    """What an ingest job does, and its results."""

    def __init__(self, store: OrgStore, controls: Controls, jobs: Jobs, rows: BulkRows) -> None:
        self._store = store
        self._controls = controls
        self._jobs = jobs
        self._rows = rows

    def create(self, asked: dict[str, Any], version: float) -> Job:
        """A new ingest job, open for its upload.

        Raises:
            ApiError: an unknown object, operation, external id field, format, delimiter or line ending; or a hard
                delete by a user who may not (the switch `bulk_hard_delete`).
        """
        operation, key = asked.get("operation"), asked.get("externalIdFieldName")
        sobject = self._store.schema.find(str(asked.get("object")))
        if operation not in OPERATIONS:
            raise ApiError.assumed(400, assumed("job_request", name="operation", value=operation))
        if asked.get("contentType", "CSV") != "CSV":
            raise ApiError.assumed(400, assumed("job_request", name="contentType", value=asked["contentType"]))
        if operation == "hardDelete" and not self._controls.switches["bulk_hard_delete"]:
            raise ApiError(400, "FEATURENOTENABLED", HARD_DELETE_FORBIDDEN)
        if sobject is None or not sobject.describe["createable"]:
            raise ApiError(400, "INVALIDENTITY", f"Entity '{asked.get('object')}' is not supported by the Bulk API.")
        if operation == "upsert":
            field = sobject.find(str(key))
            if field is None or not field.lookup_key:
                raise ApiError.assumed(400, assumed("job_key", field=key))
            key = field.name
        spec = {
            "operation": operation,
            "object": sobject.name,
            "externalIdFieldName": key if operation == "upsert" else None,
            "lineEnding": asked.get("lineEnding") or "LF",
            "columnDelimiter": asked.get("columnDelimiter") or "COMMA",
            "apiVersion": version,
            "assignmentRuleId": assignment(asked["assignmentRuleId"]) if asked.get("assignmentRuleId") else None,
        }
        Dialect.of(spec["columnDelimiter"], spec["lineEnding"])
        return self._jobs.create("ingest", "Open", spec)

    def upload(self, job: Job, body: bytes) -> None:
        """Takes the job's data, once.

        Raises:
            ApiError: INVALIDJOBSTATE.
        """
        with self._store.database.writing() as connection:
            held = connection.execute("SELECT 1 FROM _job_uploads WHERE job = ?", (job.id,)).fetchone()
            if job.state != "Open" or held:
                raise invalid_state(job)
            connection.execute("INSERT INTO _job_uploads VALUES (?, ?)", (job.id, body))

    def run(self, job: Job) -> None:
        """Writes the rows; goes on where it was if the org was stopped in the middle.

        Raises:
            JobFailed: the file cannot be read, or has a column that is no field.
        """
        sobject = self._store.schema.objects[job.spec["object"]]
        job.dialect.check(self._upload(job))
        lines = self._lines(job)
        header = next(lines, [])
        _check_header(sobject, header, job.spec["operation"])
        self._rows.write(job, sobject, (_row(header, line) for line in lines))

    def successful(self, job: Job) -> Iterator[str]:
        """The rows that were written, with `sf__Id` and `sf__Created`."""
        yield from self._result(job, "sf__Created", refused=False)

    def failed(self, job: Job) -> Iterator[str]:
        """The rows that were refused, with `sf__Id` and `sf__Error`."""
        yield from self._result(job, "sf__Error", refused=True)

    def unprocessed(self, job: Job) -> Iterator[str]:
        """The rows that an aborted or failed job did not come to."""
        rows = self._lines(job)
        header = next(rows, [])
        yield job.dialect.line(header)
        if job.state in {"Aborted", "Failed"}:
            for row in islice(rows, job.processed, None):
                yield job.dialect.line(row)

    def _result(self, job: Job, second: str, *, refused: bool) -> Iterator[str]:
        yield job.dialect.line(["sf__Id", second, *next(self._lines(job), [])])
        for saved, line in self._rows.read(job, UNORDERED):
            if bool(saved.errors) is refused:
                told = "".join(error.csv() for error in saved.errors) if refused else str(saved.created).lower()
                yield job.dialect.line([saved.record_id, told, *json.loads(line)])

    def _lines(self, job: Job) -> Iterator[list[str]]:
        return job.dialect.rows(self._upload(job))

    def _upload(self, job: Job) -> bytes:
        with self._store.database.reading() as connection:
            held = connection.execute("SELECT body FROM _job_uploads WHERE job = ?", (job.id,)).fetchone()
        return bytes(held[0]) if held else b""


def _row(header: list[str], line: list[str]) -> Row:
    if len(line) == len(header):
        return sent_row(header, line), json.dumps(line)
    return RowError.assumed(assumed("row_misfit", cells=len(line), columns=len(header))), json.dumps(line)


def _check_header(sobject: SObject, header: list[str], operation: str) -> None:
    if not header:
        raise JobFailed(assumed("no_header"))
    if operation in DELETIONS and [name.lower() for name in header] != ["id"]:
        # https://github.com/forcedotcom/SFDX-Data-Move-Utility/issues/325
        raise JobFailed.because("InvalidBatch", f"InvalidBatch : The '{operation}' batch must contain only ids")
    for name in header:
        relationship, dot, _ = name.partition(".")
        known = sobject.relationship(relationship) if dot else sobject.find(name)
        if known is None:
            # https://github.com/msrivastav13/node-sf-bulk2/issues/17
            raise JobFailed.because("InvalidBatch", f"InvalidBatch : Field name not found : {name}")


def sent_row(header: list[str], row: list[str]) -> Sent:
    """What a row of cells sends: nothing for an empty cell, null for `#N/A`."""
    sent: dict[str, object] = {}
    for name, cell in zip(header, row, strict=True):
        if cell == "":
            continue
        value = None if cell == NULL else cell
        relationship, dot, key = name.partition(".")
        if dot:
            sent[relationship] = None if value is None else {key: value}
        else:
            sent[name] = value
    return sent
