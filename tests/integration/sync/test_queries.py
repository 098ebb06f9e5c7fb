"""Queries that Salesforce judges: campaign members and raw SOQL; over one audience and its org (X02)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from include.errors import ConfigError
from include.sandbox.salesforce.ids import make_id
from tests.integration.sync.people import NEWS, TAKEN, audience, contact, key, lead, subscriber
from tests.integration.sync.rig import NOW, Rig
from tests.sandbox_fixture import Sandbox

FILE = """\
audience: Newsletter
policy: legacy_parity
consent: none
first_load: auto
fields: {{FNAME: {{contact: FirstName, lead: FirstName}}}}
queries:
  - name: q
    {query}
circuit_breaker: {{changed_members: 100%, new_members: 100%}}
"""
FAIR = make_id("701", TAKEN)


def campaign_member(number: int, **fields: Any) -> dict[str, Any]:
    return {"Id": make_id("00v", TAKEN + number), "CampaignId": FAIR, "Status": "Sent"} | fields


@pytest.fixture
def rig(connected: Sandbox, tmp_path: Path) -> Rig:
    """Three contacts and a lead; ann and lou were invited to a campaign, lou responded."""
    (tmp_path / "config" / "audiences").mkdir(parents=True)
    (tmp_path / "config" / "pipeline.yaml").write_text("time_zone: Europe/Paris\n", encoding="utf-8")
    members = [
        campaign_member(1, ContactId=contact("ann")["Id"]),
        campaign_member(2, LeadId=lead("lou")["Id"], Status="Responded"),
    ]
    connected.put_state(
        salesforce={
            "Contact": [contact("ann"), contact("bob", LeadSource="Web"), contact("cyd")],
            "Lead": [lead("lou")],
            "Campaign": [{"Id": FAIR, "Name": "Spring fair"}],
            "CampaignMember": members,
        },
        mailchimp={"lists": [audience("Newsletter", NEWS, subscriber("old"))]},
    )
    connected.set_clock(NOW.isoformat())
    connected.reset_calls()
    return Rig(connected, tmp_path / "root", tmp_path / "config")


def added(rig: Rig, query: str) -> set[str]:
    """Whom a sync with this query adds."""
    text = FILE.format(query=query)
    (rig.configuration / "audiences" / "newsletter.yaml").write_text(text, encoding="utf-8")
    before = set(rig.state().world.lists["Newsletter"].members)
    rig.extract()
    rig.sync("newsletter")
    names = {key(name): name for name in ("ann", "bob", "cyd", "lou")}
    return {names[each] for each in set(rig.state().world.lists["Newsletter"].members) - before}


@pytest.mark.parametrize(
    ("query", "whom"),
    [
        ("object: CampaignMember", {"ann", "lou"}),
        ("{object: CampaignMember, where: {field: Campaign.Name, equals: spring FAIR}}", {"ann", "lou"}),
        ("{object: CampaignMember, where: {field: Status, equals: Responded}}", {"lou"}),
        ("{object: CampaignMember, where: {field: Contact.FirstName, equals: Ann}}", {"ann"}),
        ("{object: Contact, where: {campaign_member: {field: Campaign.Name, equals: Spring fair}}}", {"ann"}),
        ("{object: Contact, where: {not: {campaign_member: {field: Status, equals: Sent}}}}", {"bob", "cyd"}),
        ("{object: Contact, where: {any: [{soql: LeadSource = 'Web'}, {field: FirstName, equals: cyd}]}}",
         {"bob", "cyd"}),
        ("{object: Contact, where: {soql: Id NOT IN (SELECT ContactId FROM CampaignMember WHERE Status = 'Sent')}}",
         {"bob", "cyd"}),
    ],
)  # fmt: skip
def test_x02_what_salesforce_judges_is_read_in_each_run(rig: Rig, query: str, whom: set[str]) -> None:
    lines = query if query.startswith("object") else query[1:-1].replace(", where:", "\n    where:", 1)
    assert added(rig, lines) == whom


@pytest.mark.parametrize(
    "comparison",
    [
        {"field": "Contact.Email", "equals": "ann@x.example"},
        {"field": "Contact.FirstName", "in": [*(f"nobody {number}" for number in range(1_500)), "Ann"]},
    ],
    ids=["an e-mail address", "too long"],
)
def test_x02_g09_a_condition_that_no_url_may_carry_is_read_as_a_bulk_job(rig: Rig, comparison: dict[str, Any]) -> None:
    where = json.dumps({"campaign_member": comparison})
    assert added(rig, f"object: Contact\n    where: {where}") == {"ann"}
    calls = rig.sandbox.calls("salesforce")["calls"]
    assert any(path.endswith("/jobs/query") for path in (each["path"] for each in calls))


@pytest.mark.parametrize(
    ("soql", "told"),
    [
        ("Foo__c = 'x'", "No such column 'Foo__c' on entity 'Contact'"),
        ("LeadSource = ", "unexpected token"),
    ],
)
def test_x02_soql_that_salesforce_refuses_is_told_with_its_message_file_and_line(
    rig: Rig, soql: str, told: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        added(rig, f'object: Contact\n    where: {{soql: "{soql}"}}')
    assert str(caught.value).startswith("audiences/newsletter.yaml:9: queries[0].where.soql: query q: ")
    assert told in str(caught.value)
    assert rig.sandbox.writes() == 0
