"""One stage in a process of its own, which a test can kill as a machine does.

The fork server imports this module once; each process then starts without importing anything again.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Mapping
from pathlib import Path

import airflow.providers.salesforce.hooks.salesforce  # noqa: F401 - what a stage imports, imported before the fork
import deltalake  # noqa: F401 - as above
import duckdb  # noqa: F401 - as above
import great_expectations  # noqa: F401 - as above
import mailchimp_marketing  # noqa: F401 - as above
import pandas as pd  # noqa: F401 - as above

from include.config.load import load_configuration
from include.pipelines import extract_salesforce, sync_audience
from include.pipelines.run import SyncRun
from include.storage import Storage
from include.wiring import Project
from tests.sandbox_fixture import Sandbox

EXTRACT_SALESFORCE = "extract_salesforce"
PATIENCE = 30.0
"""Seconds until a stage that was to be killed must have made the call."""


def carry_out(configuration: Path, root: Path, stem: str, run_id: str, stage: str) -> None:
    """Run one stage, or the extraction of Salesforce."""
    project = Project(load_configuration(configuration), Storage(str(root)))
    if stage == EXTRACT_SALESFORCE:
        extract_salesforce.extract(run_id, project)
    else:
        sync_audience._carry_out(SyncRun(project, stem, run_id), stage)


def killed_at(sandbox: Sandbox, server: str, rule: Mapping[str, object], *stage: object) -> bool:
    """Start a stage and kill it while it waits for the answer of the call that the rule picks.

    The call has its effect, and nobody hears of it. Returns whether the stage made the call; False: it ended before.
    """
    sandbox.faults(server, {"kind": "hang", "when": "after", "seconds": PATIENCE, "times": 1, **rule})
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_in_environment, args=(dict(os.environ), stage))
    process.start()
    try:
        return _wait(sandbox, server, process)
    finally:
        process.kill()
        process.join(10)
        sandbox.faults(server)


def _wait(sandbox: Sandbox, server: str, process: multiprocessing.process.BaseProcess) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        (rule,) = sandbox.control(server, "GET", "faults").json()
        if rule["injected"]:
            return True
        if not process.is_alive():
            return False
        time.sleep(0.02)
    raise TimeoutError("the stage neither ended nor made the call")


def _in_environment(environment: dict[str, str], stage: tuple[object, ...]) -> None:
    os.environ.update(environment)
    carry_out(*stage)
