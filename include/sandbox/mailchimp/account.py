"""The account itself: the API root and the health check."""

from typing import Any

import orjson

from include.sandbox.mailchimp.call import Call, Document
from include.sandbox.mailchimp.database import Database
from include.sandbox.mailchimp.links import ROOT, links

HEALTHY = "Everything's Chimpy!"


def default_account() -> Document:
    """What the root shows where a state does not say otherwise; keys from the OpenAPI document."""
    return {
        "account_id": "8d3a3db4d97663a9074efcc16",
        "login_id": "sandbox",
        "account_name": "Sandbox",
        "email": "owner@sandbox.example",
        "first_name": "Olive",
        "last_name": "Owner",
        "username": "sandbox",
        "avatar_url": "",
        "role": "owner",
        "member_since": "2020-01-01T00:00:00+00:00",
        "pricing_plan_type": "monthly",
        "first_payment": "2020-01-01T00:00:00+00:00",
        "account_timezone": "Europe/Paris",
        "account_industry": "",
        "contact": {"company": "Sandbox", "addr1": "", "addr2": "", "city": "", "state": "", "zip": "", "country": ""},
        "pro_enabled": False,
        "last_login": "2026-01-01T00:00:00+00:00",
        "industry_stats": {"open_rate": 0.2, "bounce_rate": 0.01, "click_rate": 0.02},
    }


def account(database: Database) -> Document:
    """The account's document as it is stored."""
    row = database.execute("SELECT value FROM meta WHERE key = 'account'").fetchone()
    document: dict[str, Any] = orjson.loads(row[0]) if row else default_account()
    return document


def get_root(call: Call) -> Document:
    """GET /."""
    counted = call.database.execute("SELECT count(*) FROM members WHERE status = 'subscribed'").fetchone()
    return account(call.database) | {"total_subscribers": counted[0], "_links": links(ROOT, call.base_url)}


def get_ping(_call: Call) -> Document:
    """GET /ping."""
    return {"health_status": HEALTHY}
