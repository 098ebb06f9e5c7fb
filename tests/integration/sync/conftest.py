"""The sandbox and an empty root for tests that run whole syncs."""

from __future__ import annotations

import pytest

from tests.integration.sync.life import Story, live
from tests.integration.sync.rig import Rig
from tests.sandbox_fixture import Sandbox, connections


@pytest.fixture(scope="session")
def story(sandbox_servers: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """One audience's life, lived once; it is data only."""
    sandbox_servers.reset()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in connections(sandbox_servers).items():
            patch.setenv(name, value)
        return live(sandbox_servers, tmp_path_factory.mktemp("life"))


@pytest.fixture(scope="module")
def rig(connected: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Rig:
    """The configuration that ships, on a root of the module's own."""
    return Rig(connected, tmp_path_factory.mktemp("root"))
