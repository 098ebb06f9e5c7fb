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
from include.sandbox.mailchimp.routes import ENDPOINTS
from tests.sandbox_fixture import Sandbox

EMAIL = "conformance.prism@sandbox.example"
HASH = hashlib.md5(EMAIL.encode(), usedforsecurity=False).hexdigest()

FORGET = "/lists/{list_id}/members/{subscriber_hash}/actions/delete-permanent"
"""The one operation that cannot go through Prism: the client's own request is not as the document says. The contract
tests hold its answer against it."""


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


def test_every_operation_that_is_served_conforms_both_ways(client: mailchimp_marketing.Client, world: Sandbox):
    state = world.state("mailchimp")
    world.reset_calls()
    try:
        with violations_shown():
            read_account(client)
            write_account(client)
    finally:
        calls = world.calls("mailchimp")["calls"]
        world.put_state(mailchimp=state)
    answered = {(call["method"], call["path"].removeprefix("/3.0") or "/") for call in calls if not call["errors"]}
    served = {(method, path) for path, methods in ENDPOINTS.items() for method in methods}
    assert served - answered == {("POST", FORGET)}


def test_the_client_sends_a_body_where_the_document_has_none(client: mailchimp_marketing.Client):
    audience = client.lists.get_all_lists()["lists"][0]["id"]
    with pytest.raises(ApiClientError) as refused:
        client.lists.delete_list_member_permanent(audience, HASH)
    assert "No supported content types" in refused.value.text


def read_account(client: mailchimp_marketing.Client) -> None:
    assert client.ping.get()["health_status"]
    assert client.root.get_root()["account_id"]
    for audience in client.lists.get_all_lists()["lists"]:
        read_audience(client, audience["id"])
    campaigns = client.campaigns.list(count=1000)["campaigns"]
    assert campaigns
    for campaign in campaigns[:5]:
        read_campaign(client, campaign["id"])
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
    for field in client.lists.get_list_merge_fields(audience)["merge_fields"]:
        assert client.lists.get_list_merge_field(audience, str(field["merge_id"]))["tag"] == field["tag"]
    for category in client.lists.get_list_interest_categories(audience)["categories"]:
        read_category(client, audience, category["id"])
    for segment in client.lists.list_segments(audience)["segments"]:
        assert client.lists.get_segment(audience, str(segment["id"]))["name"] == segment["name"]
        client.lists.get_segment_members_list(audience, str(segment["id"]))
    client.lists.tag_search(audience, name="c")


def read_category(client: mailchimp_marketing.Client, audience: str, category: str) -> None:
    assert client.lists.get_interest_category(audience, category)["id"] == category
    for interest in client.lists.list_interest_category_interests(audience, category)["interests"]:
        shown = client.lists.get_interest_category_interest(audience, category, interest["id"])
        assert shown["name"] == interest["name"]


def read_campaign(client: mailchimp_marketing.Client, campaign: str) -> None:
    assert client.campaigns.get(campaign)["id"] == campaign
    assert client.reports.get_campaign_report(campaign)["id"] == campaign
    assert client.reports.get_email_activity_for_campaign(campaign, count=1000)["emails"]
    assert client.reports.get_campaign_recipients(campaign, count=1000)["sent_to"]
    client.reports.get_unsubscribed_list_for_campaign(campaign)
    client.reports.get_campaign_open_details(campaign, count=1000)
    for link in client.reports.get_campaign_click_details(campaign)["urls_clicked"]:
        assert client.reports.get_subscribers_info(campaign, link["id"])["members"]


def write_account(client: mailchimp_marketing.Client) -> None:
    audience = client.lists.get_all_lists()["lists"][0]["id"]
    write_members(client, audience)
    write_fields_and_groups(client, audience)
    segment = client.lists.create_segment(audience, {"name": "Prism", "static_segment": [EMAIL]})["id"]
    assert client.lists.batch_segment_members({"members_to_remove": [EMAIL]}, audience, segment)["total_removed"] == 1
    assert client.lists.update_segment(audience, str(segment), {"name": "Prism too"})["name"] == "Prism too"
    client.lists.delete_segment(audience, str(segment))
    operation = {"method": "PATCH", "path": f"/lists/{audience}/members/{HASH}", "body": '{"vip": true}'}
    batch = client.batches.start({"operations": [operation]})["id"]
    assert client.batches.status(batch)["id"] == batch
    assert client.batches.list()["total_items"] == 1
    client.batches.delete_request(batch)
    client.lists.delete_list_member(audience, HASH)
    assert client.lists.get_list_member(audience, HASH)["status"] == "archived"
    client.lists.delete_list(audience)


def write_members(client: mailchimp_marketing.Client, audience: str) -> None:
    new = {"email_address": EMAIL, "status": "subscribed", "merge_fields": {"FNAME": "Zoë", "LNAME": "Ångström"}}
    answer = client.lists.batch_list_members(audience, {"members": [new], "update_existing": False})
    assert [member["id"] for member in answer["new_members"]] == [HASH], answer["errors"]
    other = {"email_address": f"other.{EMAIL}", "status": "unsubscribed"}
    assert client.lists.add_list_member(audience, other, skip_merge_validation="true")["status"] == "unsubscribed"
    client.lists.update_list_member(audience, HASH, {"merge_fields": {"FNAME": "Zoe"}}, skip_merge_validation="true")
    put = {"email_address": EMAIL, "status_if_new": "subscribed", "vip": True}
    assert client.lists.set_list_member(audience, HASH, put, skip_merge_validation="true")["vip"]
    client.lists.update_list_member_tags(audience, HASH, {"tags": [{"name": "Refracted", "status": "active"}]})


def write_fields_and_groups(client: mailchimp_marketing.Client, audience: str) -> None:
    options = {"choices": ["Gold", "Silver"]}
    field = client.lists.add_list_merge_field(audience, {"name": "Rank", "type": "radio", "options": options})
    number = str(field["merge_id"])
    assert client.lists.update_list_merge_field(audience, number, {"name": "Tier"})["options"] == options
    client.lists.delete_list_merge_field(audience, number)
    category = client.lists.create_list_interest_category(audience, {"title": "Prism", "type": "radio"})["id"]
    interest = client.lists.create_interest_category_interest(audience, category, {"name": "Light"})["id"]
    client.lists.delete_interest_category_interest(audience, category, interest)
