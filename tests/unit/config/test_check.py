"""The configuration against both schemas: every mistake has its line and says what would be right."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from include.config.check import check
from include.config.load import load_configuration
from include.config.mapping import ALLOWED, allowed
from include.config.models import Audience, Configuration, Pipeline
from include.errors import ConfigError
from include.schema import AudienceSchema, MergeField, MergeFieldType, SalesforceSchema
from tests.unit.config.worlds import NEWSLETTER, a_field, an_audience, an_org, write_configuration

FILE = "audiences/newsletter.yaml"
SALESFORCE_TYPES = (
    *ALLOWED, "reference", "id", "datetime", "time", "combobox", "encryptedstring", "base64", "anyType", "location",
)  # fmt: skip


def problems(
    tmp_path: Path,
    text: str = NEWSLETTER,
    *,
    rules: str | None = None,
    audience: AudienceSchema | None = None,
    salesforce: SalesforceSchema | None = None,
) -> list[str]:
    folder = write_configuration(tmp_path, text, rules=rules)
    with pytest.raises(ConfigError) as caught:
        check(load_configuration(folder), "newsletter", audience or an_audience(), salesforce or an_org())
    return str(caught.value).splitlines()[1:]


def test_a_fitting_configuration_passes(tmp_path: Path) -> None:
    rules = "- {name: birth, object: Contact, field: Birthdate, between: [today - 120 years, today], gates: [update]}\n"
    configuration = load_configuration(write_configuration(tmp_path, rules=rules))
    check(configuration, "newsletter", an_audience(), an_org())


MISTAKES = yaml.safe_load((Path(__file__).parent / "mistakes.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["by"])
def test_r12_r18_x02_a_mistake_is_told_word_for_word(tmp_path: Path, mistake: dict[str, Any]) -> None:
    assert problems(tmp_path, NEWSLETTER.replace(mistake["replace"], mistake["by"], 1)) == mistake["error"]


@pytest.mark.parametrize(
    ("gone", "query"),
    [
        ("CampaignMember", "object: CampaignMember\n    where: {field: Status, equals: Sent}"),
        ("Campaign", "object: CampaignMember\n    where: {field: Campaign.Name, equals: Fair}"),
        ("User", "object: Contact\n    where: {field: Owner.UserType, equals: Standard}"),
    ],
)
def test_x02_an_object_that_no_extraction_described_is_told_with_what_to_do(
    tmp_path: Path, gone: str, query: str
) -> None:
    org = an_org()
    del org.objects[gone]
    old = "object: Contact\n    where: {field: MailingCountry, equals: France}"
    lines = problems(tmp_path, NEWSLETTER.replace(old, query), salesforce=org)
    told = f"query french: Salesforce did not describe {gone} in the last extraction; run extract_salesforce where"
    assert lines
    assert all(told in line for line in lines)


def test_a_required_merge_field_without_a_source_is_told(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, audience=an_audience(SPEND=True))
    assert line == f"{FILE}:4: fields: merge field SPEND is required in Mailchimp; map it, or no member can be added"


@pytest.mark.parametrize(("object_name", "field_name"), [("Lead", "MC_Key__c"), ("MC_Audience__c", "List_Id__c")])
def test_an_org_without_our_package_is_told_what_to_deploy(tmp_path: Path, object_name: str, field_name: str) -> None:
    org = an_org()
    del org.objects[object_name].fields[field_name]
    (line,) = problems(tmp_path, salesforce=org)
    assert line.startswith(
        f"{FILE}:1: the org has no {object_name}.{field_name}, or hides it; deploy include/salesforce/"
    )


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("object: Contact, require: LastNam", "[0].require: Contact has no field LastNam, or hides it"),
        ("object: Contact, field: LastName, between: [today, today]", "[0].field: Contact.LastName is a string field;"),
        ("object: Contact, require: MailingAddress", "[0].require: MailingAddress is a compound address; name one of"),
        ("object: Account, require: Nam", "[0].require: Account has no field Nam, or hides it"),
    ],
)
def test_r17_a_rule_that_does_not_fit_is_told(tmp_path: Path, rule: str, message: str) -> None:
    (line,) = problems(tmp_path, rules=f"- {{name: a, {rule}, gates: [add]}}\n")
    assert line.startswith(f"validation_rules.yaml:1: {message}")


@pytest.mark.parametrize(
    ("leads", "message"),
    [
        ("{defaults: {Compny: x}}", "defaults.Compny: Lead has no field Compny"),
        ("{defaults: {CreatedDate: x}}", "defaults.CreatedDate: Lead.CreatedDate can't be given a value; remove it"),
        ("{defaults: {Email: x}}", "defaults.Email: Lead.Email can't be given a value; remove it"),
        ("{defaults: {LeadSource: web}}", "defaults.LeadSource: `web` is not a value of Lead.LeadSource; did you mean"),
        (f"{{defaults: {{Company: {'x' * 256}}}}}", "defaults.Company: is 256 characters long; Lead.Company takes 255"),
    ],
)  # fmt: skip
def test_r08_a_wrong_lead_default_is_told(tmp_path: Path, leads: str, message: str) -> None:
    (line,) = problems(tmp_path, f"{NEWSLETTER}create_leads: {leads}\n")
    assert line.startswith(f"{FILE}:16: create_leads.{message}")


TYPES = "012000000000000AAA (Master), 0125g0000000LdXAAU (Fair)"
USER, RULE, RECORD_TYPE = "0055g00000000ABAAY", "01Q5g00000000ABAAY", "0125g0000000LdNAAU"


@pytest.mark.parametrize(
    ("leads", "message"),
    [
        ("{owner: Ann}", ".owner: `Ann` is not the Id of a user or queue (15 or 18 characters that begin with 005)"),
        (f"{{assignment_rule: {USER}}}", f".assignment_rule: `{USER}` is not the Id of an assignment rule (15 or 18"),
        (f"{{record_type: {RECORD_TYPE[:-1]}}}", f".record_type: `{RECORD_TYPE[:-1]}` is not the Id of a record type"),
        (f"{{owner: {USER}, assignment_rule: active}}", ": `owner` and `assignment_rule` exclude each other"),
        (
            f"{{enabled: on, record_type: {RECORD_TYPE}}}",
            f".record_type: `{RECORD_TYPE}` is no active record type of Lead that the user may give; it has {TYPES}",
        ),
    ],
)
def test_r08_a_wrong_owner_assignment_rule_or_record_type_is_told(tmp_path: Path, leads: str, message: str) -> None:
    org = an_org()
    org.objects["Lead"].record_types.update({"012000000000000AAA": "Master", "0125g0000000LdXAAU": "Fair"})
    (line,) = problems(tmp_path, f"{NEWSLETTER}create_leads: {leads}\n", salesforce=org)
    assert line.startswith(f"{FILE}:16: create_leads{message}")


@pytest.mark.parametrize(
    "leads",
    [
        f"{{owner: {USER[:15]}}}", "{owner: 00G5g00000000ABAAY}", "{assignment_rule: active}",
        f"{{assignment_rule: {RULE}}}", f"{{record_type: {RECORD_TYPE[:15]}}}",
    ],
)  # fmt: skip
def test_r08_an_owner_rule_or_record_type_is_an_id_of_15_or_18_characters(tmp_path: Path, leads: str) -> None:
    org = an_org()
    org.objects["Lead"].record_types[RECORD_TYPE] = "Newsletter"
    text = f"{NEWSLETTER}create_leads: {leads}\n".replace("{owner", "{enabled: on, owner")
    check(load_configuration(write_configuration(tmp_path, text)), "newsletter", an_audience(), org)


def test_r08_a_required_lead_field_that_nothing_fills_is_told(tmp_path: Path) -> None:
    text = NEWSLETTER.replace(", lead: Company", "") + "create_leads: {enabled: on}\n"
    (line,) = problems(tmp_path, text)
    assert line.startswith(f"{FILE}:16: create_leads: Lead.Company is required in the org; give it a default or map it")


def test_r08_company_has_to_be_chosen_where_person_accounts_are_on(tmp_path: Path) -> None:
    org = an_org()
    org.objects["Account"].fields["IsPersonAccount"] = a_field("IsPersonAccount", "boolean")
    (line,) = problems(tmp_path, f"{NEWSLETTER}create_leads: {{enabled: on}}\n", salesforce=org)
    assert line.startswith(f"{FILE}:16: create_leads.defaults: the org has person accounts")
    chosen = f"{NEWSLETTER}create_leads: {{enabled: on, defaults: {{Company: null}}}}\n"
    check(load_configuration(write_configuration(tmp_path, chosen)), "newsletter", an_audience(), org)


STRICT = {
    ("picklist", "dropdown"), ("picklist", "text"), ("multipicklist", "text"), ("boolean", "text"),
    ("date", "text"), ("date", "date"), ("string", "text"), ("textarea", "text"), ("email", "text"),
    ("phone", "text"),
    ("url", "text"), ("int", "number"), ("double", "number"), ("currency", "number"), ("percent", "number"),
    ("address", "address"),
}  # fmt: skip
EXTENDED = {("phone", "phone"), ("date", "birthday"), ("string", "zip"), ("url", "url"), ("picklist", "radio")}


@given(
    st.sampled_from(SALESFORCE_TYPES),
    st.sampled_from(get_args(MergeFieldType)),
    st.sampled_from(["strict", "extended"]),
)
def test_r18_x15_a_pair_passes_exactly_when_the_table_has_it(
    salesforce_type: str, merge_type: MergeFieldType, mapping_types: str
) -> None:
    pair, extended = (salesforce_type, merge_type), mapping_types == "extended"
    passes = pair in STRICT or (extended and pair in EXTENDED)
    assert (merge_type in allowed(salesforce_type, extended=extended)) == passes
    org = an_org()
    org.objects["Contact"].fields["It__c"] = a_field("It__c", salesforce_type)
    audience = AudienceSchema("l1", "Newsletter", {"IT": MergeField("IT", "It", merge_type)})
    configured = Audience.model_validate(
        {
            "stem": "a",
            "audience": "l1",
            "policy": "legacy_parity",
            "consent": "none",
            "mapping_types": mapping_types,
            "fields": {"IT": {"contact": "It__c"}},
        }
    )
    configuration = Configuration(Pipeline(time_zone="UTC"), {"a": configured})
    if passes:
        check(configuration, "a", audience, org)
        return
    with pytest.raises(
        ConfigError, match=rf"Contact.It__c \({salesforce_type}\) can't feed IT \({merge_type}\)"
    ) as told:
        check(configuration, "a", audience, org)
    assert ("`mapping_types: extended` this pair, too" in str(told.value)) == (pair in EXTENDED)
