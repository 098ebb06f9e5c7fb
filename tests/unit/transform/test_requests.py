"""R22: what a user asks for on a mirror row, in plans: carried out or answered with the reason, and cleared."""

from __future__ import annotations

from typing import Any

import pytest

from include.keys import email_key
from tests.unit.transform.worlds import LIST, Outcome, World, audience, plan

NOBODY_SELECTED: dict[str, Any] = {"queries": []}
TWO_WAY = {"policy": "two_way", "unsubscribe_sets_opt_out": "any"}


def answer(outcome: Outcome, row_id: str) -> str:
    """The text of the answer, without its day."""
    return str(operation(outcome, row_id)["after"]["Request_Result__c"]).removeprefix("2026-11-22: ")


def operation(outcome: Outcome, row_id: str) -> dict[str, Any]:
    (found,) = (one for one in outcome.of("answer_request") if one["precondition"]["row"] == row_id)
    return found


def a_person(world: World, email: str | None = "a@x.example", **columns: Any) -> str:
    """A contact whose names are blank."""
    return world.person(email, **{"FirstName": None, "LastName": None} | columns)


def kinds(outcome: Outcome) -> list[str]:
    """What else is planned."""
    return sorted(one["kind"] for one in outcome.operations if one["kind"] != "answer_request")


@pytest.mark.parametrize("policy", [{}, TWO_WAY, {"data_sync": False}])
@pytest.mark.parametrize("status", ["subscribed", "pending", "transactional"])
def test_r22_an_unsubscribe_is_always_carried_out(status: str, policy: dict[str, Any]) -> None:
    """Also of somebody whose record validation holds back."""
    world = World()
    person = a_person(world)
    key = world.member("a@x.example", status)
    world.finding(person, "age", "add", "update", "create_lead")
    row = world.request("unsubscribed", member="a@x.example")
    outcome = plan(world, audience(**policy))
    (made,) = outcome.of("unsubscribe_member")
    assert (made["behaviour"], made["after"]) == ("R22", {"status": "unsubscribed"})
    assert status in made["precondition"]["status"]
    assert operation(outcome, row)["precondition"]["parts"] == [{"op": made["op_id"], "text": "Unsubscribed."}]
    assert outcome.reason(key) == "unsubscribed"
    assert len(outcome.of("opt_out_person")) == (policy is TWO_WAY)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("unsubscribed", "Already unsubscribed."),
        ("cleaned", "Nothing to unsubscribe: the member is cleaned and gets no marketing mail."),
        ("archived", "Nothing to unsubscribe: the member is archived and gets no marketing mail."),
        ("forgotten", "Nothing to unsubscribe: the member is forgotten and gets no marketing mail."),
    ],
)
def test_r22_who_gets_no_mail_is_answered_and_left_alone(status: str, said: str) -> None:
    world = World()
    world.member("a@x.example", status)
    row = world.request("unsubscribed", member="a@x.example")
    outcome = plan(world, audience(**NOBODY_SELECTED))
    assert (kinds(outcome), answer(outcome, row), operation(outcome, row)["note"]) == ([], said, "request_done")


def test_r22_an_answer_clears_the_request_and_names_what_was_asked() -> None:
    world = World()
    world.member("a@x.example", groups=["i-news"])
    row = world.request("subscribed", "Topics / News", member="a@x.example")
    found = operation(plan(world, audience(**NOBODY_SELECTED)), row)
    assert found["after"] == {
        "Request_Result__c": "2026-11-22: Already subscribed. Already there: Topics / News.",
        "Requested_Groups__c": None,
        "Requested_Status__c": None,
    }
    asked = {"Requested_Groups__c": "Topics / News", "Requested_Status__c": "subscribed"}
    assert found["precondition"]["asked"] == found["before"] == asked
    assert found["behaviour"] == "R22"


@pytest.mark.parametrize("status", ["unsubscribed", "pending", "transactional", "cleaned", "archived", "forgotten"])
def test_g01_no_request_raises_the_status_of_a_member(status: str) -> None:
    world = World()
    person = a_person(world)
    world.member("a@x.example", status)
    rows = [world.request("subscribed", member="a@x.example"), world.request("subscribed", person=person)]
    outcome = plan(world, audience(**NOBODY_SELECTED, data_sync=False))
    assert kinds(outcome) == []
    for row in rows:
        assert answer(outcome, row).startswith("Not subscribed: ")
        assert operation(outcome, row)["note"] == "request_refused_consent"


@pytest.mark.parametrize("status", ["subscribed", "pending"])
def test_r22_a_subscribe_adds_a_person_whom_no_query_selects(status: str) -> None:
    """With the configured status; the user's row becomes the member's."""
    world = World()
    person = a_person(world)
    row = world.request("subscribed", "topics/news", "Pace / Daily", person=person)
    outcome = plan(world, audience(**NOBODY_SELECTED, new_members={"status": status}))
    (added,) = outcome.of("add_member")
    assert (added["behaviour"], added["after"]["status"]) == ("R22", status)
    assert added["after"]["interests"] == {"i-daily": True, "i-news": True}
    found = operation(outcome, row)
    assert found["after"]["Key__c"] == f"{LIST}:{email_key('a@x.example')}"
    assert {part["op"] for part in found["precondition"]["parts"]} == {added["op_id"]}
    assert answer(outcome, row).startswith(f"Added as {status}")
    assert outcome.reason(person) == "added"


@pytest.mark.parametrize(
    ("columns", "settings", "said", "note"),
    [
        ({"opted_out": True}, {}, "Not added: a person with this e-mail has opted out in Salesforce.", "consent"),
        ({}, {"consent": {"contact": "Agreed__c"}}, "Not added: the consent field does not say yes.", "consent"),
    ],
)
def test_g01_a_subscribe_meets_all_that_keeps_a_new_member_out(
    columns: dict[str, Any], settings: dict[str, Any], said: str, note: str
) -> None:
    world = World()
    person = a_person(world, Agreed__c="false", **columns)
    row = world.request("subscribed", person=person)
    outcome = plan(world, audience(**NOBODY_SELECTED, **settings))
    assert (kinds(outcome), answer(outcome, row)) == ([], said)
    assert operation(outcome, row)["note"] == f"request_refused_{note}"
    assert "Key__c" not in operation(outcome, row)["after"]


def test_r22_an_invalid_email_is_the_answer() -> None:
    world = World()
    person = a_person(world)
    world.finding(person, "invalid_email", "add")
    row = world.request("subscribed", person=person)
    outcome = plan(world, audience(**NOBODY_SELECTED))
    assert answer(outcome, row) == "Not added: the e-mail is not valid and is not added."
    assert operation(outcome, row)["note"] == "request_refused_record"


@pytest.mark.parametrize("asking", ["row", "person"])
def test_g01_who_unsubscribes_by_a_request_is_not_added_under_another_email_in_the_same_run(asking: str) -> None:
    world = World()
    person = a_person(world, "new@x.example")
    world.former_email(person, "old@x.example")
    world.member("old@x.example")
    asked = {"member": "old@x.example"} if asking == "row" else {"person": person}
    row = world.request("unsubscribed", **asked)
    outcome = plan(world, audience(**TWO_WAY))
    assert [one["email_key"] for one in outcome.of("unsubscribe_member")] == [email_key("old@x.example")]
    assert not outcome.of("add_member") + outcome.of("move_member")
    assert answer(outcome, row) == "Unsubscribed."


def test_r22_of_contradicting_requests_the_stricter_wins() -> None:
    world = World()
    person = a_person(world)
    both = [world.request("subscribed", person=person), world.request("unsubscribed", person=person)]
    outcome = plan(world, audience(**NOBODY_SELECTED))
    assert kinds(outcome) == []
    assert [answer(outcome, row) for row in both] == [
        "Not added: another request asks to unsubscribe.",
        "Nothing to unsubscribe: the person is no member. Email Opt Out keeps it so.",
    ]


def test_r22_an_unsubscribe_of_somebody_who_is_being_added_waits_for_the_member() -> None:
    world = World()
    person = a_person(world)
    world.request("unsubscribed", person=person)
    outcome = plan(world)
    assert kinds(outcome) == ["add_member"]
    assert outcome.of("answer_request") == []


def test_r22_groups_are_joined_with_the_member_and_belong_to_no_query() -> None:
    world = World()
    key = world.member("a@x.example", groups=["i-daily"])
    row = world.request(None, "TOPICS /  events; Topics / News", "Pace / Weekly", "Topics / Nws", member="a@x.example")
    outcome = plan(world, audience(**NOBODY_SELECTED))
    (made,) = outcome.of("update_member")
    assert (made["behaviour"], made["after"]) == ("R22", {"interests": {"i-events": True, "i-news": True}})
    assert answer(outcome, row) == (
        "Joined: Topics / Events; Topics / News. Not joined: Pace / Weekly; a category of one choice takes no other. "
        "Unknown: Topics / Nws. The audience has: Pace / Daily; Pace / Weekly; Topics / Events; Topics / News."
    )
    assert operation(outcome, row)["note"] == "request_refused_group"
    assert outcome.reason(key) == "updated"


def test_r22_a_requested_group_is_not_owned_by_a_query_that_gives_it_as_well() -> None:
    world = World()
    a_person(world)
    world.member("a@x.example")
    world.request(None, "Topics / News", member="a@x.example")
    query = {"name": "everyone", "object": "Contact", "groups": ["Topics / News", "Topics / Events"]}
    outcome = plan(world, audience(**TWO_WAY, queries=[query]))
    (row,) = outcome.assignments
    assert row["owned_groups"] == ["i-events"]


def test_r22_of_two_requested_groups_of_one_choice_the_first_is_joined() -> None:
    world = World()
    world.member("a@x.example")
    row = world.request(None, "Pace / Weekly", "Pace / Daily", member="a@x.example")
    outcome = plan(world, audience(**NOBODY_SELECTED))
    (made,) = outcome.of("update_member")
    assert made["after"] == {"interests": {"i-weekly": True}}
    assert answer(outcome, row).startswith("Joined: Pace / Weekly. Not joined: Pace / Daily;")


@pytest.mark.parametrize("status", ["cleaned", "archived", "forgotten"])
def test_r22_members_that_are_left_alone_join_no_group(status: str) -> None:
    world = World()
    world.member("a@x.example", status)
    row = world.request(None, "Topics / News", member="a@x.example")
    outcome = plan(world, audience(**NOBODY_SELECTED))
    assert (kinds(outcome), answer(outcome, row)) == ([], f"No group joined: the member is {status}.")


def test_r22_a_record_that_validation_holds_back_joins_no_group() -> None:
    world = World()
    person = a_person(world)
    world.member("a@x.example")
    world.finding(person, "age", "update")
    row = world.request(None, "Topics / News", member="a@x.example")
    outcome = plan(world, audience(**NOBODY_SELECTED))
    assert (kinds(outcome), answer(outcome, row)) == (
        [],
        "No group joined: validation holds the record back; the quarantine says why.",
    )


def test_r22_a_row_without_a_person_and_a_person_without_an_email_are_told_so() -> None:
    world = World()
    person = a_person(world, None)
    rows = [world.request("subscribed"), world.request(None, "Topics / News", person=person)]
    rows.append(world.request(None, "; ;", person=person))
    outcome = plan(world, audience(**NOBODY_SELECTED))
    assert [answer(outcome, row) for row in rows] == [
        "Nothing done: the row needs a Contact or a Lead.",
        "Nothing done: the person has no e-mail address.",
        "Nothing done: no group is named.",
    ]
    assert kinds(outcome) == []


def test_r22_a_row_that_names_no_audience_is_told_so() -> None:
    """Whoever it is about: nobody knows which audience to join."""
    world = World()
    person = a_person(world)
    rows = [world.request("subscribed", person=person, of_audience=False)]
    rows.append(world.request(None, "Topics / News", of_audience=False))
    outcome = plan(world, audience(**NOBODY_SELECTED))
    assert [answer(outcome, row) for row in rows] == ["Nothing done: the row needs an Audience."] * 2
    assert kinds(outcome) == []


def test_r22_a_person_who_was_not_read_yet_leaves_the_request_for_the_next_run() -> None:
    world = World()
    world.request("subscribed", person="003000000000999AAA")
    assert plan(world, audience(**NOBODY_SELECTED)).operations == []


def test_r22_the_request_follows_a_converted_lead_and_a_changed_email() -> None:
    world = World()
    contact = a_person(world, "new@x.example")
    lead = world.person("lead@x.example", "Lead", is_converted=True, converted_contact_id=contact)
    world.member("moved@x.example", contact_id="contact-was@x.example")
    of_lead = world.request("subscribed", person=lead)
    of_row = world.request("unsubscribed", member="was@x.example")
    outcome = plan(world, audience(**NOBODY_SELECTED))
    assert [one["email_key"] for one in outcome.of("add_member")] == [email_key("new@x.example")]
    assert [one["email_key"] for one in outcome.of("unsubscribe_member")] == [email_key("moved@x.example")]
    assert (answer(outcome, of_lead), answer(outcome, of_row)) == ("Added as subscribed.", "Unsubscribed.")


def test_r22_a_run_for_one_query_leaves_requests_alone() -> None:
    world = World()
    a_person(world)
    world.member("a@x.example")
    world.request("unsubscribed", member="a@x.example")
    assert plan(world, only_query="everyone").operations == []


def test_g05_once_carried_out_a_request_leaves_nothing_to_do() -> None:
    world = World()
    person = a_person(world, "new@x.example")
    world.former_email(person, "old@x.example")
    world.member("new@x.example")
    world.member("old@x.example")
    row = world.request("unsubscribed", member="old@x.example")
    configured = audience(**TWO_WAY)
    first = plan(world, configured)
    unsubscribed = {one["email_key"] for one in first.of("unsubscribe_member")}
    assert unsubscribed == {email_key("new@x.example"), email_key("old@x.example")}
    for member in world.members:
        member["status"] = "unsubscribed"
    world.people[0]["opted_out"] = True
    again = plan(world, configured)
    assert (kinds(again), answer(again, row)) == ([], "Already unsubscribed.")
    world.requests.clear()
    assert plan(world, configured).operations == []
