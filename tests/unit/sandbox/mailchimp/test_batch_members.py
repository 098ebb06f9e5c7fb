"""POST /lists/{list_id}: many members in one call."""

from typing import Any

import pytest

from tests.contract.mailchimp.account_state import ANN, BOB, CAT, EVE, FAY, LIST
from tests.unit.sandbox.mailchimp.conftest import Api


def post(api: Api, *members: dict[str, Any], **options: Any) -> dict[str, Any]:
    return api("POST", f"/lists/{LIST}", {"members": list(members), **options}).json()


def subscribed(email: str, **more: Any) -> dict[str, Any]:
    return {"email_address": email, "status": "subscribed", **more}


def test_more_than_500_members_are_refused(api: Api) -> None:
    members = [subscribed(f"m{number}@mail.example") for number in range(501)]
    assert post(api, *members)["errors"][0]["field"] == "members"
    assert post(api, *members[:500])["total_created"] == 500


def test_one_bad_member_does_not_fail_the_others(api: Api) -> None:
    answer = post(
        api,
        subscribed("new@mail.example"),
        subscribed(ANN),
        subscribed("foo@example.com"),
        subscribed("x@mail.example", merge_fields={"SPEND": "much"}),
        {"email_address": "y@mail.example"},
    )
    assert (answer["total_created"], answer["error_count"]) == (1, 4)
    assert [error["error_code"] for error in answer["errors"]] == ["ERROR_CONTACT_EXISTS"] + ["ERROR_GENERIC"] * 3
    lacking = "Required fields were not provided: status"
    assert (answer["errors"][3]["field"], answer["errors"][3]["field_message"]) == ("", lacking)
    assert (answer["errors"][2]["field"], answer["errors"][2]["field_message"]) == ("SPEND", "Please enter a number")


def test_existing_members_are_changed_only_when_asked_and_then_with_their_status(api: Api) -> None:
    post(api, {"email_address": FAY, "status": "unsubscribed"})
    assert api.member(FAY)["status"] == "subscribed"
    answer = post(api, {"email_address": FAY, "status": "unsubscribed"}, update_existing=True)
    assert (answer["total_updated"], api.member(FAY)["status"]) == (1, "unsubscribed")


def test_compliance_holds_in_a_batch(api: Api) -> None:
    answer = post(api, subscribed(BOB), subscribed(CAT), update_existing=True)
    assert {error["error_code"] for error in answer["errors"]} == {"ERROR_GENERIC"}
    assert api.member(BOB)["status"] == "unsubscribed"


@pytest.mark.parametrize("update", [True, False])
def test_whether_renewals_are_left_out_without_a_word_is_a_switch(api: Api, update: bool) -> None:
    assert post(api, subscribed(BOB), subscribed(FAY), update_existing=update)["error_count"] == 2 - update
    api.controls.set_switches({"batch_ignores_renewals": True})
    answer = post(api, subscribed(BOB), subscribed(FAY), update_existing=update)
    assert (answer["error_count"], answer["total_created"], answer["total_updated"]) == (1 - update, 0, int(update))
    assert api.member(BOB)["status"] == "unsubscribed"


def test_an_address_that_was_added_too_often_is_refused_for_now(api: Api) -> None:
    api.controls.set_switches({"busy_domains": "busy.example"})
    answer = post(api, subscribed("new@busy.example"), subscribed("new@mail.example"))
    assert (answer["total_created"], answer["errors"][0]["error_code"]) == (1, "ERROR_GENERIC")
    assert "signed up to a lot of lists very recently" in answer["errors"][0]["error"]
    api.controls.set_switches({})
    assert post(api, subscribed("new@busy.example"))["total_created"] == 1


def test_whether_adding_takes_archived_members_back_is_a_switch(api: Api) -> None:
    api.controls.set_switches({"batch_add_revives_archived": False})
    assert post(api, subscribed(EVE), update_existing=False)["errors"][0]["error_code"] == "ERROR_CONTACT_EXISTS"
    assert api.member(EVE)["status"] == "archived"
    api.controls.set_switches({})
    post(api, subscribed(EVE), update_existing=False)
    assert api.member(EVE)["status"] == "subscribed"


def test_of_duplicates_the_first_counts(api: Api) -> None:
    twice = [
        subscribed("new@mail.example", merge_fields={"FNAME": "A"}),
        subscribed("NEW@mail.example", merge_fields={"FNAME": "B"}),
    ]
    answer = post(api, *twice)
    assert (answer["total_created"], answer["errors"][0]["error_code"]) == (1, "ERROR_GENERIC")
    assert api.member("new@mail.example")["merge_fields"]["FNAME"] == "A"


def test_sync_tags_replaces_all_tags(api: Api) -> None:
    post(api, {"email_address": ANN, "tags": ["New"]}, update_existing=True)
    assert {tag["name"] for tag in api.member(ANN)["tags"]} == {"Customer", "New"}
    post(api, {"email_address": ANN, "tags": ["Only"]}, update_existing=True, sync_tags=True)
    assert {tag["name"] for tag in api.member(ANN)["tags"]} == {"Only"}
