"""The rows of an ingest job of Bulk API 2.0, or of a batch of 1.0, written in small lots and remembered one by one."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice

from include.sandbox.controls import Controls, Switch
from include.sandbox.salesforce.bulk.csv_format import JobFailed, batches
from include.sandbox.salesforce.bulk.jobs import Job, Jobs
from include.sandbox.salesforce.dml.changes import Saved, Sent
from include.sandbox.salesforce.dml.options import NO_ASSIGNMENT, SaveOptions
from include.sandbox.salesforce.dml.writer import Writer
from include.sandbox.salesforce.errors import RowError
from include.sandbox.salesforce.schema import SObject
from include.sandbox.salesforce.store import OrgStore

ROWS_PER_LOT = 200  # as the org works through them (salesforce.stackexchange.com/questions/296121)
OPERATIONS = frozenset({"insert", "update", "upsert", "delete", "hardDelete"})
DELETIONS = frozenset({"delete", "hardDelete"})
# As Salesforce's own Data Loader looks for it (github.com/forcedotcom/dataloader, BulkApiVisitorUtil).
HARD_DELETE_FORBIDDEN = (
    "hardDelete operation requires special user profile permission, please contact your system administrator"
)
SWITCHES = {
    "bulk_hard_delete": Switch(True, "the user has the permission Bulk API Hard Delete"),
    "bulk_rows_tell_all_errors": Switch(
        True, "the errors of a Bulk row stand one after the other in its error column, else the first only"
    ),
}
Row = tuple[Sent | RowError, str]
"""What a row sends, or why it cannot; and the line that it is remembered by."""


class BulkRows:
    """Writes the rows of jobs and keeps what came of them."""

    def __init__(self, store: OrgStore, controls: Controls, jobs: Jobs, writer: Writer) -> None:
        self._store = store
        self._controls = controls
        self._jobs = jobs
        self._writer = writer

    def write(self, job: Job, sobject: SObject, rows: Iterable[Row]) -> None:
        """Writes the rows of a job that it has not come to yet.

        Raises:
            JobFailed: the job was aborted meanwhile; the lot at hand is undone.
        """
        done, failed = job.processed, job.failed
        for lot in batches(islice(iter(rows), done, None), ROWS_PER_LOT):
            with self._store.database.writing() as connection:
                results = self._save(job, sobject, [sent for sent, _ in lot])
                failed += sum(one.error is not None for one in results)
                connection.executemany(
                    "INSERT INTO _job_rows VALUES (?, ?, ?, ?, ?, ?)",
                    [
                        (job.id, number, one.record_id, one.created, self._kept(one.errors), line)
                        for number, (one, (_, line)) in enumerate(zip(results, lot, strict=True), start=done)
                    ],
                )
                done += len(lot)
                if not self._jobs.move(connection, job, "InProgress", processed=done, failed=failed):
                    raise JobFailed.because("Aborted", "")

    def read(self, job: Job, order: str = "row") -> Iterator[tuple[Saved, str]]:
        """What came of each row so far, with its line."""
        with self._store.database.reading() as connection:
            found = connection.execute(
                f"SELECT id, created, error, line FROM _job_rows WHERE job = ? ORDER BY {order}", (job.id,)
            )
            for record_id, created, errors, line in found:
                yield Saved(record_id, bool(created), _restored(errors)), line

    def _save(self, job: Job, sobject: SObject, sent: list[Sent | RowError]) -> list[Saved]:
        operation = job.spec["operation"]
        fitting = [one for one in sent if not isinstance(one, RowError)]
        if operation in DELETIONS:
            results = self._writer.delete(sobject, map(_id, fitting), hard=operation == "hardDelete")
        else:
            key = sobject.fields[job.spec["externalIdFieldName"]] if operation == "upsert" else None
            options = SaveOptions(assignment=job.spec.get("assignmentRuleId") or NO_ASSIGNMENT)
            results = self._writer.save(sobject, operation, fitting, key=key, options=options)
        remaining = iter(results)
        return [self._unfit(one) if isinstance(one, RowError) else next(remaining) for one in sent]

    def _unfit(self, error: RowError) -> Saved:
        return Saved("", created=False, errors=(error.told(self._controls.switches),))

    def _kept(self, errors: tuple[RowError, ...]) -> str:
        told = errors if self._controls.switches["bulk_rows_tell_all_errors"] else errors[:1]
        return json.dumps([[one.shown_code, one.message, one.fields] for one in told]) if told else ""


def _id(sent: Sent) -> str:
    return str(next((value for name, value in sent.items() if name.lower() == "id"), ""))


def _restored(errors: str) -> tuple[RowError, ...]:
    return tuple(RowError(code, message, tuple(fields)) for code, message, fields in json.loads(errors or "[]"))
