"""Fields that the org computes when they are read: formula fields, and what a campaign member shows of its person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest

from include.sandbox.salesforce.formulas.compiler import compile_formula
from include.sandbox.salesforce.formulas.kinds import Kind, Row
from include.sandbox.salesforce.formulas.paths import Reader
from include.sandbox.salesforce.store import OrgStore
from tests.unit.sandbox.salesforce.conftest import NOW, Bench, bench

SCORE = "SELECT Customer_Score__c FROM Contact"


@pytest.fixture(params=[True, False], ids=["person accounts", "plain"])
def any_org(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Both kinds of org."""
    yield from bench(OrgStore(person_accounts=request.param))


def test_g10_a_formula_changes_with_its_parent_and_leaves_the_records_time_stamp(any_org: Bench) -> None:
    account = any_org.insert("Account", Name="A", Type="Prospect")
    any_org.insert("Contact", LastName="Doe", AccountId=account)
    asked = "SELECT Customer_Score__c, SystemModstamp FROM Contact"
    (before,) = any_org.records(asked)
    any_org.controls.clock.set(NOW + timedelta(hours=1), frozen=True)
    (saved,) = any_org.save("Account", "update", {"Id": account, "Type": "Customer"})
    assert saved.error is None
    (after,) = any_org.records(asked)
    assert (before["Customer_Score__c"], after["Customer_Score__c"]) == (10.0, 100.0)
    assert before["SystemModstamp"] == after["SystemModstamp"]


def test_a_formula_filters_sorts_and_is_reached_through_parents(any_org: Bench) -> None:
    for name, kind in (("a", "Customer"), ("b", "Prospect"), ("c", "Other")):
        account = any_org.insert("Account", Name=name, Type=kind)
        contact = any_org.insert("Contact", LastName=name, AccountId=account)
        any_org.insert("MC_Subscriber__c", Name=name, Key__c=name, Contact__c=contact)
    assert any_org.values("SELECT LastName FROM Contact WHERE Customer_Score__c > 20 ORDER BY LastName") == ["a", "c"]
    assert any_org.values("SELECT LastName FROM Contact ORDER BY Customer_Score__c DESC") == ["a", "c", "b"]
    assert any_org.values("SELECT Name FROM MC_Subscriber__c WHERE Contact__r.Customer_Score__c = 10") == ["b"]
    assert any_org.values("SELECT max(Customer_Score__c) FROM Contact") == [100.0]


def test_what_the_database_computes_is_what_the_described_formula_says(any_org: Bench) -> None:
    schema = any_org.store.schema
    contact = schema.objects["Contact"]
    for kind in (*schema.objects["Account"].fields["Type"].values, None, "customer"):
        account = any_org.insert("Account", Name="A", Type=kind)
        any_org.insert("Contact", LastName=str(kind), AccountId=account)
    any_org.insert("Contact", LastName="nobody's")
    described = contact.fields["Customer_Score__c"].describe
    formula = compile_formula(described["calculatedFormula"], schema, contact, Kind.NUMBER, of_writes=False)
    found = any_org.records("SELECT Id, Customer_Score__c FROM Contact")
    with any_org.store.database.reading() as connection:
        values = Reader(contact, formula.paths).read(connection, [one["Id"] for one in found])
    assert len(found) > 5
    for one in found:
        row = Row(values[one["Id"]], None, new=False, now=NOW)
        assert formula.evaluate(row) == one["Customer_Score__c"], one


def test_a_person_accounts_formula_shows_on_the_account_too(org: Bench) -> None:
    record_type = org.values("SELECT Id FROM RecordType WHERE IsPersonType = true")[0]
    account = org.insert("Account", LastName="Doe", RecordTypeId=record_type, Type="Customer")
    assert org.values(f"SELECT Customer_Score__pc FROM Account WHERE Id = '{account}'") == [100.0]
    assert org.values(SCORE) == [100.0]


def test_a_formula_is_described_as_calculated_and_cannot_be_written(any_org: Bench) -> None:
    described = any_org.store.schema.objects["Contact"].fields["Customer_Score__c"].describe
    assert (described["calculated"], described["createable"], described["updateable"]) == (True, False, False)
    code, _, fields = any_org.refusal("Contact", "insert", LastName="Doe", Customer_Score__c=3)
    assert (code, fields) == ("INVALID_FIELD_FOR_INSERT_UPDATE", ("Customer_Score__c",))


def test_the_state_has_no_computed_values_and_ignores_those_put(any_org: Bench) -> None:
    contact = {"Id": "0035g000000000BAAQ", "LastName": "Doe", "Customer_Score__c": 7.0}
    any_org.store.replace(BytesIO(json.dumps({"Contact": [contact]}).encode()))
    (kept,) = json.loads(b"".join(any_org.store.export()))["Contact"]
    assert "Customer_Score__c" not in kept
    assert any_org.values(SCORE) == [50.0]


def test_a_campaign_member_shows_its_contact_or_its_lead(any_org: Bench) -> None:
    account = any_org.insert("Account", Name="Acme")
    contact = any_org.insert(
        "Contact", LastName="Doe", FirstName="Ann", Email="ann@a.example", AccountId=account, MailingCity="Bonn"
    )
    lead = any_org.insert("Lead", LastName="Roe", Company="Roe Ltd", City="Rome", HasOptedOutOfEmail=True)
    campaign = any_org.insert("Campaign", Name="C")
    any_org.insert("CampaignMember", CampaignId=campaign, ContactId=contact)
    any_org.insert("CampaignMember", CampaignId=campaign, LeadId=lead)
    asked = (
        "SELECT Name, FirstName, Email, CompanyOrAccount, City, HasOptedOutOfEmail, Type, LeadOrContactId"
        " FROM CampaignMember ORDER BY Name"
    )
    assert [list(one.values()) for one in any_org.records(asked)] == [
        ["Ann Doe", "Ann", "ann@a.example", "Acme", "Bonn", False, "Contact", contact],
        ["Roe", None, None, "Roe Ltd", "Rome", True, "Lead", lead],
    ]
    assert any_org.values("SELECT Name FROM CampaignMember WHERE CompanyOrAccount = 'ROE LTD'") == ["Roe"]
