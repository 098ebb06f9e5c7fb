"""Who waits for whom, and why."""

from __future__ import annotations

from pathlib import Path

import pendulum
import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG, RetryAction
from airflow.sdk.exceptions import ParamValidationError
from airflow.serialization.decoders import decode_timetable
from airflow.serialization.encoders import encode_timetable

from include.config.load import AUTOMATIC, audience_stems, query_names
from include.errors import ConfigError, FatalError, StoppedByCheck, TransientError
from include.orchestration import DEFAULT_ARGS, PEOPLE, Pool


@pytest.fixture
def sync(dagbag: DagBag) -> DAG:
    return dagbag.dags["sync_newsletter"]


def upstream(dag: DAG, task_id: str) -> set[str]:
    return dag.get_task(task_id).get_flat_relative_ids(upstream=True)


def test_people_are_extracted_before_any_audience_is_synced(dagbag: DagBag):
    assert dagbag.dags["extract_salesforce"].get_task("extract").outlets == [PEOPLE]
    for dag_id in (dag_id for dag_id in dagbag.dags if dag_id.startswith("sync_")):
        assert [asset.uri for asset in dagbag.dags[dag_id].timetable.asset_condition.objects] == [PEOPLE.uri]


def test_g10_the_full_comparison_starts_the_audiences_also_when_one_failed(dagbag: DagBag):
    dag = dagbag.dags["reconcile"]
    start, compared = dag.get_task("start_audiences"), {f"audience_{stem}" for stem in audience_stems()}
    assert (start.outlets, start.trigger_rule) == ([PEOPLE], "all_done")
    assert upstream(dag, "start_audiences") == {"people", *compared}
    assert all(upstream(dag, task_id) == {"people"} for task_id in compared)
    assert [task.task_id for task in dag.leaves] == ["outcome"]
    assert dag.get_task("outcome").upstream_task_ids == {"people", "start_audiences", *compared}


@pytest.mark.parametrize("write", ["load_audience", "load_people", "settle", "load_mirror"])
def test_g06_nothing_is_written_before_the_circuit_breaker_agreed(sync: DAG, write: str):
    assert upstream(sync, write) >= {"extract", "validate", "transform", "breaker"}


def test_what_the_loads_changed_is_read_back_before_the_mirror_is_written(sync: DAG):
    assert upstream(sync, "load_mirror") >= {"load_audience", "load_people", "refresh", "settle"}
    assert upstream(sync, "settle") >= {"refresh"}


def test_r10_m04_each_query_of_an_audience_is_a_choice_of_its_trigger_form_manual_ones_first(sync: DAG, tmp_path: Path):
    named = ("customers", "private_customers", "french_customers_and_newcomers", "open_leads")
    assert sync.params.get_param("query").schema["enum"] == [AUTOMATIC, *named]
    assert sync.params["query"] == AUTOMATIC
    (tmp_path / "audiences").mkdir()
    file = tmp_path / "audiences" / "news.yaml"
    file.write_text("queries: [{name: a}, {name: b, run: manual}, {name: c, run: manual, object: wrong}, d]\n", "utf-8")
    assert query_names("news", tmp_path) == ("b", "c", "a")


def test_m04_the_rerun_controls_are_fields_of_the_trigger_forms_and_off_unless_set(sync: DAG, dagbag: DagBag):
    usual = {"person": None, "quarantined": False, "since": None, "full_refresh": False}
    assert {name: sync.params[name] for name in usual} == usual
    assert all(sync.params.get_param(name).description for name in usual)
    reading = dagbag.dags["extract_salesforce"].params
    assert reading.dump() == {"since": None, "full_refresh": False}


@pytest.mark.parametrize("dag_id", ["extract_salesforce", "sync_newsletter"])
def test_m04_the_form_takes_a_time_as_its_calendar_gives_it_and_a_day(dagbag: DagBag, dag_id: str):
    since = dagbag.dags[dag_id].params.get_param("since")
    assert since.schema["format"] == "date-time"
    for value in (None, "2026-11-22T07:00:00.000Z", "2026-11-22T08:00:00+01:00", "2026-11-22"):
        assert since.resolve(value) == value
    for value in ("yesterday", "22.11.2026", "2026-11-22T08:00", 20261122):
        with pytest.raises(ParamValidationError):
            since.resolve(value)


@pytest.mark.parametrize("value", ["ann@x.example", "003", "0" * 31])
def test_g09_the_trigger_form_keeps_no_email_as_person(sync: DAG, value: str):
    with pytest.raises(ParamValidationError):
        sync.params.get_param("person").resolve(value)
    assert sync.params.get_param("person").resolve("0" * 32) == "0" * 32


def test_the_report_is_written_also_when_a_stage_failed(sync: DAG):
    assert sync.get_task("report").trigger_rule == "all_done"
    assert all(task.trigger_rule == "all_success" for task in sync.tasks if task.task_id != "report")


def test_a_failed_stage_or_report_fails_the_run(sync: DAG):
    """The leaves decide a run's state, and the report runs after failures too: so the last task needs both."""
    assert [task.task_id for task in sync.leaves] == ["outcome"]
    assert sync.get_task("outcome").upstream_task_ids == {"load_mirror", "report"}


def test_g08_tasks_that_call_a_vendor_hold_its_pool(sync: DAG, dagbag: DagBag):
    for task_id in ("extract", "load_audience", "refresh", "settle"):
        assert sync.get_task(task_id).pool == Pool.MAILCHIMP
    for task_id in ("breaker", "load_people", "load_mirror"):
        assert sync.get_task(task_id).pool == Pool.SALESFORCE
    assert dagbag.dags["snapshot_activity"].get_task("harvest").pool == Pool.HARVEST


def test_r19_the_connection_check_tries_every_pool_with_the_slots_of_its_biggest_task(dagbag: DagBag):
    tried = {
        task.pool: task.pool_slots
        for task in dagbag.dags["check_connections"].tasks
        if task.task_id.startswith("start_in_")
    }
    assert tried.pop("default_pool") == 1
    taken: dict[str, int] = {}
    for dag in (dag for dag_id, dag in dagbag.dags.items() if dag_id != "check_connections"):
        for task in dag.tasks:
            taken[task.pool] = max(task.pool_slots, taken.get(task.pool, 0))
    assert tried == {pool: taken[pool] for pool in Pool}


def test_r11_the_snapshots_interval_is_one_local_day_from_midnight(dagbag: DagBag):
    """23 hours long where the clocks go forward, in Paris."""
    timetable = decode_timetable(encode_timetable(dagbag.dags["snapshot_activity"].timetable))
    interval = timetable.infer_manual_data_interval(run_after=pendulum.datetime(2026, 3, 30, 12))
    assert interval.start.isoformat() == "2026-03-28T23:00:00+00:00"
    assert interval.end.isoformat() == "2026-03-29T22:00:00+00:00"


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (TransientError("busy", vendor="mailchimp", code="429"), RetryAction.RETRY),
        (FatalError("refused"), RetryAction.FAIL),
        (ConfigError("wrong"), RetryAction.FAIL),
        (StoppedByCheck("too much"), RetryAction.FAIL),
        (ConnectionError("reset"), RetryAction.DEFAULT),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.value,
)
def test_g07_only_what_time_can_heal_is_tried_again(error: Exception, action: RetryAction):
    assert DEFAULT_ARGS["retry_policy"].evaluate(error, try_number=1, max_tries=3).action == action
