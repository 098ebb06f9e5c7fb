"""Carries jobs out beside the requests; what was under way when the org stopped goes on when it starts again."""

import sqlite3
import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

from include.sandbox.controls import Controls, Switch
from include.sandbox.salesforce.bulk.csv_format import JobFailed
from include.sandbox.salesforce.bulk.jobs import Job, Jobs, Kind
from include.sandbox.salesforce.errors import Refusal
from include.sandbox.salesforce.store import OrgStore

SWITCHES = {"bulk_job_seconds": Switch(0.2, "a job stays in progress at least so long")}
WORKERS = 2
Work = Callable[[Job], None]


class Runner:
    """Carries out jobs, two at a time.

    A job stays in progress for at least `bulk_job_seconds` (a switch), so that clients see it pass through its states.
    """

    def __init__(self, store: OrgStore, controls: Controls, jobs: Jobs, works: dict[Kind, Work]) -> None:
        self._store = store
        self._controls = controls
        self._jobs = jobs
        self._works = works
        self._waiting: SimpleQueue[Job] = SimpleQueue()
        for kind in works:
            for job in jobs.all(kind):
                if job.state in {"UploadComplete", "InProgress"}:
                    self.start(job)
        for number in range(WORKERS):
            # A job can be left at any moment, so the threads need not hold up the end of the program.
            Thread(target=self._work, name=f"bulk-{number}", daemon=True).start()

    def start(self, job: Job) -> None:
        """Queues a job."""
        self._waiting.put(job)

    def _work(self) -> None:
        while True:
            try:
                self._run(self._waiting.get())
            except sqlite3.ProgrammingError:
                if self._store.database.closed:
                    return  # the job goes on when the org starts again
                raise

    def _run(self, job: Job) -> None:
        begun = time.monotonic()
        with self._store.database.writing() as connection:
            if not self._jobs.move(connection, job, "InProgress"):
                return
        error = None
        try:
            self._works[job.kind](job)
        except Refusal as failure:
            said = failure.told(self._controls.switches)
            error = f"{said.code} : {said.text}" if isinstance(failure, JobFailed) else said.text
        except Exception as failure:
            error = f"UnknownError : {type(failure).__name__}: {failure}"
        time.sleep(max(0.0, begun + float(self._controls.switches["bulk_job_seconds"]) - time.monotonic()))
        state = "Failed" if error else "JobComplete"
        spent = round((time.monotonic() - begun) * 1000)
        with self._store.database.writing() as connection:
            self._jobs.move(connection, job, state, error=error, milliseconds=spent)
