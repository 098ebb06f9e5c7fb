"""The vendors' Node clients, each a separate program, against the sandbox; what they saw is compared with its state."""

from __future__ import annotations

import hashlib

from include.sandbox.mailchimp.credentials import API_KEY
from include.sandbox.salesforce.credentials import ORGANIZATION_ID, PASSWORD, SECURITY_TOKEN, USERNAME
from tests.conformance.conftest import Program
from tests.sandbox_fixture import Sandbox


def test_mailchimps_own_client_reads_and_writes(node: Program, world: Sandbox):
    before = world.state("mailchimp")
    seen = node("mailchimp_client.mjs", world.urls["mailchimp"], API_KEY)
    after = world.state("mailchimp")

    hash_ = hashlib.md5(b"conformance.node@sandbox.example", usedforsecurity=False).hexdigest()
    members = before["lists"][0]["members"]
    assert seen["lists"] == [{"id": audience["id"], "name": audience["name"]} for audience in before["lists"]]
    assert seen["members"] == sum(member["status"] != "archived" for member in members)
    assert seen["added"] == {"id": hash_, "status": "subscribed", "name": "Zoë"}
    assert seen["changed"] == "Zoe"
    assert seen["tags"] == ["Conformance"]
    assert seen["missing"] == {"status": 404, "title": "Resource Not Found"}
    assert seen["refused"] == {"status": 400, "title": "Invalid Resource"}
    added = next(member for member in after["lists"][0]["members"] if member["id"] == hash_)
    assert (added["status"], added["merge_fields"]["LNAME"]) == (seen["archived"], "Ångström")
    assert len(after["lists"][0]["members"]) == len(members) + 1


def test_jsforce_reads_and_writes(node: Program, world: Sandbox):
    before = world.state("salesforce")
    seen = node("salesforce_client.mjs", world.urls["salesforce"], USERNAME, PASSWORD + SECURITY_TOKEN)
    after = world.state("salesforce")

    assert seen["organization"] == ORGANIZATION_ID
    contacts = sum(not contact["IsDeleted"] for contact in before["Contact"])
    assert seen["contacts"] == seen["contactsTotal"] == contacts
    assert seen["limits"]
    assert (seen["created"], seen["updated"], seen["company"], seen["deleted"]) == (True, True, "jsforce 2", True)
    assert (seen["duplicate"], seen["badQuery"]) == ("DUPLICATE_VALUE", "INVALID_FIELD")
    assert seen["upserted"] == [True] * 3
    assert seen["bulk"] == {"good": 1, "bad": 1}
    assert seen["bulkQuery"] == ["Bulk one", "Conformance"]
    made = {(lead["LastName"], lead["IsDeleted"]) for lead in after["Lead"] if lead["Company"].startswith("jsforce")}
    assert made == {("Bulk one", False), ("Conformance", True)}
    assert {audience["List_Id__c"] for audience in after["MC_Audience__c"]} >= {"conf1", "conf2", "conf3"}
