"""Random histories of one audience against the model: a few here, hundreds in `make soak`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.histories.machine import History
from tests.integration.sync.rig import connections
from tests.sandbox_fixture import Sandbox

COMMON = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    stateful_step_count=7,
)


@pytest.fixture(scope="module")
def histories(sandbox_servers: Sandbox) -> Iterator[type[History]]:
    """The machine on the servers of the tests, behind both Airflow connections."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in connections(sandbox_servers).items():
            patch.setenv(name, value)
        History.sandbox = sandbox_servers
        yield History
    sandbox_servers.reset()


def test_g04_g05_every_sync_of_a_history_ends_as_the_model_says(histories: type[History]) -> None:
    run_state_machine_as_test(histories, settings=settings(COMMON, max_examples=8, derandomize=True, database=None))


@pytest.mark.soak
def test_g04_g05_every_sync_of_many_histories_ends_as_the_model_says(histories: type[History]) -> None:
    run_state_machine_as_test(histories, settings=settings(COMMON, max_examples=400, stateful_step_count=25))
