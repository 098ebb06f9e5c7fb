"""The schema: real describes, and what the overlay adds to them."""

from __future__ import annotations

import json

import pytest

from include.sandbox.salesforce.org_schema import DATA, PERSON_ACCOUNT, PLAIN_ACCOUNT, load_schema


@pytest.mark.parametrize("person_accounts", [True, False])
def test_described_fields_are_left_as_they_are(person_accounts: bool) -> None:
    schema = load_schema(person_accounts=person_accounts)
    account = PERSON_ACCOUNT if person_accounts else PLAIN_ACCOUNT
    for name, file in {"Account": account, "Lead": "grouparoo_Lead.describe.v42.json"}.items():
        recorded = json.loads((DATA / file).read_text("utf-8"))
        assert [schema.objects[name].fields[one["name"]].describe for one in recorded["fields"]] == recorded["fields"]


def test_own_objects_have_the_designed_fields() -> None:
    objects = load_schema(person_accounts=True).objects
    assert {name for name in objects["MC_Subscriber__c"].fields if name.endswith("__c")} == {
        *("Key__c", "Audience__c", "Contact__c", "Lead__c", "Email__c", "Mailchimp_Contact_Id__c", "Status__c"),
        *("Opt_In__c", "Profile_Updated__c", "Rating__c", "Groups__c", "Tags__c"),
        *("Requested_Status__c", "Requested_Groups__c", "Request_Result__c"),
    }
    for name, key in {
        "MC_Audience__c": "List_Id__c",
        "MC_Subscriber__c": "Key__c",
        "MC_Subscriber_Activity__c": "Key__c",
        "MC_Campaign__c": "Campaign_Id__c",
        "Lead": "MC_Key__c",
    }.items():
        field = objects[name].fields[key]
        assert (field.external_id, field.unique, field.lookup_key) == (True, True, True), name
    assert objects["MC_Subscriber_Activity__c"].fields["Subscriber__c"].required
    assert set(objects["MC_Subscriber__c"].fields["Status__c"].values) == {
        *("subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived", "forgotten")
    }


def test_only_a_person_account_org_has_their_fields() -> None:
    with_persons, plain = (load_schema(person_accounts=one).objects for one in (True, False))
    assert "IsPersonAccount" in with_persons["Contact"].fields
    assert "IsPersonAccount" not in plain["Contact"].fields
    assert "Newsletter_Consent__pc" in with_persons["Account"].fields
    assert not any(name.endswith("__pc") or name.startswith("Person") for name in plain["Account"].fields)


def test_names_are_found_in_any_case() -> None:
    schema = load_schema(person_accounts=True)
    contact = schema.find("CONTACT")
    assert contact
    assert contact.find("lastname") is contact.fields["LastName"]
    assert contact.relationship("account") is contact.fields["AccountId"]
    assert contact.relationship("Individual") is None
    assert schema.by_prefix("00Q000000000000") is schema.objects["Lead"]


def test_address_has_its_parts() -> None:
    lead = load_schema(person_accounts=True).objects["Lead"]
    assert {part: field.name for part, field in lead.parts("Address").items()}["postalCode"] == "PostalCode"
