"""Nights, backfills and kills of `snapshot_activity` against both sandbox servers."""

import json
import threading
from datetime import timedelta

import pytest

from include.activity.harvest import OVERLAP
from include.errors import ConfigError, StoppedByCheck
from include.pipelines import runs, snapshot_activity
from include.warehouse.tables import ACTIVITY_EVENTS, CAMPAIGNS
from tests.integration.activity_world import NIGHT, QUIET, ActivityWorld, key, moved, put, snapshot_of
from tests.integration.mailchimp_account import LIST
from tests.unit.pipelines.killing import Killed, KillingProject

TODAY = "2026-11-22"
"""The day that ended at `NIGHT`."""
DAYS = ("2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21")


@pytest.fixture
def world(sandbox, tmp_path, monkeypatch):
    world = ActivityWorld(sandbox, tmp_path, monkeypatch)
    world.campaign("camp01", "2026-11-18T09:00", "ann", "bob", "eve")
    world.event("camp01", "ann", "open", "2026-11-18T10:00")
    world.event("camp01", "ann", "click", "2026-11-18T10:01", url="https://shop.example/a?email=ann#top")
    world.event("camp01", "bob", "bounce", "2026-11-18T09:02", type="hard")
    world.event("camp01", "eve", "open", "2026-11-19T10:00")
    world.campaign("camp02", "2026-11-20T09:00", "ann", "eve")
    world.event("camp02", "ann", "open", "2026-11-21T07:00")
    world.event("camp02", "ann", "unsubscribe", "2026-11-21T08:00")
    world.campaign("camp03", "2026-11-19T09:00", "ann", list_id=QUIET)
    world.publish()
    world.mirror("ann", "bob")
    return world


WHOLE = {
    (key("ann"), "sent", "2026-11-18T09:00", None),
    (key("ann"), "open", "2026-11-18T10:00", None),
    (key("ann"), "click", "2026-11-18T10:01", "https://shop.example/a"),
    (key("ann"), "sent", "2026-11-20T09:00", None),
    (key("ann"), "open", "2026-11-21T07:00", None),
    (key("ann"), "unsubscribe", "2026-11-21T08:00", None),
    (key("bob"), "sent", "2026-11-18T09:00", None),
    (key("bob"), "bounce", "2026-11-18T09:02", None),
}


# --- a night


def test_r11_a_night_shows_every_persons_events_on_its_subscriber_and_campaign(world):
    account = world.run(world.project(), TODAY)
    assert world.shown() == WHOLE
    assert account["load_activity"]["written"] == len(WHOLE)
    subscribers = {row["Id"]: row["Key__c"] for row in world.records("MC_Subscriber__c")}
    campaigns = {row["Id"]: row for row in world.records("MC_Campaign__c")}
    for row in world.records("MC_Subscriber_Activity__c"):
        assert row["Key__c"].startswith(subscribers[row["Subscriber__c"]] + ":")
        assert campaigns[row["Campaign__c"]]["Name"].startswith("Title of camp0")
    assert {(c["Campaign_Id__c"], c["Sent__c"][:16]) for c in campaigns.values()} == {
        ("camp01", "2026-11-18T09:00"), ("camp02", "2026-11-20T09:00")
    }  # fmt: skip


def test_r11_urls_are_kept_without_what_may_tell_who_clicked(world):
    project = world.project()
    world.run(project, TODAY)
    urls = {row["url"] for row in project.warehouse.read(ACTIVITY_EVENTS).to_pylist()}
    assert urls == {None, "https://shop.example/a"}


def test_g05_a_second_run_reads_no_report_and_writes_nothing(world):
    project = world.project()
    world.run(project, TODAY)
    before = project.warehouse.version(ACTIVITY_EVENTS), project.warehouse.version(CAMPAIGNS)
    world.sandbox.reset_calls()
    account = world.run(project, TODAY)
    assert account["harvest"] == {"campaigns": 0, "events": 0, "calls": 0}
    assert world.sandbox.calls("mailchimp")["calls"] == []
    assert world.sandbox.writes() == 0
    assert before == (project.warehouse.version(ACTIVITY_EVENTS), project.warehouse.version(CAMPAIGNS))


def test_r11_the_next_night_reads_what_is_new_and_writes_the_difference(world):
    project = world.project()
    world.run(project, TODAY)
    world.event("camp02", "ann", "open", "2026-11-23T12:00")
    world.publish()
    world.set_time(NIGHT + timedelta(days=1))
    account = world.run(project, "2026-11-23")
    assert account["harvest"]["events"] == 1
    assert account["load_activity"]["written"] == 1
    assert world.shown() == WHOLE | {(key("ann"), "open", "2026-11-23T12:00", None)}


@pytest.mark.parametrize("limit", [{"bulk_query_above": 0, "bulk_ingest_above": 0}, {}])
def test_r11_older_events_leave_salesforce_when_newer_ones_fill_the_fifty(world, limit):
    project = world.project(**limit)
    for minute in range(50 - 6):
        world.event("camp02", "ann", "open", f"2026-11-22T10:{minute:02}")
    world.publish()
    world.run(project, TODAY)
    assert len([row for row in world.shown() if row[0] == key("ann")]) == 50
    world.event("camp02", "ann", "click", "2026-11-23T09:00", url="https://shop.example/b")
    world.event("camp02", "ann", "open", "2026-11-23T09:01")
    world.publish()
    world.set_time(NIGHT + timedelta(days=1))
    counts = world.run(project, "2026-11-23")["load_activity"]
    assert (counts["written"], counts["deleted"]) == (2, 2)
    row, *_ = runs.find(project, "snapshot_activity")
    api = json.loads(row["counts"])["api"]
    assert api["salesforce"]["made"] > 0
    assert api["salesforce"]["left"] > 0
    of_ann = {row for row in world.shown() if row[0] == key("ann")}
    assert len(of_ann) == 50
    assert min(row[2] for row in of_ann) == "2026-11-18T10:01"  # `sent` and `open` of camp01 left


def test_r11_of_a_changed_address_the_events_stay_with_the_member_each_once(world):
    project = world.project()
    world.run(project, TODAY)
    # As in Mailchimp, the newest campaign's events are told under the new address when they are read again.
    world.events = [e | {"email_id": key("anna")} if e["email_id"] == key("ann") else e for e in world.events]
    world.event("camp02", "anna", "open", "2026-11-23T12:00")
    world.publish()
    put(project, "anna", mirrored=("anna",))
    moved(project, "ann", "anna")
    world.set_time(NIGHT + timedelta(days=1))
    world.run(project, "2026-11-23")
    kinds = sorted((row[3], row[4].day) for row in snapshot_of(project, "2026-11-23") if row[0] == LIST)
    expected = [(kind, int(at[8:10])) for who, kind, at, _ in WHOLE if who == key("ann")]
    assert kinds == sorted([*expected, ("open", 23)])


def test_r11_of_an_old_campaign_only_unsubscribes_are_read_until_mailchimp_counts_more(world):
    world.campaign("camp00", "2026-10-01T09:00", "ann", "bob")
    world.event("camp00", "bob", "open", "2026-10-01T10:00")
    world.publish()
    project = world.project()
    world.run(project, TODAY)

    world.event("camp00", "bob", "unsubscribe", "2026-11-23T10:00")
    world.publish()
    world.set_time(NIGHT + timedelta(days=1))
    world.sandbox.reset_calls()
    quiet = world.run(project, "2026-11-23")["harvest"]
    assert (quiet["quiet_campaigns"], quiet["events"]) == (1, 1)
    assert reports_read(world, "email-activity") == 3  # of the three campaigns of this week

    world.event("camp00", "bob", "open", "2026-11-24T10:00")
    world.publish()
    world.set_time(NIGHT + timedelta(days=2))
    lively = world.run(project, "2026-11-24")["harvest"]
    assert (lively["quiet_campaigns"], lively["events"]) == (0, 1)
    late = {("unsubscribe", "2026-11-23T10:00"), ("open", "2026-11-24T10:00")}
    assert late <= {(kind, at) for who, kind, at, _ in world.shown() if who == key("bob")}


# --- what is left out


def test_r15_an_audience_without_data_sync_has_a_snapshot_and_shows_nothing(world):
    project = world.project()
    world.run(project, TODAY)
    assert [row[1] for row in snapshot_of(project, TODAY) if row[0] == QUIET] == [key("ann")]
    assert not [row for row in world.records("MC_Subscriber_Activity__c") if row["Key__c"].startswith(QUIET)]


def test_a_member_without_a_mirror_row_waits_for_the_sync_that_makes_it(world):
    project = world.project()
    put(project, "ann", "bob", mirrored=("ann",))
    counts = world.run(project, TODAY)["load_activity"]
    assert counts["subscribers_without_mirror_row"] == 1
    assert {row[0] for row in world.shown()} == {key("ann")}


def test_a_row_whose_subscriber_is_gone_from_salesforce_is_refused_alone(world):
    world.mirror("ann")  # the warehouse still knows bob's row
    project = world.project()
    counts = world.run(project, TODAY)["load_activity"]
    assert (counts["refused"], counts["written"]) == (2, 6)
    (run,) = runs.find(project, "snapshot_activity")
    assert run["state"] == "warning"


def test_an_empty_snapshot_deletes_nothing_and_stops(world):
    project = world.project()
    world.run(project, TODAY)
    put(project, "nobody")
    with pytest.raises(StoppedByCheck, match="no activity for audience"):
        world.run(project, TODAY)
    assert world.shown() == WHOLE


def test_a_day_that_has_not_ended_or_is_no_date_is_refused_before_anything_is_written(world):
    project = world.project()
    with pytest.raises(StoppedByCheck, match="has not ended"):
        world.run(project, "2026-11-23")
    with pytest.raises(ConfigError, match="YYYY-MM-DD"):
        world.run(project, "22/11/2026")
    assert project.warehouse.read(ACTIVITY_EVENTS).num_rows == 0


# --- backfill


def test_m03_past_days_in_any_order_equal_the_same_days_in_order_and_write_nothing(world):
    forward, backward = world.project("forward"), world.project("backward")
    world.sandbox.reset_calls()
    for day in DAYS:
        world.run(forward, day, backfill=True)
    for day in (*reversed(DAYS), DAYS[2]):
        world.run(backward, day, backfill=True)
    assert world.sandbox.writes() == 0
    for day in DAYS:
        assert snapshot_of(forward, day) == snapshot_of(backward, day)
    sizes = [len([row for row in snapshot_of(forward, day) if row[0] == LIST]) for day in DAYS]
    assert sizes == [0, 5, 5, 6, 8]


def test_m03_a_past_day_that_is_harvested_makes_no_call_and_the_newest_is_not_touched(world):
    project = world.project()
    world.run(project, TODAY)
    newest = snapshot_of(project, TODAY)
    world.sandbox.reset_calls()
    assert world.run(project, DAYS[1], backfill=True)["load_activity"] == {"skipped": "backfill"}
    assert world.sandbox.calls("mailchimp")["calls"] == []
    assert world.sandbox.writes() == 0
    assert snapshot_of(project, TODAY) == newest


def test_m03_a_past_day_writes_nothing_also_when_it_is_no_backfill(world):
    skipped = world.run(world.project(), DAYS[1])["load_activity"]
    assert skipped == {"skipped": "not the newest complete day"}
    assert world.shown() == set()


def test_m03_parallel_days_harvest_every_event_once(world):
    alone, together = world.project("alone"), world.project("together")
    for day in DAYS:
        world.run(alone, day, backfill=True)
    failures = []

    def backfill(day):
        try:
            snapshot_activity.run(together, f"parallel {day}", day, backfill=True)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=backfill, args=(day,)) for day in DAYS[-3:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert events(alone) == events(together)
    assert snapshot_of(alone, DAYS[-1]) == snapshot_of(together, DAYS[-1])


def test_m03_a_late_event_marks_its_days_stale_and_the_next_night_rebuilds_them(world):
    project = world.project()
    for day in (DAYS[1], DAYS[3]):
        world.run(project, day, backfill=True)
    world.run(project, TODAY)
    late = NIGHT - OVERLAP + timedelta(hours=1)
    world.event("camp01", "bob", "open", late.strftime("%Y-%m-%dT%H:%M"))
    world.publish()
    world.set_time(NIGHT + timedelta(days=1))
    account = world.run(project, "2026-11-23")
    assert account["snapshot"]["rebuilt_days"] == [DAYS[3], TODAY]
    for day, opens in ((DAYS[1], 0), (DAYS[3], 1), (TODAY, 1), ("2026-11-23", 1)):
        assert len([r for r in snapshot_of(project, day) if r[1] == key("bob") and r[3] == "open"]) == opens
    assert world.run(project, "2026-11-23")["snapshot"]["rebuilt_days"] == []


# --- kills


def test_g04_killed_before_any_of_its_commits_and_run_again_a_night_ends_the_same(world):
    whole = world.project("whole")
    world.run(whole, TODAY)
    expected = events(whole), snapshot_of(whole, TODAY), world.shown()
    survived = 0
    while True:
        world.mirror("ann", "bob")
        project = world.project(f"killed{survived}")
        dying = KillingProject.of(project, survived)
        try:
            snapshot_activity.run(dying, "night", TODAY, backfill=False)
        except Killed:
            snapshot_activity.run(project, "night", TODAY, backfill=False)
            assert (events(project), snapshot_of(project, TODAY), world.shown()) == expected
            assert len(world.records("MC_Subscriber_Activity__c")) == len(WHOLE)
            survived += 1
        else:
            break
    tables = set(dying.dying.written)
    assert tables == {
        "runs",
        "connections",
        "campaigns",
        "watermarks",
        "activity_events",
        "activity_snapshots",
        "activity_days",
    }


def test_g04_an_answer_of_salesforce_that_got_lost_leaves_no_second_row(world):
    path = "/services/data/v{version}/composite/sobjects/{object}/{key}"
    # The first write is of the campaigns, the second of the activity rows.
    world.sandbox.faults("salesforce", {"kind": "reset", "method": "PATCH", "path": path, "first": 2, "times": 1})
    world.run(world.project(), TODAY)
    (rule,) = world.sandbox.control("salesforce", "GET", "faults").json()
    assert rule["injected"] == 1
    assert len(world.records("MC_Subscriber_Activity__c")) == len(WHOLE)


def reports_read(world, name):
    calls = world.sandbox.calls("mailchimp")["calls"]
    return sum(call["count"] for call in calls if call["path"].endswith(name))


def events(project):
    rows = project.warehouse.read(ACTIVITY_EVENTS).to_pylist()
    return sorted(
        (str(row["event_date"]), row["list_id"], row["campaign_id"], row["email_key"], row["type"], row["at"])
        for row in rows
    )
