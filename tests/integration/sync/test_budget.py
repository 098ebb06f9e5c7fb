"""G08, M05: calls counted, estimated, and kept within what the vendors and the configuration allow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from include.errors import DeferredError
from include.pipelines import runs, sync_audience
from include.pipelines.run import SyncRun
from include.warehouse.tables import RESULTS
from tests.integration.sync.people import NEWS, audience, key, subscriber
from tests.integration.sync.rig import Rig
from tests.integration.sync.small import FILE, PIPELINE, Small
from tests.sandbox_fixture import Sandbox


@pytest.fixture
def small(connected: Sandbox, tmp_path: Path) -> Small:
    connected.reset()
    return Small(connected, tmp_path)


def test_m05_the_calls_of_a_run_are_counted_and_those_of_its_operations_were_estimated(small):
    small.rig.extract()
    spent = _used(small)
    small.sandbox.reset_calls()
    accounts = small.rig.sync("newsletter")
    run = SyncRun(small.rig.project, "newsletter", "run1")
    made = {vendor: dict.fromkeys(purposes, 0) for vendor, purposes in accounts["transform"]["estimated_calls"].items()}
    total = dict.fromkeys(small.sandbox.servers, 0)
    for stage in accounts:
        for vendor, purposes in run.outcome(stage).calls.items():
            total[vendor] += sum(purposes.values())
            for purpose, number in purposes.items():
                made.setdefault(vendor, {})[purpose] = made.get(vendor, {}).get(purpose, 0) + number
    reading = {vendor: purposes.pop("reading") for vendor, purposes in made.items()}
    assert made == accounts["transform"]["estimated_calls"]
    assert set(made["mailchimp"]) == {"add_member"}
    assert made["salesforce"] == {"upsert_mirror": 1, "stamp_audience": 1}
    assert min(reading.values()) > 0
    assert total["mailchimp"] == small.sandbox.calls("mailchimp")["count"]
    (row,) = runs.find(small.rig.project, "sync_audience")
    api = json.loads(row["counts"])["api"]
    assert {vendor: account["made"] for vendor, account in api.items()} == total
    assert api["salesforce"]["limit"] == 100_000
    assert api["salesforce"]["left"] == 100_000 - api["salesforce"]["used"]
    assert {vendor: account["estimated"] for vendor, account in api.items()} == {
        vendor: account["made_for_operations"] for vendor, account in api.items()
    }
    assert spent < api["salesforce"]["used"] <= spent + total["salesforce"]


def test_g08_a_run_that_reaches_its_share_of_the_day_is_deferred_and_the_next_one_goes_on(small):
    small.rig.extract()
    small.pipeline(PIPELINE + "limits: {salesforce_daily_share: 50%}\n")
    small.sandbox.switches("salesforce", daily_api_requests=2 * (_used(small) + 4))
    assert small.sync() == 4
    (row,) = [row for row in runs.find(small.rig.project, "extract_salesforce") if row["state"] != "success"]
    assert row["state"] == "deferred"
    api = json.loads(row["counts"])["api"]["salesforce"]
    assert api["made"] > 0
    assert api["used"] == api["limit"] - api["left"] >= api["limit"] / 2
    small.sandbox.switches("salesforce")
    assert small.sync() == 0
    assert len(small.rig.state().world.lists["Newsletter"].members) == 2


def test_g08_a_budget_that_is_used_up_before_the_mirror_defers_the_rest_of_the_run_to_the_next_one(small):
    """The member is added, its row is not written; the run says so, and the next one writes it."""
    small.pipeline(PIPELINE + "limits: {salesforce_daily_share: 50%}\n")
    small.rig.extract("short")
    run = SyncRun(small.rig.project, "newsletter", "short")
    *before, mirror, report = sync_audience.STAGES
    for name in before:
        sync_audience._carry_out(run, name)
    small.sandbox.switches("salesforce", daily_api_requests=2 * _used(small))
    small.sandbox.reset_calls()
    with pytest.raises(DeferredError):
        sync_audience._carry_out(run, mirror)
    sync_audience._carry_out(run, report)
    assert small.sandbox.writes() == 0
    (row,) = runs.find(small.rig.project, "sync_audience")
    assert row["state"] == "deferred"
    assert len(small.rig.state().world.lists["Newsletter"].members) == 2
    small.sandbox.switches("salesforce")
    assert small.sync() == 0
    rows = small.rig.state().salesforce["MC_Subscriber__c"]
    assert {each["Key__c"] for each in rows} == {f"{NEWS}:{key(name)}" for name in ("ann", "bob")}


def test_g08_a_plan_whose_rows_do_not_fit_into_the_org_waits_before_the_first_write(small, capsys):
    small.sandbox.switches("salesforce", data_storage_mb=0)
    assert small.sync() == 3
    assert "about 2 new rows (2 of MC_Subscriber__c) need 1 MB of Salesforce's data storage, and 0 MB" in _told(capsys)
    assert small.rig.write_calls() == []
    assert small.sync("newsletter", "--dry-run") == 0
    assert "no_room" not in (told := _told(capsys))
    assert "of Salesforce's data storage" in told


def test_g08_an_approved_plan_is_carried_out_but_for_the_rows_that_do_not_fit(small, capsys):
    small.sandbox.switches("salesforce", data_storage_mb=0)
    assert small.sync("newsletter", "--approve") == 3
    assert "none was added" in _told(capsys)
    assert small.rig.state().salesforce.get("MC_Subscriber__c", []) == []
    states = {row["state"] for row in small.rig.project.warehouse.read(RESULTS).to_pylist()}
    assert states == {"applied"}
    assert len(small.rig.state().world.lists["Newsletter"].members) == 2


def test_g08_new_leads_and_their_mirror_rows_count_and_rows_that_are_there_do_not(small, capsys):
    """Also where another root, which has read no row yet, plans for the same org."""
    create = "create_leads: {enabled: true, defaults: {LastName: n, Company: c}}\nfirst_load"
    small.configure("newsletter", FILE.format(name="Newsletter").replace("first_load", create))
    names = ("bob", "stranger")
    small.put_mailchimp({}, audience("Newsletter", NEWS, *map(subscriber, names)))
    assert small.sync("newsletter", "--dry-run") == 0
    assert '"new_rows": {"Lead": 1, "MC_Subscriber__c": 3}' in _told(capsys)
    assert small.sync() == 0
    assert small.sync("newsletter", "--dry-run") == 0
    assert '"new_rows": {}' in _told(capsys)
    small.sandbox.switches("salesforce", data_storage_mb=0)
    assert small.sync() == 0
    capsys.readouterr()
    elsewhere = Rig(small.sandbox, small.folder / "elsewhere", small.rig.configuration)
    elsewhere.extract()
    counts = elsewhere.sync("newsletter")
    assert counts["transform"]["new_rows"] == {"MC_Subscriber__c": 3}
    assert counts["load_mirror"] == {}


def _told(capsys: pytest.CaptureFixture[str]) -> str:
    """What the command line wrote since the last look."""
    return "".join(capsys.readouterr())


def test_m05_an_extractions_row_tells_its_calls_and_what_is_left_of_the_day(small):
    small.rig.extract()
    (row,) = runs.find(small.rig.project, "extract_salesforce")
    counts = json.loads(row["counts"])
    assert counts["api"]["salesforce"]["made"] >= counts["calls"] > 0
    assert counts["api"]["salesforce"]["left"] == 100_000 - counts["api"]["salesforce"]["used"]


def _used(small: Small) -> int:
    """The calls that the org counts for today, this one included."""
    salesforce = small.rig.project.salesforce()
    salesforce.limits()
    return salesforce.rest.meter.usage["salesforce"].used
