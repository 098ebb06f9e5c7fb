"""Validation rules are evaluated on every write; what is not served is refused when it is loaded."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from include.sandbox.world import build
from tests.unit.sandbox.salesforce.conftest import NOW, Bench

CODE = "FIELD_CUSTOM_VALIDATION_EXCEPTION"


def rule(
    entity: str, formula: str, *, name: str = "Rule", field: str | None = None, active: bool = True
) -> dict[str, Any]:
    """A rule whose message is its name."""
    return {
        "ValidationName": name,
        "Active": active,
        "EntityDefinitionId": entity,
        "ErrorMessage": f"{name} says no",
        "ErrorDisplayField": field,
        "FullName": f"{entity}.{name}",
        "Metadata": {"active": active, "errorConditionFormula": formula},
    }


def load(org: Bench, *rules: dict[str, Any]) -> None:
    org.store.load([("ValidationRule", rules)])


def test_record_that_breaks_a_rule_is_refused_with_its_message_and_field(org: Bench) -> None:
    load(org, rule("Lead", "AND(NOT(ISBLANK(Email)), ISBLANK(FirstName))", field="FirstName"))
    refusal = org.refusal("Lead", "insert", LastName="D", Company="C", Email="d@x.example")
    assert refusal == (CODE, "Rule says no", ("FirstName",))
    org.insert("Lead", LastName="D", Company="C")
    assert len(org.values("SELECT Id FROM Lead")) == 1


def test_all_broken_rules_are_told_unless_switched_off(org: Bench) -> None:
    load(org, rule("Lead", "TRUE", name="A", field="Email"), rule("Lead", "TRUE", name="B"))
    (saved,) = org.save("Lead", "insert", {"LastName": "D", "Company": "C"})
    assert [(one.message, one.fields) for one in saved.errors] == [("A says no", ("Email",)), ("B says no", ())]
    org.controls.set_switches({"all_validation_errors": False})
    (saved,) = org.save("Lead", "insert", {"LastName": "D", "Company": "C"})
    assert [one.message for one in saved.errors] == ["A says no"]


def test_other_rows_go_on(org: Bench) -> None:
    load(org, rule("Lead", 'LastName = "bad"'))
    rows = [{"LastName": name, "Company": "C"} for name in ("a", "bad", "b")]
    assert [one.error is None for one in org.save("Lead", "insert", *rows)] == [True, False, True]
    assert org.values("SELECT LastName FROM Lead ORDER BY LastName") == ["a", "b"]


def test_changes_defaults_parents_and_names_are_seen(org: Bench) -> None:
    account = org.insert("Account", Name="ACME", Industry="Banking")
    contact = org.insert("Contact", FirstName="Ann", LastName="Lee", AccountId=account, Email="a@x.example")
    load(
        org,
        rule("Contact", 'AND(ISCHANGED(Email), ISPICKVAL(Account.Industry, "Banking"))', name="Locked"),
        rule("Contact", 'AND(NOT(HasOptedOutOfEmail), Name = "Ann Ray")', name="Ray"),
        rule("Contact", 'AND(ISNEW(), Owner.Name = "Sandbox Admin", LastName = "New")', name="New"),
    )
    assert org.refusal("Contact", "update", Id=contact, Email="b@x.example")[1] == "Locked says no"
    assert org.refusal("Contact", "update", Id=contact, LastName="Ray")[1] == "Ray says no"
    assert org.refusal("Contact", "insert", LastName="New")[1] == "New says no"
    (saved,) = org.save("Contact", "update", {"Id": contact, "Title": "x"})
    assert saved.error is None


def test_r17_a_person_account_is_judged_by_the_rules_of_account(org: Bench) -> None:
    load(org, rule("Account", 'AND(IsPersonAccount, PersonEmail = "no@x.example")', name="Person", field="PersonEmail"))
    load(org, rule("Contact", "TRUE", name="Contact"))
    infos = org.store.schema.objects["Account"].describe["recordTypeInfos"]
    info = next(one for one in infos if one["developerName"] == "PersonAccount")
    person = {"LastName": "Doe", "RecordTypeId": info["recordTypeId"]}
    assert org.refusal("Account", "insert", **person, PersonEmail="no@x.example")[1] == "Person says no"
    account = org.insert("Account", **person)
    (contact,) = org.values(f"SELECT PersonContactId FROM Account WHERE Id = '{account}'")
    refusal = org.refusal("Contact", "update", Id=contact, Email="no@x.example")
    assert refusal == (CODE, "Person says no", ("PersonEmail",))


def test_inactive_rules_are_not_evaluated(org: Bench) -> None:
    load(org, rule("Lead", "TRUE", active=False))
    org.insert("Lead", LastName="D", Company="C")


def test_formula_without_a_value_refuses_the_record(org: Bench) -> None:
    load(org, rule("Lead", "1 / LEN(FirstName) > 1"))
    code, message, _ = org.refusal("Lead", "insert", LastName="D", Company="C")
    assert (code, "a division by zero" in message) == ("FORMULA_EXPRESSION_INVALID", True)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (rule("Lead", 'VLOOKUP("a")'), "validation rule Lead.Rule, line 1, column 1: the function VLOOKUP"),
        (rule("Lead", ""), "validation rule Lead.Rule has no errorConditionFormula"),
        (rule("Lead", "TRUE", field="Nope"), "validation rule Lead.Rule is shown at a field that is not there: Nope"),
        (rule("Nope", "TRUE"), "validation rule Rule: its EntityDefinitionId is no object"),
    ],
)
def test_rule_that_is_not_served_is_refused_when_it_is_loaded(org: Bench, bad: dict[str, Any], message: str) -> None:
    load(org, rule("Lead", 'LastName = "bad"'))
    org.insert("Lead", LastName="kept", Company="C")
    state = io.BytesIO(json.dumps({"ValidationRule": [bad]}).encode())
    for attempt in (lambda: load(org, bad), lambda: org.store.replace(state)):
        with pytest.raises(ValueError, match="validation rule") as refused:
            attempt()
        assert str(refused.value).startswith(message)
    assert org.values("SELECT LastName FROM Lead") == ["kept"]
    assert org.refusal("Lead", "insert", LastName="bad", Company="C")[0] == CODE


def test_rules_survive_an_export(org: Bench) -> None:
    load(org, rule("Lead", 'LastName = "bad"'))
    org.store.replace(io.BytesIO(b"".join(org.store.export())))
    assert org.refusal("Lead", "insert", LastName="bad", Company="C")[0] == CODE


def test_r17_the_made_up_org_has_rules_that_work(org: Bench) -> None:
    org.store.load(build(1, NOW, 20).salesforce)
    info = next(
        one
        for one in org.store.schema.objects["Account"].describe["recordTypeInfos"]
        if one["developerName"] == "PersonAccount"
    )
    person = {"LastName": "Doe", "RecordTypeId": info["recordTypeId"], "PersonBirthdate": "2190-01-01"}
    contact = org.insert("Contact", LastName="Doe", Email="d@x.example")
    assert [
        org.refusal("Contact", "update", Id=contact, Email=None)[1:],
        org.refusal("Lead", "insert", LastName="Doe", Company="C")[1:],
        org.refusal("Account", "insert", **person)[1:],
    ] == [
        ("An e-mail address can be changed, not removed.", ("Email",)),
        ("A new lead needs an e-mail address or a phone number.", ()),
        ("The date of birth lies in the future.", ("PersonBirthdate",)),
    ]
