"""R02: a person account is an Account and a shadow Contact that stay in step."""

from __future__ import annotations

from datetime import timedelta

import pytest

from include.sandbox.salesforce.dml.person_accounts import person_record_types, twins
from include.sandbox.salesforce.errors import ApiError
from tests.unit.sandbox.salesforce.conftest import NOW, Bench


@pytest.fixture
def person(org: Bench) -> str:
    """The Account id of a person."""
    return org.insert(
        "Account",
        RecordTypeId=min(person_record_types(org.store.schema)),
        FirstName="Ada",
        LastName="Lovelace",
        PersonEmail="ada@one.example",
        PersonMailingCity="London",
        Newsletter_Consent__pc=True,
        Phone="1",
    )


def test_new_person_account_has_a_shadow_contact(org: Bench, person: str) -> None:
    (contact,) = org.records(
        "SELECT Name, Email, MailingCity, Newsletter_Consent__c, Phone, IsPersonAccount, AccountId, Id FROM Contact"
    )
    assert list(contact.values())[:7] == ["Ada Lovelace", "ada@one.example", "London", True, "1", True, person]
    (account,) = org.records("SELECT Name, IsPersonAccount, PersonContactId FROM Account")
    assert list(account.values()) == ["Ada Lovelace", True, contact["Id"]]


def test_change_of_either_record_shows_on_both_and_moves_both_stamps(org: Bench, person: str) -> None:
    stamps = "SELECT SystemModstamp FROM {}"
    before = org.values(stamps.format("Account")) + org.values(stamps.format("Contact"))
    org.controls.clock.set(NOW + timedelta(seconds=1), frozen=True)
    org.save("Account", "update", {"Id": person, "PersonHasOptedOutOfEmail": True, "FirstName": "A."})
    assert org.records("SELECT Name, HasOptedOutOfEmail FROM Contact") == [
        {"Name": "A. Lovelace", "HasOptedOutOfEmail": True}
    ]
    (contact,) = org.values("SELECT Id FROM Contact")
    org.save("Contact", "update", {"Id": contact, "Email": "new@one.example", "LastName": "King"})
    assert org.records("SELECT Name, PersonEmail FROM Account") == [
        {"Name": "A. King", "PersonEmail": "new@one.example"}
    ]
    after = org.values(stamps.format("Account")) + org.values(stamps.format("Contact"))
    assert all(new > old for new, old in zip(after, before, strict=True))


def test_business_account_takes_no_person_fields_and_the_other_way_round(org: Bench, person: str) -> None:
    code, message, fields = org.refusal("Account", "insert", Name="Acme", LastName="x", PersonEmail="a@one.example")
    assert (code, fields) == ("INVALID_FIELD_FOR_INSERT_UPDATE", ("LastName", "PersonEmail"))
    assert message == "Account: bad field names on insert/update call: LastName, PersonEmail"
    assert org.refusal("Account", "update", Id=person, Name="x")[2] == ("Name",)
    assert org.refusal("Account", "insert", Industry="Banking")[:2] == (
        "REQUIRED_FIELD_MISSING",
        "Required fields are missing: [Name]",
    )


def test_shadow_contact_is_bound_to_its_account(org: Bench, person: str) -> None:
    (contact,) = org.values("SELECT Id FROM Contact")
    other = org.insert("Account", Name="Acme")
    assert org.refusal("Contact", "update", Id=contact, AccountId=other)[0] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    (refused,) = org.writer.delete(org.store.schema.objects["Contact"], [contact])
    assert refused.error
    org.writer.delete(org.store.schema.objects["Account"], [person])
    assert org.values("SELECT Id FROM Contact") == []
    assert org.values("SELECT Id FROM Contact", deleted=True) == [contact]


def test_writing_the_shadow_contact_can_be_switched_off(org: Bench, person: str) -> None:
    org.controls.set_switches({"person_contact_writable": False})
    (contact,) = org.values("SELECT Id FROM Contact")
    assert org.refusal("Contact", "update", Id=contact, Title="t")[0] == "INSUFFICIENT_ACCESS_OR_READONLY"


def test_every_custom_contact_field_has_a_twin(org: Bench) -> None:
    shown = set(twins(org.store.schema).values())
    custom = {name for name in org.store.schema.objects["Contact"].fields if name.endswith("__c")}
    assert custom <= shown
    assert {"Email", "MailingStreet", "HasOptedOutOfEmail", "Birthdate", "MobilePhone", "Title"} <= shown


def test_plain_org_knows_no_person_accounts(plain_org: Bench) -> None:
    for query in ("SELECT IsPersonAccount FROM Contact", "SELECT PersonEmail FROM Account"):
        with pytest.raises(ApiError, match="No such column"):
            plain_org.records(query)
    plain_org.insert("Account", Name="Acme")
    assert plain_org.refusal("Account", "insert", Industry="x")[2] == ("Name",)
