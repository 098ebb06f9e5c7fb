"""Salesforce precedence on existing members: R15, R16, detail 3, detail 10."""

from __future__ import annotations

import json
from typing import Any

import pytest

from include.schema import MergeField
from tests.unit.transform.worlds import FIELDS, World, audience, plan, schema

STATUSES = ("subscribed", "pending", "unsubscribed", "transactional", "cleaned", "archived", "forgotten")
REQUIRED = schema(FNAME=MergeField("FNAME", "First name", "text", required=True))
ADDRESS = {"addr1": "1 High St", "addr2": "", "city": "Bath", "country": "UK", "state": "-", "zip": "BA1"}
LIVES_IN_BATH = {"MailingStreet": "1 High St", "MailingCity": "Bath", "MailingState": None, "MailingPostalCode": "BA1",
                 "MailingCountry": "UK"}  # fmt: skip


def written(
    salesforce: str | None,
    mailchimp: object,
    synced: str | None = None,
    *,
    field: dict[str, Any] | None = None,
    required: bool = False,
    left_out: bool = False,
) -> object:
    """What FNAME of a member is set to; None where it is left alone."""
    world = World()
    person = world.person("ann@x.example", FirstName=salesforce, LastName="Lee")
    key = world.member("ann@x.example", merge_fields={"FNAME": mailchimp, "LNAME": "Lee"})
    world.synced[key] = {"LNAME": "Lee"} | ({"FNAME": synced} if synced else {})
    if left_out:
        world.finding(person, "text_too_long", field="FNAME")
    fields = FIELDS | {"FNAME": field or FIELDS["FNAME"]}
    outcome = plan(world, audience(queries=[], fields=fields), REQUIRED if required else None)
    updates = outcome.of("update_member")
    return updates[0]["after"]["merge_fields"]["FNAME"] if updates else None


def test_detail_10_each_rule_decides_where_those_before_it_do_not() -> None:
    """Held back; no source; a value; required; keep; overwrite; filled before; never filled."""
    lead_only = {"lead": "FirstName", "blank": "overwrite"}
    keep, overwrite = ({"contact": "FirstName", "blank": policy} for policy in ("keep", "overwrite"))
    assert written("Ann", "Rob", "Rob", left_out=True) is None
    assert written(None, "Rob", "Rob", field=lead_only) is None
    assert written("Ann", "Rob", "Rob", field=keep, required=True) == "Ann"
    assert written(None, "Rob", "Rob", field=overwrite, required=True) is None
    assert written(None, "Rob", "Rob", field=keep) is None
    assert written(None, "Rob", field=overwrite) == ""
    assert written(None, "Rob", "Rob") == ""
    assert written(None, "Rob") is None


def test_r15_salesforce_wins_over_a_value_and_over_a_blank_and_equal_values_are_left_alone() -> None:
    assert written("Ann", "Rob") == "Ann"
    assert written("Ann", "") == "Ann"
    assert written("Ann", " Ann ") is None
    assert written(None, "", "Ann") is None


def test_r16_a_newly_mapped_field_is_filled_for_a_member_that_was_synced_before() -> None:
    world = World()
    world.person("ann@x.example", FirstName="Ann", LastName="Lee", Tier__c="gold")
    key = world.member("ann@x.example", merge_fields={"FNAME": "Ann", "LNAME": "Lee", "TIER": ""})
    world.synced[key] = {"FNAME": "Ann", "LNAME": "Lee"}
    (update,) = plan(world, audience(fields=FIELDS | {"TIER": {"contact": "Tier__c"}})).of("update_member")
    assert update["after"]["merge_fields"] == {"TIER": "Gold"}


@pytest.mark.parametrize(
    ("synced", "mailchimp", "note"),
    [("Ann", "Annie", "mailchimp_edit_overwritten"), ("Ann", "", "mailchimp_edit_overwritten"),
     ("Rob", "Rob", None), (None, "Rob", None)],
)  # fmt: skip
def test_r15_an_edit_made_in_mailchimp_is_reverted_and_noted_a_change_in_salesforce_is_not(
    synced: str | None, mailchimp: str, note: str | None
) -> None:
    world = World()
    world.person("ann@x.example", FirstName="Ann", LastName="Lee")
    key = world.member("ann@x.example", merge_fields={"FNAME": mailchimp, "LNAME": "Lee"})
    world.synced[key] = {"FNAME": synced} if synced else {}
    (update,) = plan(world).of("update_member")
    assert (update["after"], update["before"]) == (
        {"merge_fields": {"FNAME": "Ann"}},
        {"merge_fields": {"FNAME": mailchimp}},
    )
    assert (update["behaviour"], update["note"]) == ("R15", note)


def test_detail_3_members_in_four_statuses_are_kept_up_to_date_selected_or_not() -> None:
    world = World()
    for status in STATUSES:
        world.person(f"{status}@x.example", FirstName="New", LastName="Lee")
        world.member(
            f"{status}@x.example", status, contact_id=f"c-{status}", merge_fields={"FNAME": "Old", "LNAME": "Lee"}
        )
    updates = plan(world, audience(queries=[])).of("update_member")
    assert {update["precondition"]["contact_id"] for update in updates} == {f"c-{status}" for status in STATUSES[:4]}
    assert all(update["precondition"]["status"] == list(STATUSES[:4]) for update in updates)


@pytest.mark.parametrize(
    ("stored", "differs"),
    [("1250", False), (1250, False), (1250.0, False), ("1250.00", False), (1250.1, True), ("", True)],
)
def test_detail_11_numbers_are_compared_as_numbers_and_written_as_numbers(stored: object, differs: bool) -> None:
    world = World()
    world.person("ann@x.example", FirstName="Ann", LastName="Lee", Spend__c="1250.0")
    world.member("ann@x.example", merge_fields={"FNAME": "Ann", "LNAME": "Lee", "SPEND": stored})
    updates = plan(world, audience(fields=FIELDS | {"SPEND": {"contact": "Spend__c"}})).of("update_member")
    assert [update["after"]["merge_fields"] for update in updates] == ([{"SPEND": 1250}] if differs else [])


@pytest.mark.parametrize(
    ("stored", "before"),
    [("", ""), (ADDRESS | {"addr2": None}, None), (ADDRESS | {"city": "Wells"}, ADDRESS | {"city": "Wells"}),
     ({"addr1": "", "city": ""}, "")],
)  # fmt: skip
def test_detail_11_an_address_is_compared_part_by_part_also_where_mailchimp_answers_a_blank_text(
    stored: object, before: object
) -> None:
    world = World()
    world.person("ann@x.example", FirstName="Ann", LastName="Lee", **LIVES_IN_BATH)
    world.member("ann@x.example", merge_fields={"FNAME": "Ann", "LNAME": "Lee", "ADDRESS": stored})
    updates = plan(world, audience(fields=FIELDS | {"ADDRESS": {"contact": "MailingAddress"}})).of("update_member")
    expected = [] if before is None else [({"ADDRESS": before}, {"ADDRESS": ADDRESS})]
    assert [(update["before"]["merge_fields"], update["after"]["merge_fields"]) for update in updates] == expected


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ({}, []),
        ({"city": "Wells"}, [{"ADDRESS": ADDRESS | {"country": ""}}]),
        ({"addr2": 'at "country":"X"'}, [{"ADDRESS": ADDRESS | {"country": ""}}]),
    ],
)
@pytest.mark.parametrize("conflict", ["salesforce", "mailchimp"])
def test_detail_11_the_default_country_of_an_address_without_one_is_no_difference(
    stored: dict[str, str], expected: list[Any], conflict: str
) -> None:
    world = World()
    world.person("ann@x.example", FirstName="Ann", LastName="Lee", **(LIVES_IN_BATH | {"MailingCountry": None}))
    theirs = ADDRESS | {"country": "US"} | stored
    key = world.member("ann@x.example", merge_fields={"FNAME": "Ann", "LNAME": "Lee", "ADDRESS": theirs})
    world.synced[key] = {"ADDRESS": json.dumps(ADDRESS | {"country": ""}, separators=(",", ":"))}
    fields = FIELDS | {"ADDRESS": {"contact": "MailingAddress", "conflict": conflict}}
    outcome = plan(world, audience(fields=fields))
    changed = [update["after"]["merge_fields"] for update in outcome.of("update_member")]
    assert changed == (expected if conflict == "salesforce" else [])
    assert len(outcome.of("update_person")) == (len(expected) if conflict == "mailchimp" else 0)


def test_detail_10_a_blanked_address_is_written_as_a_blank_text() -> None:
    world = World()
    world.person("ann@x.example", FirstName="Ann", LastName="Lee", **dict.fromkeys(LIVES_IN_BATH))
    key = world.member("ann@x.example", merge_fields={"FNAME": "Ann", "LNAME": "Lee", "ADDRESS": ADDRESS})
    world.synced[key] = {"ADDRESS": "whatever it was"}
    fields = FIELDS | {"ADDRESS": {"contact": "MailingAddress"}}
    assert plan(world, audience(fields=fields)).of("update_member")[0]["after"]["merge_fields"] == {"ADDRESS": ""}


def test_r15_nothing_is_overwritten_with_data_sync_off_nor_in_a_run_for_one_query() -> None:
    world = World()
    person = world.person("ann@x.example", FirstName="Ann", LastName="Lee")
    key = world.member("ann@x.example", merge_fields={"FNAME": "Rob"})
    off = plan(world, audience(data_sync="off"))
    one = plan(world, only_query="everyone")
    assert (off.operations, off.reason(key), off.reason(person)) == ([], "data_sync_off", "data_sync_off")
    assert (one.operations, one.reason(key)) == ([], "other_query")


@pytest.mark.parametrize("side", ["salesforce", "mailchimp"])
def test_r17_a_record_that_a_rule_holds_back_is_not_updated(side: str) -> None:
    world = World()
    person = world.person("ann@x.example", FirstName="Ann", LastName="Lee")
    key = world.member("ann@x.example", merge_fields={"FNAME": "Rob"})
    world.finding(person if side == "salesforce" else key, "some_rule", "update", side=side)
    query = {"name": "everyone", "object": "Contact", "groups": ["Topics / News"], "tags": ["Hot"]}
    outcome = plan(world, audience(queries=[query]))
    assert outcome.operations == []
    assert outcome.reason(key) == outcome.reason(person) == "failed_rule"
    assert outcome.synced_values == []


def test_what_will_be_remembered_holds_what_salesforce_has_and_keeps_what_was_left_out() -> None:
    world = World()
    person = world.person("ann@x.example", FirstName="far too long", LastName="Lee")
    key = world.member("ann@x.example", merge_fields={"FNAME": "Ann", "LNAME": "Li"})
    world.synced[key] = {"FNAME": "Ann", "LNAME": "Li"}
    world.finding(person, "text_too_long", field="FNAME")
    outcome = plan(world)
    (update,) = outcome.of("update_member")
    assert outcome.synced_values == [
        {"email_key": key, "field_values": '{"FNAME":"Ann","LNAME":"Lee"}', "op_ids": [update["op_id"]]}
    ]
    assert outcome.reason(key) == outcome.reason(person) == "field_left_out"
