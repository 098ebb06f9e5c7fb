"""The vendors' Node clients, each a separate program, against the sandbox; what they saw is compared with its state."""

from __future__ import annotations

import hashlib
from typing import Any

from include.sandbox.mailchimp.credentials import API_KEY
from include.sandbox.salesforce.credentials import ORGANIZATION_ID, PASSWORD, SECURITY_TOKEN, USER_ID, USERNAME
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
    seen = node("salesforce_client.mjs", world.salesforce, USERNAME, PASSWORD + SECURITY_TOKEN)
    after = world.state("salesforce")

    assert seen["login"] == {
        "user": USER_ID,
        "organization": ORGANIZATION_ID,
        "refused": "INVALID_LOGIN",
        "session": "INVALID_SESSION_ID",
        "name": USERNAME,
    }
    _check_reads(seen["reads"], before)
    assert seen["pages"] == {"paged": [200, False, 50, True, 250], "whole": True}
    assert sum(one["Company"] == "jsforce paging" for one in after["Lead"]) == 250
    made = {one["LastName"]: one for one in after["Lead"] if one["Company"] == "jsforce"}
    assert {name: (one["FirstName"], one["IsDeleted"]) for name, one in made.items()} == {
        "Single": ("Zoë", False),
        "Gone": (None, True),
        "Row 1": ("Many", True),
        "Row 2": ("Many", False),
        'Bulk, "good"': (None, False),
    }
    assert not any(one["Company"] == "no last name" for one in after["Lead"])
    audiences = {one["List_Id__c"]: one for one in after["MC_Audience__c"]}
    assert {key: audiences[key]["Name"] for key in ("js1", "js2", "js3")} == {
        "js1": "Bulk 1",
        "js2": "Second 2",
        "js3": "Bulk 3",
    }
    assert seen["records"] == {
        "steps": [True, True, True],
        "retrieved": "Zoë",
        "missing": "NOT_FOUND",
        "duplicate": "DUPLICATE_VALUE",
        "upserts": [[[True, True], [True, True]], [[True, False], [True, False]]],
        "ids": [audiences[key]["Id"] for key in ("js1", "js2")],
    }
    assert seen["collections"] == {
        "some": [[], ["REQUIRED_FIELD_MISSING"], []],
        "none": [False, False],
        "updated": [True, True],
        "deleted": [True],
        "read": [["Row 2", "Many"]],
    }
    (failed,) = seen["bulk"].pop("failed")
    assert failed.startswith("REQUIRED_FIELD_MISSING")
    assert seen["bulk"] == {
        "inserted": ['Bulk, "good"'],
        "unprocessed": 0,
        "upserted": {"js1": "false", "js3": "true"},
        "queried": sorted([one["Id"], name] for name, one in made.items() if not one["IsDeleted"]),
    }


def _check_reads(seen: dict[str, Any], state: dict[str, Any]) -> None:
    names = {one["Id"]: one["Name"] for one in state["Account"]}
    contacts = [one for one in state["Contact"] if not one["IsDeleted"]]
    rows = [[one["Id"], one["LastName"], names.get(one["AccountId"])] for one in contacts]
    assert seen["contacts"] == sorted(rows)
    assert seen["total"] == len(rows)
    assert seen["all"] == sorted(one["Id"] for one in state["Contact"])
    assert seen["found"] == [seen["contacts"][0][1]]
    assert set(seen["fields"]) >= set(state["Contact"][0])
    assert set(seen["objects"]) >= {"Contact", "Lead", "Account", "MC_Audience__c"}
    assert (seen["limits"], seen["used"], seen["badQuery"]) == (100_000, True, "INVALID_FIELD")
