"""Watch DAG runs to their end, or to a question to a person; print what happens, then what each task did."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from deploy.airflow_api import AirflowApi, DagRun, TaskRun
from deploy.errors import StackError

T = TypeVar("T")

POLL_SECONDS = 1.5
HIDDEN_STATES = frozenset({"waiting", "scheduled", "queued"})
AWAITING_INPUT = "awaiting_input"
"""Airflow's state of a task that waits for a person's answer."""


class Follower:
    """Prints one line for each change of a task's state, with the seconds since the start."""

    def __init__(self, api: AirflowApi) -> None:
        self._api = api
        self._began = time.monotonic()
        self._seen: dict[tuple[str, str, str], tuple[str, int]] = {}
        self._asked: set[str] = set()

    def say(self, text: str) -> None:
        """Print a line with the time."""
        print(f"[{time.monotonic() - self._began:5.0f} s] {text}", flush=True)

    def until(self, what: str, look: Callable[[], T | None], seconds: float) -> T:
        """Return the first truthy answer of `look`; raise StackError naming `what` after so many seconds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := look():
                return found
            time.sleep(POLL_SECONDS)
        raise StackError(f"{what}: not there within {seconds:.0f} s")

    def wait(self, runs: Iterable[DagRun], seconds: float) -> list[DagRun]:
        """Follow the runs until each has ended or waits for a person, and return them as they are then."""
        watched = list(runs)
        names = ", ".join(sorted({run.dag_id for run in watched}))
        return self.until(f"end of {names}", lambda: self._look(watched), seconds)

    def _look(self, watched: list[DagRun]) -> list[DagRun] | None:
        at_rest = True
        for index, run in enumerate(watched):
            if not run.finished:
                watched[index] = self._api.run(run.dag_id, run.run_id)
                tasks = self._api.task_runs(run)
                self._print_changes(run, tasks)
                at_rest &= watched[index].finished or self._waits_for_a_person(watched[index], tasks)
        return watched if at_rest else None

    def _waits_for_a_person(self, run: DagRun, tasks: list[TaskRun]) -> bool:
        """Tell whether the run, or the one that it queues behind, waits for an answer; say once where to give it."""
        known = [(run, tasks)]
        if run.state == "queued":
            known = [(other, self._api.task_runs(other)) for other in self._api.runs(run.dag_id, state="running")]
        pages = [
            self._api.approval_page(each, task.task_id)
            for each, its_tasks in known
            for task in its_tasks
            if task.state == AWAITING_INPUT
        ]
        for page in pages:
            if page not in self._asked:
                self._asked.add(page)
                self.say(f"{run.dag_id:<24} waits for a person: approve or reject at {page}")
        return bool(pages)

    def _print_changes(self, run: DagRun, tasks: list[TaskRun]) -> None:
        for task in tasks:
            key = (run.dag_id, run.run_id, task.task_id)
            now = (task.state, task.tries)
            if task.state not in HIDDEN_STATES and self._seen.get(key) != now:
                self._seen[key] = now
                duration = f" in {task.seconds:.1f} s" if task.seconds and task.state != "running" else ""
                self.say(f"{run.dag_id:<24} {task.task_id:<14} {task.state}{duration}")


def print_account(api: AirflowApi, runs: Iterable[DagRun]) -> None:
    """Print each run, its tasks, how long they took and what they returned; at the end where the reports are."""
    pages = []
    for run in runs:
        duration = f" in {(run.end - run.start).total_seconds():.1f} s" if run.start and run.end else ""
        print(f"\n{run.dag_id}  {run.state}{duration}  ({run.run_id})")
        for task in api.task_runs(run):
            result = api.result(run, task.task_id)
            if isinstance(result, dict) and "page" in result:
                pages.append(f"  {run.dag_id:<24} {result.pop('page')}")
            tries = f" (try {task.tries})" if task.tries > 1 else ""
            print(f"  {task.task_id:<14} {task.state:<15} {task.seconds:6.1f} s{tries}  {describe(result)}".rstrip())
            for error in api.errors(run, task) if task.state == "failed" else ():
                print(f"    {error}")
    print("\n".join(["\nQuality reports:", *pages]) if pages else "")


def describe(result: object) -> str:
    """Say a task's result in one line: `members 812, tags 3, added: people 2, leads 1`."""
    if result is None:
        return ""
    if isinstance(result, dict):
        return ", ".join(
            f"{name}: {describe(value)}" if isinstance(value, dict) else f"{name} {describe(value)}"
            for name, value in result.items()
            if value not in ({}, [], None, "")
        )
    if isinstance(result, list):
        return " ".join(describe(value) for value in result)
    return f"{result:,}" if isinstance(result, int) and not isinstance(result, bool) else str(result)
