"""Following runs: until they end, or wait for a person."""

from __future__ import annotations

import pytest

from deploy.airflow_api import AirflowApi, DagRun, TaskRun
from deploy.follow import Follower

PAGE = "http://airflow.example/dags/sync_news/runs/a%2Bb/tasks/breaker/required_actions"


class Scripted(AirflowApi):
    """Runs of one DAG by id: what each look at them finds, with the tasks of that moment; the last look stays."""

    def __init__(self, looks: dict[str, list[tuple[str, dict[str, str]]]]) -> None:
        super().__init__("http://airflow.example")
        self.looks = looks

    def run(self, dag_id: str, run_id: str) -> DagRun:
        looks = self.looks[run_id]
        return DagRun(dag_id, run_id, (looks.pop(0) if len(looks) > 1 else looks[0])[0], None, None)

    def runs(self, dag_id: str, **filters: str) -> list[DagRun]:
        states = {run_id: looks[0][0] for run_id, looks in self.looks.items()}
        return [
            DagRun(dag_id, run_id, state, None, None) for run_id, state in states.items() if state == filters["state"]
        ]

    def task_runs(self, run: DagRun) -> list[TaskRun]:
        return [TaskRun(task_id, state, 1.0, 1, "") for task_id, state in self.looks[run.run_id][0][1].items()]


def follow(looks: dict[str, list[tuple[str, dict[str, str]]]], run_id: str) -> str:
    """The state in which the run was left; `until` raises where it never comes to rest."""
    [left] = Follower(Scripted(looks)).wait([DagRun("sync_news", run_id, "queued", None, None)], seconds=10)
    return left.state


def test_a_run_is_followed_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        follow({"a+b": [("running", {"extract": "running"}), ("success", {"extract": "success"})]}, "a+b") == "success"
    )
    said = capsys.readouterr().out
    assert "extract        success in 1.0 s" in said
    assert "waits for a person" not in said


def test_g06_a_run_that_waits_for_a_person_is_left_and_where_to_answer_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert follow({"a+b": [("running", {"breaker": "awaiting_input"})]}, "a+b") == "running"
    assert f"sync_news                waits for a person: approve or reject at {PAGE}" in capsys.readouterr().out


def test_g06_a_run_that_queues_behind_one_that_waits_is_left_too(capsys: pytest.CaptureFixture[str]) -> None:
    looks: dict[str, list[tuple[str, dict[str, str]]]]
    looks = {"new": [("queued", {"breaker": "waiting"})], "a+b": [("running", {"breaker": "awaiting_input"})]}
    assert follow(looks, "new") == "queued"
    assert capsys.readouterr().out.count(PAGE) == 1
