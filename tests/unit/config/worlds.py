"""Builders: a configuration folder, and small schemas of both vendors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

from include.salesforce.package import package_fields
from include.schema import (
    AudienceSchema,
    Interest,
    MergeField,
    PicklistValue,
    SalesforceField,
    SalesforceObject,
    SalesforceSchema,
)

PIPELINE = "time_zone: Europe/Paris\n"
NEWSLETTER = """\
audience: Newsletter
policy: legacy_parity
consent: {contact: Newsletter_Consent__c, lead: Newsletter_Consent__c}
fields:
  FNAME: {contact: FirstName, lead: FirstName}
  LNAME: {contact: LastName, lead: LastName}
  COMPANY: {contact: Account.Name, lead: Company}
  ADDRESS: {contact: MailingAddress, lead: Address}
  TIER: {contact: Customer_Tier__c, lead: Customer_Tier__c}
  BIRTHDATE: {contact: Birthdate}
queries:
  - name: french
    object: Contact
    where: {field: MailingCountry, equals: France}
    groups: ["Interests / Events"]
"""


def write_configuration(
    folder: Path, audience: str = NEWSLETTER, pipeline: str = PIPELINE, rules: str | None = None
) -> Path:
    """A configuration folder with one audience, `newsletter`."""
    (folder / "audiences").mkdir(parents=True, exist_ok=True)
    (folder / "pipeline.yaml").write_text(dedent(pipeline), encoding="utf-8")
    (folder / "audiences" / "newsletter.yaml").write_text(dedent(audience), encoding="utf-8")
    if rules is not None:
        (folder / "validation_rules.yaml").write_text(dedent(rules), encoding="utf-8")
    return folder


def a_field(name: str, kind: str = "string", **more: object) -> SalesforceField:
    return SalesforceField(name=name, label=name, type=kind, **more)


def _object(name: str, *fields: SalesforceField) -> SalesforceObject:
    return SalesforceObject(name, {field.name: field for field in fields})


TIERS = (PicklistValue("gold", "Gold"), PicklistValue("silver", "Silver"), PicklistValue("old", "Old", active=False))


def an_org() -> SalesforceSchema:
    shared = (
        a_field("FirstName", length=40),
        a_field("LastName", length=80, nillable=False),
        a_field("Email", "email", length=80),
        a_field("Newsletter_Consent__c", "boolean"),
        a_field("HasOptedOutOfEmail", "boolean"),
        a_field("Interests__c", "multipicklist"),
        a_field("Customer_Tier__c", "picklist", picklist=TIERS, length=255),
        a_field("CreatedDate", "datetime", createable=False),
    )
    mailing = [a_field(f"Mailing{part}") for part in ("Street", "City", "State", "PostalCode", "Country")]
    street = [a_field(part) for part in ("Street", "City", "State", "PostalCode", "Country")]
    contact = _object(
        "Contact",
        *shared,
        *mailing,
        a_field("MailingAddress", "address", createable=False),
        a_field("Birthdate", "date"),
        a_field("Annual_Spend__c", "double"),
        a_field("AccountId", "reference", relationship="Account", reference_to=("Account",)),
        a_field("OwnerId", "reference", relationship="Owner", reference_to=("User",)),
    )
    lead = _object(
        "Lead",
        *shared,
        *street,
        a_field("Address", "address", createable=False),
        a_field("Company", length=255, nillable=False),
        a_field("LeadSource", "picklist", picklist=(PicklistValue("Web", "Web"),), restricted_picklist=True),
        a_field("Status", "picklist", nillable=False, defaulted_on_create=True),
        a_field("AnnualRevenue", "currency"),
        a_field("MC_Key__c", length=32),
        a_field("OwnerId", "reference", relationship="Owner", reference_to=("Group", "User")),
    )
    account = _object("Account", a_field("Name"), a_field("Type", "picklist"), a_field("Industry", "picklist"))
    member = _object(
        "CampaignMember",
        a_field("Status", "picklist"),
        a_field("CampaignId", "reference", relationship="Campaign", reference_to=("Campaign",)),
    )
    campaign = _object("Campaign", a_field("Name"), a_field("StartDate", "date"))
    user = _object("User", a_field("Name"), a_field("UserType", "picklist"))
    either = _object("Name", a_field("Name"), a_field("Type", "picklist"))
    others = (account, member, campaign, user, either)
    return SalesforceSchema({item.name: item for item in (contact, lead, *others, *_package())})


def _package() -> Iterator[SalesforceObject]:
    """The mirror objects, as the project's package deploys them."""
    for name in ("MC_Audience__c", "MC_Subscriber__c"):
        fields = (field for field in package_fields() if field.object == name)
        yield _object(name, *(a_field(field.name, field.type, length=field.length) for field in fields))


def an_audience(**required: bool) -> AudienceSchema:
    """The audience `Newsletter`; a keyword makes a merge field required: `an_audience(LNAME=True)`."""
    types = {
        "FNAME": "text", "LNAME": "text", "COMPANY": "text", "ADDRESS": "address", "TIER": "dropdown",
        "BIRTHDATE": "date", "SPEND": "number",
    }  # fmt: skip
    merge_fields = {
        tag: MergeField(tag, tag, kind, required.get(tag, False), ("Gold", "Silver") if kind == "dropdown" else ())
        for tag, kind in types.items()
    }
    groups = [
        Interest("i1", "c1", "Interests", "Product news", "checkboxes"),
        Interest("i2", "c1", "Interests", "Events", "checkboxes"),
        Interest("i3", "c2", "Frequency", "Weekly", "radio"),
        Interest("i4", "c2", "Frequency", "Monthly", "radio"),
    ]
    return AudienceSchema("l1", "Newsletter", merge_fields, {group.path: group for group in groups})
