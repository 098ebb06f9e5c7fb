"""Builds the state of a sandbox account: one audience with a few members, as short as a test can say it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from include.keys import email_key
from include.mailchimp.client import MailchimpClient
from include.mailchimp.transport import Backoff, Transport
from include.sandbox.mailchimp.credentials import API_KEY
from tests.sandbox_fixture import Sandbox

LIST = "aaaa000001"
MEMBERS = "/3.0/lists/{list_id}/members"
PROMPT = Backoff(attempts=4, base=0.01, cap=0.1)


def member(name: str, status: str = "subscribed", **more: Any) -> dict[str, Any]:
    """A member `<name>@x.example`; `tags` are names."""
    email = f"{name}@x.example"
    tags = [{"name": tag} for tag in more.pop("tags", ())]
    return {
        "id": email_key(email),
        "email_address": email,
        "contact_id": email_key(f"contact of {email}"),
        "status": status,
        "timestamp_opt": "2026-01-01T00:00:00+00:00",
        "last_changed": "2026-02-01T00:00:00+00:00",
        "member_rating": 2,
        "merge_fields": {"FNAME": name.title()},
        "tags": tags,
    } | more


def audience(members: Sequence[dict[str, Any]], *, list_id: str = LIST, name: str = "Newsletter") -> dict[str, Any]:
    """An audience with two merge fields besides FNAME, and one category of groups."""
    return {
        "id": list_id,
        "name": name,
        "merge_fields": [
            {"tag": "FNAME", "name": "First name", "type": "text"},
            {"tag": "ADDRESS", "name": "Address", "type": "address"},
            {"tag": "TIER", "name": "Tier", "type": "dropdown", "options": {"choices": ["Gold", "Silver"]}},
        ],
        "interest_categories": [
            {
                "id": "cat0000001",
                "title": "Interests",
                "type": "checkboxes",
                "interests": [{"id": "news000001", "name": "Product news"}, {"id": "even000001", "name": "Events"}],
            }
        ],
        "members": list(members),
    }


def account(*audiences: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The state of an account."""
    return {"lists": list(audiences), **more}


def client_of(sandbox: Sandbox, *, connections: int = 3, api_key: str = API_KEY) -> MailchimpClient:
    """A client that does not wait long between its attempts."""
    transport = Transport(
        f"{sandbox.mailchimp}/3.0", api_key, connections=connections, connection_name="mc_test", backoff=PROMPT
    )
    return MailchimpClient(transport, connections)
