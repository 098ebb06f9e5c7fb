"""The few calls to Airflow's REST API that drive and watch DAG runs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from deploy.airflow_settings import Pool
from deploy.errors import StackError

TIMEOUT = 30
PATIENCE = Retry(None, connect=0, read=4, redirect=0, status=0, other=0, allowed_methods={"GET"}, backoff_factor=1)
"""A busy machine lets a look at a run time out; the run goes on, and so does watching it."""
FINAL_STATES = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})


@dataclass(frozen=True, slots=True)
class DagRun:
    """One run of a DAG; times are aware, or None while they have not come."""

    dag_id: str
    run_id: str
    state: str
    start: datetime | None
    end: datetime | None

    @property
    def finished(self) -> bool:
        """Whether the run has come to its end, good or bad."""
        return self.state in FINAL_STATES


@dataclass(frozen=True, slots=True)
class TaskRun:
    """The newest try of one task of a run; `seconds` is its duration, 0 before it ends."""

    task_id: str
    state: str
    seconds: float
    tries: int
    start: str


class AirflowApi:
    """A logged-in client of the API server at `url`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("http://", HTTPAdapter(max_retries=PATIENCE))

    def healthy(self) -> bool:
        """Tell whether the server answers and all its services have reported lately."""
        try:
            answer = self._session.get(f"{self._url}/api/v2/monitor/health", timeout=TIMEOUT)
        except requests.ConnectionError:
            return False
        services = answer.json() if answer.ok else {}
        return bool(services) and all(service["status"] in {"healthy", None} for service in services.values())

    def log_in(self, passwords: Path) -> None:
        """Log in as the admin whose password Airflow generated into the file `passwords`."""
        body = {"username": "admin", "password": json.loads(passwords.read_text("utf-8"))["admin"]}
        answer = self._session.post(f"{self._url}/auth/token", json=body, timeout=TIMEOUT)
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def set_pools(self, pools: Iterable[Pool]) -> None:
        """Create the pools, or bring them to their declared size."""
        actions = [
            {
                "action": "create",
                "action_on_existence": "overwrite",
                "entities": [
                    {"name": pool.name, "slots": pool.slots, "description": pool.description, "include_deferred": False}
                    for pool in pools
                ],
            }
        ]
        self._call("PATCH", "pools", {"actions": actions})

    def import_errors(self) -> list[str]:
        """List the DAG files that Airflow cannot read, with the last line of why."""
        errors = self._call("GET", "importErrors")["import_errors"]
        return [f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}" for error in errors]

    def dag_ids(self) -> set[str]:
        """Return the ids of all DAGs that Airflow has read."""
        return {dag["dag_id"] for dag in self._call("GET", "dags?limit=1000")["dags"]}

    def pause(self, dag_id: str, *, paused: bool) -> None:
        """Stop or let go the scheduling of a DAG."""
        self._call("PATCH", f"dags/{dag_id}", {"is_paused": paused})

    def trigger(self, dag_id: str, logical_date: datetime | None = None) -> str:
        """Ask for a run and return its id; a timetable infers the data interval from `logical_date`."""
        body = {"logical_date": logical_date.isoformat() if logical_date else None}
        return str(self._call("POST", f"dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def runs(self, dag_id: str, **filters: str) -> list[DagRun]:
        """List a DAG's runs, newest first, that pass the API's own filters."""
        query = urlencode({"order_by": "-run_after", "limit": 1000, **filters})
        return [_dag_run(run) for run in self._call("GET", f"dags/{dag_id}/dagRuns?{query}")["dag_runs"]]

    def run(self, dag_id: str, run_id: str) -> DagRun:
        """Return one run as it is now."""
        return _dag_run(self._call("GET", f"dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"))

    def task_runs(self, run: DagRun) -> list[TaskRun]:
        """List the tasks of a run in the order in which they started."""
        found = self._call("GET", f"{_run_path(run)}/taskInstances?limit=1000")["task_instances"]
        tasks = [_task_run(task) for task in found]
        return sorted(tasks, key=lambda task: task.start or "~")

    def result(self, run: DagRun, task_id: str) -> object:
        """Return what the task returned, or None."""
        path = f"{_run_path(run)}/taskInstances/{task_id}/xcomEntries?limit=1000"
        keys = {entry["key"] for entry in self._call("GET", path)["xcom_entries"]}
        if "return_value" not in keys:
            return None
        path = f"{_run_path(run)}/taskInstances/{task_id}/xcomEntries/return_value?deserialize=false&stringify=false"
        return self._call("GET", path)["value"]

    def approval_page(self, run: DagRun, task_id: str) -> str:
        """Return the address of the page on which a person answers the task."""
        return f"{self._url}/dags/{run.dag_id}/runs/{quote(run.run_id, safe='')}/tasks/{task_id}/required_actions"

    def errors(self, run: DagRun, task: TaskRun) -> list[str]:
        """Return the exceptions of a task's last try, `Class: message` each, as its log has them."""
        content = self._call("GET", f"{_run_path(run)}/taskInstances/{task.task_id}/logs/{task.tries}")["content"]
        details = [detail for line in content if isinstance(line, dict) for detail in line.get("error_detail") or ()]
        return [f"{detail['exc_type']}: {detail['exc_value']}" for detail in details]

    def backfill(self, dag_id: str, first: datetime, last: datetime) -> int | None:
        """Ask for a run of each data interval that starts from `first` to `last`, also of those done before.

        Return the backfill's id; None while the database is busy: on SQLite, Airflow then answers 503.
        """
        body = {
            "dag_id": dag_id,
            "from_date": first.isoformat(),
            "to_date": last.isoformat(),
            "reprocess_behavior": "completed",
            "max_active_runs": 2,
        }
        found = self._call("POST", "backfills", body, busy_status=503)
        return int(found["id"]) if found else None

    def backfill_finished(self, backfill_id: int) -> bool:
        """Tell whether all runs of the backfill have ended."""
        return self._call("GET", f"backfills/{backfill_id}")["completed_at"] is not None

    def _call(self, method: str, path: str, body: object = None, *, busy_status: int | None = None) -> dict[str, Any]:
        try:
            answer = self._session.request(method, f"{self._url}/api/v2/{path}", json=body, timeout=TIMEOUT)
        except requests.RequestException as error:
            raise StackError(f"Airflow does not answer any more at {self._url}: {type(error).__name__}") from error
        if answer.status_code == busy_status:
            return {}
        if not answer.ok:
            raise StackError(f"Airflow answers {answer.status_code} to {method} {path}: {answer.text[:500]}")
        found: dict[str, Any] = answer.json()
        return found


def _run_path(run: DagRun) -> str:
    return f"dags/{run.dag_id}/dagRuns/{quote(run.run_id, safe='')}"


def _dag_run(run: dict[str, Any]) -> DagRun:
    start, end = (datetime.fromisoformat(run[key]) if run[key] else None for key in ("start_date", "end_date"))
    return DagRun(run["dag_id"], run["dag_run_id"], run["state"], start, end)


def _task_run(task: dict[str, Any]) -> TaskRun:
    return TaskRun(
        task["task_id"],
        task["state"] or "waiting",
        task["duration"] or 0.0,
        task["try_number"],
        task["start_date"] or "",
    )
