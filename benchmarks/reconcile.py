"""How long a full comparison of many people and members takes, against the sandbox on this machine.

python -m benchmarks.reconcile --people 200000
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import requests

from benchmarks.extract_salesforce import ADDRESS, chunks, state
from include.pipelines import extract_salesforce
from include.pipelines.extract_audience import extract
from include.pipelines.reconcile import reconcile_audience, reconcile_people
from include.pipelines.run import SyncRun
from tests.integration.mailchimp_account import account, audience, member
from tests.integration.org import NOW, Org, make_project
from tests.integration.sync.rig import connections
from tests.sandbox_fixture import Sandbox


def measure(name: str, work: Callable[[], object]) -> None:
    """Run something once and print its wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    counts = work()
    spent = f"{time.perf_counter() - wall:.1f} s, {time.process_time() - cpu:.1f} s of CPU here"
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"{name:<22} {spent}, at most {memory:.1f} GiB; {counts}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200_000)
    people = parser.parse_args().people
    sandbox = Sandbox()
    try:
        org = Org(sandbox)
        requests.put(f"{sandbox.salesforce}/_sandbox/state", data=chunks(state(people)), timeout=600).raise_for_status()
        sandbox.put_state(mailchimp=account(audience([member(f"p{number}") for number in range(people)])))
        org.set_clock(NOW)
        os.environ |= connections(sandbox)
        with tempfile.TemporaryDirectory() as folder:
            project = make_project(Path(folder), bulk_above=2000, more=ADDRESS)
            (stem,) = project.configuration.audiences
            org.client().limits()  # log-in, and the import of Airflow, are not what is measured
            extract_salesforce.extract("first", project)
            extract(SyncRun(project, stem, "first", dry_run=True))
            org.set_clock(NOW + timedelta(hours=1))
            measure("people", lambda: reconcile_people("full", project))
            measure("members and mirror", lambda: reconcile_audience(stem, "full", project))
    finally:
        sandbox.stop()


if __name__ == "__main__":
    main()
