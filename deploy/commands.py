"""What `make up`, `down`, `sync`, `snapshot` and `backfill` do to the stack that stays running."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from deploy import running, runs
from deploy.airflow_api import AirflowApi, DagRun
from deploy.errors import StackError
from deploy.follow import Follower, print_account
from deploy.home import PROJECT, Home, Ports

FOLDER = PROJECT / ".run" / "up"


def up() -> int:
    """Start the services where they were left, print where they are and leave them running; return the exit status."""
    home = _running_home()
    if home is None:
        home = Home(FOLDER, Ports.chosen())
        with running.stopped_unless_finished(home):
            _start(home)
    password = json.loads(home.passwords.read_text("utf-8"))["admin"]
    print(f"Airflow     {home.url('airflow')}  log in as admin, password {password}")
    print(f"Salesforce  {home.url('salesforce')}  (sandbox)")
    print(f"Mailchimp   {home.url('mailchimp')}  (sandbox)")
    print(f"Command line: source {home.command_line.relative_to(PROJECT)}; .venv/bin/python -m include check")
    print("Next: `make sync`, `make snapshot`, `make backfill FROM=YYYY-MM-DD TO=YYYY-MM-DD`, `make down`.")
    return 0


def _start(home: Home) -> None:
    first_time = not home.airflow.exists()
    api = AirflowApi(home.url("airflow"))
    follower = Follower(api)
    running.start(home, sandbox_options=("--state", str(home.state)), own_connections=True)
    running.await_ready(home, api, follower)
    home.save_command_line()
    dag_ids = running.await_dags(api, follower)
    if first_time:
        for dag_id in dag_ids:
            api.pause(dag_id, paused=False)


def down() -> int:
    """Stop the services; return the exit status."""
    print("stopped" if running.stop(Home(FOLDER, Ports())) else "nothing was running")
    return 0


def sync() -> int:
    """Extract people and sync every audience; return the exit status."""
    return _follow(runs.extract_and_sync)


def snapshot() -> int:
    """Take the last night's activity; return the exit status."""
    return _follow(runs.last_night)


def backfill(first: date, last: date) -> int:
    """Rebuild the activity of the local days `first` to `last`; return the exit status."""
    if first > last:
        raise StackError(f"FROM={first} lies after TO={last}: name the earlier day first")
    return _follow(lambda api, follower: runs.days(api, follower, first, last))


def _follow(work: Callable[[AirflowApi, Follower], list[DagRun]]) -> int:
    home = _running_home()
    if home is None:
        raise StackError("nothing is running: start it with `make up`")
    api = AirflowApi(home.url("airflow"))
    api.log_in(home.passwords)
    done = work(api, Follower(api))
    print_account(api, done)
    return 0 if runs.succeeded(done) else 1


def _running_home() -> Home | None:
    home = Home(FOLDER, Ports())
    return replace(home, ports=home.saved_ports()) if running.is_running(home) else None
