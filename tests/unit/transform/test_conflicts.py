"""Per-field conflict policy (X03): who decides, what is written to Salesforce, and what is remembered."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.keys import email_key
from include.schema import MergeField, SalesforceField, SalesforceObject, SalesforceSchema
from include.transform.precedence import OUTCOMES, WINNERS
from tests.model.conflicts import UNKNOWN, Field, Sides, settled
from tests.unit.transform.worlds import BORN, EVERYONE, FIELDS, Outcome, World, audience, org, plan, schema

CONFIGURED = [
    Field(*each)
    for each in itertools.product(
        ("salesforce", "mailchimp", "newest", "fill_blank"),
        ("follow", "keep", "overwrite"),
        (False, True),
        (False, True),
    )
]
SIDES = [
    Sides(*each) for each in itertools.product(("", "a", "b"), ("", "a", "b"), ("", "a", "b", UNKNOWN), (False, True))
]


def tag(number: int) -> str:
    """The merge tag of a configured field."""
    return f"F{number:02d}"


def every_field() -> dict[str, Any]:
    """An audience, schema and org with a field for each configuration."""
    numbered = list(enumerate(CONFIGURED))
    fields = {
        tag(n): {"contact": f"F{n:02d}__c", "blank": field.blank, "conflict": field.policy} for n, field in numbered
    }
    merge_fields = {
        tag(n): MergeField(tag(n), tag(n), "text", required=field.required_in_mailchimp) for n, field in numbered
    }
    described = {
        f"F{n:02d}__c": SalesforceField(f"F{n:02d}__c", "", "string", nillable=not field.required_in_salesforce)
        for n, field in numbered
    }
    contact = org().objects["Contact"]
    widened = SalesforceObject("Contact", contact.fields | described)
    return {
        "configured": audience(queries=[], fields=fields),
        "audience_schema": schema(**merge_fields),
        "org": SalesforceSchema(org().objects | {"Contact": widened}),
    }


@pytest.fixture(scope="module")
def outcomes() -> tuple[Outcome, list[str]]:
    """The plan of a world in which each member is in one of all situations, in every field."""
    world, keys = World(), []
    for number, sides in enumerate(SIDES):
        email = f"p{number}@x.example"
        values = {f"F{n:02d}__c": sides.salesforce or None for n in range(len(CONFIGURED))}
        world.person(email, modified_at=BORN + timedelta(days=0 if sides.member_later else 2), **values)
        merge_fields = {tag(n): sides.mailchimp for n in range(len(CONFIGURED))}
        keys.append(world.member(email, merge_fields=merge_fields, last_changed=BORN + timedelta(days=1)))
        if sides.synced != UNKNOWN:
            world.synced[keys[-1]] = {tag(n): sides.synced for n in range(len(CONFIGURED))}
    return plan(world, **every_field()), keys


def test_x03_every_situation_of_every_policy_ends_as_the_model_says(outcomes: tuple[Outcome, list[str]]) -> None:
    outcome, keys = outcomes
    to_salesforce = {each["email_key"]: each["after"] for each in outcome.of("update_person")}
    to_mailchimp = {each["email_key"]: each["after"]["merge_fields"] for each in outcome.of("update_member")}
    for key, sides in zip(keys, SIDES, strict=True):
        for n, field in enumerate(CONFIGURED):
            now = to_salesforce.get(key, {}).get(f"F{n:02d}__c", sides.salesforce)
            there = to_mailchimp.get(key, {}).get(tag(n), sides.mailchimp)
            assert (now or "", there) == settled(field, sides), (field, sides)


def test_x03_only_what_differs_is_written(outcomes: tuple[Outcome, list[str]]) -> None:
    outcome, keys = outcomes
    for key, sides in zip(keys, SIDES, strict=True):
        for each in (each for each in outcome.of("update_person") if each["email_key"] == key):
            written = {name: value for name, value in each["after"].items() if name.startswith("F")}
            assert set(written.values()) == {sides.mailchimp or None}
            assert each["before"] == dict.fromkeys(written, sides.salesforce or None)
            assert sides.salesforce != sides.mailchimp


def test_x03_what_will_be_remembered_leaves_nothing_to_do(outcomes: tuple[Outcome, list[str]]) -> None:
    """The same members after the plan was carried out: the sides that stay apart do so for good."""
    outcome, keys = outcomes
    remembered = {row["email_key"]: json.loads(row["field_values"]) for row in outcome.synced_values}
    world = World()
    for number, (key, sides) in enumerate(zip(keys, SIDES, strict=True)):
        email = f"p{number}@x.example"
        ends = [settled(field, sides) for field in CONFIGURED]
        values = {f"F{n:02d}__c": now or None for n, (now, _) in enumerate(ends)}
        world.person(email, modified_at=BORN + timedelta(days=5), **values)
        merge_fields = {tag(n): there for n, (_, there) in enumerate(ends)}
        world.member(email, merge_fields=merge_fields, last_changed=BORN + timedelta(days=6))
        known = {} if sides.synced == UNKNOWN else {tag(n): sides.synced for n in range(len(CONFIGURED))}
        world.synced[key] = remembered.get(key, known)
    again = plan(world, **every_field())
    assert again.operations == []


# --- the rules, one by one: each decides where those before it do not


def decided(
    salesforce: str | None, mailchimp: str, synced: str | None, *, later: bool = True, **how: Any
) -> tuple[object, object]:
    """What becomes of FNAME: written to Salesforce, written to Mailchimp; None where it is not."""
    world = World()
    person = world.person("ann@x.example", FirstName=salesforce, LastName="Lee")
    key = world.member(
        "ann@x.example",
        merge_fields={"FNAME": mailchimp, "LNAME": "Lee"},
        last_changed=BORN + timedelta(days=1 if later else -1),
    )
    world.synced[key] = {"LNAME": "Lee"} | ({} if synced is None else {"FNAME": synced})
    if how.pop("left_out", False):
        world.finding(person, "text_too_long", field="FNAME")
    salesforce_schema = org()
    contact = salesforce_schema.objects["Contact"]
    described = replace(contact.fields["FirstName"], nillable=not how.pop("required", False), length=10)
    contact.fields["FirstName"] = described
    mapping = {"contact": "FirstName"} | how
    outcome = plan(world, audience(queries=[], fields=FIELDS | {"FNAME": mapping}), org=salesforce_schema)
    people, members = outcome.of("update_person"), outcome.of("update_member")
    return (
        people[0]["after"]["FirstName"] if people else None,
        members[0]["after"]["merge_fields"]["FNAME"] if members else None,
    )


def test_x03_each_rule_of_the_winner_decides_once_those_before_it_do_not_hold() -> None:
    """A ladder: the situation of the first line, with one rule's ground removed on each that follows."""
    assert decided("Ann", "Rob", "Rob", conflict="salesforce") == (None, "Ann")
    assert decided("Ann", "Rob", "Rob", conflict="mailchimp") == (None, "Ann")  # nothing edited in Mailchimp
    assert decided("Ann", "Rob", None, conflict="mailchimp") == (None, "Ann")  # never synced
    assert decided("Ann", "", "Ann", conflict="mailchimp", blank="keep") == (None, "Ann")
    assert decided("Ann", "", "Ann", conflict="mailchimp", required=True) == (None, "Ann")
    assert decided("Ann", "Rob", "Bea", conflict="mailchimp") == ("Rob", None)
    assert decided("Ann", "Rob", "Bea", conflict="fill_blank") == (None, "Ann")
    assert decided("Ann", "Rob", "Bea", conflict="newest", later=False) == (None, "Ann")
    assert decided("Ann", "Rob", "Bea", conflict="newest") == ("Rob", None)


def test_x03_each_rule_of_the_outcome_decides_once_those_before_it_do_not_hold() -> None:
    edited = {"conflict": "mailchimp"}
    assert decided("Ann", "Rob", "Bea", left_out=True, **edited) == (None, None)
    assert decided("Ann", "Ann", "Bea", **edited) == (None, None)  # equal
    assert decided("Ann", "far too long", "Bea", **edited) == (None, None)
    assert decided("Ann", "Rob", "Bea", **edited) == ("Rob", None)
    assert decided("Ann", "Rob", "Rob", **edited) == (None, "Ann")
    assert decided(None, "Rob", "Rob", blank="keep", **edited) == (None, None)
    assert decided(None, "Rob", "Rob", **edited) == (None, "")
    assert decided(None, "Rob", "", **edited) == ("Rob", None)


def test_x03_equal_times_are_salesforces() -> None:
    world = World()
    world.person("ann@x.example", FirstName="Ann", LastName="Lee", modified_at=BORN)
    key = world.member("ann@x.example", merge_fields={"FNAME": "Rob", "LNAME": "Lee"}, last_changed=BORN)
    world.synced[key] = {"FNAME": "Bea", "LNAME": "Lee"}
    (update,) = plan(world, audience(mailchimp_edits="newest")).operations
    assert (update["kind"], update["after"]) == ("update_member", {"merge_fields": {"FNAME": "Ann"}})


# --- what is planned


def edited_in_mailchimp(**more: Any) -> tuple[World, str, str]:
    """Somebody whose first name was edited in Mailchimp since the last sync."""
    world = World()
    person = world.person("ann@x.example", FirstName="Ann", LastName="Lee", **more)
    key = world.member("ann@x.example", merge_fields={"FNAME": "Rob", "LNAME": "Lee"})
    world.synced[key] = {"FNAME": "Ann", "LNAME": "Lee"}
    return world, person, key


def test_x03_an_edit_is_planned_with_what_has_to_hold_still() -> None:
    world, person, key = edited_in_mailchimp()
    outcome = plan(world, audience(mailchimp_edits="mailchimp"))
    (update,) = outcome.operations
    assert (update["kind"], update["behaviour"], update["person_id"]) == ("update_person", "X03", person)
    assert update["before"] == {"FirstName": "Ann"}
    assert update["after"] == {"Id": person, "attributes": {"type": "Contact"}, "FirstName": "Rob"}
    assert update["precondition"] == {
        "contact_id": "contact-ann@x.example",
        "merge_fields": {"FNAME": ["Rob", "Rob"]},
        "person": person,
        "status": ["subscribed", "pending", "unsubscribed", "transactional"],
        "values": {"FirstName": ["Ann", "Rob"]},
    }
    assert outcome.reason(key) == outcome.reason(person) == "person_updated"
    assert outcome.synced_values == [
        {"email_key": key, "field_values": '{"FNAME":"Rob","LNAME":"Lee"}', "op_ids": [update["op_id"]]}
    ]


def test_x03_with_data_sync_off_and_in_a_run_for_one_query_nothing_is_written_to_salesforce() -> None:
    world, _, _ = edited_in_mailchimp()
    assert plan(world, audience(mailchimp_edits="mailchimp", data_sync="off")).operations == []
    assert plan(world, audience(mailchimp_edits="mailchimp"), only_query="everyone").operations == []


def test_x03_of_people_who_share_an_e_mail_the_survivor_is_written_to() -> None:
    world, person, _ = edited_in_mailchimp()
    world.person("ann@x.example", FirstName="Ann", LastName="Lee")
    assert [each["person_id"] for each in plan(world, audience(mailchimp_edits="mailchimp")).operations] == [person]


@pytest.mark.parametrize(("two", "kinds"), [(False, ["update_person"]), (True, ["update_member"])])
def test_x03_a_member_under_a_former_e_mail_speaks_for_its_person_where_no_other_does(
    two: bool, kinds: list[str]
) -> None:
    world = World()
    heir = world.person("new@x.example", FirstName="Ann", LastName="Lee")
    world.person("old@x.example", is_deleted=True, master_record_id=heir)
    keys = [world.member("old@x.example", merge_fields={"FNAME": "Rob", "LNAME": "Lee"})]
    if two:
        keys.append(world.member("new@x.example", merge_fields={"FNAME": "Ann", "LNAME": "Lee"}))
    world.synced = {key: {"FNAME": "Ann", "LNAME": "Lee"} for key in keys}
    outcome = plan(world, audience(queries=[], mailchimp_edits="mailchimp"))
    assert [each["kind"] for each in outcome.operations] == kinds
    assert outcome.reason(heir) == ("up_to_date" if two else "person_updated")
    assert outcome.reason(keys[0]) == ("updated" if two else "person_updated")
    if not two:
        assert outcome.operations[0]["precondition"]["person_email_key"] == email_key("new@x.example")


def test_detail_9_x03_the_heir_of_a_merged_record_is_written_to_while_it_has_no_e_mail() -> None:
    world = World()
    heir = world.person(None, FirstName="Ann", LastName="Lee")
    world.person("old@x.example", is_deleted=True, master_record_id=heir)
    key = world.member("old@x.example", merge_fields={"FNAME": "Rob", "LNAME": "Lee"})
    world.synced = {key: {"FNAME": "Ann", "LNAME": "Lee"}}
    (update,) = plan(world, audience(queries=[], mailchimp_edits="mailchimp")).operations
    assert (update["kind"], update["person_id"]) == ("update_person", heir)
    assert update["precondition"]["person_email_key"] is None


def test_x03_a_value_that_salesforce_can_not_hold_is_left_alone_and_the_rest_goes_on() -> None:
    world = World()
    world.person("ann@x.example", FirstName="Ann", LastName="Lee", Spend__c="5", Birthdate="1980-01-02")
    values = {"FNAME": "Rob", "LNAME": "Lee", "SPEND": "a lot", "BIRTH": "1981-01-02"}
    key = world.member("ann@x.example", merge_fields=values)
    world.synced[key] = {"FNAME": "Ann", "LNAME": "Lee", "SPEND": "5", "BIRTH": "1980-01-02"}
    fields = FIELDS | {"SPEND": {"contact": "Spend__c"}, "BIRTH": {"contact": "Birthdate"}}
    outcome = plan(world, audience(mailchimp_edits="mailchimp", fields=fields))
    (update,) = outcome.operations
    assert {"FirstName": "Rob", "Birthdate": "1981-01-02"}.items() <= update["after"].items()
    assert "Spend__c" not in update["after"]
    (found,) = outcome.unwritable
    assert (found["key"], found["field"], found["rule"], found["gates"]) == (
        key, "SPEND", "not_a_number", ["update_person"],
    )  # fmt: skip
    assert "a lot" not in found["reason"]
    assert outcome.reason(key) == "field_left_out"
    (row,) = outcome.synced_values
    assert json.loads(row["field_values"])["SPEND"] == "5"


def test_x03_an_address_is_written_in_its_parts() -> None:
    old = {"MailingStreet": "1 High St", "MailingCity": "Bath", "MailingState": None, "MailingPostalCode": "BA1",
           "MailingCountry": "UK"}  # fmt: skip
    world = World()
    world.person("ann@x.example", FirstName="Ann", LastName="Lee", **old)
    moved = {"addr1": "2 Low St", "addr2": "Flat 3", "city": "Wells", "country": "UK", "state": "-", "zip": "BA5"}
    key = world.member("ann@x.example", merge_fields={"FNAME": "Ann", "LNAME": "Lee", "ADDRESS": moved})
    world.synced[key] = {
        "FNAME": "Ann", "LNAME": "Lee",
        "ADDRESS": '{"addr1":"1 High St","addr2":"","city":"Bath","country":"UK","state":"-","zip":"BA1"}',
    }  # fmt: skip
    mapping = FIELDS | {"ADDRESS": {"contact": "MailingAddress", "conflict": "mailchimp"}}
    (update,) = plan(world, audience(fields=mapping)).operations
    written = {name: value for name, value in update["after"].items() if name.startswith("Mailing")}
    assert written == {
        "MailingStreet": "2 Low St\nFlat 3", "MailingCity": "Wells", "MailingState": None, "MailingPostalCode": "BA5",
        "MailingCountry": "UK",
    }  # fmt: skip
    assert update["before"] == old


def test_x03_the_default_country_that_an_address_got_is_no_edit() -> None:
    """Moved in Salesforce alone: what Mailchimp added to the old address does not make that one the newer."""
    old = {"addr1": "1 High St", "addr2": "", "city": "Bath", "country": "", "state": "-", "zip": "BA1"}
    world = World()
    new = {"MailingStreet": "2 Low St", "MailingCity": "Wells", "MailingState": None, "MailingPostalCode": "BA5"}
    world.person("ann@x.example", FirstName="Ann", LastName="Lee", MailingCountry=None, **new)
    values = {"FNAME": "Ann", "LNAME": "Lee", "ADDRESS": old | {"country": "US"}}
    key = world.member("ann@x.example", merge_fields=values)
    synced = json.dumps(old, sort_keys=True, separators=(",", ":"))
    world.synced[key] = {"FNAME": "Ann", "LNAME": "Lee", "ADDRESS": synced}
    mapping = FIELDS | {"ADDRESS": {"contact": "MailingAddress", "conflict": "mailchimp"}}
    (update,) = plan(world, audience(fields=mapping)).operations
    assert (update["kind"], update["note"]) == ("update_member", None)
    assert update["after"]["merge_fields"]["ADDRESS"]["addr1"] == "2 Low St"


# --- values of all types

TYPED = {
    "TIER": "Tier__c", "SPEND": "Spend__c", "BIRTH": "Birthdate", "TOPICS": "Interests__c", "AGREED": "Agreed__c",
    "FNAME": "FirstName",
}  # fmt: skip
texts = st.sampled_from(
    ["", "Gold", "gold", "Silver, Gold", "true", "True", "1250", "1250.50", "-0", "1e400", "nan", "1999-2-3",
     "2026-02-30", "02/03/1999", " padded ", "a, b", "O'Neil", "\u00e9"],
) | st.text(alphabet="ab1.-/ ", max_size=8)  # fmt: skip


@settings(max_examples=5, deadline=None)
@given(members=st.lists(st.fixed_dictionaries(dict.fromkeys(TYPED, texts)), min_size=15, max_size=25))
def test_x03_whatever_is_edited_the_next_plan_has_nothing_to_do(members: list[dict[str, str]]) -> None:
    """What Salesforce takes reads back as what Mailchimp has then; what it can't take is found, and left alone."""
    fields = {tag: {"contact": path, "conflict": "mailchimp"} for tag, path in TYPED.items()}
    configured = audience(queries=[], fields=fields)
    world = World()
    for number, values in enumerate(members):
        world.person(f"p{number}@x.example", **dict.fromkeys(TYPED.values()))
        world.member(f"p{number}@x.example", merge_fields=values)
    outcome = plan(world, configured)
    for each in outcome.of("update_person"):
        (row,) = (row for row in world.people if row["id"] == each["person_id"])
        new = {name: value for name, value in each["after"].items() if name in TYPED.values()}
        row.update(
            {
                name: value if value is None or isinstance(value, str) else json.dumps(value)
                for name, value in new.items()
            }
        )
    for each in outcome.of("update_member"):
        (row,) = (row for row in world.members if row["email_key"] == each["email_key"])
        row["merge_fields"] = json.dumps(json.loads(row["merge_fields"]) | each["after"]["merge_fields"])
    world.synced = {row["email_key"]: json.loads(row["field_values"]) for row in outcome.synced_values}
    again = plan(world, configured)
    assert again.operations == []
    assert {(row["key"], row["field"]) for row in again.unwritable} == {
        (row["key"], row["field"]) for row in outcome.unwritable
    }


def test_x03_a_new_members_blanks_are_remembered_where_both_sides_write() -> None:
    world = World()
    world.person("ann@x.example", FirstName="Ann", LastName=None)
    outcome = plan(world, audience(queries=[EVERYONE], mailchimp_edits="mailchimp"))
    assert json.loads(outcome.synced_values[0]["field_values"]) == {"FNAME": "Ann", "LNAME": ""}


def test_x03_the_docs_list_the_rules_in_their_order() -> None:
    text = (Path(__file__).parents[3] / "docs" / "transform.md").read_text(encoding="utf-8")
    rows = [f"| {rule.name} | {rule.then} |" for rule in (*WINNERS, *OUTCOMES)]
    listed = [line for line in text.splitlines() if line.startswith(tuple(rows))]
    assert [row for row in rows if not any(line.startswith(row) for line in listed)] == []
    assert [line for line, row in zip(listed, rows, strict=True) if not line.startswith(row)] == []
