"""Reading the DAG files: which DAGs there are, what they need, and what it costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from airflow.dag_processing.dagbag import DagBag

from deploy.runs import dag_ids

PROJECT = Path(__file__).parents[2]
HEAVY = {
    "deltalake",
    "duckdb",
    "great_expectations",
    "lark",
    "mailchimp_marketing",
    "numpy",
    "pandas",
    "pyarrow",
    "simple_salesforce",
}
READ_DAGS = """
import json, sys
import airflow.sdk
before = set(sys.modules)
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
print(json.dumps({"dags": sorted(bag.dags), "errors": bag.import_errors, "modules": sorted(set(sys.modules) - before)}))
"""


def read_in_a_new_process(**environment: str) -> dict[str, object]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW_CONN_", "AIRFLOW_VAR_"))}
    ended = subprocess.run(
        [sys.executable, "-c", READ_DAGS, str(PROJECT / "dags")],
        env={**kept, "PYTHONPATH": str(PROJECT), **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(ended.stdout.splitlines()[-1])


def test_there_is_a_dag_for_each_job_and_each_audience_file(dagbag: DagBag):
    audiences = {f"sync_{file.stem}" for file in (PROJECT / "include/config/audiences").glob("*.yaml")}
    assert len(audiences) >= 3
    jobs = {"check_connections", "extract_salesforce", "preview_queries", "reconcile", "snapshot_activity"}
    assert set(dagbag.dags) == jobs | audiences
    assert dag_ids() == jobs | audiences, "`make up` waits for all of them"


def test_the_dags_are_read_without_connections_and_without_heavy_libraries():
    found = read_in_a_new_process()
    assert found["errors"] == {}
    assert "sync_newsletter" in found["dags"]
    assert HEAVY & set(found["modules"]) == set(), "import it inside the function that needs it"


def test_a_new_audience_file_is_a_new_dag(tmp_path: Path):
    folder = tmp_path / "config"
    (folder / "audiences").mkdir(parents=True)
    (folder / "pipeline.yaml").write_text("time_zone: Europe/Paris\n")
    (folder / "audiences" / "second_brand.yaml").write_text("audience: Second brand\npolicy: legacy_parity\n")
    found = read_in_a_new_process(SYNC_CONFIG=str(folder))
    assert found["dags"] == [
        "check_connections",
        "extract_salesforce",
        "preview_queries",
        "reconcile",
        "snapshot_activity",
        "sync_second_brand",
    ]


def test_airflow_executes_nothing_under_plugins_but_their_registration():
    """Airflow runs every Python file under plugins/ and registers it by its bare name, also over a standard module."""
    from airflow._shared.module_loading.file_discovery import find_path_from_directory

    folder = PROJECT / "plugins"
    files = {Path(path) for path in find_path_from_directory(str(folder), ".airflowignore", "glob")}
    assert {file.name for file in files if file.suffix == ".py"} <= {"plugin.py"}
    for file in folder.rglob("*.py"):
        assert file.name == "plugin.py" or "AirflowPlugin" not in file.read_text("utf-8"), f"{file} is never registered"
