"""R08: a Lead that a duplicate rule of the org refuses, from the sync to the quarantine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from include.warehouse.tables import QUARANTINE
from tests.integration.sync.people import NEWS, UPDATES, audience, contact, key, lead, subscriber
from tests.integration.sync.small import FILE, TIME_ZONE, Small
from tests.sandbox_fixture import Sandbox

CREATING = (
    FILE.format(name="Newsletter").replace("contact: LastName", "contact: LastName, lead: LastName")
    + 'create_leads: {enabled: true, defaults: {Company: "[none]", LastName: "[none]"}}\n'
)
RULE = {
    "DeveloperName": "Same_Name",
    "SobjectType": "Lead",
    "IsActive": True,
    "Metadata": {
        "actionOnInsert": "Block",
        "alertText": "Use the one that is there",
        "duplicateRuleMatchRules": [
            {"matchRuleSObjectType": "Lead", "matchingRule": "Exact_Name_And_Company"},
        ],
    },
}


@pytest.fixture
def small(connected: Sandbox, tmp_path: Path) -> Small:
    made = Small(connected, tmp_path)
    made.pipeline(TIME_ZONE + "quality: {fail_above: 100%, data_docs: off}\n")
    made.configure("newsletter", CREATING.replace("{contact: FirstName}", "{contact: FirstName, lead: FirstName}"))
    return made


def held(small: Small) -> list[dict[str, Any]]:
    """The rows of the table `quarantine`."""
    return small.rig.project.warehouse.read(QUARANTINE).to_pylist()


def test_r08_a_refused_duplicate_is_quarantined_with_the_id_that_it_matches(small: Small) -> None:
    """Twins of one name and company, whose e-mails differ: only Salesforce takes them for one."""
    there = lead("old", FirstName="Eve", Company="[none]")
    small.sandbox.put_state(
        salesforce={"Contact": [contact("bob")], "Lead": [there], "DuplicateRule": [RULE]},
    )
    small.put_mailchimp(None, audience("Newsletter", NEWS, subscriber("eve")), audience("Updates", UPDATES))
    for attempts in (1, 2, 3):
        assert small.sync() == 0
        (row,) = (one for one in held(small) if one["key"] == key("eve"))
        assert (row["gates"], row["attempts"]) == (["create_lead"], attempts)
        assert row["reason"] == f"Use the one that is there; it matches {there['Id']}"
    small.sandbox.reset_calls()
    assert small.sync() == 0  # the cap on attempts: Salesforce is not asked again, the row stays
    asked = {(call["method"], call["path"]) for call in small.sandbox.calls("salesforce")["calls"]}
    assert ("POST", "/services/data/v{version}/composite/sobjects") not in asked
    assert [one["reason"] for one in held(small) if one["key"] == key("eve")] == [row["reason"]]
    assert [one["Id"] for one in small.sandbox.state("salesforce")["Lead"]] == [there["Id"]]
