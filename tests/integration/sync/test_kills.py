"""G04: a run that is killed anywhere and run again from the failed stage ends as one that never was."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from include.pipelines import extract_salesforce, sync_audience
from include.pipelines.run import SyncRun
from include.warehouse.tables import ASSIGNMENTS, MEMBERS, PEOPLE, SYNCED_VALUES
from tests.integration.sync.people import NEWS, WEB, audience, contact, lead, subscriber
from tests.integration.sync.rig import NOW, Rig
from tests.integration.sync.stage_process import EXTRACT_SALESFORCE, carry_out, killed_at
from tests.sandbox_fixture import Sandbox
from tests.unit.pipelines.killing import Killed, KillingProject

FILE = """\
audience: Newsletter
policy: legacy_parity
consent: none
first_load: auto
create_leads: {enabled: true, defaults: {LastName: "[none]", Company: "[none]", LeadSource: Mailchimp}}
fields:
  FNAME: {contact: FirstName, lead: FirstName}
  LNAME: {contact: LastName, lead: LastName}
queries:
  - {name: web, object: Contact, where: {field: LeadSource, equals: Web}, groups: [Interests / News], tags: [Web]}
  - {name: made, object: Lead, where: {field: LeadSource, equals: Mailchimp}, groups: [Interests / Events],
     tags: [Made]}
circuit_breaker: {changed_members: 100%, new_members: 100%, new_leads: 100, irreversible: 0}
"""
SMALL = "time_zone: Europe/Paris\n"
LARGE = SMALL + "limits: {batch_above: 0, bulk_ingest_above: 0, bulk_query_above: 0}\n"
LIST = "/3.0/lists/{list_id}"
DATA = "/services/data/v{version}"
UPSERT = ("salesforce", "PATCH", f"{DATA}/composite/sobjects/{{object}}/{{key}}", 1)
INGEST = f"{DATA}/jobs/ingest"

LEAD_FIELDS = ("Email", "FirstName", "LastName", "Company", "LeadSource", "Status", "MC_Key__c")

Kill = tuple[str, str, str, str, int]
"""Stage, server, method, path template, which of these calls."""

ONE_BY_ONE: list[Kill] = [
    (EXTRACT_SALESFORCE, "salesforce", "GET", f"{DATA}/queryAll", 2),
    ("extract", "mailchimp", "GET", f"{LIST}/members", 1),
    ("load_audience", "mailchimp", "POST", LIST, 1),
    ("load_audience", "mailchimp", "PATCH", f"{LIST}/members/{{subscriber_hash}}", 2),
    ("load_audience", "mailchimp", "POST", f"{LIST}/segments", 1),
    ("load_audience", "mailchimp", "POST", f"{LIST}/segments/{{segment_id}}", 1),
    ("load_people", "salesforce", "POST", f"{DATA}/composite/sobjects", 1),
    ("refresh", "mailchimp", "GET", f"{LIST}/members", 1),
    ("refresh", "salesforce", "GET", f"{DATA}/queryAll", 1),
    ("settle", "mailchimp", "PATCH", f"{LIST}/members/{{subscriber_hash}}", 1),
    ("settle", "mailchimp", "POST", f"{LIST}/segments", 1),
    ("settle", "mailchimp", "POST", f"{LIST}/segments/{{segment_id}}", 1),
    ("settle", "mailchimp", "GET", f"{LIST}/members", 3),
    ("load_mirror", *UPSERT),  # the audience's row; the next time it is there
    ("load_mirror", *UPSERT),  # the members' rows
    ("load_mirror", *UPSERT),  # the stamp
]
IN_JOBS: list[Kill] = [
    (EXTRACT_SALESFORCE, "salesforce", "POST", f"{DATA}/jobs/query", 2),
    ("load_audience", "mailchimp", "POST", "/3.0/batches", 1),
    ("load_audience", "mailchimp", "GET", "/3.0/batches/{batch_id}", 1),
    ("load_mirror", "salesforce", "POST", INGEST, 1),
    ("load_mirror", "salesforce", "PUT", f"{INGEST}/{{id}}/batches", 1),
    ("load_mirror", "salesforce", "PATCH", f"{INGEST}/{{id}}", 1),
]
"""In the order of the calls. Each kill leaves less to do for the next try of its stage."""


@dataclass
class Trial:
    """The same small world each time, with a root of its own."""

    rig: Rig

    def stage(self, name: str, run_id: str = "run") -> tuple[object, ...]:
        return self.rig.configuration, self.rig.root, "newsletter", run_id, name

    def vendors(self) -> dict[str, Any]:
        """What both vendors hold, without what they decide alone."""
        world = self.rig.state().world
        return {
            "lists": {name: replace(each, changed={}) for name, each in world.lists.items()},
            "persons": world.people.keys(),
            "leads": [{name: made[name] for name in LEAD_FIELDS} for made in world.leads_made().values()],
            "subscribers": world.subscribers,
            "audiences": world.audiences,
        }

    def memory(self) -> dict[str, list[str]]:
        """What the warehouse holds of members, people and what was synced, without times and new Ids."""
        decided = {
            "contact_id",
            "id",
            "last_changed",
            "timestamp_opt",
            "modified_at",
            "created_at",
            "person_modified_at",
        }
        found = {}
        for table in (MEMBERS, PEOPLE, SYNCED_VALUES, ASSIGNMENTS):
            rows = self.rig.project.warehouse.read(table).to_pylist()
            found[table.name] = sorted(str({k: v for k, v in row.items() if k not in decided}) for row in rows)
        return found

    def end(self) -> dict[str, Any]:
        """What the run left with the vendors and in the warehouse; one more must find nothing to do."""
        left = self.vendors() | self.memory()
        self.rig.sandbox.reset_calls()
        self.rig.extract("after")
        self.rig.sync("newsletter")
        assert self.rig.write_calls() == [(*UPSERT[1:3], 1)]
        return left


def begin(sandbox: Sandbox, folder: Path, pipeline: str) -> Trial:
    """The world before the run: two to add, two to update, one to make a Lead of, one to leave alone."""
    configuration = folder / "config"
    (configuration / "audiences").mkdir(parents=True)
    (configuration / "pipeline.yaml").write_text(pipeline, encoding="utf-8")
    (configuration / "audiences" / "newsletter.yaml").write_text(FILE, encoding="utf-8")
    contacts = [contact(name, **WEB) for name in ("ann", "bob", "cid", "uma")]
    news = [subscriber("cid", values={"LNAME": "Old"}), subscriber("lou", values={"LNAME": "Old"})]
    news += [subscriber("uma", "unsubscribed"), subscriber("stranger")]
    sandbox.put_state(
        salesforce={"Contact": contacts, "Lead": [lead("lou")]},
        mailchimp={"lists": [audience("Newsletter", NEWS, *news)]},
    )
    sandbox.set_clock(NOW.isoformat())
    return Trial(Rig(sandbox, folder / "root", configuration))


@pytest.fixture(scope="module")
def uninterrupted(connected: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The end of a run that nothing happened to."""
    trial = begin(connected, tmp_path_factory.mktemp("uninterrupted"), SMALL)
    trial.rig.extract()
    trial.rig.sync("newsletter")
    end = trial.end()
    assert (len(end["leads"]), len(end["subscribers"])) == (1, 6)
    return end


@pytest.mark.parametrize(("pipeline", "kills"), [(SMALL, ONE_BY_ONE), (LARGE, IN_JOBS)], ids=["one_by_one", "in_jobs"])
def test_g04_a_run_killed_while_it_waits_for_a_vendor_ends_as_one_that_was_not(
    connected: Sandbox, tmp_path: Path, pipeline: str, kills: list[Kill], uninterrupted: dict[str, Any]
) -> None:
    """SIGKILL after the vendor did what it was asked, before the answer; each stage once per kind of call."""
    trial = begin(connected, tmp_path, pipeline)
    for stage in (EXTRACT_SALESFORCE, *sync_audience.STAGES):
        for name, server, method, path, number in kills:
            if name == stage:
                rule = {"method": method, "path": path, "first": number}
                assert killed_at(connected, server, rule, *trial.stage(stage)), (stage, method, path)
        carry_out(*trial.stage(stage))
    assert trial.end() == uninterrupted


def test_g04_a_run_killed_before_each_write_to_its_warehouse_ends_as_one_that_was_not(
    connected: Sandbox, tmp_path: Path, uninterrupted: dict[str, Any]
) -> None:
    """Each stage is tried again and again, and gets one write further each time."""
    trial = begin(connected, tmp_path, SMALL)
    assert _survived(trial, EXTRACT_SALESFORCE) > 1
    writes = {stage: _survived(trial, stage) for stage in sync_audience.STAGES}
    assert {stage for stage, count in writes.items() if count} == set(sync_audience.STAGES) - {"breaker"}
    assert trial.end() == uninterrupted


def _survived(trial: Trial, stage: str) -> int:
    """Carry a stage out with one more write at a time; returns how often it was killed."""
    for survives in itertools.count():
        project = KillingProject.of(trial.rig.project, survives)
        try:
            if stage == EXTRACT_SALESFORCE:
                extract_salesforce.extract("run", project)
            else:
                sync_audience._carry_out(SyncRun(project, "newsletter", "run"), stage)
        except Killed:
            continue
        return survives
    raise AssertionError("counting never ends")
