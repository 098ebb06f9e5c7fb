"""A small account that has something at every endpoint."""

import hashlib
from typing import Any

LIST = "a36b032126"
CAMPAIGN = "c0ffee0001"
CATEGORY, RADIO = "cat0000001", "cat0000002"
NEWS, EVENTS, WEEKLY, MONTHLY = "int0000001", "int0000002", "int0000003", "int0000004"
LINK = "https://shop.example/offer"


def member_id(email: str) -> str:
    return hashlib.md5(email.lower().encode()).hexdigest()


def member(email: str, **more: Any) -> dict[str, Any]:
    return {
        "email_address": email,
        "status": "subscribed",
        "timestamp_opt": "2026-10-01T08:00:00+00:00",
        "last_changed": "2026-10-01T08:00:00+00:00",
        **more,
    }


ANN, BOB, CAT, DAN, EVE, FAY = (f"{name}@mail.example" for name in ("ann", "bob", "cat", "dan", "eve", "fay"))


def account_state() -> dict[str, Any]:
    members = [
        member(ANN, merge_fields={"FNAME": "Ann", "LNAME": "Ode", "SPEND": 12.5}, interests={NEWS: True}),
        member(BOB, status="unsubscribed", _unsubscribed_by="member", unsubscribe_reason="Not interested"),
        member(CAT, status="cleaned"),
        member(DAN, status="pending", timestamp_opt=""),
        member(EVE, status="archived"),
        member(FAY, last_changed="2026-11-01T08:00:00+00:00"),
    ]
    return {
        "account": {"account_name": "Contract", "role": "owner"},
        "lists": [
            {
                "id": LIST,
                "name": "Contract list",
                "merge_fields": [
                    {"tag": "FNAME", "name": "First Name", "type": "text"},
                    {"tag": "LNAME", "name": "Last Name", "type": "text"},
                    {"tag": "ADDRESS", "name": "Address", "type": "address"},
                    {"tag": "SPEND", "name": "Spend", "type": "number"},
                    {"tag": "TIER", "name": "Tier", "type": "dropdown", "options": {"choices": ["Gold", "Silver"]}},
                ],
                "interest_categories": [
                    {
                        "id": CATEGORY,
                        "title": "Interests",
                        "type": "checkboxes",
                        "interests": [{"id": NEWS, "name": "Product news"}, {"id": EVENTS, "name": "Events"}],
                    },
                    {
                        "id": RADIO,
                        "title": "Frequency",
                        "type": "radio",
                        "interests": [{"id": WEEKLY, "name": "Weekly"}, {"id": MONTHLY, "name": "Monthly"}],
                    },
                ],
                "segments": [
                    {
                        "id": 501,
                        "name": "Customer",
                        "members": [member_id(ANN), member_id(BOB)],
                        "created_at": "2026-09-01T08:00:00+00:00",
                        "updated_at": "2026-09-02T08:00:00+00:00",
                    }
                ],
                "members": members,
                "forgotten": [member_id("gone@mail.example")],
            }
        ],
        "campaigns": [
            {
                "id": CAMPAIGN,
                "status": "sent",
                "type": "regular",
                "create_time": "2026-10-02T07:00:00+00:00",
                "send_time": "2026-10-02T08:00:00+00:00",
                "recipients": {"list_id": LIST},
                "settings": {"title": "Autumn", "subject_line": "Autumn"},
            },
            {
                "id": "c0ffee0002",
                "status": "save",
                "create_time": "2026-10-03T07:00:00+00:00",
                "recipients": {"list_id": LIST},
                "send_time": "",
            },
        ],
        "events": events(),
    }


def events() -> list[dict[str, Any]]:
    def event(email: str, action: str, at: str, **more: Any) -> dict[str, Any]:
        identity = {"campaign_id": CAMPAIGN, "list_id": LIST, "email_id": member_id(email)}
        return {**identity, "action": action, "timestamp": f"2026-10-02T{at}+00:00", "url": "", **more}

    return [
        event(ANN, "sent", "08:00:00"),
        event(BOB, "sent", "08:00:00"),
        event(CAT, "sent", "08:00:00"),
        event(CAT, "bounce", "08:01:00", type="hard"),
        event(ANN, "open", "09:00:00", ip="198.51.100.7"),
        event(ANN, "click", "09:01:00", url=LINK),
        event(ANN, "open", "10:00:00"),
        event(BOB, "open", "10:30:00"),
        event(BOB, "unsubscribe", "10:31:00"),
    ]
