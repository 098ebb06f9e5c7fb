"""Opt-outs both ways, archived members, held e-mails (X01): the stricter wins, nothing is taken back (G01)."""

from __future__ import annotations

from typing import Any

import pytest

from include.keys import email_key
from tests.unit.transform import worlds
from tests.unit.transform.worlds import audience, plan

TWO_WAY: dict[str, Any] = {"policy": "two_way"}
WHO = "ada@x.example"


class World(worlds.World):
    """People without names, so that only e-mails and opt-outs play a part."""

    def person(self, email: str | None, kind: str = "Contact", **columns: Any) -> str:
        return super().person(email, kind, **{"FirstName": None, "LastName": None} | columns)


def planned(world: World, **settings: Any) -> list[tuple[str, str | None]]:
    """Kind and person (or member) of every operation, with queries that select nobody."""
    outcome = plan(world, audience(**TWO_WAY | {"queries": []} | settings))
    return [(row["kind"], row["person_id"]) for row in outcome.operations]


@pytest.mark.parametrize("status", ["subscribed", "pending"])
def test_x01_a_person_who_opts_out_is_unsubscribed(status: str) -> None:
    world = World()
    person = world.person(WHO, opted_out=True)
    key = world.member(WHO, status, merge_fields={})
    outcome = plan(world, audience(**TWO_WAY))
    (unsubscribe,) = outcome.of("unsubscribe_member")
    assert (unsubscribe["email_key"], unsubscribe["person_id"]) == (key, person)
    assert unsubscribe["after"] == {"status": "unsubscribed"}
    assert unsubscribe["precondition"] == {"contact_id": f"contact-{WHO}", "status": ["subscribed", "pending"]}
    assert outcome.reason(key) == outcome.reason(person) == "unsubscribed"


@pytest.mark.parametrize("status", ["transactional", "unsubscribed", "cleaned", "archived", "forgotten"])
def test_g01_who_is_not_mailed_is_not_unsubscribed_again(status: str) -> None:
    world = World()
    world.person(WHO, opted_out=True)
    world.member(WHO, status)
    assert planned(world) == []


def test_x01_an_opt_out_of_anybody_with_the_email_counts() -> None:
    world = World()
    survivor = world.person(WHO)
    world.person(WHO, "Lead", opted_out=True)
    world.member(WHO)
    found = sorted(planned(world))  # and who has the unsubscribed e-mail is opted out, in the same run
    assert found == [("opt_out_person", survivor), ("unsubscribe_member", survivor)]


def test_x01_an_opt_out_reaches_a_former_email_that_nobody_has() -> None:
    world = World()
    person = world.person("new@x.example", opted_out=True)
    world.former_email(person, WHO)
    world.member(WHO)
    assert [kind for kind, _ in planned(world)] == ["unsubscribe_member"]
    world.person(WHO)  # the e-mail is somebody else's by now
    assert planned(world) == []


def test_x01_an_opt_out_reaches_the_former_email_of_who_has_none_now() -> None:
    world = World()
    person = world.person(None, opted_out=True)
    world.former_email(person, WHO)
    world.member(WHO)
    assert [kind for kind, _ in planned(world)] == ["unsubscribe_member"]


def test_x01_the_member_of_who_has_no_email_now_is_not_archived() -> None:
    """Somebody with the same e-mail was deleted; another who had it is still there."""
    world = World()
    world.person(WHO, is_deleted=True)
    world.member(WHO)
    assert [kind for kind, _ in planned(world, missing_people="archive")] == ["archive_member"]
    world.former_email(world.person(None), WHO)
    assert planned(world, missing_people="archive") == []


def test_x01_an_opt_out_reaches_the_email_of_a_merged_record() -> None:
    world = World()
    winner = world.person("new@x.example", opted_out=True)
    world.person(WHO, is_deleted=True, master_record_id=winner)
    world.member(WHO)
    assert planned(world) == [("unsubscribe_member", winner)]


def test_x01_an_unsubscribe_opts_out_every_person_with_the_email() -> None:
    world = World()
    contact, lead = world.person(WHO), world.person(WHO, "Lead")
    flagged = world.person(WHO, opted_out=True)
    world.person("other@x.example")
    world.member(WHO, "unsubscribed")
    outcome = plan(world, audience(**TWO_WAY))
    written = {row["person_id"]: row["after"] for row in outcome.of("opt_out_person")}
    assert written == {
        contact: {"Id": contact, "attributes": {"type": "Contact"}, "HasOptedOutOfEmail": True},
        lead: {"Id": lead, "attributes": {"type": "Lead"}, "HasOptedOutOfEmail": True},
    }
    assert [outcome.reason(key) for key in (contact, lead, flagged)] == [
        "opted_out_by_member", "opted_out_by_member", "shared_email"
    ]  # fmt: skip
    assert len({row["op_id"] for row in outcome.operations}) == len(outcome.operations)


def test_x01_with_all_the_last_audience_decides() -> None:
    world = World(elsewhere=[WHO])
    person = world.person(WHO)
    world.member(WHO, "unsubscribed")
    assert planned(world) == []
    assert planned(world, unsubscribe_sets_opt_out="any") == [("opt_out_person", person)]
    world.elsewhere.clear()
    assert planned(world) == [("opt_out_person", person)]


def test_x01_a_checkbox_of_the_audience_takes_the_place_of_email_opt_out() -> None:
    settings = {"unsubscribe_sets_opt_out": {"contact": "Agreed__c"}, "queries": []}
    world = World()
    contact = world.person(WHO, Agreed__c="false")
    world.person(WHO, "Lead")
    world.member(WHO, "unsubscribed")
    (row,) = plan(world, audience(**TWO_WAY | settings)).operations
    assert row["after"] == {"Id": contact, "attributes": {"type": "Contact"}, "Agreed__c": True}
    world.people[0]["Agreed__c"] = "true"
    assert planned(world, **settings) == []
    world.members[0]["status"] = "subscribed"
    assert planned(world, **settings) == [("unsubscribe_member", contact)]


@pytest.mark.parametrize(
    ("opt_out", "kinds"),
    [
        ("off", []), ("to_mailchimp", ["unsubscribe_member"]), ("to_salesforce", ["opt_out_person"]),
        ("both", ["opt_out_person", "unsubscribe_member"]),
    ],
)  # fmt: skip
def test_x01_each_direction_is_a_switch_of_its_own(opt_out: str, kinds: list[str]) -> None:
    world = World()
    world.person(WHO, opted_out=True)
    world.member(WHO)
    world.person("bob@x.example")
    world.member("bob@x.example", "unsubscribed")
    assert sorted(kind for kind, _ in planned(world, opt_out=opt_out)) == kinds


@pytest.mark.parametrize("settings", [{"data_sync": False}, {"shared_emails": "hold"}])
def test_x01_neither_quarantine_nor_settings_for_data_hold_an_opt_out_back(settings: dict[str, Any]) -> None:
    world = World()
    person = world.person(WHO, opted_out=True)
    world.person(WHO)
    key = world.member(WHO)
    world.finding(person, "name", "add", "update")
    world.finding(key, "contact_id", "update", side="mailchimp")
    assert sorted(kind for kind, _ in planned(world, **settings)) == ["opt_out_person", "unsubscribe_member"]


def test_x01_a_run_for_one_query_leaves_opt_outs_to_the_next_whole_one() -> None:
    world = World()
    world.person(WHO, opted_out=True)
    world.member(WHO)
    assert plan(world, audience(**TWO_WAY), only_query="everyone").operations == []


@pytest.mark.parametrize(("status", "kinds"), [
    ("subscribed", ["archive_member"]), ("unsubscribed", ["archive_member"]), ("transactional", ["archive_member"]),
    ("pending", []), ("cleaned", []), ("archived", []), ("forgotten", []),
])  # fmt: skip
def test_x01_members_of_people_who_are_gone_are_archived_where_set(status: str, kinds: list[str]) -> None:
    world = World()
    world.person(WHO, is_deleted=True)
    key = world.member(WHO, status)
    assert planned(world) == []
    outcome = plan(world, audience(**TWO_WAY, missing_people="archive"))
    assert [row["kind"] for row in outcome.operations] == kinds
    if kinds:
        assert outcome.reason(key) == "archived_with_person"


def test_x01_a_member_whose_person_is_somewhere_is_not_archived() -> None:
    world = World()
    winner = world.person("winner@x.example")
    world.person("loser@x.example", is_deleted=True, master_record_id=winner)
    renamed = world.person("new@x.example")
    world.former_email(renamed, WHO)
    world.person(WHO, is_deleted=True)
    for email in ("loser@x.example", WHO, "stranger@x.example"):
        world.member(email)
    outcome = plan(world, audience(**TWO_WAY, missing_people="archive"))
    assert outcome.of("archive_member") == []
    world.person("gone@x.example", is_deleted=True)
    world.member("gone@x.example")
    assert [kind for kind, _ in planned(world, missing_people="archive", data_sync=False)] == []


def test_detail_2_a_shared_email_is_held_and_listed_where_the_audience_says_so() -> None:
    world = World()
    ids = [world.person(WHO, FirstName="Ada", LastName="Lee"), world.person(WHO)]
    alone = world.person("bob@x.example")
    outcome = plan(world, audience(shared_emails="hold"))
    assert [row["person_id"] for row in outcome.of("add_member")] == [alone]
    assert [(outcome.state(one), outcome.reason(one)) for one in ids] == [("on_hold", "shared_email_held")] * 2
    key = world.member(WHO, merge_fields={"FNAME": "Other"})
    outcome = plan(world, audience(shared_emails="hold"))
    assert outcome.of("update_member") == []
    assert outcome.reason(key) == "shared_email_held"
    assert email_key(WHO) == key


def test_detail_9_who_shares_a_held_email_goes_on_as_the_heir_of_another() -> None:
    """The member's own e-mail is nobody's any more: nothing is undecided about it."""
    world = worlds.World()
    heir = world.person("shared@x.example", FirstName="Ada", LastName="Lee")
    world.person("shared@x.example", FirstName="Bob", LastName="Lee")
    world.person(WHO, is_deleted=True, master_record_id=heir, FirstName="Old", LastName="Lee")
    key = world.member(WHO, merge_fields={"FNAME": "Old", "LNAME": "Lee"})
    outcome = plan(world, audience(shared_emails="hold"))
    assert (outcome.reason(key), outcome.reason(heir)) == ("updated", "shared_email_held")
