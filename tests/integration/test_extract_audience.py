"""Extraction of an audience from the sandbox's account into the warehouse."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from include.errors import ConfigError, FatalError, StoppedByCheck
from include.keys import email_key
from include.pipelines import watermarks
from include.pipelines.extract_audience import MARGIN, SINGLE_READS, extract, refresh_members
from include.pipelines.people_merge import SOURCE
from include.pipelines.tag_reading import CHEAP
from include.storage import Storage
from include.warehouse.tables import EMAILS, MEMBERS, WATERMARKS
from tests.integration.mailchimp_account import LIST, account, audience, member
from tests.integration.mailchimp_account import MEMBERS as MEMBERS_PATH
from tests.integration.mailchimp_reading import START, Account
from tests.sandbox_fixture import connections

SEGMENT_MEMBERS = "/3.0/lists/{list_id}/segments/{segment_id}/members"


@pytest.fixture
def mailchimp(sandbox, tmp_path, monkeypatch):
    for name, value in connections(sandbox).items():
        monkeypatch.setenv(name, value)
    return Account.on(sandbox, tmp_path / "root")


def key(name):
    return email_key(f"{name}@x.example")


# --- reading


def test_everybody_is_read_the_first_time_and_what_changed_after_that(mailchimp):
    mailchimp.put(member("ann"), member("bob", "unsubscribed"), member("old", "archived"))
    first = mailchimp.extract()
    assert (first["full"], first["members"], first["changed"]) == (True, 3, 3)
    assert mailchimp.shown() == {"ann": "subscribed", "bob": "unsubscribed", "old": "archived"}

    mailchimp.wait(hours=1)
    mailchimp.call("PATCH", f"/members/{key('ann')}", {"merge_fields": {"FNAME": "Anna"}})
    mailchimp.call("POST", "/members", {"email_address": "new@x.example", "status": "pending"})
    mailchimp.wait(hours=1)
    second = mailchimp.extract()
    assert (second["full"], second["read"], second["changed"]) == (False, 2 + 1, 2)  # a pending member is read twice
    assert mailchimp.shown() == {"ann": "subscribed", "bob": "unsubscribed", "old": "archived", "new": "pending"}
    assert json.loads(mailchimp.members()[key("ann")]["merge_fields"])["FNAME"] == "Anna"


def test_run_keeps_what_it_read_of_the_audience_and_what_it_reads_from(mailchimp):
    mailchimp.put(member("ann", tags=["VIP"]))
    run = mailchimp.run()
    for name, hours in (("Contact", 1), ("Lead", 2)):
        watermarks.save(run.project, SOURCE, name, START - timedelta(hours=hours), fields_hash="any")
    extract(run)
    schema, pins = run.schema(), run.pins()
    assert pins.people_until == START - timedelta(hours=2)  # of both objects
    assert (schema.list_id, set(schema.merge_fields), set(schema.tags)) == (LIST, {"FNAME", "ADDRESS", "TIER"}, {"VIP"})
    assert pins.extracted_at == START
    assert pins.members == run.project.warehouse.version(MEMBERS)
    assert pins.people == -1


def test_run_without_changes_writes_no_new_version_of_the_members(mailchimp):
    mailchimp.put(member("ann", tags=["VIP"]), member("bob"))
    mailchimp.extract()
    version = mailchimp.project.warehouse.version(MEMBERS)
    mailchimp.wait(minutes=5)
    assert mailchimp.extract()["changed"] == 0
    assert mailchimp.project.warehouse.version(MEMBERS) == version


def test_g10_reads_overlap_by_the_margin(mailchimp):
    """A change that became visible late, with a time before the last read, is not missed."""
    mailchimp.put(member("ann"))
    mailchimp.extract()
    (mark,) = mailchimp.project.warehouse.read(WATERMARKS, source=LIST).to_pylist()
    assert mark["read_until"] == START - MARGIN
    late = (START - MARGIN + timedelta(seconds=1)).isoformat()
    mailchimp.put(member("ann", "unsubscribed", last_changed=late))
    mailchimp.wait(hours=1)
    mailchimp.extract()
    assert mailchimp.shown() == {"ann": "unsubscribed"}


def test_new_merge_field_means_a_full_read(mailchimp):
    mailchimp.put(member("ann"))
    mailchimp.extract()
    mailchimp.wait(hours=1)
    mailchimp.call("POST", "/merge-fields", {"tag": "EXTRA", "name": "Extra", "type": "text"})
    assert mailchimp.extract()["full"] is True


def test_several_thousand_members_are_all_there(mailchimp):
    mailchimp.put(*(member(f"p{n}", tags=["Even"] if n % 2 == 0 else []) for n in range(2500)))
    assert mailchimp.extract()["members"] == 2500
    tagged = sum(tags == ["Even"] for tags in mailchimp.tags().values())
    assert tagged == 1250


# --- tags


def test_tags_given_and_taken_by_others_are_seen(mailchimp):
    mailchimp.put(member("ann", tags=["VIP"]), member("bob", "unsubscribed", tags=["VIP"]), member("cid", "pending"))
    mailchimp.extract()
    assert mailchimp.tags() == {"ann": ["VIP"], "bob": ["VIP"], "cid": []}
    mailchimp.wait(hours=1)
    changes = [{"name": "VIP", "status": "inactive"}, {"name": "Late", "status": "active"}]
    mailchimp.call("POST", f"/members/{key('ann')}/tags", {"tags": changes})
    mailchimp.call("POST", f"/members/{key('cid')}/tags", {"tags": changes[1:]})
    mailchimp.wait(hours=1)
    mailchimp.extract()
    assert mailchimp.tags() == {"ann": ["Late"], "bob": ["VIP"], "cid": ["Late"]}


@pytest.mark.parametrize("shows_pending", [True, False])
def test_pending_and_archived_members_keep_their_tags_whatever_segments_show(mailchimp, shows_pending):
    mailchimp.put(member("ann", "pending", tags=["VIP"]), member("old", "archived", tags=["Gone", "VIP"]))
    mailchimp.sandbox.switches("mailchimp", segments_show_pending=shows_pending)
    mailchimp.extract()
    assert mailchimp.tags() == {"ann": ["VIP"], "old": ["Gone", "VIP"]}


def test_large_tags_are_read_again_only_when_they_changed(mailchimp):
    everybody = [member(f"p{n}") for n in range(400)]
    hashes = [entry["id"] for entry in everybody]
    before = {"created_at": "2026-01-01T00:00:00+00:00", "updated_at": "2026-01-01T00:00:00+00:00"}
    count = CHEAP // len(everybody) + 1
    tags = [{"id": n, "name": f"T{n:02}", "type": "static", "members": hashes, **before} for n in range(1, count + 1)]
    mailchimp.sandbox.put_state(mailchimp=account(audience(everybody) | {"segments": tags}))
    mailchimp.extract()
    mailchimp.wait(hours=1)
    mailchimp.sandbox.reset_calls()
    mailchimp.extract()
    assert mailchimp.pages_read(SEGMENT_MEMBERS) == 0
    mailchimp.call("POST", f"/members/{key('p1')}/tags", {"tags": [{"name": "T02", "status": "inactive"}]})
    mailchimp.wait(hours=1)
    mailchimp.extract()
    assert mailchimp.pages_read(SEGMENT_MEMBERS) == 1
    found = mailchimp.tags()
    assert "T02" not in found["p1"]
    assert {len(tags) for tags in found.values()} == {count, count - 1}


# --- gone members


def test_r03_archived_member_is_noticed(mailchimp):
    mailchimp.put(member("ann"), member("bob"))
    mailchimp.extract()
    mailchimp.wait(hours=1)
    mailchimp.call("DELETE", f"/members/{key('bob')}")
    mailchimp.wait(hours=1)
    mailchimp.extract()
    assert mailchimp.shown() == {"ann": "subscribed", "bob": "archived"}


def test_archived_member_is_noticed_even_if_archiving_left_its_time_of_change(mailchimp):
    """No document says whether archiving moves `last_changed`; the totals tell."""
    mailchimp.put(member("ann"), member("bob"))
    mailchimp.extract()
    mailchimp.wait(hours=1)
    mailchimp.put(member("ann"), member("bob", "archived"))
    mailchimp.extract()
    assert mailchimp.shown() == {"ann": "subscribed", "bob": "archived"}


def test_r03_forgotten_member_keeps_its_row(mailchimp):
    """Detail 8: `since_last_changed` does not show forgotten members."""
    mailchimp.put(member("ann"), member("bob", tags=["VIP"]))
    mailchimp.extract()
    mailchimp.wait(hours=1)
    mailchimp.call("POST", f"/members/{key('bob')}/actions/delete-permanent")
    counts = mailchimp.extract()
    assert (counts["forgotten"], counts["email_changed"]) == (1, 0)
    assert mailchimp.shown() == {"ann": "subscribed", "bob": "forgotten"}
    mailchimp.wait(hours=1)
    assert mailchimp.extract()["forgotten"] == 0
    assert mailchimp.shown() == {"ann": "subscribed", "bob": "forgotten"}


def test_r07_email_changed_in_mailchimp_is_told_from_a_forgotten_member(mailchimp):
    mailchimp.put(member("ann"), member("bob"))
    mailchimp.extract()
    mailchimp.wait(hours=1)
    mailchimp.call("PATCH", f"/members/{key('bob')}", {"email_address": "robert@x.example"})
    mailchimp.wait(hours=1)
    counts = mailchimp.extract()
    assert (counts["forgotten"], counts["email_changed"]) == (0, 1)
    assert mailchimp.shown() == {"ann": "subscribed", "robert": "subscribed"}
    (former,) = mailchimp.project.warehouse.read(EMAILS).to_pylist()
    assert (former["source"], former["email_key"], former["until"]) == (LIST, key("bob"), mailchimp.now)
    assert former["holder_id"] == mailchimp.members()[key("robert")]["contact_id"]


def test_many_gone_members_cost_a_second_read_and_not_a_call_each(mailchimp):
    everybody = [member(f"p{n}") for n in range(SINGLE_READS + 20)]
    mailchimp.put(*everybody)
    mailchimp.extract()
    mailchimp.wait(hours=1)
    mailchimp.put(*everybody[:10], member("quiet"))  # who appeared without a new time of change
    assert mailchimp.extract()["forgotten"] == SINGLE_READS + 10
    shown = mailchimp.shown()
    assert shown.pop("quiet") == "subscribed"
    assert {name for name, status in shown.items() if status == "subscribed"} == {f"p{n}" for n in range(10)}
    assert mailchimp.pages_read("/3.0/lists/{list_id}/members/{subscriber_hash}") == 0


def test_member_who_comes_back_after_being_forgotten_is_seen(mailchimp):
    mailchimp.put(member("ann"), member("bob"))
    mailchimp.extract()
    mailchimp.put(member("ann"))
    mailchimp.extract()
    mailchimp.put(member("ann"), member("bob", "unsubscribed"))
    mailchimp.extract()
    assert mailchimp.shown() == {"ann": "subscribed", "bob": "unsubscribed"}


def test_empty_account_where_there_were_members_stops_the_run(mailchimp):
    mailchimp.put(member("ann"), member("bob"))
    mailchimp.extract()
    version = mailchimp.project.warehouse.version(MEMBERS)
    mailchimp.put()
    mailchimp.wait(hours=1)
    with pytest.raises(StoppedByCheck, match="2 were known"):
        mailchimp.extract()
    assert mailchimp.project.warehouse.version(MEMBERS) == version


def test_empty_audience_that_always_was_is_fine(mailchimp):
    mailchimp.put()
    assert mailchimp.extract()["members"] == 0


# --- g04


class DyingStorage(Storage):
    """Storage under a process that is killed when it touches these paths, one after the other."""

    def __init__(self, root, *steps):
        object.__setattr__(self, "root", root)
        object.__setattr__(self, "steps", list(steps))

    def path(self, *parts):
        if self.steps and self.steps[0] in parts:
            del self.steps[0]
            if not self.steps:
                raise KeyboardInterrupt
        return super().path(*parts)


@pytest.mark.parametrize(
    "killed_at",
    [
        pytest.param(("members_again",), id="before the second look is staged"),
        pytest.param(("emails",), id="before former e-mails are written"),
        pytest.param(("emails", "members"), id="between former e-mails and members"),
        pytest.param(("emails", "tags"), id="between members and tag counts"),
        pytest.param(("emails", "watermarks"), id="before the watermark"),
        pytest.param(("emails", "pins"), id="before the pins"),
    ],
)
def test_g04_killed_and_run_again_ends_in_the_same_state(mailchimp, killed_at):
    mailchimp.put(member("ann", tags=["VIP"]), member("bob"), member("cid"), member("dan"))
    mailchimp.extract()
    mailchimp.wait(hours=1)
    mailchimp.call("PATCH", f"/members/{key('bob')}", {"email_address": "robert@x.example"})
    mailchimp.call("POST", f"/members/{key('cid')}/actions/delete-permanent")
    mailchimp.call("DELETE", f"/members/{key('dan')}")
    mailchimp.wait(hours=1)
    run = mailchimp.run()
    dying = DyingStorage(run.project.storage.root, *killed_at)
    with pytest.raises(KeyboardInterrupt):
        extract(replace(run, project=replace(run.project, storage=dying)))
    extract(run)
    assert mailchimp.shown() == {"ann": "subscribed", "robert": "subscribed", "cid": "forgotten", "dan": "archived"}
    assert mailchimp.tags()["ann"] == ["VIP"]
    assert mailchimp.project.warehouse.read(EMAILS)["email_key"].to_pylist() == [key("bob")]
    assert run.pins().members == mailchimp.project.warehouse.version(MEMBERS)


# --- refresh


def test_refresh_reads_what_a_load_changed_and_leaves_the_watermark(mailchimp):
    mailchimp.put(member("ann"))
    run = mailchimp.run()
    extract(run)
    marks = mailchimp.project.warehouse.read(WATERMARKS).to_pylist()
    mailchimp.wait(minutes=30)
    mailchimp.call("POST", "/members", {"email_address": "new@x.example", "status": "subscribed"})
    mailchimp.call("POST", f"/members/{key('new')}/tags", {"tags": [{"name": "VIP", "status": "active"}]})
    refresh_members(run, run.schema(), run.pins().extracted_at)
    assert mailchimp.tags() == {"ann": [], "new": ["VIP"]}
    assert mailchimp.project.warehouse.read(WATERMARKS).to_pylist() == marks


# --- the audience itself


def test_r04_audience_that_is_gone_is_one_clear_error_and_its_members_stay(mailchimp):
    mailchimp.put(member("ann"))
    mailchimp.extract()
    mailchimp.sandbox.put_state(mailchimp=account(audience([member("z")], list_id="bbbb000002", name="Other")))
    with pytest.raises(FatalError, match="no longer exists in Mailchimp"):
        mailchimp.extract()
    assert mailchimp.shown() == {"ann": "subscribed"}


def test_r04_another_audience_of_the_same_name_does_not_take_its_place(mailchimp):
    mailchimp.put(member("ann"))
    mailchimp.extract()
    mailchimp.sandbox.put_state(mailchimp=account(audience([member("z")], list_id="bbbb000002")))
    with pytest.raises(FatalError, match=LIST):
        mailchimp.extract()


def test_unknown_audience_names_those_that_exist(mailchimp):
    mailchimp.put(member("ann"))
    with pytest.raises(ConfigError, match=r"audiences/newsletter.yaml.*'Newslettre'.*'Newsletter'"):
        extract(mailchimp.run("Newslettre"))


def test_renamed_audience_says_its_new_name(mailchimp):
    mailchimp.put(member("ann"))
    mailchimp.extract()
    mailchimp.put(member("ann"), name="Monthly news")
    with pytest.raises(ConfigError, match="'Monthly news'"):
        mailchimp.extract()
    mailchimp.wait(hours=1)
    assert extract(mailchimp.run(LIST))["members"] == 1


def test_name_that_two_audiences_have_asks_for_the_id(mailchimp):
    mailchimp.sandbox.put_state(mailchimp=account(audience([]), audience([], list_id="bbbb000002")))
    with pytest.raises(ConfigError, match="aaaa000001, bbbb000002"):
        mailchimp.extract()


# --- the connection


def test_missing_connection_says_what_to_create(mailchimp, monkeypatch):
    monkeypatch.delenv("AIRFLOW_CONN_MAILCHIMP_DEFAULT")
    with pytest.raises(ConfigError, match="mailchimp_default"):
        mailchimp.extract()


def test_wrong_key_is_one_call_and_writes_nothing(mailchimp, monkeypatch):
    mailchimp.put(member("ann"))
    mailchimp.sandbox.reset_calls()
    connection = {"conn_type": "generic", "password": "0" * 32 + "-us1"}
    connection["extra"] = {"endpoint": mailchimp.sandbox.mailchimp}
    monkeypatch.setenv("AIRFLOW_CONN_MAILCHIMP_DEFAULT", json.dumps(connection))
    with pytest.raises(FatalError, match="mailchimp_default"):
        mailchimp.extract()
    assert sum(call["count"] for call in mailchimp.sandbox.calls("mailchimp")["calls"]) == 1
    assert mailchimp.members() == {}


def test_bad_answer_half_way_leaves_the_warehouse_as_it_was(mailchimp):
    mailchimp.put(member("ann"))
    mailchimp.extract()
    mailchimp.wait(hours=1)
    mailchimp.call("PATCH", f"/members/{key('ann')}", {"merge_fields": {"FNAME": "Anna"}})
    mailchimp.sandbox.faults("mailchimp", {"kind": "status", "status": 401, "path": MEMBERS_PATH, "first": 2})
    with pytest.raises(FatalError):
        mailchimp.extract()
    assert json.loads(mailchimp.members()[key("ann")]["merge_fields"])["FNAME"] == "Ann"
    mailchimp.sandbox.faults("mailchimp")
    mailchimp.wait(hours=1)
    mailchimp.extract()
    assert json.loads(mailchimp.members()[key("ann")]["merge_fields"])["FNAME"] == "Anna"
