"""Start, find and stop the two services of a home: the sandbox and Airflow."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import requests

from deploy.airflow_api import AirflowApi
from deploy.airflow_settings import AirflowSettings
from deploy.errors import StackError
from deploy.follow import Follower
from deploy.home import PROJECT, Home
from deploy.runs import dag_ids
from deploy.sessions import Session

SERVICES = ("airflow", "sandbox")
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
START_SECONDS = 480
LOG_LINES = 15


def start(home: Home, *, sandbox_options: tuple[str, ...], own_connections: bool) -> None:
    """Start the sandbox and Airflow in sessions of their own; StackError when a port is taken."""
    stop(home)
    if taken := home.ports.taken():
        raise StackError(f"in use by another program: {', '.join(taken)}. Name a free port so: `make up NAME_PORT=...`")
    home.save_ports()
    sandbox = [
        *("--salesforce-port", str(home.ports.salesforce), "--mailchimp-port", str(home.ports.mailchimp)),
        *sandbox_options,
    ]
    _start_service(home, "sandbox", ["include.sandbox", *sandbox], own_connections=own_connections)
    start_airflow(home, own_connections=own_connections)


def start_airflow(home: Home, *, own_connections: bool) -> None:
    """Start Airflow alone, beside a sandbox that runs."""
    _start_service(home, "airflow", ["deploy.airflow_services"], own_connections=own_connections)


def _start_service(home: Home, service: str, module: list[str], *, own_connections: bool) -> None:
    environment = home.environment(os.environ, own_connections=own_connections)
    command = [sys.executable, "-m", *module]
    Session.start(command, env=environment, cwd=PROJECT, log=home.log(service)).save(home.record(service))


def await_ready(home: Home, api: AirflowApi, follower: Follower) -> None:
    """Wait until both services answer, log `api` in and set up the pools; StackError when a service ends instead."""
    follower.until("the sandbox", lambda: _sandbox_answers(home), START_SECONDS)
    follower.say(f"sandbox answers: Salesforce {home.url('salesforce')}, Mailchimp {home.url('mailchimp')}")
    follower.until("Airflow", lambda: _airflow_answers(home, api), START_SECONDS)
    api.log_in(home.passwords)
    api.set_pools(AirflowSettings.read().pools)
    follower.say(f"Airflow answers: {home.url('airflow')}")


def await_dags(api: AirflowApi, follower: Follower) -> list[str]:
    """Wait until Airflow has read all DAGs and return their ids; StackError when it cannot read one."""
    expected = dag_ids()

    def read() -> bool:
        if errors := api.import_errors():
            raise StackError("\n".join(errors))
        return api.dag_ids() >= expected

    follower.until(f"DAGs {', '.join(sorted(expected))}", read, START_SECONDS)
    return sorted(api.dag_ids())


def _sandbox_answers(home: Home) -> bool:
    _require_alive(home, "sandbox")
    with suppress(requests.ConnectionError):
        vendors = ("salesforce", "mailchimp")
        return all(requests.get(f"{home.url(vendor)}/_sandbox/health", timeout=5).ok for vendor in vendors)
    return False


def _airflow_answers(home: Home, api: AirflowApi) -> bool:
    _require_alive(home, "airflow")
    return api.healthy()


def _require_alive(home: Home, service: str) -> None:
    session = Session.recorded(home.record(service))
    if session is None or not session.leader_runs():
        last = home.log(service).read_text("utf-8", errors="replace").strip().splitlines()[-LOG_LINES:]
        raise StackError("\n".join([f"{service} ended while starting; the end of {home.log(service)}:", *last]))


def is_running(home: Home) -> bool:
    """Tell whether both services of the home are there."""
    sessions = [Session.recorded(home.record(service)) for service in SERVICES]
    return all(session is not None and session.leader_runs() for session in sessions)


def stop(home: Home) -> bool:
    """End every process of the home's services; tell whether there was one. A signal does not cut it short."""
    previous = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING_SIGNALS}
    try:
        found = [_stop_service(home, service) for service in SERVICES]
        return any(found)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _stop_service(home: Home, service: str) -> bool:
    session = Session.recorded(home.record(service))
    if session is None:
        return False
    found = bool(session.processes())
    session.stop()
    home.record(service).unlink()
    return found


@contextmanager
def stopped_unless_finished(home: Home) -> Iterator[None]:
    """End the home's services when the block does not come to its end."""
    try:
        yield
    except BaseException:
        stop(home)
        raise
