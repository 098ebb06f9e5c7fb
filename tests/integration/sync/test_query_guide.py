"""The ten examples of docs/queries.md, carried out: whom each adds, with which groups and tags (X02, R10, R12, R14).

All ten stand in one audience file as the guide has them, each with one more tag: its name. So a member's tags tell
which examples selected it. Who that is was worked out by hand, from the guide's words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from include.config.dates import Calendar
from include.config.queries import Query
from include.salesforce.conditions import SoqlCompiler
from include.sandbox.salesforce.ids import make_id
from include.schema import SalesforceSchema
from tests.integration.sync.people import NEWS, TAKEN, audience, contact, lead, person_account
from tests.integration.sync.rig import NOW, TODAY, Rig
from tests.integration.sync.seen import Seen
from tests.sandbox_fixture import Sandbox, connections
from tests.unit.config.test_query_guide import EXAMPLES

ZONE = "Europe/Paris"
MANUAL = "never_invited"
OFFERS = "of00000001"
COMPANY, PARTNER = (make_id("001", TAKEN + number) for number in (1, 2))
FAIR, WEBINAR = (make_id("701", TAKEN + number) for number in (1, 2))
ACCOUNTS = [
    {"Id": COMPANY, "Name": "Acme", "Type": "customer"},
    {"Id": PARTNER, "Name": "Bolt", "Type": "Customer - Channel"},
]
CAMPAIGNS = [{"Id": FAIR, "Name": "Spring Trade Fair"}, {"Id": WEBINAR, "Name": "Spring trade fair, webinar"}]


def someone(name: str, **fields: Any) -> dict[str, Any]:
    """A contact whom only `everyone` and `never_invited` select."""
    return contact(name, Customer_Tier__c="Silver") | fields


private, privates = person_account("fra", MailingCountry="FRANCE", Customer_Tier__c="Silver")
belgian, belgians = person_account("bel", MailingCountry="Belgium", Customer_Tier__c="Silver")

PEOPLE: list[tuple[str, dict[str, Any], str]] = [
    # object, record, the examples that select it
    ("Contact", someone("ann"), "everyone never_invited"),
    # a field of the account: without regard to case, whole
    ("Contact", someone("cus", AccountId=COMPANY), "everyone never_invited customers"),
    ("Contact", someone("cha", AccountId=PARTNER), "everyone never_invited"),
    # leads of two sources, not closed; a lead without a status is not closed either
    ("Lead", lead("web", LeadSource="Web"), "open_leads"),
    ("Lead", lead("tra", LeadSource="trade show", Status=None), "open_leads"),
    ("Lead", lead("clo", LeadSource="Web", Status="Closed - Not Converted"), ""),
    ("Lead", lead("ref", LeadSource="Partner Referral"), ""),
    ("Lead", lead("non", LeadSource=None), ""),
    # person accounts; a contact in France is none
    ("Contact", privates, "everyone never_invited private_customers"),
    ("Contact", belgians, "everyone never_invited"),
    ("Contact", someone("con", MailingCountry="France"), "everyone never_invited"),
    # the last 30 days begin on 23 October in Paris, two hours before UTC
    ("Contact", someone("new", CreatedDate="2026-10-22T22:00:00.000+0000"), "everyone never_invited newcomers"),
    ("Contact", someone("old", CreatedDate="2026-10-22T21:59:59.000+0000"), "everyone never_invited"),
    ("Contact", someone("now", CreatedDate="2026-11-22T22:14:00.000+0000"), "everyone never_invited newcomers"),
    # more than 10,000, or no tier
    ("Contact", someone("ric", Annual_Spend__c=10000.01), "everyone never_invited spenders"),
    ("Contact", someone("lim", Annual_Spend__c=10000), "everyone never_invited"),
    ("Contact", someone("nti", Customer_Tier__c=None), "everyone never_invited spenders"),
    # of a multi-select picklist
    ("Contact", someone("eve", Interests__c="Product news;Events"), "everyone never_invited events_only"),
    ("Contact", someone("bot", Interests__c="Events;Offers"), "everyone never_invited"),
    ("Contact", someone("off", Interests__c="Offers"), "everyone never_invited"),
    # campaign members: of that campaign, who responded
    ("Contact", someone("vis"), "everyone fair_visitors"),
    ("Lead", lead("lea", Status="Closed - Not Converted"), "fair_visitors"),
    ("Contact", someone("sen"), "everyone"),
    ("Contact", someone("sem"), "everyone"),
    # `LIKE 'P_ris'`, and an account: each has an owner
    ("Contact", someone("par", AccountId=PARTNER, MailingCity="paris"), "everyone never_invited own_accounts"),
    ("Contact", someone("bor", AccountId=PARTNER, MailingCity="Paris 9e"), "everyone never_invited"),
    ("Contact", someone("ina", MailingCity="Paris"), "everyone never_invited"),
    # one e-mail of two people: what selects either selects it
    ("Contact", someone("two"), "everyone never_invited"),
    ("Lead", lead("twi", Email="TWO@x.example", LeadSource="Web"), "open_leads"),
]  # fmt: skip


def responded(number: int, campaign: str, status: str, **person: str) -> dict[str, Any]:
    return {"Id": make_id("00v", TAKEN + number), "CampaignId": campaign, "Status": status} | person


CAMPAIGN_MEMBERS = [
    responded(1, FAIR, "Responded", ContactId=contact("vis")["Id"]),
    responded(2, FAIR, "Responded", LeadId=lead("lea")["Id"]),
    responded(3, FAIR, "Sent", ContactId=contact("sen")["Id"]),
    responded(4, WEBINAR, "Responded", ContactId=contact("sem")["Id"]),
]


def emails(example: str) -> set[str]:
    """The e-mails that an example selects, by the table above."""
    return {record["Email"].lower() for _, record, examples in PEOPLE if example in examples.split()}


@dataclass
class Carried:
    """The members after the manual example ran into an empty audience, and after the sync of the others."""

    by_hand: Seen
    synced: Seen
    counted: dict[str, int]


def members(seen: Seen) -> list[dict[str, Any]]:
    (newsletter,) = (each for each in seen.state.mailchimp["lists"] if each["id"] == NEWS)
    return newsletter["members"]


def tagged(seen: Seen, tag: str) -> set[str]:
    """The e-mails that have a tag."""
    return {each["email_address"].lower() for each in members(seen) if tag in {one["name"] for one in each["tags"]}}


@pytest.fixture(scope="module")
def carried(sandbox_servers: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Carried:
    """Everyone of the table in the org, and two runs; it is data only."""
    folder = tmp_path_factory.mktemp("guide")
    queries = [example | {"tags": [*example.get("tags", ()), example["name"]]} for example in EXAMPLES]
    configured = {
        "audience": "Newsletter", "policy": "legacy_parity", "consent": "none", "first_load": "auto",
        "fields": {"FNAME": {"contact": "FirstName", "lead": "FirstName"}}, "queries": queries,
        "circuit_breaker": {"changed_members": "100%", "new_members": "100%"},
    }  # fmt: skip
    (folder / "config" / "audiences").mkdir(parents=True)
    (folder / "config" / "pipeline.yaml").write_text(f"time_zone: {ZONE}\n", encoding="utf-8")
    (folder / "config" / "audiences" / "newsletter.yaml").write_text(yaml.safe_dump(configured), encoding="utf-8")
    records: dict[str, Any] = {"Account": [*ACCOUNTS, private, belgian], "Campaign": CAMPAIGNS}
    for name in ("Contact", "Lead"):
        records[name] = [record for object_name, record, _ in PEOPLE if object_name == name]
    sandbox_servers.reset()
    newsletter = audience("Newsletter", NEWS)
    newsletter["interest_categories"][0]["interests"].append({"id": OFFERS, "name": "Offers"})
    sandbox_servers.put_state(
        salesforce=records | {"CampaignMember": CAMPAIGN_MEMBERS}, mailchimp={"lists": [newsletter]}
    )
    sandbox_servers.set_clock(NOW.isoformat())
    rig = Rig(sandbox_servers, folder / "root", folder / "config")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in connections(sandbox_servers).items():
            patch.setenv(name, value)
        rig.extract()
        rig.sync("newsletter", query=MANUAL)
        by_hand = Seen(rig.state(), [])
        rig.sync("newsletter")
        return Carried(by_hand, Seen(rig.state(), []), _counts(rig))


def _counts(rig: Rig) -> dict[str, int]:
    """How many people the org itself counts for each example."""
    client = rig.project.salesforce()
    names = ("Contact", "Lead", "Account", "CampaignMember", "Campaign")
    org = SalesforceSchema({name: client.describe(name) for name in names})
    compiler = SoqlCompiler(org, Calendar(TODAY, ZONE))
    return {
        example["name"]: sum(client.count(text) for text in compiler.counts(Query.model_validate(example)))
        for example in EXAMPLES
    }


def test_r10_the_example_that_is_started_by_hand_adds_exactly_whom_it_selects(carried: Carried) -> None:
    assert {each["email_address"].lower() for each in members(carried.by_hand)} == emails(MANUAL)


def test_r01_the_other_examples_add_exactly_whom_they_select(carried: Carried) -> None:
    everyone = set().union(*(emails(example["name"]) for example in EXAMPLES))
    assert {each["email_address"].lower() for each in members(carried.synced)} == everyone
    assert {each["status"] for each in members(carried.synced)} == {"subscribed"}


@pytest.mark.parametrize("name", [example["name"] for example in EXAMPLES])
def test_x02_an_example_of_the_guide_selects_exactly_whom_its_words_say(carried: Carried, name: str) -> None:
    assert tagged(carried.synced, name) == emails(name)


@pytest.mark.parametrize("name", [example["name"] for example in EXAMPLES])
def test_x02_the_org_counts_as_many_people_for_an_example(carried: Carried, name: str) -> None:
    assert carried.counted[name] == sum(name in examples.split() for _, _, examples in PEOPLE)


def test_r12_r14_the_groups_and_tags_of_the_examples_are_given_to_exactly_those_people(carried: Carried) -> None:
    assert tagged(carried.synced, "Customer") == emails("customers")
    chosen = {
        each["email_address"].lower(): {group for group, on in each["interests"].items() if on}
        for each in members(carried.synced)
    }
    assert {email: groups for email, groups in chosen.items() if groups} == {
        email: {OFFERS} for email in emails("private_customers")
    }
