"""One audience's life in four syncs, and a second audience beside it.

`first`; `second`, before which both vendors changed people, and during which, between breaker and load, more changed;
`third`, which plans anew what lost its ground; `fourth`, with nothing to do.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import requests

from include.pipelines import sync_audience
from include.pipelines.run import SyncRun
from include.sandbox.mailchimp.credentials import API_KEY
from include.warehouse.tables import PLANS, RESULTS
from tests.integration.sync.cast import starting_world
from tests.integration.sync.people import NEWS, WEB, contact, key
from tests.integration.sync.rig import NOW, Rig
from tests.integration.sync.seen import Seen, ledger_of
from tests.sandbox_fixture import Sandbox

NEWSLETTER = """\
audience: Newsletter
policy: legacy_parity
consent: {contact: Newsletter_Consent__c, lead: Newsletter_Consent__c}
first_load: auto
create_leads: {enabled: true, defaults: {LastName: "[none]", Company: "[none]", LeadSource: Mailchimp}}
fields:
  FNAME: {contact: FirstName, lead: FirstName}
  LNAME: {contact: LastName, lead: LastName}
  COMPANY: {contact: Department, lead: Company}
queries:
  - {name: web, object: Contact, where: {field: LeadSource, equals: Web}, groups: [Interests / News, Rhythm / Weekly],
     tags: [Web]}
  - {name: private, object: Contact, where: {field: IsPersonAccount, equals: true}, groups: [Rhythm / Monthly]}
circuit_breaker: {changed_members: 100%, new_members: 100%, new_leads: 100, irreversible: 0}
"""
TITLE = "  TITLE: {contact: Title, lead: Title}\n"
UPDATES_FILE = """\
audience: Updates
policy: legacy_parity
consent: none
first_load: auto
new_members: {status: pending}
create_leads: {enabled: true, defaults: {LastName: "[none]", Company: "[none]"}}
fields: {FNAME: {contact: FirstName, lead: FirstName}}
queries: [{name: web, object: Contact, where: {field: LeadSource, equals: Web}}]
circuit_breaker: {changed_members: 100%, new_members: 100%, new_leads: 100, irreversible: 0}
"""
PIPELINE = "time_zone: Europe/Paris\nquality: {data_docs: off}\n"


class Life:
    """The two audiences, and who changes what."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.rig = Rig(sandbox, folder / "root", folder / "config")
        self.folder = folder / "config"
        self.now = NOW
        (self.folder / "audiences").mkdir(parents=True)
        (self.folder / "pipeline.yaml").write_text(PIPELINE, encoding="utf-8")
        self.configure(NEWSLETTER)
        (self.folder / "audiences" / "updates.yaml").write_text(UPDATES_FILE, encoding="utf-8")
        salesforce, mailchimp = starting_world()
        sandbox.put_state(salesforce=salesforce, mailchimp=mailchimp)
        sandbox.set_clock(self.now.isoformat())

    def configure(self, newsletter: str) -> None:
        (self.folder / "audiences" / "newsletter.yaml").write_text(dedent(newsletter), encoding="utf-8")

    def wait(self) -> None:
        self.now += timedelta(hours=1)
        self.rig.sandbox.set_clock(self.now.isoformat())

    def mailchimp(self, method: str, path: str, body: Any = None) -> None:
        """A call that somebody makes on the Newsletter audience."""
        url = f"{self.rig.sandbox.urls['mailchimp']}/3.0/lists/{NEWS}{path}"
        answer = requests.request(method, url, json=body, auth=("any", API_KEY), timeout=20)
        assert answer.ok, answer.text

    def member(self, name: str, **changes: Any) -> None:
        self.mailchimp("PATCH", f"/members/{key(name)}", changes)

    def contact(self, name: str, **changes: Any) -> None:
        """A change that somebody makes in Salesforce."""
        client = self.rig.project.salesforce()
        (result,) = client.update("Contact", [{"Id": contact(name)["Id"]} | changes], bulk_above=1)
        assert result.success, result

    def new_contact(self, name: str, **fields: Any) -> None:
        made = {k: v for k, v in contact(name, **fields).items() if k not in {"Id", "CreatedDate", "SystemModstamp"}}
        (result,) = self.rig.project.salesforce().insert("Contact", [made], None)
        assert result.success, result

    def sync(self, run_id: str, stem: str = "newsletter", between: Any = None) -> Seen:
        """Extract Salesforce, then run all stages; `between` happens after the breaker."""
        self.wait()
        self.rig.sandbox.reset_calls()
        self.rig.extract(run_id)
        run = SyncRun(self.rig.project, stem, run_id)
        accounts: dict[str, Any] = {}
        for name in sync_audience.STAGES:
            if name == "load_audience" and between is not None:
                between()
            accounts[name] = sync_audience._carry_out(run, name)
        return self.seen(run, accounts)

    def seen(self, run: SyncRun, accounts: dict[str, Any]) -> Seen:
        """What the run left."""
        warehouse = run.project.warehouse
        results = {row["op_id"]: row for row in warehouse.read(RESULTS, run_id=run.run_id).to_pylist()}
        plans = warehouse.read(PLANS, run_id=run.run_id).to_pylist()
        operations = [
            row
            | {name: json.loads(row[name]) for name in ("before", "after") if row[name]}
            | {name: results[row["op_id"]][name] for name in ("state", "reason")}
            for row in plans
        ]
        accounts["ledger"] = ledger_of(run)
        return Seen(self.rig.state(), operations, accounts, self.rig.write_calls())


@dataclass(frozen=True)
class Story:
    """What each sync left."""

    first: Seen
    updates: Seen
    second: Seen
    third: Seen
    fourth: Seen


def live(sandbox: Sandbox, folder: Path) -> Story:
    """Four syncs of the Newsletter audience, one of Updates."""
    life = Life(sandbox, folder)
    first = life.sync("first")
    updates = life.sync("updates", "updates")
    changes_before_the_second(life)
    second = life.sync("second", between=lambda: changes_during_the_second(life))
    return Story(first, updates, second, life.sync("third"), life.sync("fourth"))


def changes_before_the_second(life: Life) -> None:
    """What people do in both vendors."""
    life.contact("ann", LastName="Stone")
    life.member("bob", merge_fields={"LNAME": "Edited", "POINTS": 7})
    life.contact("pia", LastName="Wood")
    life.contact("eve", Email="eve2@x.example")
    life.member("fay", email_address="fay2@x.example")
    life.member("gil", status="unsubscribed")
    life.contact("gil", Email="gil2@x.example")
    life.contact("hal", HasOptedOutOfEmail=True)
    life.member("ida", status="unsubscribed")
    life.contact("jon", LeadSource="Other")
    life.mailchimp("POST", f"/members/{key('kim')}/tags", {"tags": [{"name": "Web", "status": "inactive"}]})
    life.member("kim", interests={"ane0000001": False})
    life.contact("lea", Department=None)
    life.mailchimp("DELETE", f"/members/{key('ned')}")
    life.mailchimp("POST", f"/members/{key('ola')}/actions/delete-permanent")
    life.contact("ron", LastName="Stone")
    life.new_contact("quy", **WEB)
    life.member("sam", status="subscribed")
    life.member("tia", status="subscribed")
    life.configure(NEWSLETTER.replace("queries:", TITLE + "queries:"))


def changes_during_the_second(life: Life) -> None:
    """What happens between the plan and the load."""
    life.mailchimp(
        "POST",
        "/members",
        {"email_address": "quy@x.example", "status": "unsubscribed", "merge_fields": {"FNAME": "Quy"}},
    )
    life.mailchimp("DELETE", f"/members/{key('ron')}")
    life.member("sam", status="unsubscribed")
    life.new_contact("tia")
