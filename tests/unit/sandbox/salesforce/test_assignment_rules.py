"""Assignment rules: who owns a lead after a save, as the request's header asks."""

from __future__ import annotations

import pytest

from include.sandbox.salesforce.credentials import SALES_USER_ID, USER_ID
from include.sandbox.salesforce.dml.options import SaveOptions
from include.sandbox.salesforce.errors import ApiError
from tests.unit.sandbox.salesforce.conftest import Bench

LEAD = {"LastName": "Doe", "Company": "Acme", "City": "Bonn"}
ACTIVE, OTHER = "01Q5g0000000001EAA", "01Q5g0000000002EAA"


def rule(record_id: str, *entries: dict[str, object], active: bool = True) -> dict[str, object]:
    """An assignment rule."""
    metadata = {"ruleEntry": list(entries)}
    return {"Id": record_id, "Name": "Leads", "SobjectType": "Lead", "Active": active, "Metadata": metadata}


@pytest.fixture
def ruled(org: Bench) -> Bench:
    """Leads of Bonn go to sales; by the inactive rule all do."""
    bonn = {"assignedTo": SALES_USER_ID, "formula": 'City = "Bonn"'}
    everyone = {"assignedTo": SALES_USER_ID}
    org.store.load([("AssignmentRule", [rule(ACTIVE, bonn), rule(OTHER, everyone, active=False)])])
    return org


@pytest.mark.parametrize(
    ("assignment", "city", "owner"),
    [
        ("TRUE", "Bonn", SALES_USER_ID),
        ("TRUE", "Rome", USER_ID),
        ("FALSE", "Bonn", USER_ID),
        (OTHER, "Rome", SALES_USER_ID),
    ],
)
def test_r08_the_header_decides_which_rule_gives_the_owner(
    ruled: Bench, assignment: str, city: str, owner: str
) -> None:
    options = SaveOptions(assignment=assignment)
    (saved,) = ruled.save("Lead", "insert", LEAD | {"City": city, "OwnerId": USER_ID}, options=options)
    assert saved.error is None
    assert ruled.values("SELECT OwnerId FROM Lead") == [owner]


def test_an_update_is_assigned_too(ruled: Bench) -> None:
    lead = ruled.insert("Lead", **LEAD)
    ruled.save("Lead", "update", {"Id": lead, "Title": "Dr"}, options=SaveOptions(assignment="TRUE"))
    assert ruled.values("SELECT OwnerId FROM Lead") == [SALES_USER_ID]


@pytest.mark.parametrize(
    ("headers", "assignment", "allowed"),
    [
        ({}, "TRUE", False),
        ({"sforce-auto-assign": "false"}, "FALSE", False),
        ({"sforce-auto-assign": ACTIVE[:15]}, ACTIVE, False),
        ({"sforce-duplicate-rule-header": "allowSave=true"}, "TRUE", True),
        ({"sforce-duplicate-rule-header": "includeRecordDetails=false; allowSave=TRUE"}, "TRUE", True),
        ({"sforce-duplicate-rule-header": "allowSave=false, runAsCurrentUser=true"}, "TRUE", False),
    ],
)
def test_headers_are_read_as_documented(headers: dict[str, str], assignment: str, allowed: bool) -> None:
    options = SaveOptions.of(headers, "/services/data/v59.0")
    assert (options.assignment, options.allow_duplicates) == (assignment, allowed)


def test_a_header_that_is_no_id_refuses_the_request() -> None:
    with pytest.raises(ApiError) as refused:
        SaveOptions.of({"sforce-auto-assign": "maybe"}, "")
    assert refused.value.code == "MALFORMED_ID"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([rule(ACTIVE)], "needs a list ruleEntry"),
        ([rule(ACTIVE, {"assignedTo": "0055g000000NoneAAA"})], "assignedTo is no user"),
        ([rule(ACTIVE, {"assignedTo": USER_ID, "formula": "Nope = 1"})], "field Nope does not exist"),
        ([rule(ACTIVE, {"assignedTo": USER_ID}), rule(OTHER, {"assignedTo": USER_ID})], "only one assignment rule"),
        ([rule(ACTIVE, {"assignedTo": USER_ID}) | {"SobjectType": "Case"}], "SobjectType Case is not served"),
    ],
)
def test_a_rule_that_is_wrong_is_refused_when_it_is_loaded(
    org: Bench, wrong: list[dict[str, object]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        org.store.load([("AssignmentRule", wrong)])
