"""What all DAGs share."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from include.errors import DeferredError, StoppedByCheck
from include.orchestration import rest_to_the_next_run, started


def test_g08_a_task_whose_budget_of_calls_is_used_up_is_skipped() -> None:
    with pytest.raises(AirflowSkipException, match="the next run"), rest_to_the_next_run():
        raise DeferredError("used up; the next run goes on")


def test_other_errors_stay_errors() -> None:
    with pytest.raises(StoppedByCheck), rest_to_the_next_run():
        raise StoppedByCheck("an empty source")


class Run:
    """What a task's context has of its run: the states of the run's tasks, one set of them per question."""

    def __init__(self, *states: dict[str, str | None]) -> None:
        self.states = list(states)

    def get_task_states(self, dag_id: str, task_ids: list[str], run_ids: list[str]) -> dict[str, dict[str, str | None]]:
        assert (dag_id, run_ids) == ("check", ["run"])
        now = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"run": {task_id: now[task_id] for task_id in task_ids if task_id in now}}

    @property
    def context(self) -> dict[str, object]:
        return {"ti": self, "run_id": "run", "dag": SimpleNamespace(dag_id="check")}


TASKS = {"mailchimp": "a", "harvest": "b"}


def test_r19_a_pool_in_which_no_task_starts_in_time_is_told() -> None:
    run = Run({"a": "success", "b": "scheduled"})
    assert started(run.context, TASKS, within=timedelta()) == {"mailchimp": True, "harvest": False}
    assert started(Run({}).context, TASKS, within=timedelta()) == {"mailchimp": False, "harvest": False}


def test_r19_a_task_that_starts_late_is_waited_for() -> None:
    run = Run({"a": "queued", "b": None}, {"a": "running", "b": "failed"})
    assert started(run.context, TASKS) == {"mailchimp": True, "harvest": True}
