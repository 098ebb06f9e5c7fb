"""The sandbox's org behind Airflow's connection, empty for each test."""

from __future__ import annotations

import pytest

from tests.integration.org import NOW, Org
from tests.sandbox_fixture import Sandbox


@pytest.fixture
def org(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Org:
    """An empty org at `NOW`, behind the connection `salesforce_default`."""
    org = Org(sandbox)
    org.set_clock(NOW)
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", org.connection())
    return org
