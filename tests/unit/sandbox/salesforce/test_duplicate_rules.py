"""Duplicate rules: which rows they forbid, what they tell, and what a request can ask of them."""

from __future__ import annotations

import pytest

from include.sandbox.salesforce.dml.options import SaveOptions
from tests.unit.sandbox.salesforce.conftest import Bench

LEAD = {"LastName": "Doe", "FirstName": "Ann", "Company": "Acme", "Email": "ann@a.example"}
OTHER = {"LastName": "Roe", "Company": "Roe Ltd"}
ALLOWED = SaveOptions(allow_duplicates=True)


def rule(
    *matches: tuple[str, str], action: str = "Block", sobject: str = "Lead", **metadata: object
) -> dict[str, object]:
    """A duplicate rule; `matches` are objects with matching rules."""
    told = {f"{key}{on}": value for on in ("Insert", "Update") for key, value in _acts(action).items()}
    asked = [{"matchRuleSObjectType": name, "matchingRule": by} for name, by in matches]
    return {
        "DeveloperName": f"{action}_{sobject}",
        "SobjectType": sobject,
        "IsActive": True,
        "Metadata": {**told, "duplicateRuleMatchRules": asked, **metadata},
    }


def _acts(action: str) -> dict[str, object]:
    return {"actionOn": "Block"} if action == "Block" else {"actionOn": "Allow", "operationsOn": [action]}


def by_email(name: str = "Lead") -> tuple[str, str]:
    return name, "Exact_Email"


def put(org: Bench, *rules: dict[str, object]) -> None:
    org.store.load([("DuplicateRule", rules)])


@pytest.mark.parametrize("same", ["ann@a.example", "ANN@A.example"])
def test_a_block_rule_refuses_what_matches_and_the_others_go_on(org: Bench, same: str) -> None:
    there = org.insert("Lead", **LEAD)
    put(org, rule(by_email(), alertText="Use one of these records?"))
    refused, saved = org.save("Lead", "insert", {**OTHER, "Email": same}, OTHER)
    assert saved.error is None
    assert refused.error is not None
    assert refused.error.entry() == {
        "duplicateResut": {
            "allowSave": False,
            "duplicateRule": "Block_Lead",
            "duplicateRuleEntityType": "Lead",
            "errorMessage": "Use one of these records?",
            "matchResults": [
                {
                    "entityType": "Lead",
                    "errors": [],
                    "matchEngine": "ExactMatchEngine",
                    "matchRecords": [
                        {
                            "additionalInformation": [],
                            "fieldDiffs": [],
                            "matchConfidence": 100.0,
                            "record": {
                                "attributes": {"type": "Lead", "url": f"/services/data/v59.0/sobjects/Lead/{there}"},
                                "Id": there,
                            },
                        }
                    ],
                    "rule": "Exact_Email",
                    "size": 1,
                    "success": True,
                }
            ],
        },
        "errorCode": "DUPLICATES_DETECTED",
        "message": "Use one of these records?",
    }


@pytest.mark.parametrize(
    ("action", "options", "refused"),
    [
        ("Block", SaveOptions(), True),
        ("Block", ALLOWED, True),
        ("Alert", SaveOptions(), True),
        ("Alert", ALLOWED, False),
        ("Report", SaveOptions(), False),
    ],
)
def test_only_an_alert_can_be_passed(org: Bench, action: str, options: SaveOptions, refused: bool) -> None:
    org.insert("Lead", **LEAD)
    put(org, rule(by_email(), action=action))
    (saved,) = org.save("Lead", "insert", LEAD, options=options)
    assert bool(saved.error) is refused


@pytest.mark.parametrize(
    ("changed", "refused"),
    [({}, True), ({"Company": "acme"}, True), ({"FirstName": None}, False), ({"Company": "Other"}, False)],
)
def test_name_and_company_match_a_contact_of_that_account(
    org: Bench, changed: dict[str, object], refused: bool
) -> None:
    account = org.insert("Account", Name="Acme")
    org.insert("Contact", FirstName="Ann", LastName="Doe", AccountId=account)
    put(org, rule(("Contact", "Exact_Name_And_Company")))
    (saved,) = org.save("Lead", "insert", LEAD | changed)
    assert bool(saved.error) is refused


def test_a_contact_is_compared_by_its_accounts_name(org: Bench) -> None:
    account = org.insert("Account", Name="Acme")
    org.insert("Lead", **LEAD)
    put(org, rule(("Lead", "Exact_Name_And_Company"), sobject="Contact"))
    code, _, _ = org.refusal("Contact", "insert", FirstName="Ann", LastName="Doe", AccountId=account)
    assert code == "DUPLICATES_DETECTED"
    org.insert("Contact", FirstName="Ann", LastName="Doe")


def test_an_update_is_compared_where_it_changes_a_compared_field(org: Bench) -> None:
    org.insert("Lead", **LEAD)
    second = org.insert("Lead", **LEAD)
    put(org, rule(by_email()))
    (title,) = org.save("Lead", "update", {"Id": second, "Title": "Dr"})
    (email,) = org.save("Lead", "update", {"Id": second, "Email": "ann@a.example"})
    assert title.error is None
    assert email.error is not None
    (other,) = org.save("Lead", "update", {"Id": second, "Email": "own@a.example"})
    assert other.error is None


def test_deleted_and_converted_leads_and_rows_of_the_same_save_match_nothing(org: Bench) -> None:
    (deleted,) = [org.insert("Lead", **LEAD)]
    org.writer.delete(org.store.schema.objects["Lead"], [deleted])
    converted = {**LEAD, "Id": "00Q5g0000000zzzAAA", "IsConverted": True}
    org.store.load([("Lead", [converted])])
    put(org, rule(by_email()))
    assert [one.error for one in org.save("Lead", "insert", LEAD, LEAD)] == [None, None]


def test_a_validation_rule_speaks_before_a_duplicate_rule(org: Bench) -> None:
    org.insert("Lead", **LEAD)
    put(org, rule(by_email()))
    forbid = {
        "ValidationName": "No",
        "Active": True,
        "EntityDefinitionId": "Lead",
        "ErrorMessage": "No doctors",
        "Metadata": {"errorConditionFormula": 'Title = "Dr"'},
    }
    org.store.load([("ValidationRule", [forbid])])
    assert org.refusal("Lead", "insert", **LEAD, Title="Dr")[:2] == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "No doctors")
    assert org.refusal("Lead", "insert", **LEAD)[0] == "DUPLICATES_DETECTED"
    assert org.values("SELECT COUNT(Id) FROM Lead") == [1]


def test_switches_spell_the_key_right_and_tell_matches_in_save_results(org: Bench) -> None:
    org.insert("Lead", **LEAD)
    put(org, rule(by_email()))
    (saved,) = org.save("Lead", "insert", LEAD)
    (error,) = saved.json()["errors"]
    assert error.keys() == {"statusCode", "message", "fields"}
    org.controls.set_switches({"duplicate_key_misspelt": False, "rows_tell_duplicates": True})
    (saved,) = org.save("Lead", "insert", LEAD)
    (error,) = saved.json()["errors"]
    assert error["duplicateResult"]["duplicateRule"] == "Block_Lead"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (rule(by_email("Account")), "Account by Exact_Email is not served"),
        (rule(("Lead", "Fuzzy")), "Lead by Fuzzy is not served"),
        (rule(by_email(), sobject="Account"), "SobjectType Account is not served"),
        (rule(), "needs a list duplicateRuleMatchRules"),
        (rule(by_email(), actionOnInsert="Warn"), "actionOnInsert is Allow or Block"),
    ],
)
def test_a_rule_that_is_not_served_is_refused_when_it_is_loaded(
    org: Bench, wrong: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        put(org, wrong)
    org.insert("Lead", **LEAD)
