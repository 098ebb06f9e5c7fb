"""The stage `load_mirror` against the sandbox's org: differences, the stamp, rows changed by hand (detail 7)."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from include.config.models import Configuration, Pipeline
from include.errors import FatalError
from include.load.mirror import AUDIENCE, SUBSCRIBER
from include.pipelines.mirror import load_mirror
from include.pipelines.run import Pins, SyncRun
from include.sandbox.salesforce.ids import make_id
from include.storage import Storage
from include.warehouse.tables import MEMBERS, PEOPLE, PLANS, RESULTS
from tests.integration.loading import LoadProject
from tests.integration.org import NOW, Org
from tests.sandbox_fixture import Sandbox
from tests.unit.pipelines.killing import Killed
from tests.unit.transform.worlds import LIST, World, audience, schema

COLLECTIONS = "/services/data/v{version}/composite/sobjects/{object}/{key}"
APIS = pytest.mark.parametrize("above", [0, 10_000], ids=["bulk", "collections"])


@dataclasses.dataclass
class Mirrored:
    """Members and people in the warehouse, and the org that mirrors them."""

    org: Org
    project: LoadProject
    world: World
    stem: str = "newsletter"
    runs: int = 0

    def next_run(self, **how: Any) -> SyncRun:
        """A further run, whose extraction found what the world holds now."""
        self.runs += 1
        run = SyncRun(self.project, self.stem, f"run-{self.runs}", **how)
        connection = self.world.connection()
        self.project.warehouse.replace(PEOPLE, connection.table("people").to_arrow_table())
        self.project.warehouse.replace(MEMBERS, connection.table("members").to_arrow_table(), list_id=LIST)
        run.save_schema(dataclasses.replace(schema(), member_count=len(self.world.members)))
        run.save_pins(Pins(-1, -1, -1, -1, -1, extracted_at=NOW))
        return run

    def mirror(self, **how: Any) -> dict[str, object]:
        """Mirror what the world holds now."""
        return load_mirror(self.next_run(**how))

    def rows(self) -> dict[str, dict[str, Any]]:
        """The live rows of `MC_Subscriber__c`, by member."""
        live = [row for row in self.org.records(SUBSCRIBER) if not row["IsDeleted"]]
        return {row["Key__c"].split(":")[1]: row for row in live}

    def writes(self) -> dict[str, int]:
        """Write calls since `forget_calls`, by path."""
        return {call["path"]: call["count"] for call in self.org.calls()["calls"] if call["write"]}


@pytest.fixture
def made(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Makes an org with contacts, each of them a member."""

    def make(people: int = 3, *, above: int = 10_000, **settings: Any) -> Mirrored:
        salesforce = Org(sandbox)
        salesforce.set_clock(NOW)
        monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", salesforce.connection())
        world, contacts = World(), []
        for number in range(1, people + 1):
            identity = make_id("003", 1_000_000 + number)
            contacts.append({"Id": identity, "LastName": f"P{number}", "Email": f"p{number}@x.example"})
            world.person(f"p{number}@x.example", id=identity)
            world.member(f"p{number}@x.example", groups=["i-news"], tags=['say "é"', "B"])
        salesforce.put(Contact=contacts)
        limits = {"bulk_query_above": above, "bulk_ingest_above": above}
        setting = audience(**settings)
        configuration = Configuration(Pipeline(time_zone="Europe/Paris", limits=limits), {setting.stem: setting})
        return Mirrored(salesforce, LoadProject(configuration, Storage(str(tmp_path)), sandbox=sandbox), world)

    return make


@APIS
def test_g05_a_second_run_writes_the_stamp_alone(made, above):
    mirrored = made(above=above)
    assert mirrored.mirror() == {"applied": 3}
    (row, *_) = mirrored.rows().values()
    assert (row["Status__c"], row["Tags__c"], row["Groups__c"]) == ("subscribed", 'say "é"; B', "Topics / News")
    mirrored.org.forget_calls()
    assert mirrored.mirror() == {}
    assert mirrored.writes() == {COLLECTIONS: 1}


@APIS
def test_a_changed_member_is_written_and_nobody_else(made, above):
    mirrored = made(above=above)
    mirrored.mirror()
    mirrored.world.members[1] |= {"status": "unsubscribed", "tags": []}
    assert mirrored.mirror() == {"applied": 1}
    rows = mirrored.rows()
    assert sorted(row["Status__c"] for row in rows.values()) == ["subscribed", "subscribed", "unsubscribed"]
    assert rows[mirrored.world.members[1]["email_key"]]["Tags__c"] is None


@APIS
def test_rows_deleted_or_edited_by_hand_are_made_good(made, above):
    mirrored = made(above=above)
    mirrored.mirror()
    ids = sorted(row["Id"] for row in mirrored.rows().values())
    mirrored.org.delete(SUBSCRIBER, ids[0])
    mirrored.org.update(SUBSCRIBER, ids[1], Status__c="cleaned", Audience__c=None)
    assert mirrored.mirror() == {"applied": 2}
    assert {row["Status__c"] for row in mirrored.rows().values()} == {"subscribed"}
    assert all(row["Audience__c"] for row in mirrored.rows().values())
    assert len(mirrored.rows()) == 3
    assert mirrored.mirror() == {}


def test_a_member_that_is_gone_keeps_its_row_as_forgotten(made):
    mirrored = made()
    mirrored.mirror()
    gone = mirrored.world.members[0]
    gone["status"] = "forgotten"
    unknown = mirrored.world.members.pop(1)
    assert mirrored.mirror() == {"applied": 2}
    rows = mirrored.rows()
    assert rows[gone["email_key"]]["Status__c"] == rows[unknown["email_key"]]["Status__c"] == "forgotten"
    assert rows[unknown["email_key"]]["Tags__c"] == 'say "é"; B'


def test_who_belongs_to_nobody_is_mirrored_where_everybody_is(made):
    for mirror, expected in (("people", 3), ("all", 4)):
        mirrored = made(mirror=mirror)
        stranger = mirrored.world.member("stranger@x.example")
        mirrored.mirror()
        assert len(mirrored.rows()) == expected
        assert (stranger in mirrored.rows()) == (mirror == "all")
        mirrored.project.storage.filesystem().rm(mirrored.project.storage.root, recursive=True)


def test_r15_without_data_sync_only_the_audience_is_shown(made):
    mirrored = made(data_sync=False)
    assert mirrored.mirror() == {}
    assert mirrored.rows() == {}
    (shown,) = mirrored.org.records(AUDIENCE)
    assert (shown["Member_Count__c"], shown["Status__c"]) == (3, "active")


def test_the_stamp_is_when_the_audience_was_read(made):
    mirrored = made()
    mirrored.mirror()
    (shown,) = mirrored.org.records(AUDIENCE)
    assert shown["Last_Sync__c"].startswith(f"{NOW:%Y-%m-%dT%H:%M:%S}")


def test_g02_a_dry_run_asks_nothing(made):
    mirrored = made()
    run = mirrored.next_run(dry_run=True)
    mirrored.org.forget_calls()
    assert load_mirror(run) == {}
    assert mirrored.org.calls()["count"] == 0


@pytest.mark.parametrize("survives", range(5))
def test_g04_killed_before_any_of_its_writes_it_ends_the_same(made, survives):
    mirrored = made()
    run = mirrored.next_run()
    dying = dataclasses.replace(mirrored.project, survives=survives, written=[])
    with pytest.raises(Killed):
        load_mirror(dataclasses.replace(run, project=dying))
    load_mirror(run)
    assert len(mirrored.rows()) == 3
    assert mirrored.mirror() == {}


def test_g02_a_cleared_run_that_plans_again_writes_again(made):
    mirrored = made()
    run = mirrored.next_run()
    load_mirror(run)
    mirrored.org.delete(SUBSCRIBER, min(row["Id"] for row in mirrored.rows().values()))
    mirrored.project.warehouse.replace(PLANS, PLANS.schema().empty_table(), run_id=run.run_id)  # transform's part
    assert load_mirror(run) == {"applied": 1}
    assert len(mirrored.rows()) == 3


def test_g03_operations_that_an_earlier_try_carried_out_stay_in_the_plan(made):
    mirrored = made()
    run = mirrored.next_run()
    dying = dataclasses.replace(mirrored.project, survives=4, written=[])
    with pytest.raises(Killed):
        load_mirror(dataclasses.replace(run, project=dying))
    load_mirror(run)
    planned = mirrored.project.warehouse.read(PLANS, run_id=run.run_id).to_pylist()
    answered = mirrored.project.warehouse.read(RESULTS, run_id=run.run_id).to_pylist()
    assert {row["op_id"] for row in planned} == {row["op_id"] for row in answered}
    assert len(planned) == 3


@APIS
def test_g07_a_refused_row_stops_no_other(made, above):
    mirrored = made(above=above)
    mirrored.world.members[0]["tags"] = ["x" * 40_000]
    assert mirrored.mirror() == {"applied": 2, "refused": 1}
    (refused,) = [row for row in mirrored.project.warehouse.read(RESULTS).to_pylist() if row["state"] == "refused"]
    assert (refused["vendor_code"], "Tags__c" in refused["reason"]) == ("STRING_TOO_LONG", True)


def test_g07_an_audience_row_that_is_refused_ends_the_stage_with_one_error(made):
    mirrored = made()
    run = mirrored.next_run()
    run.save_schema(dataclasses.replace(run.schema(), member_count=10**30))
    with pytest.raises(FatalError, match=f"{AUDIENCE} of list {LIST}"):
        load_mirror(run)


def test_the_plan_says_what_was_there_before(made):
    mirrored = made(1)
    mirrored.mirror()
    mirrored.world.members[0]["status"] = "cleaned"
    run = mirrored.next_run()
    load_mirror(run)
    (row,) = mirrored.project.warehouse.read(PLANS, run_id=run.run_id).to_pylist()
    assert json.loads(row["before"])["Status__c"] == "subscribed"
    assert json.loads(row["after"]) == json.loads(row["before"]) | {"Status__c": "cleaned"}
    assert (row["kind"], row["audience"], row["behaviour"]) == ("upsert_mirror", "newsletter", "R09")
