"""How Airflow finds the console."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PLUGINS = Path(__file__).parents[3] / "plugins"
HEAVY = ("fastapi", "pandas", "duckdb", "pyarrow", "deltalake", "great_expectations", "include.wiring")


def test_airflow_registers_the_console_as_a_tab_of_a_dag_run(airflow_database: Path) -> None:
    from airflow import plugins_manager

    found, errors = plugins_manager._get_plugins()
    assert not errors
    (console,) = [plugin for plugin in found if plugin.name == "console"]
    view, index = console.external_views
    assert (index["destination"], index["href"]) == ("nav", "console/")
    assert "url_route" in index
    assert view["destination"] == "dag_run"
    assert view["href"].endswith("{DAG_ID}/{RUN_ID}/")
    assert "url_route" in view


def test_airflow_loads_registrations_only() -> None:
    """Airflow executes every Python file below plugins/ that the ignore file does not name."""
    assert (PLUGINS / ".airflowignore").read_text("utf-8").split() == ["*.py", "!plugin.py"]
    for file in PLUGINS.rglob("*.py"):
        registers = "AirflowPlugin)" in file.read_text("utf-8")
        assert registers == (file.name == "plugin.py"), f"{file}: only plugin.py may register, and must"


def test_every_process_loads_the_registration_and_nothing_heavy() -> None:
    program = (
        "import sys; from airflow.plugins_manager import AirflowPlugin; before = set(sys.modules); "
        "import plugins.console.plugin; "
        f"print(sorted((set(sys.modules) - before) & set({HEAVY!r})))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=PLUGINS.parent, capture_output=True, text=True, timeout=120, check=True
    )
    assert answer.stdout.strip().endswith("[]")
