"""The sandbox's org, started once for all tests of this folder and emptied for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.org import NOW, Org
from tests.sandbox_fixture import Sandbox


@pytest.fixture(scope="session")
def salesforce_sandbox() -> Iterator[Sandbox]:
    """The Salesforce server alone."""
    sandbox = Sandbox(only="salesforce")
    yield sandbox
    sandbox.stop()


@pytest.fixture
def org(salesforce_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Org:
    """An empty org at `NOW`, behind the connection `salesforce_default`."""
    salesforce_sandbox.reset()
    org = Org(salesforce_sandbox)
    org.set_clock(NOW)
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", org.connection())
    return org
