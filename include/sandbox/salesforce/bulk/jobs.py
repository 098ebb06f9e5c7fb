"""The jobs of Bulk API 2.0, and the jobs and batches of 1.0: kept with the data, so that they survive a restart.

States: https://developer.salesforce.com/docs/platform/api-asynch/guide/bulk-api-2-job-states.html
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from include.sandbox.controls import Controls, Switch
from include.sandbox.salesforce.bulk.csv_format import Dialect
from include.sandbox.salesforce.credentials import USER_ID
from include.sandbox.salesforce.errors import ApiError, not_found
from include.sandbox.salesforce.store import OrgStore
from include.sandbox.salesforce.values import stamp
from include.sandbox.salesforce.wordings import assumed

Kind = Literal["query", "ingest", "batch job", "batch"]
PREFIXES: dict[Kind, str] = {"query": "750", "ingest": "750", "batch job": "750", "batch": "751"}
JOB_TYPES: dict[Kind, str] = {"query": "V2Query", "ingest": "V2Ingest", "batch job": "Classic"}
"""What the lists of jobs call the kinds that they show."""
SWITCHES = {
    "jobs_per_page": Switch(1000, "jobs in one answer of `/jobs/ingest` and `/jobs/query` (vendor's documentation)")
}
ENDED = frozenset({"JobComplete", "Failed", "Aborted"})
# https://developer.salesforce.com/docs/platform/salesforce-app-limits-cheatsheet/guide/salesforce-app-limits-platform-bulkapi.html
LIFESPAN = timedelta(days=7)
_OUTLIVED = "state IN ('JobComplete', 'Failed', 'Aborted') AND created < ?"
_ASKED_FOR = ("UploadComplete", "Aborted")
_COLUMNS = "id, kind, state, spec, created, changed, processed, failed, retries, milliseconds, error"
_TABLES = ("_job_uploads", "_job_rows", "_job_pages")


@dataclass(frozen=True, slots=True)
class Job:
    """One job.

    Attributes:
        spec: what was asked for: operation, object, query, externalIdFieldName, lineEnding, columnDelimiter,
            apiVersion.
        processed: rows done so far, refused ones included.
        failed: rows refused so far.
    """

    id: str
    kind: Kind
    state: str
    spec: dict[str, Any]
    created: str
    changed: str
    processed: int
    failed: int
    retries: int
    milliseconds: int
    error: str | None

    @classmethod
    def of(cls, row: tuple[Any, ...]) -> "Job":
        """From a row of the jobs' table."""
        job_id, kind, state, spec, *rest = row
        return cls(job_id, kind, state, json.loads(spec), *rest)

    @property
    def dialect(self) -> Dialect:
        """How the job's CSV is written."""
        return Dialect.of(self.spec["columnDelimiter"], self.spec["lineEnding"])

    def json(self, *, progress: bool = True) -> dict[str, Any]:
        """The job as its resource shows it; the answer to its creation is without progress."""
        info: dict[str, Any] = {
            "id": self.id,
            "operation": self.spec["operation"],
            "object": self.spec["object"],
            "createdById": USER_ID,
            "createdDate": f"{self.created[:-1]}+0000",
            "systemModstamp": f"{self.changed[:-1]}+0000",
            "state": self.state,
            "concurrencyMode": self.spec.get("concurrencyMode", "Parallel"),
            "contentType": self.spec.get("contentType", "CSV"),
            "apiVersion": self.spec["apiVersion"],
        }
        if self.kind != "batch job":
            info |= {"lineEnding": self.spec["lineEnding"], "columnDelimiter": self.spec["columnDelimiter"]}
        if self.kind == "ingest":
            info["contentUrl"] = f"services/data/v{self.spec['apiVersion']}/jobs/ingest/{self.id}/batches"
            if self.spec["externalIdFieldName"]:
                info["externalIdFieldName"] = self.spec["externalIdFieldName"]
        return info | self._progress() if progress else info

    def _progress(self) -> dict[str, Any]:
        progress: dict[str, Any] = {
            "jobType": JOB_TYPES[self.kind],
            "numberRecordsProcessed": self.processed,
            "retries": self.retries,
            "totalProcessingTime": self.milliseconds,
        }
        if self.kind == "ingest":
            progress["numberRecordsFailed"] = self.failed
            progress["apiActiveProcessingTime"] = self.milliseconds
            progress["apexProcessingTime"] = 0
        if self.error:
            progress["errorMessage"] = self.error
        return progress


class Jobs:
    """The table of jobs."""

    def __init__(self, store: OrgStore, controls: Controls) -> None:
        self._store = store
        self._controls = controls

    def create(self, kind: Kind, state: str, spec: dict[str, Any]) -> Job:
        """A new job."""
        now = stamp(self._controls.now())
        job_id = self._store.new_id(PREFIXES[kind])
        with self._store.database.writing() as connection:
            _forget(connection, _OUTLIVED, self._oldest())
            connection.execute(
                "INSERT INTO _jobs (id, kind, state, spec, created, changed) VALUES (?, ?, ?, ?, ?, ?)",
                (job_id, kind, state, json.dumps(spec), now, now),
            )
        return self.get(kind, job_id)

    def get(self, kind: Kind, job_id: str, version: float | None = None) -> Job:
        """The job of that id, in 15 or 18 characters.

        Raises:
            ApiError: NOT_FOUND; or 409 where the job was made with another API version.
        """
        with self._store.database.reading() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM _jobs WHERE kind = ? AND id LIKE ? || '%' AND NOT ({_OUTLIVED})",
                (kind, job_id[:15], self._oldest()),
            ).fetchone()
        if row is None or len(job_id) < 15:
            raise not_found()
        job = Job.of(row)
        if version is not None and version != job.spec["apiVersion"]:
            raise ApiError.assumed(409, assumed("other_version", version=job.spec["apiVersion"]))
        return job

    def all(self, kind: Kind) -> list[Job]:
        """All jobs of one kind, the newest first."""
        with self._store.database.reading() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM _jobs WHERE kind = ? AND NOT ({_OUTLIVED}) ORDER BY id DESC",
                (kind, self._oldest()),
            )
            return [Job.of(row) for row in rows]

    def page(self, kinds: Iterable[Kind], before: str) -> tuple[list[Job], str]:
        """The next jobs of some kinds, the newest first, and the locator of those after them; empty: there are none.

        Args:
            kinds: which.
            before: the locator of this page; empty: the first.
        """
        found = sorted((job for kind in kinds for job in self.all(kind)), key=lambda job: job.id, reverse=True)
        rest = [job for job in found if not before or job.id < before]
        most = int(self._controls.switches["jobs_per_page"])
        return rest[:most], rest[most - 1].id if len(rest) > most else ""

    def move(self, connection: sqlite3.Connection, job: Job, state: str, **values: object) -> bool:
        """Moves a job to a state, unless it was aborted or deleted meanwhile; tells whether it moved.

        Args:
            connection: in a write transaction.
            job: which.
            state: the new one.
            values: other columns to set.
        """
        sets = ", ".join(f"{name} = ?" for name in ("state", "changed", *values))
        done = connection.execute(
            f"UPDATE _jobs SET {sets} WHERE id = ? AND state NOT IN ('Aborted', 'Failed', 'JobComplete')",
            (state, stamp(self._controls.now()), *values.values(), job.id),
        )
        return done.rowcount == 1

    def close(self, job: Job, state: str) -> Job:
        """Ends the upload of a job, or aborts it.

        Raises:
            ApiError: INVALIDJOBSTATE; or BADREQUEST: a state that nobody can ask for.
        """
        if state not in _ASKED_FOR:
            raise ApiError.assumed(400, assumed("job_state_asked", states=", ".join(_ASKED_FOR), state=state))
        if state == "Aborted" and job.state == "JobComplete":
            # https://github.com/restforce/restforce/issues/905
            raise ApiError(400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed")
        closing = state == "UploadComplete" and job.kind == "ingest" and job.state == "Open"
        if not closing and (state != "Aborted" or job.state in ENDED):
            raise invalid_state(job)
        with self._store.database.writing() as connection:
            if not self.move(connection, job, state):
                raise invalid_state(job)
        return self.get(job.kind, job.id)

    def delete(self, job: Job) -> None:
        """Forgets a job: one that has ended, or an ingest job that is not under way yet.

        https://developer.salesforce.com/docs/platform/api-asynch/guide/query-delete-job.html and
        https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/delete_job.htm

        Raises:
            ApiError: API_ERROR for a query job, INVALIDJOBSTATE for an ingest job.
        """
        if job.kind == "query" and job.state not in ENDED:
            message = "Error encountered when deleting the job because the job is not terminated"
            raise ApiError(400, "API_ERROR", message)
        if job.state not in {*ENDED, "UploadComplete"}:
            raise invalid_state(job)
        with self._store.database.writing() as connection:
            _forget(connection, "id = ?", job.id)

    def _oldest(self) -> str:
        return stamp(self._controls.now() - LIFESPAN)


def _forget(connection: sqlite3.Connection, condition: str, value: str) -> None:
    for table in _TABLES:
        connection.execute(f"DELETE FROM {table} WHERE job IN (SELECT id FROM _jobs WHERE {condition})", (value,))
    connection.execute(f"DELETE FROM _jobs WHERE {condition}", (value,))


def invalid_state(job: Job) -> ApiError:
    """The job is not in a state for what is asked."""
    return ApiError.assumed(400, assumed("job_state", state=job.state))
