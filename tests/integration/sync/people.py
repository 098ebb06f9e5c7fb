"""Small worlds: people of the org and members of the account, named by a word; `ann` is `ann@x.example`."""

from __future__ import annotations

from typing import Any

from include.keys import email_key
from include.sandbox.salesforce.ids import make_id
from tests.integration.mailchimp_account import member

Record = dict[str, Any]
NEWS, UPDATES = "aaaa000001", "bbbb000002"
LAST_YEAR = "2025-11-01T09:00:00.000+0000"
TAKEN = 1_000_000
"""Ids from here on are the tests' own."""
WEB = {"LeadSource": "Web"}
"""What the queries of these tests select."""


def key(name: str) -> str:
    """The member hash of a name."""
    return email_key(f"{name}@x.example")


def _id(prefix: str, name: str) -> str:
    return make_id(prefix, TAKEN + int.from_bytes(name.encode()[:4]))


def contact(name: str, **fields: Any) -> Record:
    """A contact of no company, who agreed; the same name has the same Id."""
    return {
        "Id": _id("003", name),
        "FirstName": name.title(),
        "LastName": "Lee",
        "Email": f"{name}@x.example",
        "Newsletter_Consent__c": True,
        "CreatedDate": LAST_YEAR,
        "SystemModstamp": LAST_YEAR,
    } | fields


def lead(name: str, **fields: Any) -> Record:
    """A lead who agreed."""
    return contact(name) | {"Id": _id("00Q", name), "Company": "Acme", "Status": "Open - Not Contacted"} | fields


def account_of(shadow: Record) -> Record:
    """The person account of a shadow contact."""
    return {
        "Id": shadow["AccountId"],
        "IsPersonAccount": True,
        "PersonContactId": shadow["Id"],
        "Name": f"{shadow['FirstName']} {shadow['LastName']}",
        "FirstName": shadow["FirstName"],
        "LastName": shadow["LastName"],
        "PersonEmail": shadow["Email"],
        "CreatedDate": LAST_YEAR,
        "SystemModstamp": LAST_YEAR,
    }


def person_account(name: str, **fields: Any) -> tuple[Record, Record]:
    """An account and its shadow contact."""
    shadow = contact(name, AccountId=_id("001", name), IsPersonAccount=True, **fields)
    return account_of(shadow), shadow


def subscriber(name: str, status: str = "subscribed", **more: Any) -> Record:
    """A member whose values are what Salesforce has of a `contact` of that name; `values` are over them."""
    values = {"FNAME": name.title(), "LNAME": "Lee"} | more.pop("values", {})
    return member(name, status, merge_fields=values, **more)


def audience(name: str, list_id: str, *members: Record) -> Record:
    """An audience: FNAME (required), LNAME, COMPANY, TITLE; groups Interests (many) and Rhythm (one)."""
    letter = list_id[0]
    tags = sorted({tag["name"] for each in members for tag in each["tags"]})
    return {
        "id": list_id,
        "name": name,
        "merge_fields": [
            {"tag": tag, "name": tag.title(), "type": "text", "required": tag == "FNAME"}
            for tag in ("FNAME", "LNAME", "COMPANY", "TITLE")
        ]
        + [{"tag": "POINTS", "name": "Points", "type": "number", "required": False}],
        "interest_categories": [
            {
                "id": f"{letter}ca0000001",
                "title": "Interests",
                "type": "checkboxes",
                "interests": [
                    {"id": f"{letter}ne0000001", "name": "News"},
                    {"id": f"{letter}ev0000001", "name": "Events"},
                ],
            },
            {
                "id": f"{letter}rh0000001",
                "title": "Rhythm",
                "type": "radio",
                "interests": [
                    {"id": f"{letter}we0000001", "name": "Weekly"},
                    {"id": f"{letter}mo0000001", "name": "Monthly"},
                ],
            },
        ],
        "segments": [
            {
                "id": 100 * (ord(letter) - ord("a") + 1) + number,
                "name": tag,
                "type": "static",
                "members": [each["id"] for each in members if {"name": tag} in each["tags"]],
            }
            for number, tag in enumerate(tags)
        ],
        "members": list(members),
        "forgotten": [],
    }
