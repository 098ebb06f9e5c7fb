"""The `runs` table: first start, end, several writers."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from include.config.models import Configuration, Pipeline
from include.pipelines import runs
from include.storage import Storage
from include.wiring import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(Configuration(Pipeline(time_zone="Europe/Paris"), {}), Storage(str(tmp_path)))


def test_a_run_is_running_until_it_ends(project):
    runs.start(project, "r1", "sync_audience", "newsletter")
    (row,) = runs.find(project, "sync_audience", audience="newsletter")
    assert (row["state"], row["ended_at"], row["config_hash"]) == ("running", None, project.configuration.hash)
    runs.finish(project, "r1", "sync_audience", "warning", audience="newsletter", counts={"extract": {"members": 3}})
    (ended,) = runs.find(project, "sync_audience")
    assert (ended["state"], json.loads(ended["counts"])) == ("warning", {"extract": {"members": 3}})
    assert ended["ended_at"] >= ended["started_at"] == row["started_at"]


def test_a_retry_keeps_the_start_of_its_run_and_m04_a_run_that_is_cleared_after_its_end_starts_anew(project):
    runs.start(project, "r1", "sync_audience", "newsletter")
    (first,) = runs.find(project, "sync_audience")
    runs.start(project, "r1", "sync_audience", "newsletter")
    (retried,) = runs.find(project, "sync_audience")
    assert retried == first
    runs.finish(project, "r1", "sync_audience", "failed", audience="newsletter", counts={"extract": {}})
    runs.start(project, "r1", "sync_audience", "newsletter")
    (again,) = runs.find(project, "sync_audience")
    assert again["started_at"] > first["started_at"]
    assert (again["state"], again["ended_at"], again["counts"]) == ("running", None, "{}")


def test_runs_are_found_by_pipeline_and_audience_newest_first(project):
    for run_id, audience in (("r1", "newsletter"), ("r2", "partners"), ("r3", "newsletter")):
        runs.start(project, run_id, "sync_audience", audience)
    runs.start(project, "r4", "extract_salesforce")
    assert [row["run_id"] for row in runs.find(project, "sync_audience", audience="newsletter")] == ["r3", "r1"]
    assert [row["run_id"] for row in runs.find(project, "extract_salesforce")] == ["r4"]


def test_one_run_id_of_several_audiences_is_a_row_each(project):
    """Airflow names the runs of all DAGs after their time."""
    for audience in ("newsletter", "partners"):
        runs.start(project, "r1", "sync_audience", audience)
    runs.finish(project, "r1", "sync_audience", "failed", audience="partners")
    found = {row["audience"]: row["state"] for row in runs.find(project, "sync_audience")}
    assert found == {"newsletter": "running", "partners": "failed"}


def test_writers_at_the_same_time_lose_nothing(project):
    """Also at the very first write, which makes the table."""

    def run(number: int) -> None:
        runs.start(project, f"r{number}", "sync_audience", f"audience{number}")
        runs.finish(project, f"r{number}", "sync_audience", "success", audience=f"audience{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(8)))
    found = {row["run_id"]: row["state"] for row in runs.find(project, "sync_audience")}
    assert found == {f"r{number}": "success" for number in range(8)}
