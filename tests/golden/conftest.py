"""The option that writes the golden files anew, and the sandbox for the golden world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.sync.rig import connections
from tests.sandbox_fixture import Sandbox


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--renew-golden`: `make golden` gives it."""
    parser.addoption("--renew-golden", action="store_true", help="write the golden files anew instead of comparing")


@pytest.fixture(scope="module")
def connected(sandbox_servers: Sandbox) -> Iterator[Sandbox]:
    """The servers, emptied, behind both Airflow connections."""
    sandbox_servers.reset()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in connections(sandbox_servers).items():
            patch.setenv(name, value)
        yield sandbox_servers
    sandbox_servers.reset()
