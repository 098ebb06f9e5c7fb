"""Values written to people against the sandbox (X03): only what still has its ground, once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from include.pipelines.load import load_people
from tests.integration.loading import ACTIVE, planned
from tests.integration.mailchimp_account import account, audience, member
from tests.integration.org import NOW, Org, contact, lead
from tests.unit.pipelines.killing import Killed

JUST_NOW = NOW.isoformat()
UPDATE = "/services/data/v{version}/composite/sobjects"


def write(name: str, row: dict[str, Any], before: Any = "Dr", after: Any = "Count", of: str = "Contact") -> dict:
    """Plan that a person's title is written, as the member's first name says it."""
    record = {"Id": row["Id"], "attributes": {"type": of}, "Title": after}
    ground = {
        "merge_fields": {"FNAME": [name.title(), after]},
        "person": row["Id"],
        "status": ACTIVE,
        "values": {"Title": [before, after]},
    }
    return planned("update_person", name, record, precondition=ground)


def named(org: Org, *names: str) -> dict[str, dict[str, Any]]:
    """These contacts, and no other record."""
    people = {name: contact(n, Email=f"{name}@x.example", AccountId=None) for n, name in enumerate(names)}
    org.put(Contact=[*people.values()])
    return people


def titles(org: Org) -> dict[str, object]:
    return {row["Email"].split("@")[0]: row["Title"] for row in org.records("Contact")}


@pytest.mark.parametrize("bulk_above", [0, 2000])
def test_x03_values_and_blanks_are_written_through_collections_and_in_bulk(made, org, bulk_above):
    people = named(org, "ann", "bob")
    leads = lead(1, Email="lou@x.example", Title="Dr")
    org.put(Contact=[*people.values()], Lead=[leads])
    run = made(*map(member, ("ann", "bob", "lou")), limits={"bulk_ingest_above": bulk_above})
    run.plan(
        write("ann", people["ann"]), write("bob", people["bob"], after=None), write("lou", leads, of="Lead")
    )  # fmt: skip
    load_people(run.run)
    assert set(run.results().values()) == {("applied", "")}
    assert titles(org) == {"ann": "Count", "bob": None}
    assert org.records("Lead")[0]["Title"] == "Count"


def test_x03_a_person_who_changed_since_the_plan_is_left_alone(made, org):
    names = ("another", "changed", "deleted", "done", "same")
    people = named(org, *names)
    run = made(*map(member, names))
    run.plan(*(write(name, row) for name, row in people.items()))
    org.update("Contact", people["another"]["Id"], Email="elsewhere@x.example")
    org.update("Contact", people["changed"]["Id"], Title="Duke")
    org.delete("Contact", people["deleted"]["Id"])
    org.update("Contact", people["done"]["Id"], Title="Count")
    org.update("Contact", people["same"]["Id"], Department="Sales")
    load_people(run.run)
    assert run.results() == {
        "update_person another": ("precondition_gone", "another_email"),
        "update_person changed": ("precondition_gone", "person_changed"),
        "update_person deleted": ("precondition_gone", "another_email"),
        "update_person done": ("already_there", "person_has_the_values"),
        "update_person same": ("applied", ""),
    }
    assert titles(org) == {"elsewhere": "Dr", "changed": "Duke", "deleted": "Dr", "done": "Count", "same": "Count"}


def test_detail9_x03_who_had_no_e_mail_in_the_plan_is_written_to_unless_they_have_one_now(made, org):
    people = named(org, "found", "same")
    for row in people.values():
        org.update("Contact", row["Id"], Email=None)
    run = made(member("found"), member("same"))
    operations = [write(name, row) for name, row in people.items()]
    for operation in operations:
        operation["precondition"] = json.dumps(json.loads(operation["precondition"]) | {"person_email_key": None})
    run.plan(*operations)
    org.update("Contact", people["found"]["Id"], Email="found@x.example")
    load_people(run.run)
    assert run.results() == {
        "update_person found": ("precondition_gone", "another_email"),
        "update_person same": ("applied", ""),
    }


def test_x03_a_person_who_went_between_two_extractions_is_left_alone(made, org):
    """Before the time from which changes are read: found by reading the records themselves."""
    people = named(org, "ann")
    gone = lead(1, Email="lou@x.example", Title="Dr", IsConverted=True, ConvertedContactId=people["ann"]["Id"])
    org.put(Contact=[people["ann"] | {"IsDeleted": True}], Lead=[gone])
    run = made(member("ann"), member("lou"))
    run.plan(write("ann", people["ann"]), write("lou", gone, of="Lead"))
    load_people(run.run)
    assert run.results() == {
        "update_person ann": ("precondition_gone", "person_gone"),
        "update_person lou": ("precondition_gone", "converted"),
    }


def test_x03_a_member_who_changed_since_the_plan_is_left_for_the_next(made, org):
    people = named(org, "ann", "bob", "cat", "dan")
    run = made(*map(member, people))
    run.plan(*(write(name, row) for name, row in people.items()))
    now = [
        member("ann", last_changed=JUST_NOW, merge_fields={"FNAME": "Edited again"}),
        member("bob", "cleaned", last_changed=JUST_NOW),
        member("cat", last_changed=JUST_NOW, tags=["Web"]),
        member("dan", last_changed=JUST_NOW, merge_fields={"FNAME": "Count"}),
    ]
    made_now = account(audience(now))
    run.sandbox.put_state(mailchimp=made_now)
    load_people(run.run)
    assert run.results() == {
        "update_person ann": ("precondition_gone", "member_changed"),
        "update_person bob": ("precondition_gone", "member_is_cleaned"),
        "update_person cat": ("applied", ""),
        "update_person dan": ("applied", ""),
    }


def test_g04_killed_after_the_call_the_next_try_finds_the_values(made, org):
    people = named(org, "ann")
    run = made(member("ann"))
    run.plan(write("ann", people["ann"]))
    with pytest.raises(Killed):
        load_people(run.dying(0))
    assert titles(org) == {"ann": "Count"}
    org.forget_calls()
    load_people(run.run)
    assert run.results() == {"update_person ann": ("already_there", "person_has_the_values")}
    assert org.calls()["writes"] == 0


def test_g04_a_lost_answer_writes_the_values_once_more(made, org):
    people = named(org, "ann")
    run = made(member("ann"))
    run.plan(write("ann", people["ann"]))
    org.faults({"path": UPDATE, "method": "PATCH", "kind": "reset", "when": "after", "times": 1})
    load_people(run.run)
    assert (run.results(), org.injected()) == ({"update_person ann": ("applied", "")}, 1)
    assert titles(org) == {"ann": "Count"}


def test_g07_a_value_that_makes_salesforce_refuse_the_whole_call_is_refused_alone(made, org):
    names = [f"p{number}" for number in range(5)]
    people = named(org, *names)
    run = made(*map(member, names))
    bad = write("p3", people["p3"], after={"no": "text"})
    run.plan(*(write(name, row) for name, row in people.items() if name != "p3"), bad)
    load_people(run.run)
    results = run.results()
    assert results["update_person p3"][0] == "refused"
    assert {results[f"update_person {name}"] for name in names if name != "p3"} == {("applied", "")}


NO_COUNTS = {
    "ValidationName": "No_Counts",
    "Active": True,
    "EntityDefinitionId": "Contact",
    "ErrorMessage": "Nobody is called so here",
    "ErrorDisplayField": "Title",
    "Metadata": {"errorConditionFormula": 'Title = "Count"'},
}


@pytest.mark.parametrize(("sees_setup", "name"), [(True, "No_Counts: "), (False, "")])
def test_r17_the_rule_that_refused_is_named_where_the_user_sees_the_orgs_setup(made, org, sees_setup, name):
    people = named(org, "ann", "bob")
    org.put(Contact=[*people.values()], ValidationRule=[NO_COUNTS])
    if not sees_setup:
        org.faults({"path": "/services/data/v{version}/tooling/query", "kind": "status", "status": 403, "times": 9})
    run = made(member("ann"), member("bob"))
    run.plan(write("ann", people["ann"]), write("bob", people["bob"], after="Duke"))
    load_people(run.run)
    assert run.results() == {
        "update_person ann": ("refused", f"{name}Nobody is called so here (Title)"),
        "update_person bob": ("applied", ""),
    }
