"""Who may call, and what the root says."""

import pytest

from tests.contract.mailchimp.account_state import LIST, account_state
from tests.unit.sandbox.mailchimp.conftest import Api

ALLOWED = {"owner": 4, "admin": 4, "manager": 4, "author": 3, "viewer": 2}


def logged_in(api: Api, role: str) -> None:
    state = account_state()
    state["account"]["role"] = role
    api.load(state)


@pytest.mark.parametrize(("role", "reached"), ALLOWED.items())
def test_a_role_is_told_at_the_root_and_decides_what_can_be_reached(api: Api, role: str, reached: int) -> None:
    logged_in(api, role)
    assert api("GET", "/").json()["role"] == role
    statuses = [api("GET", path).status_code for path in ("/ping", "/reports", "/campaigns", f"/lists/{LIST}")]
    assert statuses == [200] * reached + [403] * (4 - reached)
    assert api("DELETE", f"/lists/{LIST}").status_code == (204 if reached == 4 else 403)


def test_whether_viewers_read_campaigns_is_a_switch(api: Api) -> None:
    logged_in(api, "viewer")
    assert api("GET", "/campaigns").status_code == 403
    api.controls.set_switches({"viewers_read_campaigns": True})
    assert api("GET", "/campaigns").status_code == 200


def test_an_audience_that_is_deleted_is_gone_and_its_campaigns_stay(api: Api) -> None:
    assert api("DELETE", f"/lists/{LIST}").status_code == 204
    assert api("GET", f"/lists/{LIST}/members").status_code == 404
    campaigns = api("GET", "/campaigns").json()["campaigns"]
    assert {campaign["recipients"]["list_is_active"] for campaign in campaigns} == {False}


def test_a_method_can_be_overridden_in_a_post_only(api: Api) -> None:
    override = {"X-HTTP-Method-Override": "DELETE"}
    refused = api.request("GET", f"/lists/{LIST}", headers=override)
    assert (refused.status_code, refused.json()["title"]) == (422, "InvalidMethodOverride")
    assert api.request("POST", f"/lists/{LIST}", headers=override).status_code == 204


def test_fields_that_only_some_items_have_can_be_asked_for(api: Api) -> None:
    query = {"fields": "campaigns.id,campaigns.report_summary.opens", "sort_field": "send_time"}
    campaigns = api("GET", "/campaigns", **query).json()["campaigns"]
    assert sorted(campaigns, key=len) == [{"id": "c0ffee0002"}, {"id": "c0ffee0001", "report_summary": {"opens": 3}}]
    assert api("GET", "/campaigns", fields="nope").json()["errors"][0]["field"] == "fields"
