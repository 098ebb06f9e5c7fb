"""Python clients of Salesforce, each a separate program that asks for the real address; compared with the state."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from include.sandbox.salesforce.credentials import (
    CONSUMER_KEY,
    CONSUMER_SECRET,
    PASSWORD,
    REFRESH_TOKEN,
    SECURITY_TOKEN,
    USERNAME,
)
from tests.conformance.programs import installed
from tests.sandbox_fixture import Sandbox

HERE = Path(__file__).parent
PROGRAM_SECONDS = 180
STREAMS = {"Contact", "Lead", "Account"}
INSTANCE = "sandbox.my.salesforce.com"

Python = Callable[..., dict[str, Any]]


@pytest.fixture
def python(environment: dict[str, str]) -> Python:
    """Run a Python program of this folder; it prints what it saw as JSON, on the last line."""

    def run(program: str, *arguments: str, **more: str) -> dict[str, Any]:
        ended = subprocess.run(
            [sys.executable, HERE / program, *arguments],
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=PROGRAM_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr[-3000:]
        return json.loads(ended.stdout.splitlines()[-1])

    return run


def live(state: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [one for one in state[name] if not one.get("IsDeleted")]


def leads(state: dict[str, Any], company: str) -> dict[str, dict[str, Any]]:
    return {one["LastName"]: one for one in state["Lead"] if one["Company"] == company}


def test_simple_salesforce_reads_and_writes(python: Python, world: Sandbox):
    before = world.state("salesforce")
    seen = python("simple_salesforce_client.py", USERNAME, PASSWORD, SECURITY_TOKEN)
    after = world.state("salesforce")

    assert seen["host"] == INSTANCE
    assert seen["contacts"] == sorted(one["Id"] for one in live(before, "Contact"))
    assert seen["all"] == sorted(one["Id"] for one in before["Contact"])
    assert seen["paged"] == [200, 50, 250, False]
    assert seen["parent"] in {one["Name"] for one in before["Account"]}
    assert (seen["refused"], seen["required"]) == ("INVALID_FIELD", "REQUIRED_FIELD_MISSING")
    assert set(seen["objects"]) >= {"Contact", "Lead", "Account", "MC_Audience__c"}
    assert set(before["Contact"][0]) <= set(seen["fields"])
    assert (seen["limits"], seen["used"]) == (100_000, True)

    made = leads(after, "simple-salesforce")
    assert set(made) == {"Single", "Gone", "Row", "Two good", "One 0", "One 1", "One 2", "One 3"}
    assert (made["Single"]["FirstName"], made["Gone"]["IsDeleted"]) == (seen["single"], True)
    assert (seen["updated"], seen["deleted"], seen["together"]) == (204, 204, [True, False])
    assert seen["keyed"] == [201, 200]
    assert (seen["inserted"], seen["upserted"]) == ([2, 1], [3, 0])
    assert "REQUIRED_FIELD_MISSING" in seen["failed"]
    assert seen["queried"] == [['"LastName"', '"Two good"']]
    audiences = {one["List_Id__c"]: one["Name"] for one in after["MC_Audience__c"]}
    assert seen["name"] == "Second"
    assert [audiences[f"simple{n}"] for n in (1, 2, 3)] == ["Bulk 1", "Bulk 2", "Bulk 3"]
    assert seen["batches"] == [[True, True]] * 4 + [[False, False]]
    bulk = {
        name: (one["Id"], one["FirstName"], one["IsDeleted"]) for name, one in made.items() if name.startswith("One")
    }
    assert list(bulk.values()) == [(one, "Bulk", number == 0) for number, one in enumerate(seen["kept"])]


def test_airflows_hook_and_bulk_operator_read_and_write(python: Python, world: Sandbox, tmp_path: Path):
    before = world.state("salesforce")
    connection = {
        "conn_type": "salesforce",
        "login": USERNAME,
        "password": PASSWORD,
        "extra": {"security_token": SECURITY_TOKEN},
    }
    seen = python(
        "airflow_client.py",
        AIRFLOW_CONN_SALESFORCE_DEFAULT=json.dumps(connection),
        AIRFLOW_HOME=str(tmp_path / "airflow"),
    )
    after = world.state("salesforce")

    assert seen["contacts"] == len(live(before, "Contact"))
    assert set(before["Contact"][0]) <= set(seen["fields"])
    assert (seen["leads"], seen["error"]) == ([True, True, True, False], "REQUIRED_FIELD_MISSING")
    assert seen["upserts"] == [[True, True], [False, False]]
    made = {one["Id"]: one for one in after["Lead"] if one["Company"] == "airflow"}
    binned, erased, kept = seen["ids"]
    assert set(made) == {binned, kept}
    assert (made[binned]["IsDeleted"], made[kept]["IsDeleted"], made[kept]["FirstName"]) == (True, False, "Air")
    assert erased not in made
    assert {one["List_Id__c"] for one in after["MC_Audience__c"]} >= {"air1", "air2"}


def test_tap_salesforce_extracts_every_record(environment: dict[str, str], world: Sandbox, tmp_path: Path):
    program = installed("tap-salesforce") / "tap-salesforce"
    config = {
        "client_id": CONSUMER_KEY,
        "client_secret": CONSUMER_SECRET,
        "refresh_token": REFRESH_TOKEN,
        "start_date": "2000-01-01T00:00:00Z",
        "api_type": "REST",
        "select_fields_by_default": True,
    }
    (tmp_path / "config.json").write_text(json.dumps(config))

    def tap(*arguments: str) -> str:
        command = [program, "--config", tmp_path / "config.json", *arguments]
        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=PROGRAM_SECONDS, check=False
        )
        assert ended.returncode == 0, ended.stderr[-3000:]
        return ended.stdout

    catalog = json.loads(tap("--discover"))
    assert {one["stream"] for one in catalog["streams"]} >= STREAMS
    for stream in catalog["streams"]:
        (whole,) = [one["metadata"] for one in stream["metadata"] if one["breadcrumb"] == []]
        whole["selected"] = stream["stream"] in STREAMS
    (tmp_path / "catalog.json").write_text(json.dumps(catalog))
    messages = [json.loads(line) for line in tap("--properties", str(tmp_path / "catalog.json")).splitlines()]

    state = world.state("salesforce")
    for name in STREAMS:
        records = [one["record"] for one in messages if one["type"] == "RECORD" and one["stream"] == name]
        assert sorted(one["Id"] for one in records) == sorted(one["Id"] for one in state[name])
        names = {one["Id"]: one["LastName"] for one in state[name]} if name != "Account" else {}
        assert {one["Id"]: one["LastName"] for one in records} == names or name == "Account"
