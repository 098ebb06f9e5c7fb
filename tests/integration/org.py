"""The sandbox's org for tests: small states, changes through its own API, and a project that reads it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from include.config.load import load_configuration
from include.salesforce.connect import connect
from include.salesforce.pace import Pace
from include.sandbox.salesforce import credentials
from include.sandbox.salesforce.ids import make_id
from include.storage import Storage
from include.wiring import Project
from tests.sandbox_fixture import Sandbox
from tests.unit.config.worlds import write_configuration

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
"""Where the org's clock stands."""
LAST_WEEK = datetime(2026, 11, 13, 9, tzinfo=UTC)
QUICK = Pace(first_pause=0.01, longest_pause=0.05, first_poll=0.02, longest_poll=0.2, longest_job=20)
TAKEN = 1_000_000
"""Ids from here on are the tests' own; the org counts its new records from one."""
AUDIENCE = """\
audience: Newsletter
policy: legacy_parity
consent: none
fields:
  LNAME: {contact: LastName, lead: LastName}
  COMPANY: {contact: Account.Name, lead: Company}
  SPEND: {contact: Annual_Spend__c}
  TOPICS: {contact: Interests__c, lead: Interests__c}
  BIRTHDATE: {contact: Birthdate, lead: Birthdate__c}
"""
ACCOUNT = {"Id": make_id("001", TAKEN), "Name": "Acme", "IsPersonAccount": False, "SystemModstamp": LAST_WEEK}


def contact(number: int, **fields: object) -> dict[str, object]:
    """A contact of `ACCOUNT`; the same number has the same Id."""
    return {
        "Id": make_id("003", TAKEN + number),
        "LastName": f"Lovelace{number}",
        "Title": "Dr",
        "Email": f"ada{number}@one.example",
        "AccountId": ACCOUNT["Id"],
        "Annual_Spend__c": 1250.5,
        "Interests__c": "Events;Offers",
        "Birthdate": "1980-12-10",
        "CreatedDate": LAST_WEEK,
        "SystemModstamp": LAST_WEEK,
    } | fields


def lead(number: int, **fields: object) -> dict[str, object]:
    """A lead; the same number has the same Id."""
    return {
        "Id": make_id("00Q", TAKEN + number),
        "LastName": f"Hopper{number}",
        "Company": "Navy",
        "Email": f"grace{number}@two.example",
        "CreatedDate": LAST_WEEK,
        "SystemModstamp": LAST_WEEK,
    } | fields


def make_project(folder: Path, *, bulk_above: int, more: str = "") -> Project:
    """A project with one audience; `more` are further lines of its fields. Its root is `folder`/root."""
    pipeline = f"time_zone: Europe/Paris\nlimits: {{bulk_query_above: {bulk_above}}}\n"
    configuration = load_configuration(write_configuration(folder / "config", AUDIENCE + more, pipeline))
    return Project(configuration, Storage(str(folder / "root")))


class Org:
    """The running org."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def put(self, **objects: list[dict[str, object]]) -> None:
        """Replaces all records; times may be datetimes."""
        state = json.loads(json.dumps(objects, default=lambda time: time.strftime("%Y-%m-%dT%H:%M:%S.000+0000")))
        self.sandbox.put_state(salesforce=state)

    def set_clock(self, now: datetime) -> None:
        """Sets the clock."""
        self.sandbox.set_clock(now.isoformat())

    def connection(self, **changes: object) -> str:
        """The Airflow connection as JSON; `endpoint` always leads here."""
        settings = {
            "conn_type": "salesforce",
            "login": credentials.USERNAME,
            "password": credentials.PASSWORD,
            "extra": {"security_token": credentials.SECURITY_TOKEN, "domain": "login"},
        } | changes
        return json.dumps(settings | {"extra": settings["extra"] | {"endpoint": self.sandbox.salesforce}})

    def client(self):
        """A client that waits little."""
        return connect("salesforce_default", QUICK)

    def update(self, object_name: str, record_id: object, **fields: object) -> None:
        """A change that somebody makes in Salesforce."""
        (result,) = self.client().update(object_name, [{"Id": record_id} | fields], bulk_above=1)
        assert result.success, result

    def delete(self, object_name: str, record_id: str) -> None:
        """A deletion that somebody makes in Salesforce."""
        (result,) = self.client().delete(object_name, [record_id], bulk_above=1)
        assert result.success, result

    def records(self, object_name: str) -> list[dict[str, object]]:
        """All records of an object."""
        return self.sandbox.state("salesforce").get(object_name, [])

    def faults(self, *rules: dict[str, object]) -> None:
        """Replaces the fault rules."""
        self.sandbox.faults("salesforce", *rules)

    def injected(self) -> int:
        """How many faults happened."""
        report = self.sandbox.control("salesforce", "GET", "faults").json()
        return sum(rule["injected"] for rule in report)

    def calls(self) -> dict[str, object]:
        """The calls since `forget_calls`."""
        return self.sandbox.calls("salesforce")

    def forget_calls(self) -> None:
        """Counts anew."""
        self.sandbox.reset_calls()
