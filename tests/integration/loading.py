"""Loads plans that are written by hand against the sandbox: the run, its plan, what became of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from include.config.models import Configuration, Pipeline
from include.keys import email_key
from include.mailchimp.client import MailchimpClient
from include.pipelines import watermarks
from include.pipelines.load import load_audience
from include.pipelines.people_merge import SOURCE
from include.pipelines.run import SALESFORCE_SCHEMA, Pins, SyncRun
from include.salesforce.client import SalesforceClient
from include.salesforce.connect import connect
from include.storage import Storage
from include.warehouse.store import Warehouse
from include.warehouse.tables import PLANS, RESULTS
from include.wiring import Project
from tests.integration.mailchimp_account import LIST, account, audience, client_of
from tests.integration.org import NOW, QUICK
from tests.sandbox_fixture import Sandbox
from tests.unit.pipelines.killing import KillingWarehouse
from tests.unit.transform.worlds import audience as configured
from tests.unit.transform.worlds import org as described_org

ACTIVE = ["subscribed", "pending", "unsubscribed", "transactional"]
MEMBER = "/3.0/lists/{list_id}/members/{subscriber_hash}"
ADD = "/3.0/lists/{list_id}"
BATCHES = "/3.0/batches"
SEGMENTS = "/3.0/lists/{list_id}/segments"
SEGMENT = "/3.0/lists/{list_id}/segments/{segment_id}"


def address(name: str) -> str:
    """The e-mail of a person or member."""
    return f"{name}@x.example"


def add(name: str, *, status: str = "subscribed", person: object = "", **merge_fields: Any) -> dict[str, Any]:
    """Plan a new member."""
    after = {"email_address": address(name), "interests": {}, "merge_fields": merge_fields, "status": status}
    return planned("add_member", name, after, precondition={"member": "absent", "person": person})


def update(name: str, *, contact_id: str | None = None, **merge_fields: Any) -> dict[str, Any]:
    """Plan other values of a member."""
    of_contact = {} if contact_id is None else {"contact_id": contact_id}
    return planned("update_member", name, {"merge_fields": merge_fields}, precondition={"status": ACTIVE} | of_contact)


def unsubscribe(name: str, **ground: Any) -> dict[str, Any]:
    """Plan that a member is unsubscribed."""
    return planned(
        "unsubscribe_member",
        name,
        {"status": "unsubscribed"},
        precondition={"status": ["subscribed", "pending"]} | ground,
    )


def archive(name: str) -> dict[str, Any]:
    """Plan that a member is archived."""
    allowed = ["subscribed", "unsubscribed", "transactional"]
    return planned("archive_member", name, {"status": "archived"}, precondition={"status": allowed})


def move(name: str, to: str, person: object = "") -> dict[str, Any]:
    """Plan another e-mail for a member."""
    ground = {
        "absent": email_key(address(to)),
        "contact_id": email_key(f"contact of {address(name)}"),
        "person": person,
        "person_email_key": email_key(address(to)),
        "status": "subscribed",
    }
    return planned("move_member", name, {"email_address": address(to)}, precondition=ground)


def opt_out(name: str, record_id: str, person: str, of: str = "Contact") -> dict[str, Any]:
    """Plan that a person is opted out."""
    flag = "PersonHasOptedOutOfEmail" if of == "Account" else "HasOptedOutOfEmail"
    after = {"Id": record_id, "attributes": {"type": of}, flag: True}
    return planned("opt_out_person", name, after, precondition={"person": person, "status": "unsubscribed"})


def create_tag(tag: str) -> dict[str, Any]:
    """Plan a tag."""
    return planned("create_tag", None, {"tag": tag}, op_id=f"create_tag {tag}")


def give(name: str, tag: str) -> dict[str, Any]:
    """Plan a tag for a member."""
    after = {"email_address": address(name), "tag": tag}
    return planned("add_tag", name, after, precondition={"status": ACTIVE}, op_id=f"add_tag {name} {tag}")


def take(name: str, tag: str) -> dict[str, Any]:
    """Plan to take a tag from a member."""
    after = {"email_address": address(name), "tag": tag}
    return planned("remove_tag", name, after, precondition={"status": ACTIVE}, op_id=f"remove_tag {name} {tag}")


def create_lead(name: str, **fields: Any) -> dict[str, Any]:
    """Plan a Lead."""
    known = {"Email": address(name), "MC_Key__c": email_key(address(name)), "LastName": name, "Company": "None"}
    return planned("create_lead", name, known | fields, precondition={"status": "subscribed"})


def planned(kind: str, name: str | None, after: dict[str, Any], **columns: Any) -> dict[str, Any]:
    """A row of `plans`; its op_id can be read."""
    row = {
        "op_id": f"{kind} {name}",
        "kind": kind,
        "email_key": email_key(address(name)) if name else None,
        "after": compact(after),
        "precondition": compact(columns.pop("precondition", {})),
        "planned_at": datetime.now(UTC),
    }
    return row | columns


def compact(value: object) -> str:
    """Canonical JSON text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True)
class LoadProject(Project):
    """A project whose clients wait little, and whose warehouse may die before a write."""

    sandbox: Sandbox | None = field(default=None, compare=False)
    connections: int = 3
    survives: int = 1_000_000
    written: list[str] = field(default_factory=list)

    @property
    def warehouse(self) -> Warehouse:
        return KillingWarehouse(self.storage, self.survives, self.written)

    def mailchimp(self) -> MailchimpClient:
        return client_of(self.sandbox, connections=self.connections)

    def salesforce(self) -> SalesforceClient:
        return connect("salesforce_default", QUICK)


@dataclass
class Rig:
    """One run of an audience whose extraction is done."""

    sandbox: Sandbox
    run: SyncRun

    def plan(self, *operations: dict[str, Any]) -> None:
        """Make this the run's plan."""
        rows = [{"run_id": self.run.run_id, "audience": self.run.stem} | operation for operation in operations]
        table = pa.Table.from_pylist(rows, schema=PLANS.schema())
        self.run.project.warehouse.replace(PLANS, table, run_id=self.run.run_id)

    def load(self, *operations: dict[str, Any]) -> dict[str, tuple[str, str]]:
        """Plan, carry out `load_audience`, and tell what became of each operation."""
        self.plan(*operations)
        load_audience(self.run)
        return self.results()

    def rows(self) -> list[dict[str, Any]]:
        """All results, oldest first."""
        rows = self.run.project.warehouse.read(RESULTS, run_id=self.run.run_id).to_pylist()
        return sorted(rows, key=lambda row: row["at"])

    def results(self) -> dict[str, tuple[str, str]]:
        """State and reason by op_id; the newest counts."""
        return {row["op_id"]: (row["state"], row["reason"]) for row in self.rows()}

    def dying(self, survives: int) -> SyncRun:
        """The same run, ended before so many writes of the warehouse plus one."""
        return dataclasses.replace(
            self.run, project=dataclasses.replace(self.run.project, survives=survives, written=[])
        )

    def members(self) -> dict[str, dict[str, Any]]:
        """Members by the name in their address, as the account holds them."""
        members = self.sandbox.state("mailchimp")["lists"][0]["members"]
        return {member["email_address"].split("@")[0]: member for member in members}

    def statuses(self) -> dict[str, str]:
        """Status by name."""
        return {name: member["status"] for name, member in self.members().items()}

    def tagged(self) -> dict[str, set[str]]:
        """Names of the members of each tag."""
        names = {member["id"]: name for name, member in self.members().items()}
        segments = self.sandbox.state("mailchimp")["lists"][0]["segments"]
        return {segment["name"]: {names[key] for key in segment["members"]} for segment in segments}

    def calls(self, method: str, path: str) -> int:
        """How often Mailchimp was called so since the last `reset_calls`."""
        calls = self.sandbox.calls("mailchimp")["calls"]
        return sum(call["count"] for call in calls if (call["method"], call["path"]) == (method, path))


def rig(sandbox: Sandbox, folder: Path, *, connections: int = 3, limits: Any = None, **how: Any) -> Rig:
    """A run of the audience that the sandbox holds now; Salesforce was extracted an hour before `NOW`.

    `how` are settings of the audience's file.
    """
    setting = configured(**{"create_leads": {"enabled": True}} | how)
    configuration = Configuration(Pipeline(time_zone="Europe/Paris", limits=limits or {}), {setting.stem: setting})
    project = LoadProject(configuration, Storage(str(folder / "root")), sandbox=sandbox, connections=connections)
    run = SyncRun(project, setting.stem, "run-1")
    client = project.mailchimp()
    run.save_schema(client.audience_schema(LIST))
    project.staging.write_document(SALESFORCE_SCHEMA, dataclasses.asdict(described_org()))
    before_any_plan = datetime(2000, 1, 1, tzinfo=UTC)
    run.save_pins(Pins(-1, -1, -1, -1, -1, extracted_at=client.server_time(), pinned_at=before_any_plan))
    for name in ("Contact", "Lead"):
        watermarks.save(project, SOURCE, name, NOW - timedelta(hours=1), fields_hash="any")
    sandbox.reset_calls()
    return Rig(sandbox, run)


def happened(made: Rig, *members: dict[str, Any]) -> None:
    """Make these the members now: what happened after extraction."""
    made.sandbox.put_state(mailchimp=account(audience(members)))
    made.sandbox.reset_calls()


def states(results: dict[str, tuple[str, str]]) -> set[str]:
    """The states that occur."""
    return {state for state, _ in results.values()}


def named(prefix: str, numbers: Iterable[int]) -> list[str]:
    """Names that sort by number."""
    return [f"{prefix}{number:04d}" for number in numbers]
