"""Every assumption is a switch: both of its values, and that none is without a test."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.home import PROJECT
from include.sandbox.salesforce.assumed_words import WORDINGS
from include.sandbox.salesforce.credentials import SALES_USER_ID, USER_ID
from include.sandbox.salesforce.dml.options import SaveOptions
from include.sandbox.salesforce.dml.person_accounts import person_record_types
from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.switches import BEHAVIOURS
from include.sandbox.salesforce.wordings import PREFIX, assumed
from tests.unit.sandbox.salesforce.conftest import Bench
from tests.unit.sandbox.salesforce.test_assignment_rules import rule as assignment_rule
from tests.unit.sandbox.salesforce.test_duplicate_rules import by_email
from tests.unit.sandbox.salesforce.test_duplicate_rules import rule as duplicate_rule
from tests.unit.sandbox.salesforce.test_validation_rules import rule as validation_rule

LEAD = {"LastName": "Doe", "Company": "Acme", "Email": "ann@a.example"}


def test_every_switch_is_turned_by_a_test():
    tests = "".join(path.read_text("utf-8") for path in Path(PROJECT, "tests").rglob("*.py"))
    assert [name for name in BEHAVIOURS if f'"{name}"' not in tests] == []


@pytest.mark.parametrize("name", sorted(WORDINGS))
def test_every_assumed_refusal_is_worded_by_its_switch(name: str):
    wording = WORDINGS[name]
    said = assumed(name, field="Email", value="x")
    default = {f"{PREFIX}{name}": f"{wording.code}: {wording.text}"}
    assert said.told(default) == said.__class__(said.code, said.text)
    other = said.told({f"{PREFIX}{name}": "OTHER_CODE: said of {value}, {nothing}: done"})
    assert (other.code, other.text) == ("OTHER_CODE", "said of x, : done")


def test_a_refused_row_has_the_words_of_the_switch(org: Bench):
    org.controls.set_switches({"error_no_such_column": "NO_COLUMN: {object} knows no {name}"})
    (saved,) = org.save("Lead", "insert", {"Nope": 1})
    assert saved.json()["errors"] == [{"statusCode": "NO_COLUMN", "message": "Lead knows no Nope", "fields": []}]
    assert saved.errors[0].csv() == "NO_COLUMN:Lead knows no Nope:--"


def test_a_refused_query_has_the_words_of_the_switch_behind_its_pointer(org: Bench):
    switches = {"error_invalid_date": "BAD_DATE: no {value}"}
    with pytest.raises(ApiError) as refused:
        org.records("SELECT Id FROM Lead WHERE CreatedDate > 2026-02-31T00:00:00Z")
    (told,) = refused.value.body(org.controls.switches | switches)
    assert told["errorCode"] == "BAD_DATE"
    assert str(told["message"]).endswith("ERROR at Row:1:Column:41\nno 2026-02-31T00:00:00Z")


@pytest.mark.parametrize(("cleared", "kept"), [(True, None), (False, "account")])
def test_a_lookup_to_a_deleted_record_is_cleared_or_kept(org: Bench, cleared: bool, kept: str | None):
    org.controls.set_switches({"deletion_clears_lookups": cleared})
    account = org.insert("Account", Name="A")
    org.insert("Account", Name="B", ParentId=account)
    org.writer.delete(org.store.schema.objects["Account"], [account])
    assert org.values("SELECT ParentId FROM Account") == [kept and account]


@pytest.mark.parametrize(("refused", "codes"), [(True, [None, "ENTITY_IS_DELETED"]), (False, [None, None])])
def test_an_id_twice_in_one_deletion(org: Bench, refused: bool, codes: list[str | None]):
    org.controls.set_switches({"deleted_twice_is_refused": refused})
    lead = org.insert("Lead", **LEAD)
    results = org.writer.delete(org.store.schema.objects["Lead"], [lead, lead])
    assert [one.error and one.error.code for one in results] == codes
    assert org.values("SELECT IsDeleted FROM Lead", deleted=True) == [True]


@pytest.mark.parametrize("goes", [False, True])
def test_a_persons_contact_goes_with_its_account_or_not_at_all(org: Bench, goes: bool):
    org.controls.set_switches({"person_contact_takes_its_account": goes})
    person = org.insert("Account", LastName="Doe", RecordTypeId=min(person_record_types(org.store.schema)))
    (contact,) = org.values("SELECT Id FROM Contact")
    (deleted,) = org.writer.delete(org.store.schema.objects["Contact"], [contact])
    assert (deleted.error is None) is goes
    assert org.values("SELECT Id FROM Account") == ([] if goes else [person])
    assert org.values("SELECT Id FROM Contact") == ([] if goes else [contact])


@pytest.mark.parametrize("refused", [True, False])
def test_a_rule_without_a_value_refuses_the_record_or_lets_it_pass(org: Bench, refused: bool):
    org.store.load([("ValidationRule", [validation_rule("Lead", "1 / NumberOfEmployees > 2")])])
    org.controls.set_switches({"faulty_formulas_refuse": refused})
    (saved,) = org.save("Lead", "insert", {**LEAD, "NumberOfEmployees": 0})
    assert (saved.error and saved.error.code) == ("FORMULA_EXPRESSION_INVALID" if refused else None)


@pytest.mark.parametrize("told", [False, True])
def test_one_duplicate_rule_is_told_or_all_in_their_order(org: Bench, told: bool):
    org.insert("Lead", **LEAD)
    rules = [
        {**duplicate_rule(by_email(), alertText=name, sortOrder=order), "DeveloperName": name}
        for name, order in (("A_Last", 2), ("B_First", 1))
    ]
    org.store.load([("DuplicateRule", rules)])
    org.controls.set_switches({"all_duplicate_rules": told})
    (saved,) = org.save("Lead", "insert", LEAD)
    assert [one.message for one in saved.errors] == (["B_First", "A_Last"] if told else ["B_First"])


@pytest.mark.parametrize("counted", [False, True])
def test_converted_leads_and_persons_contacts_count_as_duplicates_by_switch(org: Bench, counted: bool):
    person = {"LastName": "Doe", "RecordTypeId": min(person_record_types(org.store.schema))}
    org.store.load([("Lead", [{**LEAD, "IsConverted": True}])])
    org.insert("Account", **person, PersonEmail="bob@b.example")
    org.store.load([("DuplicateRule", [duplicate_rule(by_email(), by_email("Contact"))])])
    org.controls.set_switches({"duplicates_of_converted_leads": counted, "duplicates_of_person_contacts": counted})
    results = org.save("Lead", "insert", LEAD, {**LEAD, "Email": "bob@b.example"})
    assert [one.error is not None for one in results] == [counted, counted]


def test_r08_a_duplicates_fields_are_told_where_the_header_asks(org: Bench):
    there = org.insert("Lead", **LEAD, City="Bonn")
    org.store.load([("DuplicateRule", [duplicate_rule(by_email())])])
    options = SaveOptions.of({"sforce-duplicate-rule-header": "includeRecordDetails=true"}, "/services/data/v59.0")
    shown = []
    for asked in (SaveOptions(), options):
        (saved,) = org.save("Lead", "insert", LEAD, options=asked)
        assert saved.error is not None
        (match,) = saved.error.details["duplicateResut"]["matchResults"]
        shown.append(match["matchRecords"][0]["record"])
    assert (set(shown[0]), shown[0]["Id"]) == ({"attributes", "Id"}, there)
    assert (shown[1]["Id"], shown[1]["City"], shown[1]["IsConverted"]) == (there, "Bonn", False)


@pytest.mark.parametrize("refused", [True, False])
def test_an_assignment_rule_that_is_not_there_refuses_the_call_or_is_passed_over(org: Bench, refused: bool):
    org.controls.set_switches({"unknown_assignment_rules_refuse": refused})
    options = SaveOptions(assignment="01Q5g0000000009EAA")
    if refused:
        with pytest.raises(ApiError, match="invalid cross reference id"):
            org.save("Lead", "insert", LEAD, options=options)
    else:
        org.save("Lead", "insert", LEAD, options=options)
    assert len(org.values("SELECT Id FROM Lead")) == int(not refused)


@pytest.mark.parametrize("default", ["", SALES_USER_ID])
def test_a_lead_that_no_entry_takes_keeps_its_owner_or_gets_the_default_one(org: Bench, default: str):
    entry = {"assignedTo": SALES_USER_ID, "formula": 'City = "Bonn"'}
    org.store.load([("AssignmentRule", [assignment_rule("01Q5g0000000001EAA", entry)])])
    org.controls.set_switches({"default_lead_owner": default})
    org.save("Lead", "insert", LEAD, options=SaveOptions(assignment="TRUE"))
    assert org.values("SELECT OwnerId FROM Lead") == [default or USER_ID]


@pytest.mark.parametrize(("given", "labels", "kept"), [(True, ["Sent", "Responded"], "Sent"), (False, [], "Whatever")])
def test_a_new_campaign_comes_with_statuses_by_switch(org: Bench, given: bool, labels: list[str], kept: str):
    org.controls.set_switches({"campaigns_come_with_statuses": given})
    campaign = org.insert("Campaign", Name="C")
    assert org.values("SELECT Label FROM CampaignMemberStatus ORDER BY SortOrder") == labels
    org.insert("CampaignMember", CampaignId=campaign, LeadId=org.insert("Lead", **LEAD), Status="Whatever")
    assert org.values("SELECT Status FROM CampaignMember") == [kept]


def test_a_campaign_has_one_default_status(org: Bench):
    campaign = org.insert("Campaign", Name="C")
    org.insert("CampaignMemberStatus", CampaignId=campaign, Label="Invited", IsDefault=True)
    assert org.values("SELECT Label FROM CampaignMemberStatus WHERE IsDefault = true") == ["Invited"]


@pytest.mark.parametrize("folded", [False, True])
def test_names_of_states_and_countries_are_compared_exactly_or_not(org: Bench, folded: bool):
    org.controls.set_switches({"state_and_country_picklists": True, "address_names_fold_case": folded})
    (saved,) = org.save("Lead", "insert", {**LEAD, "Country": "united states", "State": "TEXAS"})
    assert (saved.error is None) is folded


@pytest.mark.parametrize(
    ("zone", "created", "today"), [("GMT", "T23:30:00Z", True), ("Asia/Tokyo", "T23:30:00Z", False)]
)
def test_the_users_day_begins_in_its_time_zone(org: Bench, zone: str, created: str, today: bool):
    """The clock says 09:00 UTC on the 23rd, which is 18:00 in Tokyo; 23:30 UTC is the 24th there."""
    org.store.load([("Lead", [{**LEAD, "CreatedDate": f"2026-11-23{created}"}])])
    org.controls.set_switches({"user_time_zone": zone})
    assert bool(org.values("SELECT Id FROM Lead WHERE CreatedDate = TODAY")) is today


@pytest.mark.parametrize(("zone", "refused"), [("GMT", False), ("Asia/Tokyo", True)])
def test_today_of_a_rule_is_the_users(org: Bench, zone: str, refused: bool):
    org.store.load([("ValidationRule", [validation_rule("Lead", "DAY(TODAY()) = 24")])])
    org.controls.set_switches({"user_time_zone": zone})
    org.controls.clock.set(datetime(2026, 11, 23, 20, 0, tzinfo=UTC), frozen=True)
    (saved,) = org.save("Lead", "insert", LEAD)
    assert (saved.error is not None) is refused


@pytest.mark.parametrize(("monday", "found"), [(False, 1), (True, 0)])
def test_weeks_start_on_sunday_or_monday(org: Bench, monday: bool, found: int):
    """The 23rd is a Monday, the record is of the Sunday before."""
    org.store.load([("Lead", [{**LEAD, "CreatedDate": "2026-11-22T12:00:00Z"}])])
    org.controls.set_switches({"week_starts_on_monday": monday})
    assert len(org.values("SELECT Id FROM Lead WHERE CreatedDate = THIS_WEEK")) == found


@pytest.mark.parametrize(("start", "year", "quarter"), [(1, 3, 2), (11, 1, 1), (12, 3, 3)])
def test_fiscal_years_begin_in_their_month_and_calendar_years_in_january(
    org: Bench, start: int, year: int, quarter: int
):
    """The 23rd of November lies in a fiscal year since January, November or December."""
    org.controls.set_switches({"fiscal_year_start_month": start})
    days = ("2026-09-30", "2026-10-31", "2026-11-01")
    org.store.load([("Lead", [{**LEAD, "CreatedDate": f"{day}T12:00:00Z"} for day in days])])
    found = [
        len(org.values(f"SELECT Id FROM Lead WHERE CreatedDate = {literal}"))
        for literal in ("THIS_FISCAL_YEAR", "THIS_FISCAL_QUARTER", "THIS_YEAR", "THIS_QUARTER")
    ]
    assert found == [year, quarter, 3, 2]


@pytest.mark.parametrize(("currency", "taken"), [("USD", True), ("EUR", False)])
def test_amounts_are_in_the_orgs_currency(org: Bench, currency: str, taken: bool):
    org.controls.set_switches({"currency": currency})
    query = "SELECT Id FROM Lead WHERE AnnualRevenue > USD100"
    if taken:
        assert org.values(query) == []
    else:
        with pytest.raises(ApiError, match="invalid currency: USD"):
            org.values(query)


def test_null_and_an_empty_text_are_one_and_null_of_a_checkbox_is_false(org: Bench):
    org.insert("Lead", **LEAD)
    assert len(org.values("SELECT Id FROM Lead WHERE City = ''")) == 1
    assert len(org.values("SELECT Id FROM Lead WHERE City = null")) == 1
    assert len(org.values("SELECT Id FROM Lead WHERE IsConverted = null")) == 1
    assert org.values("SELECT Id FROM Lead WHERE IsConverted != null") == []


def test_what_administrators_ruled_shows_in_the_state_and_not_in_queries(org: Bench):
    org.store.load([("DuplicateRule", [duplicate_rule(by_email())])])
    assert b"duplicateRuleMatchRules" in b"".join(org.store.export())
    assert org.values("SELECT DeveloperName FROM DuplicateRule") == ["Block_Lead"]
    with pytest.raises(ApiError, match="No such column 'Metadata'"):
        org.values("SELECT Metadata FROM DuplicateRule")


@pytest.mark.parametrize("other", [False, True])
def test_the_columns_of_a_query_as_the_switches_have_them(org: Bench, other: bool):
    address = "Text" if other else "Address"
    turned = {"columns_name_foreign_keys": other, "columns_of_count": other, "columns_of_addresses": address}
    org.controls.set_switches(turned)
    described = org.queries.columns("SELECT Account.Name, MailingAddress FROM Contact")["columnMetadata"]
    assert [one["foreignKeyName"] for one in described] == ["AccountId" if other else None, None]
    assert described[1]["apexType"] == address
    assert len(org.queries.columns("SELECT COUNT() FROM Contact")["columnMetadata"]) == int(other)
