"""Canonical values and the inverse mapping (detail 11, detail 6)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.errors import StoppedByCheck
from include.transform import sql
from include.transform.values import lead_candidates, map_people
from include.warehouse.store import connect
from tests.unit.transform.worlds import World, audience, compact, inputs_for

ADDRESS = {"addr1": "1 High St", "addr2": "", "city": "Bath", "country": "United Kingdom", "state": "-", "zip": "BA1"}
MAILING = {"MailingCity": "Bath", "MailingPostalCode": "BA1", "MailingCountry": "United Kingdom"}


def mapped(fields: dict[str, Any], kind: str = "Contact", mc_key: str | None = None, **columns: Any) -> dict[str, Any]:
    """The mapped row of one person."""
    world = World()
    world.person("ann@x.example", kind, mc_key=mc_key, **columns)
    configured = audience(fields=fields, create_leads={"enabled": True, "defaults": {"LastName": "[unknown]"}})
    (row,) = map_people(world.connection(), inputs_for(configured)).to_arrow_table().to_pylist()
    return row


def candidate(fields: dict[str, Any], merge_fields: dict[str, Any], **create_leads: Any) -> dict[str, Any]:
    """The Lead that a subscribed member would become."""
    world = World()
    world.member("ann@x.example", merge_fields=merge_fields)
    configured = audience(fields=fields, create_leads={"enabled": True} | create_leads)
    (row,) = lead_candidates(world.connection(), inputs_for(configured)).to_arrow_table().to_pylist()
    return row


@pytest.mark.parametrize(
    ("tag", "path", "value", "expected"),
    [
        ("FNAME", "FirstName", "  Ann \r\n", "Ann"),
        ("FNAME", "FirstName", " \t ", None),
        ("FNAME", "FirstName", None, None),
        ("FNAME", "Account.Name", "Acme", "Acme"),
        ("AGREED", "Agreed__c", "true", "true"),
        ("AGREED", "Agreed__c", "false", "false"),
        ("TIER", "Tier__c", "gold", "Gold"),
        ("TIER", "Tier__c", "retired", "retired"),
        ("TOPICS", "Interests__c", "a;b;c", "a, b, c"),
        ("BIRTH", "Birthdate", "1990-02-28", "1990-02-28"),
        ("SPEND", "Spend__c", "1250.0", "1250"),
        ("SPEND", "Spend__c", "12.50", "12.5"),
        ("SPEND", "Spend__c", "-0.1", "-0.1"),
        ("SPEND", "Spend__c", "1E20", "1e+20"),
        ("SPEND", "Spend__c", "a lot", "a lot"),
    ],
)
def test_a_persons_value_is_what_mailchimp_would_store(
    tag: str, path: str, value: str | None, expected: str | None
) -> None:
    assert mapped({tag: {"contact": path}}, **{path: value})[tag] == expected


def test_a_picklist_maps_by_value_where_the_configuration_says_so() -> None:
    fields = {"TIER": {"contact": "Tier__c", "picklist": "value"}}
    assert mapped(fields, Tier__c="gold")["TIER"] == "gold"


@pytest.mark.parametrize(
    ("street", "lines"),
    [
        ("1 High St", ("1 High St", "")),
        ("1 High St\r\n2nd floor\n\n Door 3 ", ("1 High St", "2nd floor, Door 3")),
        ("\n1 High St", ("1 High St", "")),
    ],
)
def test_a_postal_address_has_two_lines_and_a_state_also_where_the_country_has_none(
    street: str, lines: tuple[str, str]
) -> None:
    row = mapped({"ADDRESS": {"contact": "MailingAddress"}}, MailingStreet=street, MailingState=None, **MAILING)
    assert row["ADDRESS"] == compact(ADDRESS | {"addr1": lines[0], "addr2": lines[1]})


def test_a_postal_address_without_any_part_is_blank() -> None:
    assert mapped({"ADDRESS": {"contact": "MailingAddress"}}, MailingStreet=" ", MailingCity=None,
                  MailingState=None, MailingPostalCode=None, MailingCountry=None)["ADDRESS"] is None  # fmt: skip


def test_each_object_has_its_own_source_and_none_is_blank() -> None:
    fields = {"FNAME": {"contact": "FirstName"}, "LNAME": {"lead": "LastName"}}
    row = mapped(fields, FirstName="Ann", LastName="Lee")
    assert (row["FNAME"], row["LNAME"]) == ("Ann", None)


def test_a_default_or_an_unticked_box_of_a_created_lead_counts_as_never_filled() -> None:
    fields = {"LNAME": {"lead": "LastName"}, "AGREED": {"lead": "Agreed__c"}}
    values = {"LastName": "[unknown]", "Agreed__c": "false"}
    created = mapped(fields, "Lead", mc_key="its key", **values)
    theirs = mapped(fields, "Lead", **values)
    assert (created["LNAME"], created["AGREED"]) == (None, None)
    assert (theirs["LNAME"], theirs["AGREED"]) == ("[unknown]", "false")


def test_deleted_and_converted_people_have_no_values() -> None:
    world = World()
    kept = world.person("a@x.example", FirstName="A", LastName="A")
    world.person("b@x.example", is_deleted=True)
    world.person("c@x.example", "Lead", is_converted=True)
    rows = map_people(world.connection(), inputs_for(audience())).to_arrow_table().to_pylist()
    assert [row["id"] for row in rows] == [kept]


def test_people_read_before_a_field_was_configured_stop_the_run_by_its_name() -> None:
    world = World()
    world.person("a@x.example", FirstName="A")
    with pytest.raises(StoppedByCheck, match=r"not read yet: LastName; run extract_salesforce"):
        map_people(world.connection(), inputs_for(audience()))


def test_an_org_without_people_maps_to_nothing() -> None:
    assert map_people(World().connection(), inputs_for(audience())).fetchall() == []


@pytest.mark.parametrize(
    ("tag", "path", "stored", "expected"),
    [
        ("FNAME", "FirstName", " Ann ", "Ann"),
        ("FNAME", "FirstName", "", None),
        ("AGREED", "Agreed__c", "TRUE", "true"),
        ("AGREED", "Agreed__c", "perhaps", None),
        ("SPEND", "Spend__c", 12.50, "12.5"),
        ("SPEND", "Spend__c", "", None),
        ("BIRTH", "Birthdate", "1990-02-28", "1990-02-28"),
        ("BIRTH", "Birthdate", "02/28/1990", "1990-02-28"),
        ("BIRTH", "Birthdate", "soon", None),
        ("TIER", "Tier__c", "Gold", "gold"),
        ("TIER", "Tier__c", "Platinum", "Platinum"),
        ("TOPICS", "Interests__c", "a, b", "a;b"),
    ],
)
def test_a_members_value_becomes_the_leads(tag: str, path: str, stored: object, expected: str | None) -> None:
    assert candidate({tag: {"lead": path}}, {tag: stored})[path] == expected


def test_a_members_address_becomes_the_leads_parts_without_the_filler() -> None:
    row = candidate({"ADDRESS": {"lead": "Address"}}, {"ADDRESS": ADDRESS | {"addr2": "Flat 2"}})
    parts = {part: row[part] for part in ("Street", "City", "State", "PostalCode", "Country")}
    assert parts == {"Street": "1 High St\nFlat 2", "City": "Bath", "State": None, "PostalCode": "BA1",
                     "Country": "United Kingdom"}  # fmt: skip


def test_related_fields_are_not_written_and_blanks_take_the_default() -> None:
    fields = {"COMPANY": {"contact": "Account.Name", "lead": "Account.Name"}, "LNAME": {"lead": "LastName"}}
    defaults = {"LastName": "[unknown]", "Company": "[none]", "LeadSource": None}
    row = candidate(fields, {"COMPANY": "Acme", "LNAME": " "}, defaults=defaults)
    assert set(row) == {"email_key", "email", "LastName", "Company"}
    assert (row["LastName"], row["Company"]) == ("[unknown]", "[none]")


def test_only_subscribed_members_are_candidates() -> None:
    world = World()
    statuses = ("unsubscribed", "cleaned", "pending", "transactional", "archived", "forgotten", "subscribed")
    for status in statuses:
        world.member(f"{status}@x.example", status)
    rows = lead_candidates(world.connection(), inputs_for(audience())).to_arrow_table().to_pylist()
    assert [row["email"] for row in rows] == ["subscribed@x.example"]


def test_a_value_written_to_a_lead_maps_back_to_itself() -> None:
    """Else the run after would overwrite what the member entered (G05)."""
    fields = {
        "FNAME": {"lead": "FirstName"}, "TIER": {"lead": "Tier__c"}, "SPEND": {"lead": "Spend__c"},
        "BIRTH": {"lead": "Birthdate"}, "TOPICS": {"lead": "Interests__c"}, "ADDRESS": {"lead": "Address"},
    }  # fmt: skip
    entered = {
        "FNAME": "Ann", "TIER": "Silver", "SPEND": 7.0, "BIRTH": "1990-02-28", "TOPICS": "News, Events",
        "ADDRESS": ADDRESS | {"addr2": "Flat 2, Door 3"},
    }  # fmt: skip
    lead = candidate(fields, entered)
    columns = {name: value for name, value in lead.items() if name not in {"email", "email_key"}}
    back = mapped(fields, "Lead", mc_key="its key", **columns)
    assert {tag: back[tag] for tag in fields} == {
        "FNAME": "Ann", "TIER": "Silver", "SPEND": "7", "BIRTH": "1990-02-28", "TOPICS": "News, Events",
        "ADDRESS": compact(entered["ADDRESS"]),
    }  # fmt: skip


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
@settings(max_examples=50)
def test_any_text_survives_as_a_literal_and_as_json(value: str) -> None:
    connection = connect()
    selected = f"SELECT {sql.text(value)}, {sql.json_object([(value, sql.json_text(sql.text(value)))])}"
    row = connection.execute(selected).fetchone()
    assert row is not None
    assert row[0] == value
    assert json.loads(row[1]) == {value: value}
