"""The sandbox's org behind Airflow's connection, empty for each test, and runs whose plans are written by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.loading import Rig, rig
from tests.integration.mailchimp_account import account, audience
from tests.integration.org import NOW, Org
from tests.sandbox_fixture import Sandbox


@pytest.fixture
def org(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Org:
    """An empty org at `NOW`, behind the connection `salesforce_default`."""
    org = Org(sandbox)
    org.set_clock(NOW)
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", org.connection())
    return org


@pytest.fixture
def made(sandbox: Sandbox, org: Org, tmp_path: Path) -> Callable[..., Rig]:
    """Makes a run on these members; Salesforce was extracted an hour before Mailchimp."""

    def make(*members: dict[str, Any], **how: Any) -> Rig:
        sandbox.put_state(mailchimp=account(audience(members)))
        return rig(sandbox, tmp_path, **how)

    return make
