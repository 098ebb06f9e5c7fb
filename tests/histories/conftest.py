"""The machine of histories on the servers of the tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.histories.machine import History
from tests.sandbox_fixture import Sandbox, connections


@pytest.fixture(scope="module")
def histories(sandbox_servers: Sandbox) -> Iterator[type[History]]:
    """The machine behind both Airflow connections."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in connections(sandbox_servers).items():
            patch.setenv(name, value)
        History.sandbox = sandbox_servers
        yield History
    sandbox_servers.reset()
