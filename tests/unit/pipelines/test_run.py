"""What one run leaves for its later stages: schema, pins, outcomes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from include.config.models import Configuration, Pipeline
from include.errors import FatalError
from include.pipelines.run import Outcome, Pins, SyncRun, report_folder
from include.storage import Storage
from include.wiring import Project
from tests.unit.transform.worlds import audience, schema

AT = datetime(2026, 11, 22, 12, 30, 15, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    setting = audience()
    return Project(Configuration(Pipeline(time_zone="Europe/Paris"), {setting.stem: setting}), Storage(str(tmp_path)))


@pytest.fixture
def run(project: Project) -> SyncRun:
    return SyncRun(project, "newsletter", "scheduled__2026-11-22T12:30:15+00:00")


def test_schema_and_pins_are_what_was_saved(run):
    for pins in (Pins(1, 2, -1, 0, 4, extracted_at=AT), Pins(1, 2, -1, 0, 4, extracted_at=AT, people_until=AT)):
        run.save_schema(schema())
        run.save_pins(pins)
        assert (run.schema(), run.pins()) == (schema(), pins)


def test_what_was_not_saved_yet_is_a_clear_error(run):
    with pytest.raises(FatalError, match=r"pins of run scheduled__2026.*did not finish"):
        run.pins()


def test_runs_and_audiences_share_nothing(run, project):
    run.save_pins(Pins(1, 2, 3, 4, 5, extracted_at=AT))
    for other in (SyncRun(project, "newsletter", "another"), SyncRun(project, "partners", run.run_id)):
        assert not project.staging.committed(other.partition("pins"))


def test_an_outcome_stands_until_the_stage_is_tried_again(run):
    assert run.outcome("load_audience") is None
    run.save_outcome("load_audience", Outcome(error="TransientError", message="later"))
    assert run.outcome("load_audience") == Outcome(error="TransientError", message="later")
    run.save_outcome("load_audience", Outcome(counts={"applied": 3}))
    assert run.outcome("load_audience") == Outcome(counts={"applied": 3})
    run.drop_outcome("load_audience")
    assert run.outcome("load_audience") is None


def test_the_report_of_a_run_lies_in_a_folder_that_any_file_system_takes(run):
    assert run.report_folder == report_folder("newsletter", run.run_id)
    assert run.report_folder == ("reports", "newsletter", "scheduled__2026-11-22T12_30_15+00_00")
