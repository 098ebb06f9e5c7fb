"""Jobs of Bulk API 1.0 and their batches.

A batch is kept and carried out like a job of Bulk API 2.0; its states have other names. A job is open until it is
closed or aborted; its numbers are those of its batches.
"""

import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from include.sandbox.controls import Controls
from include.sandbox.salesforce.bulk.csv_format import JobFailed
from include.sandbox.salesforce.bulk.jobs import ENDED, Job, Jobs
from include.sandbox.salesforce.bulk.rows import HARD_DELETE_FORBIDDEN, OPERATIONS, BulkRows
from include.sandbox.salesforce.bulk_v1.batch_data import CONTENT_TYPES, read_batch
from include.sandbox.salesforce.bulk_v1.documents import BulkError
from include.sandbox.salesforce.credentials import USER_ID
from include.sandbox.salesforce.dml.changes import Saved
from include.sandbox.salesforce.schema import SObject
from include.sandbox.salesforce.store import OrgStore
from include.sandbox.salesforce.values import stamp
from include.sandbox.salesforce.wordings import Said, assumed

# https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/asynch_api_concepts_limits.htm
MOST_RECORDS, MOST_BYTES, BATCHES_A_DAY = 10_000, 10_000_000, 15_000
MODES = ("Parallel", "Serial")
POLL_SECONDS = 0.02
_STATES = {
    "UploadComplete": "Queued",
    "InProgress": "InProgress",
    "JobComplete": "Completed",
    "Failed": "Failed",
    "Aborted": "Not Processed",
}


class BatchJobs:
    """What the jobs of Bulk API 1.0 do, and their results."""

    def __init__(self, store: OrgStore, controls: Controls, jobs: Jobs, rows: BulkRows) -> None:
        self._store = store
        self._controls = controls
        self._jobs = jobs
        self._rows = rows

    def create(self, asked: dict[str, Any], version: float) -> Job:
        """A new job, open for batches.

        Raises:
            BulkError: InvalidJob: an unknown object, operation, external id field, format or concurrency mode;
                FeatureNotEnabled: a hard delete by a user who may not.
        """
        operation, mode = asked.get("operation"), asked.get("concurrencyMode") or MODES[0]
        content_type = asked.get("contentType") or "XML"
        sobject = self._store.schema.find(str(asked.get("object")))
        if operation not in OPERATIONS:
            raise BulkError(assumed("v1_job", name="operation", value=operation))
        if operation == "hardDelete" and not self._controls.switches["bulk_hard_delete"]:
            raise BulkError(Said("FeatureNotEnabled", HARD_DELETE_FORBIDDEN))
        if content_type not in CONTENT_TYPES:
            raise BulkError(assumed("v1_job", name="contentType", value=content_type))
        if mode not in {*MODES, *range(len(MODES))}:  # also by number: simple-salesforce sends 0 and 1
            raise BulkError(assumed("v1_job", name="concurrencyMode", value=mode))
        if sobject is None or not sobject.describe["createable"]:
            raise BulkError(assumed("v1_entity", object=asked.get("object")))
        spec = {
            "operation": operation,
            "object": sobject.name,
            "externalIdFieldName": _key(sobject, asked) if operation == "upsert" else None,
            "concurrencyMode": MODES[mode] if isinstance(mode, int) else mode,
            "contentType": content_type,
            "apiVersion": version,
        }
        return self._jobs.create("batch job", "Open", spec)

    def move(self, job: Job, state: str) -> Job:
        """Closes or aborts a job; batches that an aborted one did not come to are not processed.

        Raises:
            BulkError: InvalidJobState.
        """
        if state not in {"Closed", "Aborted"} or job.state != "Open":
            raise BulkError(assumed("v1_state", before=job.state, state=state))
        with self._store.database.writing() as connection:
            self._jobs.move(connection, job, state)
            for batch in self.batches(job) if state == "Aborted" else ():
                self._jobs.move(connection, batch, "Aborted")
        return self._jobs.get("batch job", job.id)

    def add(self, job: Job, body: bytes) -> Job:
        """Takes a batch of an open job.

        Raises:
            BulkError: InvalidJobState, InvalidBatch, ExceededQuota.
        """
        if job.state != "Open":
            raise BulkError(assumed("v1_closed", state=job.state))
        if len(body) > MOST_BYTES:
            raise BulkError(assumed("v1_size", most=MOST_BYTES))
        if self.batches_today() >= BATCHES_A_DAY:
            raise BulkError(assumed("v1_quota"))
        batch = self._jobs.create("batch", "UploadComplete", {**job.spec, "job": job.id})
        with self._store.database.writing() as connection:
            connection.execute("INSERT INTO _job_uploads VALUES (?, ?)", (batch.id, body))
        return batch

    def batches(self, job: Job) -> list[Job]:
        """A job's batches, in the order of their arrival."""
        return [one for one in reversed(self._jobs.all("batch")) if one.spec["job"] == job.id]

    def batches_today(self) -> int:
        """How many batches came since midnight, by the sandbox's clock."""
        midnight = stamp(self._controls.now().replace(hour=0, minute=0, second=0))
        return sum(one.created >= midnight for one in self._jobs.all("batch"))

    def request(self, batch: Job) -> bytes:
        """A batch's data as it came."""
        with self._store.database.reading() as connection:
            return bytes(connection.execute("SELECT body FROM _job_uploads WHERE job = ?", (batch.id,)).fetchone()[0])

    def run(self, batch: Job) -> None:
        """Writes a batch's records; goes on where it was if the org was stopped in the middle.

        Raises:
            JobFailed: the data cannot be read, or has a field that does not exist.
        """
        sobject = self._store.schema.objects[batch.spec["object"]]
        data = read_batch(batch.spec["contentType"], self.request(batch))
        rows = data.rows
        if not 0 < len(rows) <= MOST_RECORDS:
            raise JobFailed(assumed("v1_records", most=MOST_RECORDS, number=len(rows)))
        _check_names(sobject, data.names)
        self._await_turn(batch)
        self._rows.write(batch, sobject, ((row, "") for row in rows))

    def results(self, batch: Job) -> list[Saved]:
        """What came of each record of a completed batch, in order.

        Raises:
            BulkError: InvalidBatch: it is not completed.
        """
        if batch.state != "JobComplete":
            if batch.state in ENDED:
                # https://github.com/simple-salesforce/simple-salesforce/issues/366
                raise BulkError(Said("InvalidBatch", "Records not processed"))
            raise BulkError(assumed("v1_not_completed"))
        return [saved for saved, _ in self._rows.read(batch)]

    def job_info(self, job: Job) -> dict[str, object]:
        """A job as its resource shows it."""
        own = self.batches(job)
        states = Counter(_STATES[one.state] for one in own)
        return {
            "id": job.id,
            "operation": job.spec["operation"],
            "object": job.spec["object"],
            "createdById": USER_ID,
            "createdDate": job.created,
            "systemModstamp": job.changed,
            "state": job.state,
            "externalIdFieldName": job.spec["externalIdFieldName"],
            "concurrencyMode": job.spec["concurrencyMode"],
            "contentType": job.spec["contentType"],
            "numberBatchesQueued": states["Queued"],
            "numberBatchesInProgress": states["InProgress"],
            "numberBatchesCompleted": states["Completed"],
            "numberBatchesFailed": states["Failed"],
            "numberBatchesTotal": len(own),
            "numberRetries": 0,
            "apiVersion": job.spec["apiVersion"],
            **_progress(own),
        }

    def _await_turn(self, batch: Job) -> None:
        if batch.spec["concurrencyMode"] == "Serial":
            job = self._jobs.get("batch job", batch.spec["job"])
            while any(one.id < batch.id and one.state not in ENDED for one in self.batches(job)):
                time.sleep(POLL_SECONDS)


def batch_info(batch: Job) -> dict[str, object]:
    """A batch as its resource shows it."""
    return {
        "id": batch.id,
        "jobId": batch.spec["job"],
        "state": _STATES[batch.state],
        "stateMessage": batch.error,
        "createdDate": batch.created,
        "systemModstamp": batch.changed,
        **_progress([batch]),
    }


def _progress(own: Iterable[Job]) -> dict[str, object]:
    spent = sum(one.milliseconds for one in own)
    return {
        "numberRecordsProcessed": sum(one.processed for one in own),
        "numberRecordsFailed": sum(one.failed for one in own),
        "totalProcessingTime": spent,
        "apiActiveProcessingTime": spent,
        "apexProcessingTime": 0,
    }


def _key(sobject: SObject, asked: dict[str, Any]) -> str:
    field = sobject.find(str(asked.get("externalIdFieldName")))
    if field is None or not field.lookup_key:
        raise BulkError(assumed("v1_key", field=asked.get("externalIdFieldName")))
    return field.name


def _check_names(sobject: SObject, names: Iterable[str]) -> None:
    for name in sorted(names):
        if sobject.find(name) is None and sobject.relationship(name) is None:
            raise JobFailed.because("InvalidBatch", f"Field name not found : {name}")
