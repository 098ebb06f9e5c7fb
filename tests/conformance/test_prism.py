"""Mailchimp's Python client and the sandbox, with Prism between: it refuses what the OpenAPI document does not allow.

A bad request comes back as 422, a bad answer as 500 that names the place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import mailchimp_marketing
import pytest
from mailchimp_marketing.api_client import ApiClientError

from include.sandbox.mailchimp.credentials import API_KEY
from tests.sandbox_fixture import Sandbox

EMAIL = "conformance.prism@sandbox.example"
HASH = hashlib.md5(EMAIL.encode(), usedforsecurity=False).hexdigest()


@contextmanager
def violations_shown() -> Iterator[None]:
    """Show what Prism objects to: the client's error has no text of its own."""
    try:
        yield
    except ApiClientError as error:
        raise AssertionError(f"{error.status_code}: {error.text}") from None


@pytest.fixture
def client(prism: str) -> mailchimp_marketing.Client:
    made = mailchimp_marketing.Client({"api_key": API_KEY, "timeout": 60})
    made.api_client.host = prism
    return made


def test_a_proxy_that_validates_nothing_would_be_noticed(client: mailchimp_marketing.Client):
    audience = client.lists.get_all_lists()["lists"][0]["id"]
    with pytest.raises(ApiClientError) as refused:
        client.lists.set_list_member(audience, HASH, {"email_address": EMAIL, "status_if_new": "no such status"})
    assert refused.value.status_code == 422
    assert "status_if_new" in str(refused.value.text)


def test_every_collection_that_is_served_conforms(client: mailchimp_marketing.Client):
    with violations_shown():
        assert client.ping.get()["health_status"]
        assert client.root.get_root()["account_id"]
        for audience in client.lists.get_all_lists()["lists"]:
            read_audience(client, audience["id"])
        campaigns = client.campaigns.list(count=1000)["campaigns"]
        assert campaigns
        read_campaign(client, campaigns[0]["id"])
        assert client.reports.get_all_campaign_reports()["total_items"] == len(campaigns)


def read_audience(client: mailchimp_marketing.Client, audience: str) -> None:
    assert client.lists.get_list(audience)["id"] == audience
    members = client.lists.get_list_members_info(audience, count=1000)["members"]
    assert members
    client.lists.get_list_members_info(audience, count=1000, status="archived")
    for member in members[:3]:
        assert client.lists.get_list_member(audience, member["id"])["id"] == member["id"]
        client.lists.get_list_member_tags(audience, member["id"])
        client.lists.get_list_member_activity(audience, member["id"])
        client.lists.get_list_member_activity_feed(audience, member["id"])
    assert client.lists.get_list_merge_fields(audience)["merge_fields"]
    for category in client.lists.get_list_interest_categories(audience)["categories"]:
        assert client.lists.list_interest_category_interests(audience, category["id"])["interests"]
    for segment in client.lists.list_segments(audience)["segments"]:
        client.lists.get_segment_members_list(audience, segment["id"])
    client.lists.tag_search(audience, name="c")


def read_campaign(client: mailchimp_marketing.Client, campaign: str) -> None:
    assert client.campaigns.get(campaign)["id"] == campaign
    assert client.reports.get_campaign_report(campaign)["id"] == campaign
    assert client.reports.get_email_activity_for_campaign(campaign, count=1000)["emails"]
    assert client.reports.get_campaign_recipients(campaign, count=1000)["sent_to"]
    client.reports.get_unsubscribed_list_for_campaign(campaign)
    client.reports.get_campaign_open_details(campaign)
    client.reports.get_campaign_click_details(campaign)


def test_every_write_that_is_served_conforms(client: mailchimp_marketing.Client, world: Sandbox):
    with violations_shown():
        write_audience(client, client.lists.get_all_lists()["lists"][0]["id"])
    members = world.state("mailchimp")["lists"][0]["members"]
    assert next(member["status"] for member in members if member["id"] == HASH) == "archived"


def write_audience(client: mailchimp_marketing.Client, audience: str) -> None:
    new = {"email_address": EMAIL, "status": "subscribed", "merge_fields": {"FNAME": "Zoë", "LNAME": "Ångström"}}
    answer = client.lists.batch_list_members(audience, {"members": [new], "update_existing": False})
    assert [member["id"] for member in answer["new_members"]] == [HASH], answer["errors"]
    client.lists.update_list_member(audience, HASH, {"merge_fields": {"FNAME": "Zoe"}}, skip_merge_validation="true")
    segment = client.lists.create_segment(audience, {"name": "Prism", "static_segment": [EMAIL]})
    client.lists.batch_segment_members({"members_to_remove": [EMAIL]}, audience, segment["id"])
    client.lists.update_list_member_tags(audience, HASH, {"tags": [{"name": "Prism", "status": "active"}]})
    operation = {"method": "PATCH", "path": f"/lists/{audience}/members/{HASH}", "body": '{"vip": true}'}
    batch = client.batches.start({"operations": [operation]})
    assert client.batches.status(batch["id"])["id"] == batch["id"]
    client.lists.delete_list_member(audience, HASH)
