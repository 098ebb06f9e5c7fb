"""G04 on a whole machine: the power fails in the middle of a load, comes back, and the runs end as if nothing had been.

Each case starts the stack as `make up` does, in a folder and on ports of its own, and takes some minutes: `make soak`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from deploy import running
from deploy.airflow_api import AirflowApi, DagRun, TaskRun
from deploy.airflow_settings import AirflowSettings
from deploy.follow import Follower
from deploy.home import PROJECT, Home, Ports
from deploy.runs import sync_dag_ids
from deploy.sessions import Session
from include.config.load import audience_stems
from tests.sandbox_fixture import Sandbox

pytestmark = [
    pytest.mark.soak,
    # Services outlive the program that starts them.
    pytest.mark.filterwarnings("ignore:subprocess [0-9]+ is still running:ResourceWarning"),
]

NOW = datetime.now(UTC).replace(microsecond=0)
WORLD = ("--seed", "7", "--people", "400", "--now", NOW.isoformat())
AUDIENCE = "sync_newsletter"
SLOW = 0.4
"""Seconds that Mailchimp takes for an answer until the cut, so that the load is long enough to be met."""
PATIENCE = 600
VENDORS_OWN = frozenset(
    {"Id", "Name", "CreatedDate", "LastModifiedDate", "SystemModstamp", "Audience__c", "Mailchimp_Contact_Id__c"}
    | {"Opt_In__c", "Profile_Updated__c", "Last_Sync__c", "PhotoUrl"}
)
"""What is another id or time in every history: left out of the comparison."""

Vendors = dict[str, dict[str, Any]]


def members(state: dict[str, Any]) -> dict[str, Any]:
    """Per audience and e-mail hash: status, merge fields, groups by name, tags."""
    found = {}
    for audience in state["lists"]:
        groups = {
            interest["id"]: f"{category['title']} / {interest['name']}"
            for category in audience["interest_categories"]
            for interest in category["interests"]
        }
        tags = [(segment["name"], frozenset(segment["members"])) for segment in audience["segments"]]
        for member in audience["members"]:
            found[f"{audience['name']}:{member['id']}"] = (
                member["status"],
                member["merge_fields"],
                sorted(groups[key] for key, chosen in member.get("interests", {}).items() if chosen),
                sorted(name for name, hashes in tags if member["id"] in hashes),
            )
    return found


def records(state: dict[str, Any], object_name: str, key: str) -> dict[str, Any]:
    """Ours among an object's records, by their key; two with the same key are an error."""
    ours = [record for record in state[object_name] if record.get(key)]
    found = {record[key]: {name: record[name] for name in record.keys() - VENDORS_OWN} for record in ours}
    assert len(found) == len(ours), f"{object_name} has two records with the same {key}"
    return found


def end_state(vendors: Vendors) -> dict[str, dict[str, Any]]:
    """What the syncs are for, in both vendors."""
    salesforce = vendors["salesforce"]
    return {
        "members": members(vendors["mailchimp"]),
        "leads": records(salesforce, "Lead", "MC_Key__c"),
        "subscribers": records(salesforce, "MC_Subscriber__c", "Key__c"),
        "audiences": records(salesforce, "MC_Audience__c", "List_Id__c"),
    }


def command_line(urls: Mapping[str, str], root: Path, *arguments: str) -> None:
    """Run the pipeline without a scheduler against the sandbox at these addresses, by vendor."""
    endpoints = {f"{vendor}_default": url for vendor, url in urls.items()}
    environment = os.environ | AirflowSettings.read().environment(endpoints)
    command = [sys.executable, "-m", "include", *arguments, "--root", str(root)]
    subprocess.run(command, cwd=PROJECT, env=environment, check=True, timeout=PATIENCE)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The end of an uninterrupted sync of every audience in the same world."""
    root = tmp_path_factory.mktemp("undisturbed")
    sandbox = Sandbox(WORLD)
    try:
        # Each sync extracts; the audience that makes leads comes last, so that none of the others knows them.
        for stem in sorted(audience_stems(), key=lambda stem: (stem == "product_updates", stem)):
            command_line(sandbox.urls, root, "sync", "--audience", stem)
        return end_state({vendor: sandbox.state(vendor) for vendor in sandbox.urls})
    finally:
        sandbox.stop()


def family(process: psutil.Process) -> list[psutil.Process]:
    """The process and all that it started, as far as they live."""
    with suppress(psutil.NoSuchProcess):
        return [process, *process.children(recursive=True)]
    return []


class Machine:
    """One machine with the stack, that can lose its power."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder, Ports.free(), data=folder / "data")
        self.api = AirflowApi(self.home.url("airflow"))
        self.follower = Follower(self.api)

    def start(self, *world: str) -> None:
        """Start what does not run; without a world the sandbox goes on with its state."""
        running.start(self.home, sandbox_options=("--state", str(self.home.state), *world), own_connections=False)
        self.await_ready()

    def start_airflow(self) -> None:
        """Start Airflow beside a sandbox that went on."""
        running.start_airflow(self.home, own_connections=False)
        self.await_ready()

    def await_ready(self) -> None:
        running.await_ready(self.home, self.api, self.follower)
        running.await_dags(self.api, self.follower)

    def cut_power(self, *services: str) -> None:
        """Kill every process of the services, tasks included; nobody is asked."""
        for service in services:
            session = Session.recorded(self.home.record(service))
            assert session is not None
            while processes := session.processes():
                # The sandbox's servers have sessions of their own.
                for process in {child for parent in processes for child in family(parent)}:
                    with suppress(psutil.NoSuchProcess):
                        process.kill()

    def control(self, method: str, vendor: str, path: str, **body: Any) -> Any:
        answer = requests.request(method, f"{self.home.url(vendor)}/_sandbox/{path}", timeout=60, **body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def vendors(self) -> Vendors:
        return {vendor: self.control("GET", vendor, "state") for vendor in ("salesforce", "mailchimp")}

    def sync(self) -> list[DagRun]:
        """Extract people, and ask the scheduler for one run of every audience."""
        urls = {vendor: self.home.url(vendor) for vendor in ("salesforce", "mailchimp")}
        command_line(urls, self.home.folder / "data", "extract")
        for dag_id in sync_dag_ids():
            self.api.pause(dag_id, paused=False)
        return [self.api.run(dag_id, self.api.trigger(dag_id)) for dag_id in sync_dag_ids()]

    def load(self, runs: list[DagRun]) -> TaskRun | None:
        """The newsletter's load among the runs, once it is there."""
        tasks = [task for run in runs if run.dag_id == AUDIENCE for task in self.api.task_runs(run)]
        return next((task for task in tasks if task.task_id == "load_audience"), None)

    def in_the_middle_of_the_load(self, runs: list[DagRun]) -> bool:
        task = self.load(runs)
        return task is not None and task.state == "running" and self.newsletter_writes() > 0

    def newsletter_writes(self) -> int:
        """How many of the newsletter's members were changed since the world was made."""
        lists = self.control("GET", "mailchimp", "state")["lists"]
        newsletter = next(audience for audience in lists if audience["name"] == "Newsletter")
        return sum(datetime.fromisoformat(member["last_changed"]) > NOW for member in newsletter["members"])


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    stack = Machine(tmp_path)
    yield stack
    running.stop(stack.home)


@pytest.mark.parametrize("lost", [("airflow",), ("airflow", "sandbox")], ids=" and ".join)
def test_g04_after_a_power_cut_the_runs_end_by_themselves_as_undisturbed_ones(
    machine: Machine, undisturbed: dict[str, dict[str, Any]], lost: tuple[str, ...]
):
    machine.start(*WORLD)
    machine.control("PUT", "mailchimp", "latency", json={"seconds": SLOW})
    runs = machine.sync()
    machine.follower.until("the load in its middle", lambda: machine.in_the_middle_of_the_load(runs), PATIENCE)

    machine.cut_power(*lost)
    if "sandbox" in lost:
        machine.start()
    else:
        machine.control("DELETE", "mailchimp", "latency")
        machine.start_airflow()

    ended = machine.follower.wait(runs, PATIENCE)
    assert {run.dag_id: run.state for run in ended} == dict.fromkeys(sync_dag_ids(), "success")
    load = machine.load(ended)
    assert load is not None
    assert load.tries > 1
    assert end_state(machine.vendors()) == undisturbed
