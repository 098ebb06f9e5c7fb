"""Rules for all DAGs; each message says what to do."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag

from deploy.airflow_settings import AirflowSettings
from include.orchestration import Tag

DAG_FILES = sorted((Path(__file__).parents[2] / "dags").glob("*.py"))


@pytest.mark.parametrize("file", DAG_FILES, ids=lambda file: file.stem)
def test_a_dag_file_is_short(file: Path):
    lines = len(file.read_text("utf-8").splitlines())
    assert lines <= 100, f"{file.name} has {lines} lines: move the work to include/pipelines"


def test_every_dag_has_an_explanation_tags_and_one_run_at_a_time(dagbag: DagBag):
    for dag in dagbag.dags.values():
        assert "**On failure**" in (dag.doc_md or ""), (
            f"{dag.dag_id}: say what it reads, writes, and what a failure means"
        )
        assert dag.tags, f"{dag.dag_id}: give it a tag of include.orchestration.Tag"
        assert set(dag.tags) <= {str(tag) for tag in Tag}, f"{dag.dag_id}: add its tags to include.orchestration.Tag"
        assert dag.max_active_runs == 1, f"{dag.dag_id} writes: two runs at once would undo each other"
        assert not dag.catchup, f"{dag.dag_id}: the past is for backfill"


def test_every_task_is_tried_again_with_growing_pauses_and_ends_in_bounded_time(dagbag: DagBag):
    for dag in dagbag.dags.values():
        for task in (task for task in dag.tasks if task.task_type != "EmptyOperator"):
            name = f"{dag.dag_id}.{task.task_id}"
            assert task.owner != "airflow", f"{name}: take default_args from include.orchestration"
            assert task.retries >= 2, f"{name}: vendors fail now and then"
            assert task.retry_exponential_backoff > 1, f"{name}: pauses have to grow"
            assert task.retry_policy is not None, f"{name}: errors that last are not worth another try"
            assert task.execution_timeout, f"{name}: nothing runs forever"
            assert task.execution_timeout <= timedelta(hours=6), f"{name}: split it"


def test_every_pool_is_declared_and_big_enough(dagbag: DagBag):
    declared = {pool.name: pool.slots for pool in AirflowSettings.read().pools} | {"default_pool": 128}
    for dag in dagbag.dags.values():
        for task in dag.tasks:
            name = f"{dag.dag_id}.{task.task_id}"
            assert task.pool in declared, f"{name}: declare {task.pool} in airflow_settings.yaml"
            assert task.pool_slots <= declared[task.pool], f"{name} would wait forever for {task.pool}"
