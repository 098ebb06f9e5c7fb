"""Validation against the sandbox's made-up world: it finds the bad records that were planted, and only those."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from deploy.airflow_settings import AirflowSettings
from include.pipelines import extract_salesforce
from include.pipelines.extract_audience import extract
from include.pipelines.run import SyncRun
from include.pipelines.validate import validate
from include.wiring import load_project
from tests.sandbox_fixture import Sandbox

RULES = {
    "missing_required_field": "required_merge_field",
    "date_out_of_period": "birthdate_period",
    "unknown_dropdown_value": "unknown_dropdown_value",
    "incomplete_postal_address": "incomplete_postal_address",
    "text_too_long": "text_too_long",
    "invalid_email": "invalid_email",
}
"""Kind of planted record to the rule that has to find it."""


def test_r17_r18_every_planted_record_is_found_and_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox(("--people", "400", "--seed", "7", "--now", "2026-11-22T12:00:00Z"))
    try:
        for name, connection in AirflowSettings.read().environment().items():
            here = connection.replace("http://127.0.0.1:8181", sandbox.salesforce)
            monkeypatch.setenv(name, here.replace("http://127.0.0.1:8182", sandbox.mailchimp))
        project = load_project(root=str(tmp_path))
        extract_salesforce.extract("r1", project)
        run = SyncRun(project, "newsletter", "r1")
        extract(run)
        validate(run)
        planted = sandbox.control("salesforce", "GET", "planted").json()
    finally:
        sandbox.stop()
    found: dict[str, set[str]] = defaultdict(set)
    for file in project.staging.files(run.partition("findings")):
        for row in pq.read_table(file).to_pylist():
            found[row["rule"]].add(row["key"])
    assert {rule: keys for rule, keys in found.items() if keys} == {
        RULES[kind]: set(records["ids"]) for kind, records in planted.items()
    }
