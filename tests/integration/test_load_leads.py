"""`load_people` against the sandbox: one Lead per e-mail, whatever happens (R08)."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

from include.keys import email_key
from include.load.ground import Ground
from include.load.leads import LeadLoad
from include.load.operations import Plan
from include.load.pending import Pending
from include.load.results import ResultLog
from include.load.rule_names import RuleNames
from include.pipelines.load import load_people
from include.salesforce.client import SalesforceClient
from include.sandbox.salesforce.credentials import SALES_USER_ID, USER_ID
from include.warehouse.tables import PEOPLE
from tests.integration.loading import Rig, address, create_lead, named, states
from tests.integration.mailchimp_account import account, audience, member
from tests.integration.org import NOW, contact, lead
from tests.unit.pipelines.killing import Killed
from tests.unit.salesforce.scripted import refused, saved, scripted

INSERT = "/services/data/v{version}/composite/sobjects"
JUST_NOW = NOW.isoformat()


def load(run: Rig, *operations) -> dict[str, tuple[str, str]]:
    run.plan(*operations)
    load_people(run.run)
    return run.results()


def test_r08_leads_are_made_with_their_key(made, org):
    assert load(made(), create_lead("ann"), create_lead("bob")) == {
        "create_lead ann": ("applied", ""),
        "create_lead bob": ("applied", ""),
    }
    assert {lead["Email"]: lead["MC_Key__c"] for lead in org.records("Lead")} == {
        address(name): email_key(address(name)) for name in ("ann", "bob")
    }


@pytest.mark.parametrize("when", ["before", "after"])
def test_r08_a_lost_answer_makes_no_second_lead(made, org, when):
    org.faults({"kind": "reset", "method": "POST", "path": INSERT, "times": 1, "when": when})
    results = load(made(), create_lead("ann"))
    assert results["create_lead ann"][0] == ("already_there" if when == "after" else "applied")
    assert len(org.records("Lead")) == 1


def test_g04_killed_after_the_insert_the_next_try_finds_the_leads(made, org):
    run = made()
    run.plan(create_lead("ann"), create_lead("bob"))
    with pytest.raises(Killed):
        load_people(run.dying(0))
    load_people(run.run)
    assert states(run.results()) == {"already_there"}
    assert {row["vendor_id"] for row in run.rows()} == {lead["Id"] for lead in org.records("Lead")}
    assert len(org.records("Lead")) == 2


def test_g07_refused_leads_keep_their_reason_and_the_others_go_on(made, org):
    names = named("p", range(250))
    bad = create_lead("bad", LastName=None)
    wrong = create_lead("wrong", Status="x" * 300)
    results = load(made(), bad, *map(create_lead, names), wrong)
    assert {results[f"create_lead {name}"] for name in names} == {("applied", "")}
    assert results["create_lead bad"][0] == results["create_lead wrong"][0] == "refused"
    assert "LastName" in results["create_lead bad"][1]
    assert len(org.records("Lead")) == 250


def test_r17_a_lead_that_a_rule_of_the_org_forbids_keeps_the_rules_name_and_message(made, org):
    """And nothing of the person: the address in the administrator's text is taken out."""
    rule = {
        "ValidationName": "No_Free_Mail",
        "Active": True,
        "EntityDefinitionId": "Lead",
        "ErrorMessage": "Free mail like bob@free.example is not welcome",
        "ErrorDisplayField": "Email",
        "Metadata": {"errorConditionFormula": 'BEGINS(Email, "bob")'},
    }
    org.put(ValidationRule=[rule])
    results = load(made(), create_lead("ann"), create_lead("bob"))
    assert results["create_lead ann"] == ("applied", "")
    state, reason = results["create_lead bob"]
    assert (state, reason.startswith("No_Free_Mail: Free mail like ... is not welcome"), "Email" in reason) == (
        "refused",
        True,
        True,
    )
    assert len(org.records("Lead")) == 1


@pytest.mark.parametrize("words", ["", "OTHER_CODE: said otherwise"])
def test_g07_a_refusal_is_held_whatever_its_words_are(made, org, words):
    """What Salesforce says where a rule has no value is an assumption of the sandbox."""
    metadata = {"errorConditionFormula": "VALUE(Company) > 1"}
    rule = {"ValidationName": "Faulty", "Active": True, "EntityDefinitionId": "Lead", "ErrorMessage": "No"}
    org.put(ValidationRule=[{**rule, "Metadata": metadata}])
    org.sandbox.switches("salesforce", **({"error_formula_without_value": words} if words else {}))
    run = made()
    (result,) = load(run, create_lead("ann")).values()
    (row,) = run.rows()
    assert (result[0], row["vendor_code"]) == ("refused", words.partition(":")[0] or "FORMULA_EXPRESSION_INVALID")
    assert not org.records("Lead")


RULE, OFF = "01Q5g0000000001EAA", "01Q5g0000000002EAA"
NEWSLETTER, FAIR = "0125g0000000LdNAAU", "0125g0000000LdOAAU"
"""Record types of Lead; the second one is not active."""


@pytest.mark.parametrize(
    ("rule", "owner"), [(None, USER_ID), ("active", SALES_USER_ID), (OFF, SALES_USER_ID), (RULE[:15], SALES_USER_ID)]
)
def test_r08_an_assignment_rule_owns_new_leads_only_where_the_audience_says_so(made, org, rule, owner):
    entry = {"ruleEntry": [{"assignedTo": SALES_USER_ID}]}
    rules = [
        {"Id": record_id, "Name": "Leads", "SobjectType": "Lead", "Active": record_id == RULE, "Metadata": entry}
        for record_id in (RULE, OFF)
    ]
    org.put(AssignmentRule=rules)
    load(made(create_leads={"enabled": True, "assignment_rule": rule}), create_lead("ann"))
    assert [lead["OwnerId"] for lead in org.records("Lead")] == [owner]


def test_r08_new_leads_have_the_owner_and_record_type_of_the_plan_and_are_refused_alone_with_a_wrong_one(made, org):
    given = {"OwnerId": SALES_USER_ID, "RecordTypeId": NEWSLETTER}
    results = load(made(), create_lead("ann", **given), create_lead("bob", **given | {"RecordTypeId": FAIR}))
    assert results["create_lead ann"] == ("applied", "")
    state, reason = results["create_lead bob"]
    assert (state, reason.startswith("Record Type ID: this ID value isn't valid for the user")) == ("refused", True)
    (lead,) = org.records("Lead")
    assert (lead["OwnerId"], lead["RecordTypeId"]) == (SALES_USER_ID, NEWSLETTER)


def duplicate_rule(action: str) -> dict[str, object]:
    """Leads whose e-mail a Contact has are refused, or alerted."""
    acts = {"actionOnInsert": "Block"} if action == "Block" else {"operationsOnInsert": ["Alert"]}
    match = [{"matchRuleSObjectType": "Contact", "matchingRule": "Exact_Email"}]
    return {
        "DeveloperName": "Known_Contact",
        "SobjectType": "Lead",
        "IsActive": True,
        "Metadata": {**acts, "alertText": "Ask bob@here.example first", "duplicateRuleMatchRules": match},
    }


@pytest.mark.parametrize("tells_rows", [False, True])
@pytest.mark.parametrize("action", ["Block", "Alert"])
def test_r08_a_duplicate_rules_hit_keeps_the_matched_id(made, org, action, tells_rows):
    """Collections say that there is a duplicate, not which; an alert counts as a refusal."""
    known = contact(1, Email=address("bob"), AccountId=None)
    org.put(Contact=[known], DuplicateRule=[duplicate_rule(action)])
    org.sandbox.switches("salesforce", rows_tell_duplicates=tells_rows)
    run = made()
    results = load(run, create_lead("ann"), create_lead("bob"))
    assert results == {
        "create_lead ann": ("applied", ""),
        "create_lead bob": ("refused", f"Ask ... first; it matches {known['Id']}"),
    }
    ids = {row["op_id"]: (row["vendor_code"], row["vendor_id"]) for row in run.rows()}
    assert ids["create_lead bob"] == ("DUPLICATES_DETECTED", known["Id"])
    assert len(org.records("Lead")) == 1


def test_r08_a_bad_state_drops_the_postal_address_not_the_lead(made, org):
    org.sandbox.switches("salesforce", state_and_country_picklists=True)
    run = made()
    bad = {"Street": "1 Elm", "City": "Austin", "State": "TX", "PostalCode": "73301", "Country": "United States"}
    results = load(
        run,
        create_lead("ann", **bad),
        create_lead("bob", **bad | {"State": "Texas"}),
        create_lead("cid", LastName=None),
        create_lead("dee", **bad | {"State": None, "Country": "Atlantis"}),
        create_lead("eve", **bad, Status="x" * 300),
    )
    names = ("ann", "bob", "cid", "dee", "eve")
    assert [results[f"create_lead {name}"][0] for name in names] == [
        "applied", "applied", "refused", "applied", "refused"
    ]  # fmt: skip
    assert results["create_lead dee"][1].startswith("without its postal address: There's a problem with this country")
    assert results["create_lead ann"][1].startswith("without its postal address: There's a problem with this state")
    found = {lead["Email"]: [lead[part] for part in bad] for lead in org.records("Lead")}
    assert found == {
        address("ann"): [None] * 5, address("bob"): [*(bad | {"State": "Texas"}).values()], address("dee"): [None] * 5,
    }  # fmt: skip


def test_g07_a_row_that_was_locked_is_not_taken_for_its_neighbour(made):
    """Rows that were sent again are answered after all others."""
    run = made()
    run.plan(create_lead("ann"), create_lead("bob"), create_lead("cid"))
    rest, script = scripted(
        [refused("UNABLE_TO_LOCK_ROW"), saved("second"), refused("STRING_TOO_LONG", fields=["Company"])],
        [saved("first")],
    )
    plan = Plan(run.run.project.warehouse, run.run.run_id)
    in_order = [operation.op_id for operation in plan.unfinished("create_lead")]
    with ResultLog(run.run.project.warehouse, run.run.run_id) as log:
        pending = Pending(plan, Ground(), {}, log)
        client = SalesforceClient(rest)
        LeadLoad(client, run.run.audience.create_leads, pending, RuleNames(client)).create()
    found = {row["op_id"]: (row["state"], row["vendor_id"]) for row in run.rows()}
    assert [found[op_id] for op_id in in_order] == [("applied", "first"), ("applied", "second"), ("refused", None)]
    assert len(script.asked) == 2


def test_g07_a_value_that_makes_salesforce_refuse_the_whole_call_is_refused_alone(made):
    run = made()
    run.plan(create_lead("ann"), create_lead("bob"))
    refusal = (400, [{"errorCode": "JSON_PARSER_ERROR", "message": "Cannot deserialize"}], {})
    rest, _ = scripted(refusal, refusal, [saved("second")])
    with ResultLog(run.run.project.warehouse, run.run.run_id) as log:
        pending = Pending(Plan(run.run.project.warehouse, run.run.run_id), Ground(), {}, log)
        client = SalesforceClient(rest)
        LeadLoad(client, run.run.audience.create_leads, pending, RuleNames(client)).create()
    assert sorted(row["state"] for row in run.rows()) == ["applied", "refused"]


@pytest.mark.parametrize("whole", [True, False])
def test_g07_a_value_of_the_wrong_type_holds_its_lead_alone(made, org, whole):
    """Whether Salesforce refuses the whole call for it or the row is an assumption of the sandbox."""
    org.sandbox.switches("salesforce", wrong_types_refuse_collections=whole)
    results = load(made(), create_lead("ann"), create_lead("bob", NumberOfEmployees="many"), create_lead("cid"))
    assert [results[f"create_lead {name}"][0] for name in ("ann", "bob", "cid")] == ["applied", "refused", "applied"]
    assert {lead["Email"] for lead in org.records("Lead")} == {address("ann"), address("cid")}


def test_r08_another_unique_field_of_the_org_is_a_refusal(made):
    """Only our own key says that the Lead is there already."""
    run = made()
    run.plan(create_lead("ann"))
    message = "duplicate value found: Badge__c duplicates value on record with id: 00Q5g00000000AB"
    rest, _ = scripted([refused("DUPLICATE_VALUE", message)])
    with ResultLog(run.run.project.warehouse, run.run.run_id) as log:
        pending = Pending(Plan(run.run.project.warehouse, run.run.run_id), Ground(), {}, log)
        client = SalesforceClient(rest)
        LeadLoad(client, run.run.audience.create_leads, pending, RuleNames(client)).create()
    assert run.results()["create_lead ann"][0] == "refused"


@pytest.mark.parametrize("status", ["unsubscribed", "archived", "cleaned"])
def test_r08_who_left_meanwhile_becomes_no_lead(made, org, status):
    run = made()
    run.sandbox.put_state(mailchimp=account(audience([member("ann", status, last_changed=JUST_NOW)])))
    assert load(run, create_lead("ann")) == {"create_lead ann": ("precondition_gone", f"member_is_{status}")}
    assert not org.records("Lead")


@pytest.mark.parametrize("minutes", [1, 59])
def test_r08_who_came_into_salesforce_since_its_extraction_becomes_no_lead(made, org, minutes):
    """Also before the audience was extracted: the two are read at different times."""
    since = NOW - timedelta(minutes=minutes)
    org.put(
        Contact=[contact(1, Email=" ANN@x.example", AccountId=None, SystemModstamp=since)],
        Lead=[lead(1, Email=address("bob"), SystemModstamp=since)],
    )
    results = load(made(), create_lead("ann"), create_lead("bob"), create_lead("cid"))
    assert results == {
        "create_lead ann": ("precondition_gone", "person_exists"),
        "create_lead bob": ("precondition_gone", "person_exists"),
        "create_lead cid": ("applied", ""),
    }


def test_r08_who_came_with_a_newer_extraction_becomes_no_lead(made, org):
    run = made()
    person = {"object": "Contact", "id": "003000000000000001", "email_key": email_key(address("ann"))}
    row = dict.fromkeys(PEOPLE.schema().names) | person
    run.run.project.warehouse.replace(PEOPLE, pa.Table.from_pylist([row], schema=PEOPLE.schema()))
    assert load(run, create_lead("ann"))["create_lead ann"] == ("precondition_gone", "person_exists")
