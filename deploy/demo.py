"""The demonstration: a fresh sandbox and a real Airflow, every DAG once through the scheduler, and an account."""

from __future__ import annotations

import shutil

import requests

from deploy import running, runs
from deploy.airflow_api import AirflowApi, DagRun
from deploy.follow import Follower, print_account
from deploy.home import PROJECT, Home, Ports

FOLDER = PROJECT / ".run" / "demo"
PEOPLE = 1000
SEED = 1


def run() -> int:
    """Run the demonstration in a stack of its own; return 0 when every DAG run succeeded.

    `.run/demo` keeps what is worth a look: the pipeline's data with its reports, the services' logs, and the state of
    both vendors before and after; after a failure also Airflow's home with the logs of the tasks.
    """
    earlier = Home(FOLDER, Ports())
    running.stop(earlier)
    shutil.rmtree(FOLDER, ignore_errors=True)
    home = Home(FOLDER, Ports.free(), data=FOLDER / "data")
    try:
        done = _carry_out(home)
    finally:
        running.stop(home)
    if not runs.succeeded(done):
        return 1
    shutil.rmtree(home.airflow)
    return 0


def _carry_out(home: Home) -> list[DagRun]:
    api = AirflowApi(home.url("airflow"))
    follower = Follower(api)
    follower.say(f"starting the sandbox with {PEOPLE:,} made-up people, and Airflow")
    running.start(home, sandbox_options=("--seed", str(SEED), "--people", str(PEOPLE)), own_connections=False)
    running.await_ready(home, api, follower)
    running.await_dags(api, follower)
    _keep_state(home, "before")
    for dag_id in (runs.EXTRACT, *runs.sync_dag_ids()):
        api.pause(dag_id, paused=False)
    done = runs.extract_and_sync(api, follower)
    if runs.succeeded(done):
        done += runs.first_night(api, follower)
    _keep_state(home, "after")
    print_account(api, done)
    follower.say(f"{'done' if runs.succeeded(done) else 'FAILED'}; reports and data: {home.data}")
    return done


def _keep_state(home: Home, moment: str) -> None:
    folder = home.folder / moment
    folder.mkdir()
    for vendor in ("salesforce", "mailchimp"):
        answer = requests.get(f"{home.url(vendor)}/_sandbox/state", timeout=120)
        answer.raise_for_status()
        (folder / f"{vendor}.json").write_bytes(answer.content)
