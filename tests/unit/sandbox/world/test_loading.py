"""Both servers take the world in and give it out again unchanged."""

import json

import pytest

from include.sandbox.mailchimp.store import AccountStore
from include.sandbox.salesforce.store import OrgStore
from include.sandbox.world import build
from tests.unit.sandbox.world.worlds import NOW, read_world

NOT_SHOWN = {"list_id"}  # what the account knows from where the record stands


@pytest.fixture(scope="module")
def org():
    world = build(1, NOW, 200)
    store = OrgStore()
    store.load(world.salesforce)
    store.plant(world.planted)
    yield store
    store.close()


@pytest.fixture(scope="module")
def account():
    world = build(1, NOW, 200)
    store = AccountStore(None)
    store.load(world.mailchimp, world.planted)
    yield store
    store.close()


def in_utc(record: dict) -> dict:
    """The org gives times out in the form of its bulk answers or of its REST answers."""
    return {key: value.replace("+0000", "Z") if isinstance(value, str) else value for key, value in record.items()}


def test_the_org_holds_every_record(org):
    exported = json.loads(b"".join(org.export()))
    for name, records in read_world(200).salesforce.items():
        stored = {record["Id"]: record for record in exported[name]}
        assert len(stored) == len(records)
        for record in records:
            known = {key: stored[record["Id"]][key] for key in record}
            assert in_utc(known) == in_utc(record)


def test_the_account_holds_every_member(account):
    exported = {each["name"]: each for each in json.loads(b"".join(account.export()))["lists"]}
    for name, expected in read_world(200).lists.items():
        stored = {member["id"]: member for member in exported[name]["members"]}
        assert len(stored) == len(expected["members"])
        for member in expected["members"]:
            found = {key: stored[member["id"]].get(key) for key in member.keys() - NOT_SHOWN}
            found["_unsubscribed_by"] = found["_unsubscribed_by"] or None
            found["interests"] = found["interests"] or {}
            assert found == {key: member[key] for key in found}


def test_the_account_holds_every_campaign_event_and_forgotten_address(account):
    exported = json.loads(b"".join(account.export()))
    world = read_world(200)
    assert [campaign["id"] for campaign in exported["campaigns"]] == [campaign["id"] for campaign in world.campaigns]
    events = [
        {key: event[key] for key in of_world} for event, of_world in zip(exported["events"], world.events, strict=True)
    ]
    assert events == world.events
    for each in exported["lists"]:
        assert each["forgotten"] == sorted(world.lists[each["name"]]["forgotten"])


def test_both_tell_what_was_planted(org, account):
    assert org.planted() == account.planted() == read_world(200).planted
