"""Leads from subscribed members that match nobody: R08, detail 6."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from include.config.policies import PRESETS
from include.keys import email_key
from tests.unit.transform.worlds import FIELDS, World, audience, plan

LEADS = {"enabled": True, "defaults": {"LastName": "[unknown]", "Company": "[none]"}}
EMAIL = "stranger@x.example"
OWNER, NEWSLETTER = "005000000000001AAA", "012000000000001AAA"
NAMES = {"FirstName": "Ann", "LastName": "Lee"}


def test_r08_a_subscribed_stranger_becomes_one_lead_with_its_key() -> None:
    world = World()
    key = world.member(EMAIL, merge_fields={"FNAME": "Ann", "SPEND": 12.5, "AGREED": "true"})
    fields = FIELDS | {"SPEND": {"lead": "Spend__c"}, "AGREED": {"lead": "Agreed__c"}}
    configured = audience(fields=fields, create_leads=LEADS | {"owner": OWNER, "record_type": NEWSLETTER})
    outcome = plan(world, configured)
    (lead,) = outcome.operations
    assert lead["after"] == {
        "Email": EMAIL, "MC_Key__c": key, "FirstName": "Ann", "LastName": "[unknown]", "Company": "[none]",
        "Spend__c": 12.5, "Agreed__c": True, "OwnerId": OWNER, "RecordTypeId": NEWSLETTER,
    }  # fmt: skip
    assert (lead["kind"], lead["behaviour"], lead["precondition"]) == ("create_lead", "R08", {"status": "subscribed"})
    assert (outcome.reason(key), outcome.state(key)) == ("lead_created", "changed")


def contact(world: World) -> None:
    world.person(EMAIL, **NAMES)


def lead(world: World) -> None:
    world.person(EMAIL, "Lead", **NAMES)


def converted_lead(world: World) -> None:
    world.person(EMAIL, "Lead", is_converted=True, **NAMES)


def deleted_contact(world: World) -> None:
    world.person(EMAIL, is_deleted=True, **NAMES)


def former_e_mail(world: World) -> None:
    world.former_email(world.person("other@x.example", **NAMES), EMAIL)


def former_e_mail_of_a_deleted_person(world: World) -> None:
    world.former_email(world.person("other@x.example", is_deleted=True, **NAMES), EMAIL)


def our_lead_under_another_e_mail(world: World) -> None:
    """Sales changed the e-mail before any run saw the Lead with its first one."""
    world.person("other@x.example", "Lead", mc_key=email_key(EMAIL), **NAMES)


KNOWN = {
    contact: "updated", lead: "updated", converted_lead: "orphan_member", deleted_contact: "orphan_member",
    former_e_mail: "former_email", former_e_mail_of_a_deleted_person: "former_email",
    our_lead_under_another_e_mail: "orphan_member",
}  # fmt: skip


@pytest.mark.parametrize(("known", "reason"), KNOWN.items())
def test_r08_an_e_mail_that_anybody_has_or_had_makes_no_lead(known: Callable[[World], None], reason: str) -> None:
    world = World()
    key = world.member(EMAIL)
    known(world)
    outcome = plan(world, audience(queries=[], create_leads=LEADS))
    assert outcome.of("create_lead") == []
    assert outcome.reason(key) == reason


@pytest.mark.parametrize(
    ("status", "reason"),
    [("unsubscribed", "no_person"), ("pending", "no_person"), ("transactional", "no_person"),
     ("cleaned", "cleaned"), ("archived", "archived"), ("forgotten", "forgotten")],
)  # fmt: skip
def test_r08_only_subscribed_members_become_leads(status: str, reason: str) -> None:
    world = World()
    key = world.member(EMAIL, status)
    outcome = plan(world, audience(create_leads=LEADS))
    assert (outcome.operations, outcome.reason(key)) == ([], reason)


def test_r08_leads_are_off_unless_set_with_data_sync_off_and_in_a_run_for_one_query() -> None:
    world = World()
    key = world.member(EMAIL)
    outcomes = [
        plan(world),
        plan(world, audience(create_leads=LEADS, data_sync="off")),
        plan(world, audience(create_leads=LEADS), only_query="everyone"),
    ]
    assert [(outcome.operations, outcome.reason(key)) for outcome in outcomes] == [([], "no_person")] * 3


@pytest.mark.parametrize("policy", PRESETS)
def test_r08_a_lead_that_was_made_is_never_updated(policy: str) -> None:
    """Whatever becomes of its member, nor where sales have emptied a field."""
    world = World()
    key = world.member(EMAIL, merge_fields={"FNAME": "Edited", "LNAME": "Lee", "COMPANY": "Acme"})
    world.person(EMAIL, "Lead", mc_key=key, FirstName="Ann", LastName="[unknown]", Company=None)
    world.synced[key] = {"FNAME": "Ann"}
    fields = FIELDS | {"COMPANY": {"lead": "Company"}}
    outcome = plan(world, audience(policy=policy, fields=fields, queries=[], create_leads=LEADS))
    assert [(row["kind"], row["after"]["merge_fields"]) for row in outcome.operations] == [
        ("update_member", {"FNAME": "Ann"})
    ]


def test_r17_a_rule_holds_a_lead_back_and_a_field_that_was_left_out_is_not_written() -> None:
    world = World()
    held, partial = world.member("held@x.example"), world.member(EMAIL, merge_fields={"FNAME": "x", "LNAME": "Lee"})
    world.finding(held, "lead_company", "create_lead", side="mailchimp")
    world.finding(partial, "too_long", field="FirstName", side="mailchimp")
    outcome = plan(world, audience(create_leads=LEADS))
    (created,) = outcome.operations
    assert created["after"] == {"Email": EMAIL, "MC_Key__c": partial, "LastName": "Lee", "Company": "[none]"}
    assert (outcome.reason(held), outcome.state(held)) == ("failed_rule", "quarantined")


def test_r07_an_e_mail_changed_in_mailchimp_becomes_a_lead() -> None:
    world = World()
    world.person("old@x.example", **NAMES)
    world.member("old@x.example", "forgotten", contact_id="c-1")
    new = world.member("new@x.example", contact_id="c-1")
    world.former_email("c-1", "old@x.example", "a1b2c3d4e5")
    outcome = plan(world, audience(create_leads=LEADS, queries=[]))
    assert [operation["email_key"] for operation in outcome.of("create_lead")] == [new]
