"""X08: which changes of the vendors' schemas break a configuration, and which are only told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from include.config.drift import differences, fingerprints
from include.config.load import load_configuration
from include.config.schema_uses import schema_uses
from include.schema import Interest, MergeField, PicklistValue
from tests.unit.config.worlds import NEWSLETTER, an_audience, an_org, write_configuration

QUERIES = """\
  - name: golden
    object: Lead
    where: {all: [{field: Customer_Tier__c, in: [gold]}, {field: LeadSource, equals: Web}]}
create_leads: {enabled: true, defaults: {Company: '[none]', LeadSource: Web}}
"""


@pytest.fixture
def configuration(tmp_path: Path):
    rules = "- {name: born, object: Contact, require: Birthdate, gates: [add]}\n"
    return load_configuration(write_configuration(tmp_path, NEWSLETTER + QUERIES, rules=rules))


class World:
    """Both schemas; methods change them."""

    def __init__(self) -> None:
        self.org, self.audience = an_org(), an_audience()

    def field(self, object_name: str, name: str, **changes: object) -> World:
        fields = self.org.objects[object_name].fields
        fields[name] = replace(fields[name], **changes)
        return self

    def hide(self, object_name: str, name: str) -> World:
        del self.org.objects[object_name].fields[name]
        return self

    def merge_field(self, tag: str, **changes: object) -> World:
        fields = self.audience.merge_fields
        fields[tag] = replace(fields.get(tag) or MergeField(tag, tag, "text"), **changes)
        return self

    def group(self, path: str, interest: Interest | None) -> World:
        self.audience.interests.pop(path, None)
        if interest:
            self.audience.interests[path] = interest
        return self


def found(configuration, now: World, before: World | None = None) -> dict[str, list[str]]:
    before = before or World()
    uses = schema_uses(configuration, "newsletter", now.org)
    earlier = fingerprints(schema_uses(configuration, "newsletter", before.org), before.audience, before.org)
    stored = json.loads(json.dumps(earlier))
    listed = differences(stored, fingerprints(uses, now.audience, now.org), uses, "newsletter")
    by_severity: dict[str, list[str]] = {"error": [], "info": []}
    for each in listed:
        by_severity[each.severity].append(f"{each.subject} {each.found}")
        assert each.severity == "info" or each.to_do
    return by_severity


def test_x08_without_a_change_nothing_is_found(configuration):
    assert found(configuration, World()) == {"error": [], "info": []}


BREAKING = [
    (World().hide("Contact", "FirstName"), "Salesforce field Contact.FirstName is gone"),
    (World().hide("Contact", "Birthdate"), "Contact.Birthdate is gone"),
    (World().hide("Contact", "MailingCity"), "Contact.MailingCity is gone"),
    (World().hide("Contact", "Newsletter_Consent__c"), "Newsletter_Consent__c is gone"),
    (World().hide("Account", "Name"), "Contact.Account.Name is gone"),
    (World().hide("Lead", "LeadSource"), "Lead.LeadSource is gone"),
    (World().field("Contact", "FirstName", type="picklist"), "type changed from string to picklist"),
    (World().field("Lead", "Customer_Tier__c", picklist=(PicklistValue("silver", "Silver"),)), "are gone: gold"),
    (World().field("Lead", "LeadSource", picklist=()), "choices in use are gone: Web"),
    (World().merge_field("TIER", type="text"), "merge field TIER its type changed from dropdown to text"),
    (World().merge_field("TIER", choices=("Silver",)), "merge field TIER choices in use are gone: Gold"),
    (World().merge_field("SPEND", required=True), "merge field SPEND is required now, and nothing maps it"),
    (World().merge_field("NEW", required=True), "merge field NEW is required now, and nothing maps it"),
    (World().group("Interests / Events", None), "group Interests / Events is gone"),
    (
        World().group("Interests / Events", Interest("i2", "c1", "Interests", "Events", "radio")),
        "group Interests / Events its type changed from checkboxes to radio",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("now", "told"), BREAKING, ids=[told for _, told in BREAKING])
def test_x08_what_the_configuration_uses_is_gone_or_another_and_breaks_it(configuration, now, told):
    (error,) = found(configuration, now)["error"]
    assert told in error


HARMLESS = [
    (World().field("Contact", "FirstName", length=20), "length changed from 40 to 20"),
    (World().field("Contact", "FirstName", updateable=False), "updateable changed from yes to no"),
    (World().field("Lead", "Customer_Tier__c", picklist=(PicklistValue("gold", "Gold"),)), "choices gone"),
    (World().merge_field("NEW"), "merge field NEW is new"),
    (World().merge_field("FNAME", required=True), "required changed from no to yes"),
    (World().merge_field("SPEND", type="text"), "type changed from number to text"),
    (World().merge_field("TIER", choices=("Gold", "Silver", "Bronze")), "choices new: Bronze"),
    (World().group("Interests / Product news", None), "is gone; nothing here uses it"),
    (
        World().group("Interests / Events", Interest("i9", "c1", "Interests", "Events", "checkboxes")),
        "id changed from i2 to i9",
    ),
]  # fmt: skip


def test_x08_r13_a_group_that_records_can_list_is_in_use(tmp_path):
    """`Events` is a choice of the records' field, `Product news` is none."""
    listing = "queries: []\ngroups_from: {Interests: {contact: Interests__c}}\n"
    configuration = load_configuration(write_configuration(tmp_path, NEWSLETTER.split("queries:")[0] + listing))
    choices = {"picklist": (PicklistValue("events", "Events"), PicklistValue("news", "Product news", active=False))}
    before = World().field("Contact", "Interests__c", **choices)
    now = World().field("Contact", "Interests__c", **choices)
    for path in ("Interests / Events", "Interests / Product news"):
        now.group(path, None)
    listed = found(configuration, now, before)
    assert listed["error"] == ["group Interests / Events is gone, or hidden from the user"]
    assert listed["info"] == ["group Interests / Product news is gone; nothing here uses it"]


@pytest.mark.parametrize(("now", "told"), HARMLESS, ids=[told for _, told in HARMLESS])
def test_x08_the_rest_is_listed_and_breaks_nothing(configuration, now, told):
    listed = found(configuration, now)
    assert listed["error"] == []
    assert any(told in each for each in listed["info"])


def test_x08_a_choice_that_nothing_writes_or_compares_breaks_nothing(configuration):
    before = World().merge_field("TIER", choices=("Gold", "Silver", "Old"))
    assert found(configuration, World(), before) == {"error": [], "info": ["merge field TIER choices gone: Old"]}


def test_x08_what_the_configuration_no_longer_uses_or_uses_anew_is_no_change(configuration, tmp_path):
    changed = World().field("Contact", "FirstName", type="picklist")
    other = NEWSLETTER.replace("FNAME: {contact: FirstName, ", "FNAME: {contact: Customer_Tier__c, ")
    corrected = load_configuration(write_configuration(tmp_path / "corrected", other))
    before = World()
    stored = fingerprints(schema_uses(configuration, "newsletter", before.org), before.audience, before.org)
    uses = schema_uses(corrected, "newsletter", changed.org)
    listed = differences(stored, fingerprints(uses, changed.audience, changed.org), uses, "newsletter")
    assert listed == []


def test_x08_a_finding_says_where_the_thing_is_used(configuration):
    uses = schema_uses(configuration, "newsletter", an_org())
    where = uses["Salesforce field Contact.Birthdate"].where
    assert where == ["audiences/newsletter.yaml: fields.BIRTHDATE.contact", "validation_rules.yaml: born"]
    assert uses["group Interests / Events"].where == ["audiences/newsletter.yaml: query french"]
