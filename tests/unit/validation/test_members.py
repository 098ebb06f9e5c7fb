"""Findings about members, and about the Leads that they would become."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from include.config.models import Rule
from include.schema import PicklistValue, SalesforceField, SalesforceObject
from include.validation.checks import Suite
from include.validation.members import lead_suite, member_suite
from include.validation.runner import Run
from include.warehouse.store import connect

TODAY = date(2026, 11, 22)
SOURCES = (PicklistValue("Web", "Web"), PicklistValue("Fair", "Fair", active=False))
LEAD = SalesforceObject(
    "Lead",
    {
        field.name: field
        for field in (
            SalesforceField("LastName", "Last Name", "string", length=80, nillable=False),
            SalesforceField("Company", "Company", "string", length=10),
            SalesforceField("Status", "Status", "picklist", nillable=False, defaulted_on_create=True),
            SalesforceField("LeadSource", "Source", "picklist", restricted_picklist=True, picklist=SOURCES),
            SalesforceField("Email", "Email", "email", length=20),
            SalesforceField("Birthdate__c", "Birthdate", "date"),
        )
    },
)
LEAD_ONLY = ["create_lead"]


def find(suite: Suite, view: str, *rows: dict[str, str | None]) -> list[tuple[str, str | None, str, list[str]]]:
    """The findings as (key, field, rule, gates), in order."""
    with connect() as connection:
        connection.register(
            view, pa.Table.from_pylist(list(rows), schema=pa.schema([(n, pa.string()) for n in rows[0]]))
        )
        found = [row for table in Run(connection).findings((suite,)) for row in table.to_pylist()]
    assert all(row["side"] == "mailchimp" and row["object"] == "member" for row in found)
    return [(row["key"], row["field"], row["rule"], row["gates"]) for row in found]


def a_member(**values: str | None) -> dict[str, str | None]:
    return {"email_key": "k1", "email": "ann@mail.example", "contact_id": "c1", "status": "subscribed"} | values


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("email", " ", "member_without_email"),
        ("contact_id", None, "member_without_contact"),
        ("status", "hidden", "unknown_status"),
    ],
)
def test_a_member_that_the_vendor_never_shows_is_held(column: str, value: str | None, rule: str) -> None:
    member = a_member(email_key="k2", **{column: value})
    assert find(member_suite(), "members", a_member(), member) == [("k2", None, rule, ["update", "create_lead"])]


def test_a_forgotten_member_is_not_looked_at() -> None:
    assert find(member_suite(), "members", a_member(status="forgotten", email=None, contact_id=None)) == []


def a_candidate(**values: str | None) -> dict[str, str | None]:
    return {"email_key": "k1", "email": "ann@mail.example", "LastName": "Lee", "Company": "Acme"} | values


def find_leads(
    *rows: dict[str, str | None], rules: tuple[Rule, ...] = ()
) -> list[tuple[str, str | None, str, list[str]]]:
    return find(lead_suite(LEAD, list(rows[0]), rules, TODAY, "Europe/Paris"), "lead_candidates", *rows)


def test_r08_a_candidate_without_fault_has_no_finding() -> None:
    assert find_leads(a_candidate(LeadSource="Web"), a_candidate(LeadSource=None)) == []


WRONG: tuple[tuple[str, str, list[tuple[str | None, str]]], ...] = (
    ("LastName", " ", [(None, "missing_required_field")]),
    ("LastName", "x" * 81, [("LastName", "text_too_long"), (None, "text_too_long")]),
    ("Company", "x" * 11, [("Company", "text_too_long")]),
    ("LeadSource", "Shop", [("LeadSource", "unknown_picklist_value")]),
    ("LeadSource", "Fair", [("LeadSource", "unknown_picklist_value")]),
    ("email", "averylongname@mail.example", [(None, "text_too_long")]),
    ("email", "ann@mail.test", [(None, "invalid_email")]),
)
"""Field, a value that Salesforce refuses, and the findings (field, rule)."""


def test_r08_what_salesforce_refuses_is_left_out_or_holds_the_lead() -> None:
    good = a_candidate(LeadSource="Web")
    bad = [good | {"email_key": f"k{number}", field: value} for number, (field, value, _) in enumerate(WRONG, 10)]
    expected = [
        (f"k{number}", left_out, rule, LEAD_ONLY)
        for number, (_, _, findings) in enumerate(WRONG, 10)
        for left_out, rule in findings
    ]
    assert sorted(find_leads(good, *bad), key=str) == sorted(expected, key=str)


def test_r08_a_required_field_that_nothing_fills_holds_every_lead() -> None:
    candidate = a_candidate()
    del candidate["LastName"]
    assert find_leads(candidate) == [("k1", None, "missing_required_field", LEAD_ONLY)]


def test_r17_rules_that_gate_create_lead_look_at_the_candidates() -> None:
    company = Rule(name="company", object="Lead", require="Company", gates=("create_lead", "update"))
    birth = Rule(
        name="birth", object="Lead", field="Birthdate__c", between=("1900-01-01", "today"), gates=("create_lead",)
    )
    others = Rule(name="others", object="Lead", require="Company", gates=("update",))
    found = find_leads(a_candidate(Company=None, Birthdate__c="2026-11-23"), rules=(company, birth, others))
    assert found == [("k1", None, "company", LEAD_ONLY), ("k1", None, "birth", LEAD_ONLY)]
