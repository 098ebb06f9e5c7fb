"""The vendor's own Python client, unchanged, over every served endpoint; answers are checked against OpenAPI."""

import io
import json
import tarfile
import time
from collections.abc import Iterator
from typing import Any

import mailchimp_marketing
import pytest
import requests
from mailchimp_marketing.api_client import ApiClientError

from include.sandbox.mailchimp.credentials import API_KEY
from include.sandbox.mailchimp.routes import ENDPOINTS
from tests.contract.mailchimp.account_state import ANN, CAMPAIGN, CATEGORY, EVE, FAY, LINK, LIST, NEWS, member_id
from tests.contract.mailchimp.openapi import document, template_of, violations
from tests.sandbox_fixture import Sandbox


@pytest.fixture
def client(account: Sandbox) -> mailchimp_marketing.Client:
    client = mailchimp_marketing.Client({"api_key": API_KEY})
    client.api_client.host = f"{account.mailchimp}/3.0"
    return client


def conforms(method: str, path: str, document: Any) -> Any:
    assert violations(method, path, 200, document) == []
    return document


def test_the_client_reads_every_collection(client: mailchimp_marketing.Client) -> None:
    ann = member_id(ANN)
    of_list, of_member = f"/lists/{LIST}", f"/lists/{LIST}/members/{ann}"
    assert conforms("GET", "/ping", client.ping.get())["health_status"]
    assert conforms("GET", "/", client.root.get_root())["role"] == "owner"
    assert conforms("GET", "/lists", client.lists.get_all_lists())["total_items"] == 1
    found = conforms("GET", of_list, client.lists.get_list(LIST, include_total_contacts=True))
    assert (found["stats"]["member_count"], found["stats"]["total_contacts"]) == (2, 6)
    assert (
        conforms("GET", f"{of_list}/members", client.lists.get_list_members_info(LIST, count=1000))["total_items"] == 5
    )
    assert conforms("GET", of_member, client.lists.get_list_member(LIST, ann))["full_name"] == "Ann Ode"
    tags = conforms("GET", f"{of_member}/tags", client.lists.get_list_member_tags(LIST, ann))
    assert [tag["name"] for tag in tags["tags"]] == ["Customer"]
    activity = conforms("GET", f"{of_member}/activity", client.lists.get_list_member_activity(LIST, ann))
    assert [event["action"] for event in activity["activity"]] == ["open", "click", "open", "sent"]
    feed = client.lists.get_list_member_activity_feed(LIST, ann, count=2)
    assert len(conforms("GET", f"{of_member}/activity-feed", feed)["activity"]) == 2
    fields = client.lists.get_list_merge_fields(LIST)
    assert [field["tag"] for field in conforms("GET", f"{of_list}/merge-fields", fields)["merge_fields"]] == [
        "ADDRESS", "FNAME", "LNAME", "SPEND", "TIER",
    ]  # fmt: skip
    assert conforms("GET", f"{of_list}/merge-fields/1", client.lists.get_list_merge_field(LIST, "1"))["tag"] == "FNAME"


def test_the_client_reads_groups_and_segments(client: mailchimp_marketing.Client) -> None:
    of_list = f"/lists/{LIST}"
    categories = client.lists.get_list_interest_categories(LIST)
    titles = [
        category["title"] for category in conforms("GET", f"{of_list}/interest-categories", categories)["categories"]
    ]
    assert titles == ["Interests", "Frequency"]
    of_category = f"{of_list}/interest-categories/{CATEGORY}"
    assert conforms("GET", of_category, client.lists.get_interest_category(LIST, CATEGORY))["type"] == "checkboxes"
    interests = client.lists.list_interest_category_interests(LIST, CATEGORY)
    assert conforms("GET", f"{of_category}/interests", interests)["interests"][0]["subscriber_count"] == "1"
    interest = client.lists.get_interest_category_interest(LIST, CATEGORY, NEWS)
    assert conforms("GET", f"{of_category}/interests/{NEWS}", interest)["name"] == "Product news"
    segments = client.lists.list_segments(LIST)
    assert conforms("GET", f"{of_list}/segments", segments)["segments"][0]["member_count"] == 1
    assert conforms("GET", f"{of_list}/segments/501", client.lists.get_segment(LIST, "501"))["type"] == "static"
    shown = client.lists.get_segment_members_list(LIST, "501")
    assert conforms("GET", f"{of_list}/segments/501/members", shown)["total_items"] == 1
    everybody = client.lists.get_segment_members_list(LIST, "501", include_unsubscribed=True)
    assert everybody["total_items"] == 2
    tags = conforms("GET", f"{of_list}/tag-search", client.lists.tag_search(LIST, name="cus"))
    assert tags == {"tags": [{"id": 501, "name": "Customer"}], "total_items": 1}


def test_the_client_reads_campaigns_and_reports(client: mailchimp_marketing.Client) -> None:
    of_report = f"/reports/{CAMPAIGN}"
    campaigns = conforms(
        "GET", "/campaigns", client.campaigns.list(status="sent", sort_field="send_time", sort_dir="DESC")
    )
    assert [campaign["id"] for campaign in campaigns["campaigns"]] == [CAMPAIGN]
    assert conforms("GET", f"/campaigns/{CAMPAIGN}", client.campaigns.get(CAMPAIGN))["emails_sent"] == 3
    assert conforms("GET", "/reports", client.reports.get_all_campaign_reports())["total_items"] == 1
    report = conforms("GET", of_report, client.reports.get_campaign_report(CAMPAIGN))
    assert (report["opens"]["opens_total"], report["opens"]["unique_opens"], report["unsubscribed"]) == (3, 2, 1)
    activity = client.reports.get_email_activity_for_campaign(CAMPAIGN, since="2026-10-02T09:30:00Z")
    rows = conforms("GET", f"{of_report}/email-activity", activity)["emails"]
    assert [len(row["activity"]) for row in rows] == [1, 1, 0]  # those without activity come too
    sent = conforms("GET", f"{of_report}/sent-to", client.reports.get_campaign_recipients(CAMPAIGN))
    assert [row["status"] for row in sent["sent_to"]] == ["sent", "sent", "hard"]
    gone = client.reports.get_unsubscribed_list_for_campaign(CAMPAIGN)
    assert conforms("GET", f"{of_report}/unsubscribed", gone)["total_items"] == 1
    opens = conforms("GET", f"{of_report}/open-details", client.reports.get_campaign_open_details(CAMPAIGN))
    assert (opens["total_opens"], [row["opens_count"] for row in opens["members"]]) == (3, [2, 1])
    clicks = conforms("GET", f"{of_report}/click-details", client.reports.get_campaign_click_details(CAMPAIGN))
    assert clicks["urls_clicked"][0]["url"] == LINK
    link_id = clicks["urls_clicked"][0]["id"]
    people = client.reports.get_subscribers_info(CAMPAIGN, link_id)
    assert conforms("GET", f"{of_report}/click-details/{link_id}/members", people)["total_items"] == 1


def test_the_client_writes_members(client: mailchimp_marketing.Client) -> None:
    new = "New.Person@mail.example"
    of_member = f"/lists/{LIST}/members/{member_id(new)}"
    body = {"email_address": new, "status": "subscribed", "tags": ["VIP"], "merge_fields": {"TIER": "Gold"}}
    added = conforms("POST", f"/lists/{LIST}/members", client.lists.add_list_member(LIST, body))
    assert (added["id"], added["tags"][0]["name"]) == (member_id(new), "VIP")
    changed = client.lists.update_list_member(LIST, member_id(new), {"merge_fields": {"FNAME": "New"}})
    assert conforms("PATCH", of_member, changed)["merge_fields"]["FNAME"] == "New"
    put = {"email_address": new, "status_if_new": "pending", "interests": {NEWS: True}}
    assert conforms("PUT", of_member, client.lists.set_list_member(LIST, new, put))["status"] == "subscribed"
    tags = {"tags": [{"name": "VIP", "status": "inactive"}, {"name": "Press", "status": "active"}]}
    assert client.lists.update_list_member_tags(LIST, new, tags).status_code == 204
    assert [tag["name"] for tag in client.lists.get_list_member(LIST, new)["tags"]] == ["Press"]
    assert client.lists.delete_list_member(LIST, new).status_code == 204
    assert client.lists.get_list_member(LIST, new)["status"] == "archived"
    assert client.lists.delete_list_member_permanent(LIST, new).status_code == 204
    with pytest.raises(ApiClientError) as refused:
        client.lists.add_list_member(LIST, body)
    assert "Forgotten Email Not Subscribed" in refused.value.text


def test_the_client_writes_many_members_and_segments(client: mailchimp_marketing.Client) -> None:
    members = [{"email_address": f"m{n}@mail.example", "status": "subscribed"} for n in range(3)]
    batch = client.lists.batch_list_members(LIST, {"members": members, "update_existing": False})
    assert conforms("POST", f"/lists/{LIST}", batch)["total_created"] == 3
    again = client.lists.batch_list_members(LIST, {"members": members, "update_existing": False})
    assert {error["error_code"] for error in again["errors"]} == {"ERROR_CONTACT_EXISTS"}
    created = client.lists.create_segment(LIST, {"name": "Fresh", "static_segment": ["m0@mail.example"]})
    segment = conforms("POST", f"/lists/{LIST}/segments", created)
    of_segment = f"/lists/{LIST}/segments/{segment['id']}"
    change = {"members_to_add": ["m1@mail.example", "nobody@mail.example"], "members_to_remove": ["m0@mail.example"]}
    answer = conforms("POST", of_segment, client.lists.batch_segment_members(change, LIST, segment["id"]))
    assert (answer["total_added"], answer["total_removed"], answer["error_count"]) == (1, 1, 1)
    assert answer["errors"][0]["email_addresses"] == ["nobody@mail.example"]
    renamed = client.lists.update_segment(LIST, segment["id"], {"name": "Fresher"})
    assert conforms("PATCH", of_segment, renamed)["name"] == "Fresher"
    assert client.lists.delete_segment(LIST, segment["id"]).status_code == 204


def test_the_client_writes_fields_and_groups(client: mailchimp_marketing.Client) -> None:
    of_list = f"/lists/{LIST}"
    field = client.lists.add_list_merge_field(LIST, {"name": "Birthday", "type": "birthday", "tag": "BDAY"})
    number = conforms("POST", f"{of_list}/merge-fields", field)["merge_id"]
    assert client.lists.get_list_member(LIST, FAY)["merge_fields"]["BDAY"] == ""
    changed = client.lists.update_list_merge_field(LIST, number, {"name": "Name day", "tag": "NDAY"})
    assert conforms("PATCH", f"{of_list}/merge-fields/{number}", changed)["tag"] == "NDAY"
    assert "NDAY" in client.lists.get_list_member(LIST, FAY)["merge_fields"]
    assert client.lists.delete_list_merge_field(LIST, number).status_code == 204
    assert "NDAY" not in client.lists.get_list_member(LIST, FAY)["merge_fields"]
    category = client.lists.create_list_interest_category(LIST, {"title": "Topics", "type": "checkboxes"})
    of_category = f"{of_list}/interest-categories/{category['id']}/interests"
    conforms("POST", f"{of_list}/interest-categories", category)
    interest = client.lists.create_interest_category_interest(LIST, category["id"], {"name": "Wine"})
    conforms("POST", of_category, interest)
    assert client.lists.get_list_member(LIST, FAY)["interests"][interest["id"]] is False
    gone = client.lists.delete_interest_category_interest(LIST, category["id"], interest["id"])
    assert gone.status_code == 204


def test_the_client_runs_a_batch(client: mailchimp_marketing.Client, account: Sandbox) -> None:
    operations = [
        {
            "method": "PATCH",
            "path": f"/lists/{LIST}/members/{member_id(ANN)}",
            "operation_id": "good",
            "body": json.dumps({"merge_fields": {"FNAME": "Anna"}}),
        },
        {"method": "GET", "path": f"/lists/{LIST}/members/nobody", "operation_id": "bad"},
        {
            "method": "GET",
            "path": f"/lists/{LIST}/members",
            "operation_id": "page",
            "params": {"fields": "total_items"},
        },
    ]
    account.switches("mailchimp", batch_seconds=0.2)
    started = conforms("POST", "/batches", client.batches.start({"operations": operations}))
    assert (started["status"], started["total_operations"]) == ("pending", 0)
    states = []
    deadline = time.monotonic() + 10
    while not states or (states[-1] != "finished" and time.monotonic() < deadline):
        states.append(conforms("GET", f"/batches/{started['id']}", client.batches.status(started["id"]))["status"])
        time.sleep(0.02)
    order = ["pending", "preprocessing", "started", "finalizing", "finished"]
    assert states == sorted(states, key=order.index)
    assert states[-1] == "finished"
    done = client.batches.status(started["id"])
    assert (done["finished_operations"], done["errored_operations"]) == (3, 1)
    results = {result["operation_id"]: result for result in batch_results(done["response_body_url"])}
    assert {name: result["status_code"] for name, result in results.items()} == {"good": 200, "bad": 404, "page": 200}
    assert json.loads(results["page"]["response"]) == {"total_items": 5}
    assert client.lists.get_list_member(LIST, ANN)["merge_fields"]["FNAME"] == "Anna"
    assert conforms("GET", "/batches", client.batches.list())["total_items"] == 1
    assert client.batches.delete_request(started["id"]).status_code == 204


def batch_results(url: str) -> Iterator[dict[str, Any]]:
    content = requests.get(url, timeout=30).content
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        for entry in archive:
            if entry.isfile():
                yield from json.load(archive.extractfile(entry))


def test_wrong_and_missing_keys_are_refused(account: Sandbox) -> None:
    url = f"{account.mailchimp}/3.0/lists"
    wrong = requests.get(url, auth=("x", "0" * 32 + "-us1"), timeout=30)
    assert (wrong.status_code, wrong.json()["title"]) == (401, "API Key Invalid")
    assert requests.get(url, timeout=30).json()["title"] == "API Key Missing"
    assert requests.get(url, headers={"Authorization": f"Bearer {API_KEY}"}, timeout=30).status_code == 200


def test_every_served_path_is_in_the_openapi_document() -> None:
    for template, endpoints in ENDPOINTS.items():
        concrete = "/".join("x" if part.startswith("{") else part for part in template.split("/"))
        operations = document()["paths"]
        assert set(map(str.lower, endpoints)) <= set(operations[template_of(concrete)]), template


def test_an_archived_member_is_listed_only_when_asked_for(client: mailchimp_marketing.Client) -> None:
    listed = client.lists.get_list_members_info(LIST, count=1000, fields=["members.email_address"])
    assert EVE not in {member["email_address"] for member in listed["members"]}
    archived = client.lists.get_list_members_info(LIST, status="archived")
    assert [member["email_address"] for member in archived["members"]] == [EVE]
