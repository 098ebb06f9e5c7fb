"""Groups from a multi-select field of the record, from Salesforce to Mailchimp (R13)."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.warehouse.tables import QUARANTINE, ROW_LEDGER
from tests.integration.sync.people import NEWS, WEB, audience, contact, key, lead, subscriber
from tests.integration.sync.small import Small
from tests.sandbox_fixture import Sandbox

FILE = """\
audience: Newsletter
policy: legacy_parity
consent: none
first_load: auto
fields: {FNAME: {contact: FirstName, lead: FirstName}}
groups_from: {Interests: {contact: Interests__c, lead: Interests__c}}
queries:
  - {name: web, object: Contact, where: {field: LeadSource, equals: Web}}
circuit_breaker: {changed_members: 100%, new_members: 100%}
"""


@pytest.fixture
def small(connected: Sandbox, tmp_path: Path) -> Small:
    """`ann` is new; `bob` and the lead `lou` are members; `cyd` lists an unknown group; `dan` is nobody's member."""
    small = Small(connected, tmp_path)
    small.configure("newsletter", FILE)
    small.pipeline("time_zone: Europe/Paris\nquality: {fail_above: 100%, data_docs: off}\n")
    small.put_mailchimp({}, audience("Newsletter", NEWS, *(subscriber(name) for name in ("bob", "lou", "cyd"))))
    connected.put_state(
        salesforce={
            "Contact": [
                contact("ann", Interests__c="Events", **WEB),
                contact("bob", Interests__c="Events"),
                contact("cyd", Interests__c="Events;Offers"),
                contact("dan", Interests__c="Events"),
            ],
            "Lead": [lead("lou", Interests__c="Events")],
        }
    )
    return small


def in_events(small: Small) -> set[str]:
    """Who has the group."""
    (list_,) = small.sandbox.state("mailchimp")["lists"]
    having = {member["id"] for member in list_["members"] if any(member["interests"].values())}
    return {name for name in ("ann", "bob", "cyd", "dan", "lou") if key(name) in having}


def test_r13_groups_listed_in_the_record_reach_the_members_once(small: Small) -> None:
    assert small.sync() == 0
    assert in_events(small) == {"ann", "bob", "lou"}
    warehouse = small.rig.project.warehouse
    (row,) = warehouse.read(QUARANTINE).to_pylist()
    assert (row["key"], row["field"], row["rule"]) == (contact("cyd")["Id"], "Interests__c", "unknown_group")
    reasons = {row["key"]: row["reason"] for row in warehouse.read(ROW_LEDGER).to_pylist()}
    assert reasons[contact("dan")["Id"]] == "not_a_member"
    state = small.sandbox.state("mailchimp")
    for member in state["lists"][0]["members"]:
        member["interests"] = dict.fromkeys(member["interests"], False)
        member["last_changed"] = "2026-11-22T22:15:30+00:00"
    small.sandbox.put_state(mailchimp=state)
    small.sandbox.reset_calls()
    assert small.sync() == 0
    assert in_events(small) == set()  # what somebody removed in Mailchimp stays removed
