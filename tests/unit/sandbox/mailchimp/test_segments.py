"""Tags as static segments."""

import pytest

from tests.contract.mailchimp.account_state import ANN, BOB, CAT, DAN, EVE, FAY, LIST, member_id
from tests.unit.sandbox.mailchimp.conftest import Api

SEGMENT = f"/lists/{LIST}/segments/501"


def added(api: Api, *emails: str) -> dict:
    return api("POST", SEGMENT, {"members_to_add": list(emails)}).json()


def test_only_those_that_were_not_in_it_are_reported_as_added(api: Api) -> None:
    answer = added(api, ANN, FAY)
    assert [member["email_address"] for member in answer["members_added"]] == [FAY]
    api.controls.set_switches({"segment_add_reports_members_already_in": True})
    assert added(api, ANN, FAY)["total_added"] == 2


@pytest.mark.parametrize("email", ["nobody@mail.example", EVE])
def test_addresses_that_are_not_on_the_list_are_reported_or_ignored(api: Api, email: str) -> None:
    answer = added(api, email)
    assert (answer["total_added"], answer["errors"][0]["email_addresses"]) == (0, [email])
    api.controls.set_switches({"segment_reports_unknown_addresses": False})
    assert added(api, email)["errors"] == []


@pytest.mark.parametrize("email", ["nobody@mail.example", EVE])
def test_addresses_that_are_not_on_the_list_are_reported_when_they_shall_go(api: Api, email: str) -> None:
    answer = api("POST", SEGMENT, {"members_to_remove": [ANN, email, FAY]}).json()
    assert [member["email_address"] for member in answer["members_removed"]] == [ANN]
    assert (answer["error_count"], answer["errors"][0]["email_addresses"]) == (1, [email])


def test_more_than_500_addresses_are_refused(api: Api) -> None:
    assert added(api, *[f"m{number}@mail.example" for number in range(501)])["status"] == 400


def test_some_statuses_are_only_shown_when_asked_for(api: Api) -> None:
    added(api, CAT, DAN)
    shown = [m["email_address"] for m in api("GET", f"{SEGMENT}/members", count=100).json()["members"]]
    assert shown == [ANN, DAN]
    flags = {"include_unsubscribed": "true", "include_cleaned": "true"}
    everybody = [m["email_address"] for m in api("GET", f"{SEGMENT}/members", **flags).json()["members"]]
    assert everybody == [ANN, BOB, CAT, DAN]
    api.controls.set_switches({"segments_show_pending": False})
    assert api("GET", f"{SEGMENT}/members").json()["total_items"] == 1


def test_a_tag_moves_last_changed(api: Api) -> None:
    before = api.member(FAY)["last_changed"]
    added(api, FAY)
    assert api.member(FAY)["last_changed"] > before


def test_naming_a_tag_inactive_that_does_not_exist_makes_none(api: Api) -> None:
    path = f"/lists/{LIST}/members/{member_id(ANN)}/tags"
    assert api("POST", path, {"tags": [{"name": "Ghost", "status": "inactive"}]}).status_code == 204
    assert api("GET", f"/lists/{LIST}/tag-search", name="Ghost").json()["total_items"] == 0


def test_an_empty_tag_list_clears_nothing(api: Api) -> None:
    api("POST", f"/lists/{LIST}/members/{member_id(ANN)}/tags", {"tags": []})
    assert [tag["name"] for tag in api.member(ANN)["tags"]] == ["Customer"]


def test_a_tag_name_is_taken_once(api: Api) -> None:
    answer = api("POST", f"/lists/{LIST}/segments", {"name": "Customer", "static_segment": []})
    assert (answer.json()["title"], answer.json()["detail"]) == ("Bad Request", "Sorry, that tag already exists.")
