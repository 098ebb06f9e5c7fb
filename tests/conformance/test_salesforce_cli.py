"""The Salesforce CLI, a separate program that is given the org's address; what it did is compared with the state."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import requests

from include.sandbox.salesforce.credentials import CONSUMER_KEY, CONSUMER_SECRET, ORGANIZATION_ID, USERNAME
from tests.conformance.programs import HERE, NODE, npm_installed
from tests.sandbox_fixture import PROJECT, Sandbox

COMMAND_SECONDS = 120
METADATA = PROJECT / "include" / "salesforce" / "metadata"
XML = "{http://soap.sforce.com/2006/04/metadata}"
ALONE = (
    *("SF_DISABLE_TELEMETRY", "SF_AUTOUPDATE_DISABLE", "SF_DISABLE_AUTOUPDATE", "SF_SKIP_NEW_VERSION_CHECK"),
    "SF_USE_GENERIC_UNIX_KEYCHAIN",
)

Command = Callable[..., "subprocess.CompletedProcess[str]"]
Cli = Callable[..., Any]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The CLI's HOME and working folder."""
    return tmp_path_factory.mktemp("sf")


@pytest.fixture(scope="module")
def command(world: Sandbox, home: Path) -> Command:
    """Run a command of the CLI to its end, which may be a bad one."""
    program = npm_installed(HERE / "sf") / "@salesforce" / "cli" / "bin" / "run.js"
    form = {"grant_type": "client_credentials", "client_id": CONSUMER_KEY, "client_secret": CONSUMER_SECRET}
    token = requests.post(f"{world.salesforce}/services/oauth2/token", form, timeout=30).json()["access_token"]
    own = {"HOME": str(home), "PATH": str(NODE.parent), "SF_ACCESS_TOKEN": token, **dict.fromkeys(ALONE, "true")}

    def run(*arguments: str, folder: Path = home) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [NODE, program, *arguments],
            cwd=folder,
            env=own,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def anywhere(command: Command) -> Cli:
    """Run a command that needs no org; gives its result."""

    def run(*arguments: str, **more: Any) -> Any:
        ended = command(*arguments, "--json", **more)
        assert ended.returncode == 0, ended.stdout[:2000] + ended.stderr[-2000:]
        return json.loads(ended.stdout)["result"]

    return run


@pytest.fixture(scope="module")
def sf(anywhere: Cli, world: Sandbox) -> Cli:
    """Run a command on the sandbox's org, into which the CLI has logged in; gives its result."""
    seen = anywhere("org", "login", "access-token", "--instance-url", world.salesforce, "--no-prompt", "--set-default")
    assert (seen["username"], seen["orgId"], seen["name"]) == (USERNAME, ORGANIZATION_ID, "Sandbox")
    return anywhere


def written(path: Path, *rows: dict[str, str]) -> str:
    """A CSV file with these rows."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def live(state: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    return {one["Id"]: one for one in state[name] if not one.get("IsDeleted")}


def test_salesforce_cli_reads(sf: Cli, command: Command, world: Sandbox):
    state = world.state("salesforce")
    contacts, accounts = live(state, "Contact"), live(state, "Account")
    query = "SELECT Id, LastName, Account.Name FROM Contact WHERE AccountId != null ORDER BY Id"

    result = sf("data", "query", "--query", query)
    table = command("data", "query", "--query", query, "--result-format", "csv")
    described = sf("sobject", "describe", "--sobject", "Contact")
    limits = {one["name"]: one["max"] for one in sf("org", "list", "limits")}

    held = [one for one in contacts.values() if one["AccountId"] is not None]
    names = {one["Id"]: (one["LastName"], accounts[one["AccountId"]]["Name"]) for one in held}
    assert names
    assert {one["Id"]: (one["LastName"], one["Account"]["Name"]) for one in result["records"]} == names
    assert table.returncode == 0, table.stderr
    head, *rows = csv.reader(table.stdout.strip().splitlines())
    assert head == ["Id", "LastName", "Account.Name"]
    assert {row[0]: tuple(row[1:]) for row in rows} == names
    assert {one["name"] for one in described["fields"]} >= set(state["Contact"][0])
    assert limits["DailyApiRequests"] == 100_000


def test_salesforce_cli_writes_single_records(sf: Cli, command: Command, world: Sandbox):
    made = sf("data", "create", "record", "-s", "Lead", "-v", "LastName=Single Company=sf Email=sf@sandbox.example")
    sf("data", "update", "record", "-s", "Lead", "-i", made["id"], "-v", "FirstName=Zoë Company='sf two'")
    seen = sf("data", "get", "record", "-s", "Lead", "-w", "LastName=Single Company='sf two'")
    sf("data", "delete", "record", "-s", "Lead", "-i", made["id"])
    refused = command("data", "create", "record", "-s", "Lead", "-v", "LastName=Refused Phone=1", "--json")

    assert (seen["Id"], seen["FirstName"], seen["Email"]) == (made["id"], "Zoë", "sf@sandbox.example")
    assert (refused.returncode, json.loads(refused.stdout)["name"]) == (1, "REQUIRED_FIELD_MISSING")
    (lead,) = [one for one in world.state("salesforce")["Lead"] if one["LastName"] in {"Single", "Refused"}]
    assert (lead["Id"], lead["IsDeleted"], lead["Company"]) == (made["id"], True, "sf two")


def test_salesforce_cli_loads_and_reads_in_bulk(sf: Cli, command: Command, world: Sandbox, home: Path):
    rows = [
        {"LastName": name, "Company": company, "Phone": "1"} for name, company in (("Good", "sf bulk"), ("Bad", ""))
    ]
    leads = written(home / "leads.csv", *rows)
    audiences = written(home / "audiences.csv", *({"List_Id__c": f"sf{n}", "Name": f"List {n}"} for n in (1, 2)))

    imported = command("data", "import", "bulk", "-s", "Lead", "-f", leads, "--wait", "2", "--json")
    job = json.loads(imported.stdout)["data"]["jobId"]
    results = sf("data", "bulk", "results", "--job-id", job)
    upserted = sf("data", "upsert", "bulk", "-s", "MC_Audience__c", "-i", "List_Id__c", "-f", audiences, "-w", "2")
    export = ("--output-file", "contacts.csv", "--result-format", "csv", "--wait", "2")
    exported = sf("data", "export", "bulk", "--query", "SELECT Id, LastName FROM Contact", *export)

    state = world.state("salesforce")
    assert (imported.returncode, results["processedRecords"], results["failedRecords"]) == (1, 2, 1)
    (failed,) = csv.DictReader((home / results["failedFilePath"]).read_text("utf-8").splitlines())
    assert failed["LastName"] == "Bad"
    assert failed["sf__Error"].startswith("REQUIRED_FIELD_MISSING")
    assert [one["LastName"] for one in state["Lead"] if one["Company"] == "sf bulk"] == ["Good"]
    assert not any(one["LastName"] == "Bad" for one in state["Lead"])
    ids = {one["sf__Id"]: one["Name"] for one in upserted["records"]["successfulResults"]}
    assert ids == {one["Id"]: one["Name"] for one in state["MC_Audience__c"] if one["List_Id__c"].startswith("sf")}
    assert sorted(ids.values()) == ["List 1", "List 2"]
    contacts = live(state, "Contact")
    with (home / "contacts.csv").open(newline="", encoding="utf-8") as file:
        read = {one["Id"]: one["LastName"] for one in csv.DictReader(file)}
    assert exported["totalSize"] == len(contacts)
    assert read == {id_: one["LastName"] for id_, one in contacts.items()}


def test_salesforce_cli_converts_our_metadata(anywhere: Cli, tmp_path: Path):
    project, package = tmp_path / "project", tmp_path / "package"
    shutil.copytree(METADATA, project)

    anywhere("project", "convert", "source", "--output-dir", str(package), folder=project)

    root = ET.parse(package / "package.xml").getroot()
    members = {one.findtext(f"{XML}name"): [m.text for m in one.findall(f"{XML}members")] for one in root}
    members.pop(None)
    objects = METADATA / "force-app" / "main" / "default" / "objects"
    fields = [
        f"{path.parents[1].name}.{path.name.removesuffix('.field-meta.xml')}"
        for path in objects.glob("*/fields/*.field-meta.xml")
    ]
    assert members == {
        "CustomObject": sorted(path.parent.name for path in objects.glob("*/*.object-meta.xml")),
        "CustomField": sorted(fields),
        "PermissionSet": ["MC_Requests", "MC_Sync"],
    }
