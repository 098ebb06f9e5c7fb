"""Campaigns and what happened to their recipients."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from tests.unit.sandbox.world.worlds import NOW, read_world

SIZES = pytest.mark.parametrize("people", [200, 1000])


def at(record: dict, key: str = "timestamp") -> datetime:
    return datetime.fromisoformat(record[key])


@SIZES
def test_two_months_of_weekly_campaigns_per_audience(people):
    world = read_world(people)
    times = defaultdict(list)
    for campaign in world.campaigns:
        times[campaign["recipients"]["list_id"]].append(at(campaign, "send_time"))
    assert set(times) == {each["id"] for each in world.lists.values()}
    for of_list in times.values():
        assert {later - earlier for earlier, later in pairwise(of_list)} == {timedelta(days=7)}
        assert NOW - timedelta(days=64) < of_list[0] < NOW - timedelta(days=56)
        assert NOW - timedelta(days=8) < of_list[-1] < NOW


@SIZES
def test_events_are_in_order_and_before_now(people):
    times = [event["timestamp"] for event in read_world(people).events]
    assert times == sorted(times)
    assert all(time.endswith("+00:00") for time in times)
    assert at({"timestamp": times[-1]}) < NOW


@SIZES
def test_something_happened_on_the_last_whole_day(people):
    yesterday = (NOW - timedelta(days=1)).date()
    assert {event["action"] for event in read_world(people).events if at(event).date() == yesterday} >= {"open"}


@SIZES
def test_every_kind_of_event_is_there(people):
    events = read_world(people).events
    assert {event["action"] for event in events} == {"sent", "open", "click", "bounce", "unsubscribe"}
    assert {event["type"] for event in events if event["action"] == "bounce"} == {"hard", "soft"}
    assert all(("url" in event) == (event["action"] == "click") for event in events)


@SIZES
def test_emails_sent_are_the_sent_events(people):
    world = read_world(people)
    sent = Counter(event["campaign_id"] for event in world.events if event["action"] == "sent")
    assert {campaign["id"]: campaign["emails_sent"] for campaign in world.campaigns} == sent


@SIZES
def test_nothing_happens_before_the_campaign_was_sent(people):
    world = read_world(people)
    sent = {campaign["id"]: at(campaign, "send_time") for campaign in world.campaigns}
    assert all(at(event) >= sent[event["campaign_id"]] for event in world.events)


@SIZES
def test_recipients_were_members_then(people):
    world = read_world(people)
    members = {each["id"]: {member["id"]: member for member in each["members"]} for each in world.lists.values()}
    for event in world.events:
        member = members[event["list_id"]][event["email_id"]]
        assert member["status"] in {"subscribed", "unsubscribed", "cleaned", "archived"}
        assert at(member, "timestamp_opt") < at(event)
        if member["status"] != "subscribed":
            assert at(event) <= at(member, "last_changed")


@SIZES
def test_members_who_left_have_the_event_that_tells_why(people):
    world = read_world(people)
    ends = {(e["list_id"], e["email_id"], e["action"], e.get("type"), e["timestamp"]) for e in world.events}
    for audience in world.lists.values():
        for member in audience["members"]:
            where = (audience["id"], member["id"])
            if member["status"] == "cleaned":
                assert (*where, "bounce", "hard", member["last_changed"]) in ends
            elif member["status"] == "unsubscribed":
                told = (*where, "unsubscribe", None, member["last_changed"]) in ends
                assert told == (member["_unsubscribed_by"] == "member")


@SIZES
def test_r11_some_members_have_more_than_fifty_events(people):
    newsletter = read_world(people).lists["Newsletter"]["id"]
    counts = Counter(event["email_id"] for event in read_world(people).events if event["list_id"] == newsletter)
    assert sum(count > 50 for count in counts.values()) == people // 200
    assert 8 < sum(counts.values()) / len(counts) < 25


@SIZES
def test_no_event_is_there_twice(people):
    keys = Counter(tuple(sorted(event.items())) for event in read_world(people).events)
    assert max(keys.values()) == 1
