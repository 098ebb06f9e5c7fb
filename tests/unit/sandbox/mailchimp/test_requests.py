"""Requests that the OpenAPI document does not allow are refused; what it allows about order and periods works."""

from typing import Any

import pytest

from tests.contract.mailchimp.account_state import (
    ANN,
    BOB,
    CAMPAIGN,
    CATEGORY,
    FAY,
    LINK,
    LIST,
    account_state,
    member_id,
)
from tests.unit.sandbox.mailchimp.conftest import Api

LISTS, FIELDS, REPORT = "/lists", f"/lists/{LIST}/merge-fields", f"/reports/{CAMPAIGN}"


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        (LISTS, "sort_dir", "up"),
        (LISTS, "has_ecommerce_store", "perhaps"),
        (LISTS, "since_date_created", ""),
        (LISTS, "count", ""),
        ("/campaigns", "include_resend_shortcut_eligibility", "perhaps"),
        ("/campaigns", "since_send_time", ""),
        (f"{REPORT}/open-details", "sort_field", "timestamp"),
        (f"{REPORT}/click-details", "sort_dir", "down"),
        (f"/lists/{LIST}/members/{member_id(ANN)}/activity", "action", "open,think"),
        (f"/lists/{LIST}/members/{member_id(ANN)}/activity-feed", "activity_filters", "thought"),
    ],
)
def test_a_parameter_that_is_not_as_documented_is_refused_by_name(api: Api, path: str, name: str, value: str) -> None:
    refused = api("GET", path, **{name: value})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, name)


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PATCH", f"/lists/{LIST}/members/{member_id(ANN)}", {"vip": None}, "vip"),
        ("PATCH", f"/lists/{LIST}/members/{member_id(ANN)}", {"interests": None}, "interests"),
        ("POST", FIELDS, {"name": "New", "type": "text", "tag": None}, "tag"),
        ("POST", FIELDS, {"name": "New", "type": "radio", "options": {"choices": "Gold"}}, "options.choices"),
        ("PATCH", f"{FIELDS}/1", {"name": "New", "options": {"default_country": "US"}}, "options.default_country"),
        ("POST", f"/lists/{LIST}/interest-categories", {"title": "New", "type": None}, "type"),
        ("POST", f"/lists/{LIST}/segments", {"name": "New", "options": {"match": "some"}}, "options.match"),
        ("POST", f"/lists/{LIST}/segments/501", {"members_to_add": None}, "members_to_add"),
        ("POST", "/batches", {"operations": [{"method": "GET", "path": "/", "body": None}]}, "operations.item:0.body"),
    ],
)
def test_nulls_and_wrong_types_are_refused_and_change_nothing(
    api: Api, method: str, path: str, body: dict[str, Any], field: str
) -> None:
    before = list(api.store.export())
    refused = api(method, path, body)
    assert (refused.status_code, [error["field"] for error in refused.json()["errors"]]) == (400, [field])
    assert list(api.store.export()) == before


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"operations": [{"method": "GET", "path": "/", "params": "x"}]}, "operations.item:0.params", "object, string"),
        ({"operations": {}}, "operations", "array, object"),
        ({"operations": [[]]}, "operations.item:0", "object, array"),
        ({"operations": [{"method": "GET", "path": 1}]}, "operations.item:0.path", "string, integer"),
        ({"operations": [{"method": "GET", "path": None}]}, "operations.item:0.path", "string, NULL"),
    ],
)
def test_a_wrong_type_is_told_as_the_vendor_tells_it(api: Api, body: dict[str, Any], field: str, message: str) -> None:
    told = {"field": field, "message": f"Schema describes {message} found instead"}
    assert api("POST", "/batches", body).json()["errors"] == [told]


def test_what_an_object_lacks_is_told_at_the_object(api: Api) -> None:
    told = api("POST", "/batches", {"operations": [{"operation_id": "1"}]}).json()["errors"]
    assert told == [{"field": "operations.item:0", "message": "Required fields were not provided: method, path"}]


@pytest.mark.parametrize(
    ("path", "body"),
    [(f"/lists/{LIST}/segments", {"name": "", "static_segment": []}), ("/batches", {"operations": []})],
)
def test_whether_empty_names_and_batches_are_refused_is_a_switch(api: Api, path: str, body: dict[str, Any]) -> None:
    assert api("POST", path, body).status_code == 400
    api.controls.set_switches({"empty_names_are_refused": False})
    assert api("POST", path, body).status_code == 200


def test_whether_empty_parameters_are_refused_is_a_switch(api: Api) -> None:
    assert api("GET", LISTS, count="").status_code == 400
    api.controls.set_switches({"empty_parameters_are_refused": False})
    assert api("GET", LISTS, count="", since_date_created="", sort_dir="").json()["total_items"] == 1


def test_how_many_merge_fields_a_list_has_is_a_switch(api: Api) -> None:
    def add(number: int) -> int:
        return api("POST", FIELDS, {"name": f"Field {number}", "type": "text"}).status_code

    assert [add(number) for number in range(26)] == [200] * 25 + [400]
    api.controls.set_switches({"most_merge_fields": 80})
    assert add(31) == 200


def test_only_the_documented_options_of_a_field_are_kept(api: Api) -> None:
    options = {"choices": ["Gold"], "colour": "red"}
    field = api("POST", FIELDS, {"name": "Rank", "type": "radio", "options": options}).json()
    assert field["options"] == {"choices": ["Gold"]}


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "HEAD", "QUERY", "PUT"])
def test_a_method_that_a_resource_does_not_have_is_told_what_it_has(api: Api, method: str) -> None:
    refused = api(method, f"/lists/{LIST}/interest-categories/{CATEGORY}")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")


def test_openers_can_be_sorted_by_their_opens(api: Api) -> None:
    def order(**query: str) -> list[str]:
        page = api("GET", f"{REPORT}/open-details", **query).json()
        return [row["email_address"] for row in page["members"]]

    assert order() == order(sort_field="opens_count", sort_dir="DESC") == [ANN, BOB]
    assert order(sort_field="opens_count") == [BOB, ANN]


def test_links_can_be_sorted_by_their_clicks(api: Api) -> None:
    other = "https://shop.example/other"
    state = account_state()
    click = {"campaign_id": CAMPAIGN, "list_id": LIST, "action": "click", "url": other}
    state["events"] += [
        {**click, "email_id": member_id(email), "timestamp": f"2026-10-03T0{hour}:00:00+00:00"}
        for hour, email in enumerate((BOB, FAY))
    ]
    api.load(state)

    def order(**query: str) -> list[str]:
        return [row["url"] for row in api("GET", f"{REPORT}/click-details", **query).json()["urls_clicked"]]

    assert order() == [LINK, other]
    assert order(sort_field="total_clicks", sort_dir="DESC") == order(sort_field="unique_clicks", sort_dir="DESC")
    assert order(sort_field="unique_clicks", sort_dir="DESC") == [other, LINK]


def test_lists_are_found_by_when_a_campaign_was_last_sent(api: Api) -> None:
    def found(**query: str) -> int:
        return api("GET", LISTS, **query).json()["total_items"]

    sent = "2026-10-02T08:00:00+00:00"
    assert (found(since_campaign_last_sent=sent), found(since_campaign_last_sent="2026-10-02T07:59:59+00:00")) == (0, 1)
    assert (found(before_campaign_last_sent=sent), found(before_campaign_last_sent="2026-10-02T08:00:01Z")) == (0, 1)
