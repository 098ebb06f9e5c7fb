"""The client against the sandbox account: what it reads and writes, and what it makes of bad answers."""

import logging
from datetime import UTC, datetime

import pytest

from include.errors import FatalError, PermanentError, TransientError
from include.mailchimp.batches import BatchOperation
from include.mailchimp.member_table import KEY_FIELDS, STATE_FIELDS
from include.sandbox.mailchimp.batch_results import PATH as RESULTS_PATH
from tests.integration.mailchimp_account import LIST, MEMBERS, PROMPT, account, audience, client_of, member


@pytest.fixture
def client(sandbox):
    found = client_of(sandbox)
    yield found
    found.close()


def fill(sandbox, *members, **more):
    sandbox.put_state(mailchimp=account(audience(members), **more))
    sandbox.reset_calls()


def crowd(count, **more):
    """Members whose last change is a second later each."""
    start = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    return [
        member(f"p{n:05}", last_changed=datetime.fromtimestamp(start + n, UTC).isoformat(), **more)
        for n in range(count)
    ]


def keys(tables):
    return [key for table in tables for key in table["email_key"].to_pylist()]


def read(client, fields=KEY_FIELDS, **more):
    return keys(client.members(LIST, fields=fields, **more))


def counted(sandbox, path, method="GET"):
    return sum(
        call["count"]
        for call in sandbox.calls("mailchimp")["calls"]
        if (call["method"], call["path"]) == (method, path)
    )


# --- reading


def test_members_of_a_small_audience_cost_one_call(sandbox, client):
    fill(sandbox, member("ann"), member("bob", "unsubscribed"))
    assert sorted(read(client)) == sorted([member("ann")["id"], member("bob")["id"]])
    assert client.calls == counted(sandbox, MEMBERS) == 1


def test_every_page_is_read_and_nobody_is_missing(sandbox, client):
    crowded = crowd(3200)
    fill(sandbox, *crowded)
    found = read(client, STATE_FIELDS)
    assert set(found) == {entry["id"] for entry in crowded}
    assert len(found) < 3200 + 1000 + 50  # the first page twice, and the overlaps


def test_pages_are_read_on_several_connections_but_no_more_than_told(sandbox, client):
    fill(sandbox, *crowd(5000))
    sandbox.control("mailchimp", "PUT", "latency", json={"seconds": 0.1})
    read(client)
    assert sandbox.calls("mailchimp")["peak_concurrency"] == 3


def test_archived_members_come_only_when_asked_for(sandbox, client):
    fill(sandbox, member("ann"), member("old", "archived"))
    assert read(client) == [member("ann")["id"]]
    assert read(client, status="archived") == [member("old")["id"]]
    assert (client.count_members(LIST), client.count_members(LIST, "archived")) == (1, 1)


def test_only_members_that_changed_after_an_instant(sandbox, client):
    fill(sandbox, member("ann", last_changed="2026-03-01T00:00:00+00:00"), member("bob"))
    assert read(client, since_last_changed=datetime(2026, 2, 15, tzinfo=UTC)) == [member("ann")["id"]]


def test_one_member_is_found_in_any_status_or_not_at_all(sandbox, client):
    fill(sandbox, member("old", "archived"))
    found = client.member(LIST, member("old")["id"], fields=KEY_FIELDS)
    assert found.to_pylist()[0]["status"] == "archived"
    assert client.member(LIST, "f" * 32, fields=KEY_FIELDS) is None


def test_schema_of_an_audience_is_read_beyond_the_vendors_default_page_of_ten(sandbox, client):
    entry = audience([member("ann", tags=[f"Tag {n}" for n in range(25)])])
    entry["merge_fields"] += [{"tag": f"M{n}", "name": f"Field {n}", "type": "text"} for n in range(20)]
    sandbox.put_state(mailchimp=account(entry))
    schema = client.audience_schema(LIST)
    assert (schema.list_id, schema.name, schema.member_count) == (LIST, "Newsletter", 1)
    assert len(schema.merge_fields) == 23
    assert schema.merge_fields["TIER"].choices == ("Gold", "Silver")
    assert set(schema.interests) == {"Interests / Product news", "Interests / Events"}
    assert len(schema.tags) == 25


def test_segment_shows_members_of_every_status_but_archived(sandbox, client):
    people = [
        member(s, s, tags=["VIP"]) for s in ("subscribed", "unsubscribed", "cleaned", "transactional", "archived")
    ]
    fill(sandbox, *people)
    (tag,) = client.tags(LIST)
    assert client.segment_members(LIST, tag.segment_id) == {entry["id"] for entry in people[:-1]}
    assert tag.member_count == 4


def test_server_time_is_the_vendors_clock(sandbox, client):
    sandbox.set_clock("2031-05-06T07:08:09+00:00", frozen=True)
    assert client.server_time() == datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


def test_root_tells_the_role_and_no_personal_data(sandbox, client):
    fill(sandbox)
    root = client.root()
    assert root["role"]
    assert not {"email", "first_name", "last_name"} & set(root)


# --- writing


def test_g01_adding_a_known_member_changes_nothing_and_is_reported(sandbox, client):
    fill(sandbox, member("ann", "unsubscribed"))
    new = [
        {"email_address": f"{name}@x.example", "status": "subscribed", "merge_fields": {"FNAME": "New"}}
        for name in ("ann", "bob")
    ]
    answer = client.add_members(LIST, new)
    assert [entry["email_address"] for entry in answer["new_members"]] == ["bob@x.example"]
    assert [error["error_code"] for error in answer["errors"]] == ["ERROR_CONTACT_EXISTS"]
    members = {entry["email_address"]: entry for entry in sandbox.state("mailchimp")["lists"][0]["members"]}
    assert members["ann@x.example"]["status"] == "unsubscribed"
    assert members["ann@x.example"]["merge_fields"]["FNAME"] == "Ann"


def test_g01_update_with_a_status_is_refused_before_any_call(sandbox, client):
    with pytest.raises(ValueError, match="status"):
        client.update_member(LIST, member("ann")["id"], {"status": "subscribed"})
    assert client.calls == 0


def test_update_changes_merge_fields_and_groups(sandbox, client):
    fill(sandbox, member("ann"))
    key = member("ann")["id"]
    client.update_member(LIST, key, {"merge_fields": {"FNAME": "Anna"}, "interests": {"news000001": True}})
    (row,) = client.member(LIST, key, fields=STATE_FIELDS).to_pylist()
    assert row["groups"] == ["news000001"]
    assert '"FNAME":"Anna"' in row["merge_fields"]


def test_refused_update_names_the_field_and_not_the_person(sandbox, client):
    fill(sandbox, member("ann"))
    with pytest.raises(PermanentError) as refused:
        client.update_member(LIST, member("ann")["id"], {"merge_fields": {"TIER": "Platinum"}})
    assert refused.value.code == "Invalid Resource"
    assert "TIER" in str(refused.value)
    assert "x.example" not in str(refused.value)
    assert client.calls == 1


def test_tag_is_created_and_given(sandbox, client):
    fill(sandbox, member("ann"))
    segment_id = client.create_segment(LIST, "VIP")
    answer = client.add_to_segment(LIST, segment_id, ["ann@x.example", "nobody@x.example"])
    assert [entry["id"] for entry in answer["members_added"]] == [member("ann")["id"]]
    assert client.segment_members(LIST, segment_id) == {member("ann")["id"]}


@pytest.mark.parametrize("call", ["add_members", "add_to_segment"])
def test_more_than_500_in_one_call_is_a_programming_error(client, call):
    arguments = {"add_members": (LIST, [{}] * 501), "add_to_segment": (LIST, 1, ["x"] * 501)}[call]
    with pytest.raises(ValueError, match="500"):
        getattr(client, call)(*arguments)


# --- batches


def patches(*names, field="FNAME"):
    return [
        BatchOperation(
            "PATCH", f"/lists/{LIST}/members/{member(name)['id']}", f'{{"merge_fields": {{"{field}": "Batch"}}}}', name
        )
        for name in names
    ]


def test_batch_tells_what_became_of_each_operation(sandbox, client):
    fill(sandbox, member("ann"), member("bob"))
    operations = [*patches("ann", "nobody"), *patches("bob", field="TIER")]
    results = {result.operation_id: result for result in client.run_batch(operations)}
    assert results["ann"].error is None
    assert (results["nobody"].status, results["nobody"].code) == (404, "Resource Not Found")
    assert (results["bob"].status, results["bob"].fields) == (400, ("TIER",))
    (row,) = client.member(LIST, member("ann")["id"], fields=("merge_fields",)).to_pylist()
    assert '"FNAME":"Batch"' in row["merge_fields"]


def test_batch_can_be_taken_up_again_by_its_id(sandbox, client):
    fill(sandbox, member("ann"))
    batch_id = client.start_batch(patches("ann"))
    other = client_of(sandbox)
    assert [result.operation_id for result in other.batch_results(batch_id)] == ["ann"]
    assert [result.operation_id for result in client.batch_results(batch_id)] == ["ann"]


def test_batch_result_that_cannot_be_fetched_is_fetched_from_a_new_url(sandbox, client):
    fill(sandbox, member("ann"))
    batch_id = client.start_batch(patches("ann"))
    sandbox.faults(
        "mailchimp",
        {"kind": "status", "path": RESULTS_PATH, "status": 403, "times": 1},
        {"kind": "truncate", "path": RESULTS_PATH, "first": 2, "times": 1},
    )
    sandbox.reset_calls()
    assert [result.operation_id for result in client.batch_results(batch_id)] == ["ann"]
    assert counted(sandbox, RESULTS_PATH) == 3


def test_batch_results_that_are_gone_are_an_error_that_ends(sandbox, client):
    fill(sandbox, member("ann"))
    batch_id = client.start_batch(patches("ann"))
    list(client.batch_results(batch_id))
    sandbox.switches("mailchimp", batch_results_gone=True)
    with pytest.raises((TransientError, PermanentError)):
        list(client.batch_results(batch_id))


# --- bad answers

PASSING = [
    pytest.param({"kind": "status", "status": 429}, id="429 without a body"),
    pytest.param({"kind": "status", "status": 500}, id="500 without a body"),
    pytest.param({"kind": "status", "status": 403}, id="403 without a body"),
    pytest.param({"kind": "html_502"}, id="502 with a page"),
    pytest.param({"kind": "reset", "when": "before"}, id="reset before"),
    pytest.param({"kind": "reset", "when": "after"}, id="reset after"),
    pytest.param({"kind": "truncate"}, id="cut off"),
    pytest.param({"kind": "truncate", "length": "matching"}, id="cut off with a matching length"),
    pytest.param({"kind": "truncate", "keep": 0.0, "length": "matching"}, id="empty"),
    pytest.param({"kind": "malformed"}, id="no JSON"),
    pytest.param({"kind": "content_type"}, id="wrong content type"),
]


@pytest.mark.parametrize("fault", PASSING)
def test_bad_answer_that_passes_is_asked_for_again(sandbox, client, fault):
    fill(sandbox, member("ann"))
    sandbox.faults("mailchimp", fault | {"path": MEMBERS, "times": 2})
    assert read(client) == [member("ann")["id"]]
    assert client.calls == 3


@pytest.mark.parametrize("fault", PASSING)
def test_bad_answer_that_stays_is_a_transient_error_after_bounded_attempts(sandbox, client, fault):
    fill(sandbox, member("ann"))
    sandbox.faults("mailchimp", fault | {"path": MEMBERS})
    with pytest.raises(TransientError) as failed:
        read(client)
    assert client.calls == PROMPT.attempts
    assert "x.example" not in str(failed.value)


@pytest.mark.parametrize("fault", PASSING[:2] + PASSING[5:6])
def test_library_calls_meet_bad_answers_the_same_way(sandbox, client, fault):
    """The vendor's library returns an error answer with an empty body as if it were a result."""
    fill(sandbox, member("ann"))
    sandbox.faults("mailchimp", fault | {"method": "PATCH", "times": 1})
    client.update_member(LIST, member("ann")["id"], {"merge_fields": {"FNAME": "Anna"}})
    assert client.calls == 2


def test_lost_answer_after_adding_is_reported_as_already_there(sandbox, client):
    fill(sandbox)
    sandbox.faults("mailchimp", {"kind": "reset", "when": "after", "method": "POST", "times": 1})
    answer = client.add_members(LIST, [{"email_address": "ann@x.example", "status": "subscribed"}])
    assert [error["error_code"] for error in answer["errors"]] == ["ERROR_CONTACT_EXISTS"]
    assert len(sandbox.state("mailchimp")["lists"][0]["members"]) == 1


def test_wrong_key_is_one_call_and_one_clear_error(sandbox):
    fill(sandbox, member("ann"))
    key = f"{'0' * 32}-us1"
    client = client_of(sandbox, api_key=key)
    with pytest.raises(FatalError, match="mc_test") as refused:
        client.root()
    assert client.calls == 1
    assert key not in str(refused.value)


def test_pages_shrink_when_the_vendor_is_too_slow_for_them(sandbox, client):
    """A page of 1,000 can end in 504: VingtCinq/python-mailchimp PR #207."""
    crowded = crowd(2500)
    fill(sandbox, *crowded)
    sandbox.faults("mailchimp", {"kind": "status", "status": 504, "path": MEMBERS, "times": 2})
    assert set(read(client)) == {entry["id"] for entry in crowded}


def test_page_that_is_too_slow_however_small_is_an_error(sandbox, client):
    fill(sandbox, *crowd(10))
    sandbox.faults("mailchimp", {"kind": "status", "status": 504, "path": MEMBERS})
    with pytest.raises(TransientError) as failed:
        read(client)
    assert failed.value.code == "504"
    assert client.calls < 4 + PROMPT.attempts


def test_named_waiting_time_beyond_the_cap_is_left_to_the_caller(sandbox, client):
    sandbox.faults("mailchimp", {"kind": "status", "status": 429, "headers": {"Retry-After": "3600"}})
    with pytest.raises(TransientError) as limited:
        client.server_time()
    assert limited.value.retry_after == 3600
    assert client.calls == 1


def test_more_connections_than_the_vendor_allows_get_through_in_the_end(sandbox):
    crowded = crowd(4000)
    fill(sandbox, *crowded)
    sandbox.switches("mailchimp", max_connections=2, over_limit_answer="bodyless_429")
    client = client_of(sandbox, connections=4)
    assert set(read(client)) == {entry["id"] for entry in crowded}


def test_g09_retries_are_logged_without_addresses_or_the_key(sandbox, client, caplog):
    fill(sandbox)
    sandbox.faults("mailchimp", {"kind": "status", "status": 500, "method": "POST", "times": 1})
    with caplog.at_level(logging.DEBUG):
        client.add_members(LIST, [{"email_address": "ann@x.example", "status": "subscribed"}])
    assert "answered 500" in caplog.text
    assert "x.example" not in caplog.text
    assert "us1" not in caplog.text


# --- reports

CAMPAIGN = {
    "id": "camp000001",
    "type": "regular",
    "status": "sent",
    "send_time": "2026-11-01T08:00:00+00:00",
    "recipients": {"list_id": LIST},
    "settings": {"title": "November"},
    "emails_sent": 2,
}


def event(name, action, timestamp, **more):
    return {
        "campaign_id": CAMPAIGN["id"],
        "list_id": LIST,
        "email_id": member(name)["id"],
        "action": action,
        "timestamp": timestamp,
        "url": "",
    } | more


@pytest.fixture
def reported(sandbox):
    events = [
        event("ann", "sent", "2026-11-01T08:00:00+00:00"),
        event("bob", "sent", "2026-11-01T08:00:00+00:00"),
        event("ann", "open", "2026-11-01T09:00:00+00:00"),
        event("ann", "click", "2026-11-02T09:00:00+00:00", url="https://shop.example/a"),
        event("bob", "bounce", "2026-11-01T08:01:00+00:00", type="hard"),
        event("ann", "unsubscribe", "2026-11-03T09:00:00+00:00"),
    ]
    fill(sandbox, member("ann"), member("bob"), campaigns=[CAMPAIGN], events=events)


def test_campaigns_are_those_sent_after_an_instant(reported, client):
    ((row,),) = [table.to_pylist() for table in client.campaigns(LIST)]
    assert (row["campaign_id"], row["title"], row["list_id"]) == ("camp000001", "November", LIST)
    assert row["counted"] == 2  # an open and a click
    assert row["send_time"] == datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert sum(t.num_rows for t in client.campaigns(LIST, datetime(2026, 11, 2, tzinfo=UTC))) == 0


def test_activity_is_opens_clicks_and_bounces_without_addresses(reported, client):
    rows = [row for table in client.email_activity("camp000001") for row in table.to_pylist()]
    found = {(row["email_key"], row["type"], row["at"].hour, row["url"], row["bounce"]) for row in rows}
    assert found == {
        (member("ann")["id"], "open", 9, None, None),
        (member("ann")["id"], "click", 9, "https://shop.example/a", None),
        (member("bob")["id"], "bounce", 8, None, "hard"),
    }


def test_activity_since_an_instant_leaves_older_events_out(reported, client):
    rows = [
        row for t in client.email_activity("camp000001", datetime(2026, 11, 2, tzinfo=UTC)) for row in t.to_pylist()
    ]
    assert [row["type"] for row in rows] == ["click"]


def test_recipients_and_unsubscribes(reported, client):
    sent = {row["email_key"]: row["status"] for t in client.sent_to("camp000001") for row in t.to_pylist()}
    assert sent == {member("ann")["id"]: "sent", member("bob")["id"]: "hard"}
    (left,) = [row for t in client.unsubscribed("camp000001") for row in t.to_pylist()]
    assert left == {"email_key": member("ann")["id"], "at": datetime(2026, 11, 3, 9, tzinfo=UTC)}
