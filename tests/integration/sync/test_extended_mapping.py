"""X15: the extended mapping pairs in whole syncs: what is written, left out and made of it in new Leads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from include.warehouse.tables import QUARANTINE
from tests.integration.sync.people import NEWS, WEB, audience, contact, key, subscriber
from tests.integration.sync.small import TIME_ZONE, Small
from tests.sandbox_fixture import Sandbox

FILE = """\
audience: Newsletter
policy: legacy_parity
consent: none
first_load: auto
mapping_types: extended
create_leads: {enabled: true, defaults: {Company: "[none]", LastName: "-"}}
fields:
  FNAME: {contact: FirstName, lead: FirstName}
  LNAME: {contact: LastName, lead: LastName}
  PHONE: {contact: Phone, lead: Phone}
  MOBILE: {contact: MobilePhone, lead: MobilePhone}
  BIRTHDAY: {contact: Birthdate}
  JOUR: {contact: Birthdate}
  ZIPCODE: {contact: MailingPostalCode, lead: PostalCode}
  SITE: {contact: Account.Website, lead: Website}
  RADIO: {contact: LeadSource, lead: LeadSource}
queries:
  - {name: web, object: Contact, where: {field: LeadSource, equals: Web}}
circuit_breaker: {changed_members: 100%, new_members: 100%}
"""
TYPES: dict[str, dict[str, Any]] = {
    "PHONE": {"type": "phone", "options": {"phone_format": "US"}},
    "MOBILE": {"type": "phone", "options": {"phone_format": "International"}},
    "BIRTHDAY": {"type": "birthday", "options": {"date_format": "MM/DD"}},
    "JOUR": {"type": "birthday", "options": {"date_format": "DD/MM"}},
    "ZIPCODE": {"type": "zip"},
    "SITE": {"type": "url"},
    "RADIO": {"type": "radio", "options": {"choices": ["Web", "Other"]}},
}
STAMP = ("PATCH", "/services/data/v{version}/composite/sobjects/{object}/{key}", 1)
GOOD = {
    "Phone": "(415) 555-0100", "MobilePhone": "+33 6 12 34 56 78", "Birthdate": "1980-02-29",
    "MailingPostalCode": "94105",
}  # fmt: skip
WRITTEN = {
    "PHONE": "415-555-0100", "MOBILE": "+33 6 12 34 56 78", "BIRTHDAY": "02/29", "JOUR": "29/02", "ZIPCODE": "94105",
    "RADIO": "Web",
}  # fmt: skip


@pytest.fixture
def small(connected: Sandbox, tmp_path: Path) -> Small:
    connected.reset()
    world = Small(connected, tmp_path)
    world.configure("newsletter", FILE)
    (world.rig.configuration / "audiences" / "updates.yaml").unlink()
    return world


def put(small: Small, people: list[dict[str, Any]], *members: dict[str, Any], accounts: Any = ()) -> None:
    small.sandbox.put_state(salesforce={"Contact": people, "Account": list(accounts)})
    listed = audience("Newsletter", NEWS, *members)
    listed["merge_fields"] = listed["merge_fields"][:2] + [
        {"tag": tag, "name": tag.title(), "required": False} | kind for tag, kind in TYPES.items()
    ]
    small.put_mailchimp({}, listed)


def values(small: Small, name: str) -> dict[str, Any]:
    (listed,) = small.sandbox.state("mailchimp")["lists"]
    return next(member["merge_fields"] for member in listed["members"] if member["id"] == key(name))


def test_x15_values_are_written_in_the_form_of_their_merge_field_and_a_second_run_writes_nothing(small):
    acme = {"Id": "0015g00000ACMEAAAA", "Name": "Acme", "Website": "https://acme.example/about"}
    ann = contact("ann", **WEB, **GOOD, AccountId=acme["Id"])
    bob = contact("bob", **WEB, **GOOD | {"Phone": "+1 212.555.0199", "Birthdate": "1990-11-05"})
    put(small, [ann, bob], subscriber("bob", values={"PHONE": "212-555-0199", "BIRTHDAY": "11/05"}), accounts=[acme])
    assert small.sync() == 0
    assert values(small, "ann").items() >= (WRITTEN | {"SITE": "https://acme.example/about"}).items()
    assert values(small, "bob").items() >= {"PHONE": "212-555-0199", "BIRTHDAY": "11/05", "JOUR": "05/11"}.items()
    small.sandbox.reset_calls()
    assert small.sync() == 0
    assert small.rig.write_calls() == [STAMP]


def test_x15_what_a_merge_field_does_not_take_is_left_out_with_its_rule_and_the_rest_goes_on(small):
    bad = {
        "Phone": "555-0100", "MobilePhone": None, "MailingPostalCode": "SW1A 1AA", "LeadSource": "Web",
        "AccountId": "0015g00000ACMEAAAA",
    }  # fmt: skip
    acme = {"Id": "0015g00000ACMEAAAA", "Name": "Acme", "Website": "www.acme.example"}
    put(small, [contact("ann", **bad)], subscriber("zoe"), accounts=[acme])
    small.pipeline(TIME_ZONE + "quality: {fail_above: 100%, data_docs: off}\n")
    assert small.sync() == 0
    ann = values(small, "ann")
    assert (ann["FNAME"], ann["PHONE"], ann["ZIPCODE"], ann["SITE"], ann["RADIO"]) == ("Ann", "", "", "", "Web")
    held = small.rig.project.warehouse.read(QUARANTINE).to_pylist()
    assert {(row["rule"], row["field"]) for row in held} == {
        ("not_a_us_phone", "PHONE"), ("not_a_zip_code", "ZIPCODE"), ("not_a_url", "SITE"),
    }  # fmt: skip


def test_x15_a_new_lead_gets_what_its_fields_can_hold(small):
    stored = {
        "PHONE": "415-555-0100", "MOBILE": "+33 6 12", "BIRTHDAY": "02/29", "ZIPCODE": "94105",
        "SITE": "https://zoe.example", "RADIO": "Web",
    }  # fmt: skip
    put(small, [contact("ann", **WEB)], subscriber("zoe", values=stored))
    assert small.sync() == 0
    (made,) = small.sandbox.state("salesforce")["Lead"]
    wanted = {
        "Phone": "415-555-0100",
        "MobilePhone": "+33 6 12",
        "PostalCode": "94105",
        "Website": "https://zoe.example",
    }
    assert {name: made[name] for name in (*wanted, "LeadSource")} == wanted | {"LeadSource": "Web"}


def test_x15_without_the_setting_the_pairs_are_refused_and_the_message_says_so(small, capsys):
    put(small, [contact("ann", **WEB)], subscriber("bob"))
    small.configure("newsletter", FILE.replace("mapping_types: extended\n", ""))
    assert small.sync() == 3
    told = capsys.readouterr().err
    line = "fields.PHONE.contact: Contact.Phone (phone) can't feed PHONE (phone); phone feeds text; with "
    assert line + "`mapping_types: extended` this pair, too" in told
    assert (
        "Contact.Birthdate (date) can't feed BIRTHDAY (birthday); date feeds date or text; with `mapping_types" in told
    )
    small.configure("newsletter", FILE.replace("contact: MailingPostalCode", "contact: Birthdate"))
    assert small.sync() == 3
    told = capsys.readouterr().err
    assert "Contact.Birthdate (date) can't feed ZIPCODE (zip); date feeds date or text or birthday\n" in told


def test_x15_x03_edits_in_mailchimp_reach_the_fields_that_can_hold_them_and_settle(small):
    """What Salesforce writes in another form is written in Mailchimp's, and no difference any more."""
    edits = FILE.replace("policy: legacy_parity", "policy: legacy_parity\nmailchimp_edits: mailchimp")
    for source in ("contact: Birthdate", "lead: Website"):
        edits = edits.replace(source, f"{source}, conflict: salesforce")
    small.configure("newsletter", edits.replace("new_members: 100%", "new_members: 100%, changed_people: 100%"))
    put(small, [contact("ann", **WEB, **GOOD)], subscriber("ann"))
    assert small.sync() == 0
    state = small.sandbox.state("mailchimp")
    (member,) = state["lists"][0]["members"]
    member["merge_fields"] |= {"PHONE": "415-555-0199", "MOBILE": "+33 1", "ZIPCODE": "10001", "RADIO": "Other"}
    member["last_changed"] = "2026-11-22T22:15:30+00:00"
    small.sandbox.put_state(mailchimp=state)
    assert small.sync() == 0
    (person,) = small.sandbox.state("salesforce")["Contact"]
    wanted = {"Phone": "415-555-0199", "MobilePhone": "+33 1", "MailingPostalCode": "10001", "LeadSource": "Other"}
    assert {name: person[name] for name in wanted} == wanted
    small.sandbox.reset_calls()
    assert small.sync() == 0
    assert small.rig.write_calls() == [STAMP]


def test_x15_a_birthday_can_not_be_written_back(small, capsys):
    put(small, [contact("ann", **WEB)], subscriber("bob"))
    small.configure(
        "newsletter", FILE.replace("BIRTHDAY: {contact: Birthdate}", "BIRTHDAY: {contact: Birthdate, conflict: newest}")
    )
    assert small.sync() == 3
    assert (
        "BIRTHDAY is a birthday, without a year; write `conflict: salesforce` for BIRTHDAY" in capsys.readouterr().err
    )
