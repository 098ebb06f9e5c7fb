"""The shipped configuration fits the made-up account and the sandbox's org."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from include.config.check import check
from include.config.load import load_configuration
from include.salesforce.describe import describe
from include.sandbox.salesforce.org_schema import load_schema
from include.sandbox.salesforce.schema import Schema
from include.schema import AudienceSchema, Interest, MergeField, SalesforceSchema
from tests.unit.sandbox.world.worlds import read_world

CONFIGURATION = load_configuration(Path("include/config"))


@dataclass(frozen=True)
class DescribingOrg:
    """Answers describe calls as the sandbox's org does."""

    schema: Schema

    def json(self, call) -> dict:
        return self.schema.objects[call.path.split("/")[1]].describe


def audience_schema(name: str) -> AudienceSchema:
    audience = read_world(200).lists[name]
    fields = [
        MergeField(f["tag"], f["name"], f["type"], f["required"], tuple(f["options"].get("choices", ())))
        for f in audience["merge_fields"]
    ]
    interests = [
        Interest(group["id"], category["id"], category["title"], group["name"], category["type"])
        for category in audience["interest_categories"]
        for group in category["interests"]
    ]
    return AudienceSchema(
        audience["id"],
        name,
        {field.tag: field for field in fields},
        {interest.path: interest for interest in interests},
        {segment["name"]: segment["id"] for segment in audience["segments"]},
    )


@pytest.mark.parametrize("stem", CONFIGURATION.audiences)
def test_every_audience_file_fits_both_sides(stem):
    org = DescribingOrg(load_schema(person_accounts=True))
    names = ["Account", "Contact", "Lead", "MC_Audience__c", "MC_Subscriber__c"]
    salesforce = SalesforceSchema({name: describe(org, name) for name in names})
    check(CONFIGURATION, stem, audience_schema(CONFIGURATION.audiences[stem].audience), salesforce)


def test_the_three_audiences_show_the_three_ways_of_use():
    newsletter, updates, partners = (
        CONFIGURATION.audiences[stem] for stem in ("newsletter", "product_updates", "partners")
    )
    assert newsletter.consent != "none"
    assert newsletter.data_sync
    assert updates.consent == "none"
    assert updates.create_leads.enabled
    assert not partners.data_sync
    assert {audience.first_load for audience in CONFIGURATION.audiences.values()} == {"auto"}
    assert {audience.policy for audience in CONFIGURATION.audiences.values()} == {"legacy_parity"}


def test_every_planted_field_is_mapped_into_the_newsletter():
    fields = CONFIGURATION.audiences["newsletter"].fields
    for kind, described in read_world(200).planted.items():
        if kind != "invalid_email":
            assert fields[described["merge_field"]].contact == described["field"]
