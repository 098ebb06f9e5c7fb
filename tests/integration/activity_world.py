"""A small account with campaigns, an org that mirrors its members, and nights over them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from include.config.models import Audience, Configuration, Pipeline
from include.config.pipeline_settings import Limits
from include.keys import email_key
from include.pipelines import snapshot_activity
from include.sandbox.mailchimp.credentials import API_KEY
from include.sandbox.salesforce import credentials
from include.sandbox.salesforce.ids import make_id
from include.storage import Storage
from include.warehouse.tables import ACTIVITY_SNAPSHOTS, EMAILS, MEMBERS, MIRROR, PEOPLE
from include.wiring import Project
from tests.integration.mailchimp_account import LIST, account, audience, member
from tests.sandbox_fixture import Sandbox

QUIET = "bbbb000002"
"""A second audience, with data sync off."""
TAKEN = 1_000_000
NAMES = ("ann", "bob", "eve")
"""Members of both audiences; eve is no person in Salesforce."""
NIGHT = datetime(2026, 11, 22, 23, 5, tzinfo=UTC)
"""Five past midnight in Paris: the night after 22 November."""


def key(name: str) -> str:
    return email_key(f"{name}@x.example")


class ActivityWorld:
    """Campaigns and events that a test adds, and runs against them.

    Attributes:
        events: of the account; a change counts after `publish`.
    """

    def __init__(self, sandbox: Sandbox, folder: Path, monkeypatch: Any) -> None:
        self.sandbox, self.folder = sandbox, folder
        self.campaigns: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.runs = 0
        connections = {
            "MAILCHIMP": {"conn_type": "generic", "password": API_KEY, "extra": {"endpoint": sandbox.mailchimp}},
            "SALESFORCE": {
                "conn_type": "salesforce",
                "login": credentials.USERNAME,
                "password": credentials.PASSWORD,
                "extra": {
                    "security_token": credentials.SECURITY_TOKEN,
                    "domain": "login",
                    "endpoint": sandbox.salesforce,
                },
            },
        }
        for name, connection in connections.items():
            monkeypatch.setenv(f"AIRFLOW_CONN_{name}_DEFAULT", json.dumps(connection))
        sandbox.set_clock(NIGHT.isoformat(), frozen=True)

    # --- the vendors

    def campaign(self, campaign_id: str, sent: str, *names: str, list_id: str = LIST) -> None:
        """A campaign (time in UTC, such as `2026-11-20T09:00`) to these members."""
        sent = f"{sent}:00+00:00"
        self.campaigns.append(
            {
                "id": campaign_id,
                "status": "sent",
                "send_time": sent,
                "recipients": {"list_id": list_id},
                "settings": {"title": f"Title of {campaign_id}"},
            }
        )
        for name in names:
            self.event(campaign_id, name, "sent", sent, list_id=list_id)

    def event(self, campaign_id: str, name: str, action: str, at: str, *, list_id: str = LIST, **more: str) -> None:
        at = at if at.endswith("+00:00") else f"{at}:00+00:00"
        found = {"campaign_id": campaign_id, "list_id": list_id, "email_id": key(name), "action": action}
        self.events.append(found | {"timestamp": at} | more)

    def publish(self) -> None:
        """Show campaigns and events in the account."""
        lists = [
            audience([member(name) for name in NAMES]),
            audience([member(name) for name in NAMES], list_id=QUIET, name="Quiet"),
        ]
        state = account(*lists, campaigns=self.campaigns, events=sorted(self.events, key=lambda e: e["timestamp"]))
        self.sandbox.put_state(mailchimp=state)

    def mirror(self, *names: str) -> None:
        """An org whose mirror has a row for each of these members of the first audience, and no activity."""
        parent = {"Id": make_id("a00", TAKEN), "Name": "Newsletter", "List_Id__c": LIST}
        rows = [
            {"Id": make_id("a01", TAKEN + n), "Key__c": f"{LIST}:{key(name)}", "Audience__c": parent["Id"]}
            for n, name in enumerate(names)
        ]
        self.sandbox.put_state(salesforce={"MC_Audience__c": [parent], "MC_Subscriber__c": rows})

    def set_time(self, now: datetime) -> None:
        self.sandbox.set_clock(now.isoformat(), frozen=True)

    def shown(self) -> set[tuple[str, str, str, str | None]]:
        """What Salesforce shows: member hash, type, time, url."""
        return {
            (row["Key__c"].split(":")[1], row["Type__c"], row["At__c"][:16], row["Url__c"])
            for row in self.records("MC_Subscriber_Activity__c")
        }

    def records(self, name: str) -> list[dict[str, Any]]:
        return [row for row in self.sandbox.state("salesforce").get(name, []) if not row["IsDeleted"]]

    # --- the project

    def project(self, name: str = "root", *, zone: str = "Europe/Paris", **limits: int) -> Project:
        """A project of its own root, synced up to members, people and mirror rows."""
        named = {"policy": "legacy_parity", "consent": "none", "fields": {}}
        audiences = {
            "newsletter": Audience(stem="newsletter", audience="Newsletter", **named),
            "quiet": Audience(stem="quiet", audience="Quiet", data_sync=False, **named),
        }
        pipeline = Pipeline(time_zone=zone, limits=Limits(**limits))
        project = Project(
            Configuration(pipeline=pipeline, audiences=audiences, hash="h"), Storage(str(self.folder / name))
        )
        put(project, "ann", "bob")
        return project

    def run(self, project: Project, day: str, *, backfill: bool = False) -> dict[str, dict[str, object]]:
        self.runs += 1
        return snapshot_activity.run(project, f"run{self.runs}", day, backfill=backfill)


def put(project: Project, *people: str, mirrored: tuple[str, ...] = ("ann", "bob")) -> None:
    """Fill people (contacts with these names), members (of both audiences) and the known mirror rows."""
    warehouse = project.warehouse
    warehouse.replace(PEOPLE, table(PEOPLE, [contact(number, name) for number, name in enumerate(people)]))
    for list_id in (LIST, QUIET):
        members = [a_member(list_id, name) for name in NAMES]
        warehouse.replace(MEMBERS, table(MEMBERS, members), list_id=list_id)
    rows = [
        {"list_id": LIST, "object": "MC_Subscriber__c", "key": f"{LIST}:{key(name)}", "record": "{}"}
        for name in mirrored
    ]
    warehouse.replace(MIRROR, table(MIRROR, rows), list_id=LIST, object="MC_Subscriber__c")


def moved(project: Project, before: str, now: str) -> None:
    """A member's address was changed: the row of the old one has left, the contact_id stays."""
    contact_id = a_member(LIST, before)["contact_id"]
    project.warehouse.replace(MEMBERS, table(MEMBERS, [a_member(LIST, now) | {"contact_id": contact_id}]), list_id=LIST)
    former = {"source": LIST, "holder_id": contact_id, "email_key": key(before), "until": NIGHT}
    project.warehouse.replace(EMAILS, table(EMAILS, [former]), source=LIST)


def a_member(list_id: str, name: str) -> dict[str, Any]:
    return {
        "list_id": list_id,
        "email_key": key(name),
        "contact_id": f"contact of {name}",
        "email": f"{name}@x.example",
        "status": "subscribed",
        "merge_fields": "{}",
    }


def contact(number: int, name: str) -> dict[str, Any]:
    flags = dict.fromkeys(("is_deleted", "is_converted", "is_person_account", "opted_out"), False)
    times = dict.fromkeys(("created_at", "modified_at"), NIGHT - timedelta(days=90))
    return {
        "object": "Contact",
        "id": make_id("003", TAKEN + number),
        "email": f"{name}@x.example",
        "email_key": key(name),
        **flags,
        **times,
    }


def table(kind: Any, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=kind.schema())


def snapshot_of(project: Project, day: str) -> list[tuple[Any, ...]]:
    """The rows of a day's snapshot, sorted."""
    rows = project.warehouse.read(ACTIVITY_SNAPSHOTS, day=day).to_pylist()
    return sorted(
        (row["list_id"], row["email_key"], row["rank"], row["type"], row["at"], row["campaign_id"], row["url"] or "")
        for row in rows
    )
