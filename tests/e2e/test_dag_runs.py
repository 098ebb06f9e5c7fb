"""DAG runs of a real Airflow, without a scheduler, against the sandbox."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag

from deploy.airflow_settings import AirflowSettings
from include.config.load import audience_stems
from include.storage import Storage
from include.warehouse.store import Warehouse
from include.warehouse.tables import CONNECTION_CHECKS, QUERY_PREVIEWS, RUNS
from tests.sandbox_fixture import Sandbox


@pytest.fixture(scope="module")
def world() -> Iterator[Sandbox]:
    """Both vendors with a small made-up world."""
    sandbox = Sandbox(["--people", "200"])
    yield sandbox
    sandbox.stop()


@pytest.fixture
def connections(world: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoints = {f"{vendor}_default": url for vendor, url in world.urls.items()}
    for name, value in AirflowSettings.read().environment(endpoints).items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def dagbag(airflow_database: Path) -> DagBag:
    return DagBag(str(Path(__file__).parents[2] / "dags"))


def test_people_are_extracted(dagbag: DagBag, connections: None, root: Path, world: Sandbox):
    run = dagbag.dags["extract_salesforce"].test()
    assert run.state == "success"
    assert any(root.rglob("*.parquet"))


def test_x02_queries_are_previewed_by_the_choices_of_the_trigger_form(
    dagbag: DagBag, connections: None, root: Path, world: Sandbox
):
    world.reset_calls()
    run = dagbag.dags["preview_queries"].test(run_conf={"audience": "newsletter", "query": "customers"})
    assert run.state == "success"
    assert world.writes() == 0
    (row,) = Warehouse(Storage(str(root))).read(QUERY_PREVIEWS).to_pylist()
    assert (row["run_id"], row["query"]) == (run.run_id, "customers")
    assert row["people"] == row["in_salesforce"] > 0


def test_r19_the_connection_check_runs_and_sees_the_pools(
    dagbag: DagBag, connections: None, root: Path, world: Sandbox
):
    run = dagbag.dags["check_connections"].test()
    assert run.state == "success"
    kept = Warehouse(Storage(str(root))).read(CONNECTION_CHECKS).to_pylist()
    assert [row["found"] for row in kept if row["subject"] == "Airflow pools"] == [
        "tasks start in mailchimp, salesforce, harvest"
    ]


def test_g10_both_sides_are_compared_in_full_and_the_audiences_started(
    dagbag: DagBag, connections: None, root: Path, world: Sandbox
):
    world.reset_calls()
    run = dagbag.dags["reconcile"].test()
    assert run.state == "success"
    assert {instance.state for instance in run.get_task_instances()} == {"success"}
    assert world.writes() == 0
    rows = Warehouse(Storage(str(root))).read(RUNS, pipeline="reconcile").to_pylist()
    assert {row["audience"] for row in rows} == {None, *audience_stems()}


def test_r19_a_refused_log_in_fails_at_once(
    dagbag: DagBag, connections: None, root: Path, monkeypatch: pytest.MonkeyPatch
):
    """One clear error and no retry: Salesforce locks users out after a few wrong passwords."""
    wrong = json.loads(os.environ["AIRFLOW_CONN_SALESFORCE_DEFAULT"]) | {"password": "wrong-password"}
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", json.dumps(wrong))
    run = dagbag.dags["extract_salesforce"].test()
    assert run.state == "failed"
    assert run.get_task_instance("extract").try_number == 1
