"""What every test stands on: an Airflow home of its own, the sandbox's connections, no outer network."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from deploy.airflow_settings import AirflowSettings
from tests.sandbox_fixture import Sandbox, connections

PROJECT = Path(__file__).parents[1]
HOME = Path(tempfile.mkdtemp(prefix="sync-tests-"))

# On a busy machine an example may take any time; how long a test takes is not what it proves.
settings.register_profile("random", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples every time: what fails was made to fail by a change. `make soak` looks for others.
settings.register_profile("project", settings.get_profile("random"), derandomize=True, database=None)
settings.load_profile("project")

TOGETHER = {
    "tests/e2e/test_approval.py": "a migrated Airflow database",
    "tests/e2e/test_dag_runs.py": "a migrated Airflow database",
    "tests/unit/console/": "a migrated Airflow database",
    "tests/integration/sync/test_membership.py": "the story of an audience",
    "tests/integration/sync/test_values.py": "the story of an audience",
}
"""Modules, or folders of them, that share what takes seconds to make, a session's fixture: one worker runs them."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Of several workers, each takes whole modules, or all that run together."""
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            shared = (group for start, group in TOGETHER.items() if nodeid.startswith(start))
            return next(shared, None) or super()._split_scope(nodeid)

    return Together(config, log) if config.getoption("dist") == "loadscope" else None


# Airflow reads its configuration once, when it is first imported.
for name in [name for name in os.environ if name.startswith("AIRFLOW_")]:
    del os.environ[name]
os.environ |= AirflowSettings.read().environment() | {
    "AIRFLOW_HOME": str(HOME / "airflow"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(),
    "NO_PROXY": "127.0.0.1",
    "no_proxy": "127.0.0.1",
}


def pytest_unconfigure() -> None:
    """Remove the Airflow home."""
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def airflow_database() -> Path:
    """Airflow's home with a migrated metadata database and the declared pools; made once."""
    from airflow.models.pool import Pool
    from airflow.utils import db

    db.initdb()
    for pool in AirflowSettings.read().pools:
        Pool.create_or_update_pool(pool.name, pool.slots, pool.description, include_deferred=False)
    return HOME / "airflow"


@pytest.fixture(scope="session")
def sandbox_servers() -> Iterator[Sandbox]:
    """Both vendors as local servers, started once; use `sandbox`, which comes empty."""
    servers = Sandbox()
    yield servers
    servers.stop()


@pytest.fixture
def sandbox(sandbox_servers: Sandbox) -> Sandbox:
    """The servers, emptied and with their controls put back."""
    sandbox_servers.reset()
    return sandbox_servers


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The pipeline's root for one test: staging, warehouse and reports lie below it."""
    monkeypatch.setenv("SYNC_ROOT", str(tmp_path / "root"))
    return tmp_path / "root"


@pytest.fixture(scope="module")
def connected(sandbox_servers: Sandbox) -> Iterator[Sandbox]:
    """The servers, emptied, behind both Airflow connections."""
    sandbox_servers.reset()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in connections(sandbox_servers).items():
            patch.setenv(name, value)
        yield sandbox_servers
    sandbox_servers.reset()
