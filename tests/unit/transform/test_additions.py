"""New members: R01, R05, R07, detail 4. One obstacle at a time, each removed to show the next."""

from __future__ import annotations

from typing import Any

import pytest

from include.schema import MergeField
from tests.unit.transform.carrying_out import carry_out
from tests.unit.transform.worlds import EVERYONE, FIELDS, LIST, World, audience, plan, schema

NAMES = {"FirstName": "Ann", "LastName": "Lee", "Agreed__c": "true"}
CONSENT = {"contact": "Agreed__c", "lead": "Agreed__c"}
OBSTACLES = ("opted_out", "consent_held", "no_consent", "invalid_email", "failed_rule", "required_merge_field")


@pytest.mark.parametrize("first", range(len(OBSTACLES) + 1))
def test_g01_r05_the_persons_own_wish_comes_first_then_what_we_know_then_the_checks(first: int) -> None:
    """All obstacles from `first` on are there; the first of them is the reason; without any the person is added."""
    present = OBSTACLES[first:]
    world = World()
    columns: dict[str, Any] = NAMES | {"opted_out": "opted_out" in present}
    columns |= {"Agreed__c": "false"} if "no_consent" in present else {}
    columns |= {"LastName": None} if "required_merge_field" in present else {}
    person = world.person("new@x.example", **columns)
    if "consent_held" in present:
        world.former_email(person, "old@x.example")
        world.member("old@x.example", "unsubscribed")
    if "invalid_email" in present:
        world.finding(person, "invalid_email", "add")
    if "failed_rule" in present:
        world.finding(person, "birthdate_period", "add")
    required = schema(LNAME=MergeField("LNAME", "Last name", "text", required=True))
    outcome = plan(world, audience(consent=CONSENT), required)
    assert outcome.reason(person) == (present[0] if present else "added")
    assert len(outcome.of("add_member")) == (0 if present else 1)


def test_r01_a_selected_person_becomes_a_member_with_all_that_is_not_blank() -> None:
    world = World()
    person = world.person("Ann@X.example", FirstName="Ann", LastName=None, Spend__c="12.50",
                          MailingStreet="1 High St", MailingCity="Bath", MailingState=None, MailingPostalCode="BA1",
                          MailingCountry="UK")  # fmt: skip
    fields = FIELDS | {"SPEND": {"contact": "Spend__c"}, "ADDRESS": {"contact": "MailingAddress"}}
    (added,) = plan(world, audience(fields=fields)).operations
    address = {"addr1": "1 High St", "addr2": "", "city": "Bath", "country": "UK", "state": "-", "zip": "BA1"}
    assert added["after"] == {
        "email_address": "Ann@X.example", "status": "subscribed",
        "merge_fields": {"FNAME": "Ann", "SPEND": 12.5, "ADDRESS": address},
    }  # fmt: skip
    assert added["precondition"] == {"member": "absent", "person": person}
    assert (added["behaviour"], added["query"], added["person_id"]) == ("R01", "everyone", person)


@pytest.mark.parametrize(
    ("consent", "reasons"),
    [("none", ["added", "added"]), (CONSENT, ["no_consent", "added"]), ({"contact": "Agreed__c"}, ["no_consent"] * 2)],
)
def test_r01_consent_is_a_field_per_object_or_an_explicit_none(consent: Any, reasons: list[str]) -> None:
    world = World()
    contact = world.person("contact@x.example", **(NAMES | {"Agreed__c": None}))
    lead = world.person("lead@x.example", "Lead", **NAMES)
    queries = [EVERYONE, {"name": "leads", "object": "Lead"}]
    outcome = plan(world, audience(consent=consent, queries=queries))
    assert [outcome.reason(contact), outcome.reason(lead)] == reasons


def test_r05_an_opt_out_of_any_person_with_the_e_mail_keeps_it_out_and_a_member_stays() -> None:
    world = World()
    new = world.person("new@x.example", **NAMES)
    world.person("new@x.example", "Lead", opted_out=True, **NAMES)
    member = world.person("member@x.example", opted_out=True, **NAMES)
    world.member("member@x.example", merge_fields={"FNAME": "Ann", "LNAME": "Lee"})
    outcome = plan(world)
    assert outcome.operations == []
    assert (outcome.reason(new), outcome.reason(member)) == ("opted_out", "up_to_date")


@pytest.mark.parametrize(("status", "adds"), [("subscribed", 1), ("pending", 0), ("cleaned", 0)])
def test_r07_an_e_mail_changed_in_salesforce_is_added_where_the_old_one_was_subscribed(status: str, adds: int) -> None:
    world = World()
    person = world.person("new@x.example", **NAMES)
    world.former_email(person, "old@x.example")
    old = world.member("old@x.example", status, merge_fields={"FNAME": "Old"})
    outcome = plan(world, audience(queries=[], create_leads={"enabled": True}))
    assert [(o["behaviour"], o["note"], o["query"]) for o in outcome.operations] == [
        ("R07", "email_changed", None)
    ] * adds
    assert outcome.reason(old) == ("cleaned" if status == "cleaned" else "former_email")


@pytest.mark.parametrize(("queries", "kinds"), [([EVERYONE], ["add_member", "create_lead"]), ([], ["create_lead"])])
def test_r07_changed_on_both_sides_each_new_e_mail_is_what_it_is_on_its_own_side(
    queries: list[Any], kinds: list[str]
) -> None:
    """Salesforce's is added when a query selects it; Mailchimp's is a member without a person, and becomes a Lead."""
    world = World()
    person = world.person("new@x.example", **NAMES)
    world.former_email(person, "old@x.example")
    theirs = world.member("theirs@x.example", contact_id="c")
    world.former_email("c", "old@x.example", LIST)
    outcome = plan(world, audience(queries=queries, create_leads={"enabled": True}))
    assert sorted(operation["kind"] for operation in outcome.operations) == kinds
    assert (outcome.reason(person), outcome.reason(theirs)) == ("added" if queries else "not_selected", "lead_created")


def test_r07_g05_an_old_e_mail_that_another_person_signs_up_with_later_brings_nobody_in() -> None:
    """The first plan adds the e-mail's new owner; the second does not take that for the former owner's membership."""
    world = World()
    left = world.person("new@x.example", **NAMES)
    world.former_email(left, "old@x.example")
    world.person("old@x.example", FirstName="Owner", LastName="Lee")
    owners = audience(queries=[EVERYONE | {"where": {"field": "FirstName", "equals": "Owner"}}])
    first = plan(world, owners)
    assert [o["behaviour"] for o in first.operations] == ["R01"]
    carry_out(world, first)
    assert plan(world, owners).operations == []


def test_r07_a_query_selects_the_new_e_mail_whatever_became_of_the_old_one() -> None:
    world = World()
    person = world.person("new@x.example", **NAMES)
    world.former_email(person, "old@x.example")
    world.member("old@x.example", "pending")
    (added,) = plan(world).operations
    assert (added["behaviour"], added["note"], added["query"]) == ("R01", "email_changed", "everyone")


def test_a_field_that_validation_left_out_is_left_out_of_a_new_member() -> None:
    world = World()
    person = world.person("new@x.example", **NAMES)
    world.finding(person, "text_too_long", "add", "update", field="FNAME")
    outcome = plan(world)
    (added,) = outcome.of("add_member")
    assert added["after"]["merge_fields"] == {"LNAME": "Lee"}
    assert (outcome.reason(person), outcome.state(person)) == ("field_left_out", "quarantined")


def test_r15_data_sync_off_still_adds_people_that_a_query_selects_and_nobody_else() -> None:
    world = World()
    selected = world.person("new@x.example", **NAMES)
    renamed = world.person("renamed@x.example", "Lead", **NAMES)
    world.former_email(renamed, "old@x.example")
    world.member("old@x.example")
    outcome = plan(world, audience(data_sync="off", create_leads={"enabled": True}))
    assert [(o["kind"], o["person_id"]) for o in outcome.operations] == [("add_member", selected)]


def test_a_person_without_e_mail_and_one_that_no_query_selects_are_skipped() -> None:
    world = World()
    silent = world.person(None, **NAMES)
    lead = world.person("lead@x.example", "Lead", **NAMES)
    outcome = plan(world)
    assert (outcome.reason(silent), outcome.reason(lead)) == ("no_email", "not_selected")
