"""What Mailchimp lets a call do to one member."""

import pytest

from tests.contract.mailchimp.account_state import (
    ANN,
    BOB,
    CAMPAIGN,
    CAT,
    DAN,
    EVE,
    FAY,
    LIST,
    MONTHLY,
    NEWS,
    WEEKLY,
    member_id,
)
from tests.unit.sandbox.mailchimp.conftest import Api


def title(response: object) -> str:
    return response.json()["title"]


def test_a_member_that_exists_is_not_added_again(api: Api) -> None:
    answer = api.add(ANN.upper())
    assert answer.status_code == 400
    assert answer.json().keys() == {"title", "status", "detail", "instance"}  # recorded: no type
    assert title(answer) == "Member Exists"


def test_an_archived_member_is_taken_back_by_a_post_with_its_tags_and_values(api: Api) -> None:
    before = api.member(EVE)
    answer = api.add(EVE, merge_fields={"FNAME": "Eve"}).json()
    assert (answer["status"], answer["contact_id"]) == ("subscribed", before["contact_id"])
    assert answer["timestamp_opt"] > before["timestamp_opt"]


def test_who_unsubscribed_decides_whether_a_member_can_be_subscribed_again(api: Api) -> None:
    assert title(api.patch(BOB, {"status": "subscribed"})) == "Member In Compliance State"
    assert api.patch(BOB, {"status": "pending"}).json()["status"] == "pending"
    assert title(api.patch(BOB, {"status": "subscribed"})) == "Member In Compliance State"
    unsubscribed = api.patch(ANN, {"status": "unsubscribed"}).json()
    assert unsubscribed["unsubscribe_reason"] == "N/A (Unsubscribed by admin)"
    assert api.patch(ANN, {"status": "subscribed"}).json()["status"] == "subscribed"


def test_archiving_does_not_launder_a_members_own_unsubscribe(api: Api) -> None:
    assert api("DELETE", f"/lists/{LIST}/members/{member_id(BOB)}").status_code == 204
    assert title(api.add(BOB)) == "Member In Compliance State"


def test_a_cleaned_member_cannot_be_subscribed(api: Api) -> None:
    assert title(api.patch(CAT, {"status": "subscribed"})) == "Member In Compliance State"


def test_whether_a_cleaned_member_can_be_asked_again_is_a_switch(api: Api) -> None:
    assert title(api.patch(CAT, {"status": "pending"})) == "Member In Compliance State"
    api.controls.set_switches({"cleaned_can_be_pending": True})
    assert title(api.patch(CAT, {"status": "subscribed"})) == "Member In Compliance State"
    assert api.patch(CAT, {"status": "pending"}).json()["status"] == "pending"


def test_whether_compliance_errors_have_a_type_is_a_switch(api: Api) -> None:
    def typed() -> list[bool]:
        answers = api.add("gone@mail.example"), api.patch(BOB, {"status": "subscribed"})
        return ["type" in answer.json() for answer in answers]

    assert typed() == [True, True]
    api.controls.set_switches({"compliance_has_type": False})
    assert typed() == [False, False]


def test_which_domains_look_fake_is_a_switch(api: Api) -> None:
    def taken(domain: str) -> bool:
        return api.add(f"new@{domain}").status_code == 200

    assert [taken(domain) for domain in ("yopmail.com", "example.org", "mail.example")] == [False, False, True]
    api.controls.set_switches({"fake_domains": "example.com,corp.example"})
    assert [taken(domain) for domain in ("example.com", "corp.example", "example.org")] == [False, False, True]


def test_a_forgotten_address_is_refused_for_good(api: Api) -> None:
    assert title(api.add("Gone@mail.example")) == "Forgotten Email Not Subscribed"
    assert title(api.patch(ANN, {"email_address": "gone@mail.example"})) == "Forgotten Email Not Subscribed"


def test_forgetting_removes_the_member_and_its_segment_memberships(api: Api) -> None:
    path = f"/lists/{LIST}/members/{member_id(ANN)}"
    assert api("POST", f"{path}/actions/delete-permanent").status_code == 204
    assert api("GET", path).status_code == 404
    assert api("GET", f"/lists/{LIST}/segments/501").json()["member_count"] == 0


@pytest.mark.parametrize(
    ("email", "detail"),
    [
        ("AAAAA", "Please provide a valid email address."),
        ("a b@mail.example", "Please provide a valid email address."),
        ("a..b@mail.example", "Please provide a valid email address."),
        ("foo@example.com", "foo@example.com looks fake or invalid, please enter a real email address."),
    ],
)
def test_addresses_that_are_refused(api: Api, email: str, detail: str) -> None:
    assert api.add(email).json()["detail"] == detail


def test_a_new_address_moves_the_id_and_keeps_contact_id_and_tags(api: Api) -> None:
    before = api.member(ANN)
    moved = api.patch(ANN, {"email_address": "anna@mail.example"}).json()
    assert (moved["id"], moved["contact_id"]) == (member_id("anna@mail.example"), before["contact_id"])
    assert moved["unique_email_id"] != before["unique_email_id"]
    assert [tag["name"] for tag in moved["tags"]] == ["Customer"]
    assert api("GET", f"/lists/{LIST}/members/{member_id(ANN)}").status_code == 404


@pytest.mark.parametrize(("follows", "address", "events"), [(False, "", 0), (True, "anna@mail.example", 4)])
def test_whether_activity_follows_a_new_address_is_a_switch(api: Api, follows: bool, address: str, events: int) -> None:
    api.controls.set_switches({"activity_follows_new_address": follows})
    moved = api.patch(ANN, {"email_address": "anna@mail.example"}).json()["id"]
    assert api("GET", f"/lists/{LIST}/members/{moved}/activity").json()["total_items"] == events
    rows = api("GET", f"/reports/{CAMPAIGN}/sent-to").json()["sent_to"]
    assert [row["email_address"] for row in rows] == [address, BOB, CAT]


def test_an_address_that_differs_in_case_only_is_the_same_member(api: Api) -> None:
    changed = api.patch(ANN, {"email_address": ANN.title()}).json()
    assert (changed["id"], changed["email_address"]) == (member_id(ANN), ANN.title())


@pytest.mark.parametrize("taken", [FAY, EVE])
def test_an_address_that_is_taken_even_by_an_archived_member_is_refused(api: Api, taken: str) -> None:
    assert title(api.patch(ANN, {"email_address": taken})) == "Member Exists"


@pytest.mark.parametrize("email", [BOB, CAT, DAN])
def test_only_subscribed_members_can_move(api: Api, email: str) -> None:
    detail = api.patch(email, {"email_address": "new@mail.example"}).json()["detail"]
    assert detail.startswith(f"""This member's status is "{api.member(email)["status"]}." You can only update""")


def test_a_put_that_would_create_needs_address_and_status(api: Api) -> None:
    new = "new@mail.example"
    needed = "Required fields were not provided:"
    nothing = api.put(new, {"merge_fields": {"FNAME": "N"}}).json()["errors"]
    assert nothing == [{"field": "", "message": f"{needed} email_address, status_if_new"}]
    assert api.put(new, {"email_address": new}).json()["errors"][0]["message"] == f"{needed} status_if_new"
    assert api.put(new, {"status_if_new": "pending"}).json()["errors"][0]["message"] == f"{needed} email_address"
    assert api.put(new, {"email_address": new, "status_if_new": "pending"}).json()["status"] == "pending"
    assert api.put(new, {"merge_fields": {"FNAME": "N"}}).json()["merge_fields"]["FNAME"] == "N"


def test_status_if_new_leaves_an_existing_member_alone(api: Api) -> None:
    assert api.put(BOB, {"email_address": BOB, "status_if_new": "subscribed"}).json()["status"] == "unsubscribed"


def test_whether_status_if_new_takes_an_archived_member_back_is_a_switch(api: Api) -> None:
    api.controls.set_switches({"put_status_if_new_revives_archived": False})
    assert api.put(EVE, {"email_address": EVE, "status_if_new": "subscribed"}).json()["status"] == "archived"
    api.controls.set_switches({})
    assert api.put(EVE, {"email_address": EVE, "status_if_new": "subscribed"}).json()["status"] == "subscribed"


@pytest.mark.parametrize("email", [CAT, DAN, EVE])
def test_bounced_pending_and_archived_members_cannot_be_archived(api: Api, email: str) -> None:
    answer = api("DELETE", f"/lists/{LIST}/members/{member_id(email)}")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, PUT")


def test_a_patch_without_status_never_changes_the_status(api: Api) -> None:
    for email, status in ((BOB, "unsubscribed"), (CAT, "cleaned"), (DAN, "pending"), (EVE, "archived")):
        assert api.patch(email, {"merge_fields": {"FNAME": "X"}}).json()["status"] == status


def test_nobody_is_made_transactional_by_a_patch(api: Api) -> None:
    assert api.patch(ANN, {"status": "transactional"}).json()["errors"][0]["field"] == "status"


def test_unknown_merge_fields_are_ignored_without_a_word(api: Api) -> None:
    answer = api.patch(ANN, {"merge_fields": {"NOPE": "x", "LNAME": "New"}})
    assert answer.status_code == 200
    assert (answer.json()["merge_fields"]["LNAME"], "NOPE" in answer.json()["merge_fields"]) == ("New", False)


def test_wrong_merge_values_are_named_all_at_once_and_nothing_changes(api: Api) -> None:
    answer = api.patch(ANN, {"merge_fields": {"TIER": "Platinum", "SPEND": "much", "LNAME": "New"}})
    assert answer.json()["detail"] == "Your merge fields were invalid."
    assert [error["field"] for error in answer.json()["errors"]] == ["SPEND", "TIER"]
    assert api.member(ANN)["merge_fields"]["LNAME"] == "Ode"


def test_a_required_merge_field_holds_a_member_back_unless_validation_is_skipped(api: Api) -> None:
    field = {"name": "Country", "type": "text", "tag": "LAND", "required": True}
    assert api("POST", f"/lists/{LIST}/merge-fields", field).status_code == 200
    assert api.add("new@mail.example").json()["errors"] == [{"field": "LAND", "message": "Please enter a value"}]
    body = {"email_address": "new@mail.example", "status": "subscribed"}
    assert api("POST", f"/lists/{LIST}/members", body, skip_merge_validation="true").status_code == 200
    assert api.patch("new@mail.example", {"vip": True}).json()["vip"] is True


def test_whether_a_change_has_to_fill_required_merge_fields_is_a_switch(api: Api) -> None:
    api("POST", f"/lists/{LIST}/merge-fields", {"name": "Country", "type": "text", "tag": "LAND", "required": True})
    change = {"merge_fields": {"FNAME": "Anna"}}
    assert api.patch(ANN, change).json()["errors"][0]["field"] == "LAND"
    api.controls.set_switches({"updates_need_required_fields": False})
    assert api.patch(ANN, change).status_code == 200


def test_skipped_validation_lets_wrong_values_in_unless_that_is_switched_off(api: Api) -> None:
    wrong = {"merge_fields": {"TIER": "Platinum"}}
    assert api.patch(ANN, wrong, skip_merge_validation="true").json()["merge_fields"]["TIER"] == "Platinum"
    api.controls.set_switches({"skip_validation_admits_wrong_values": False})
    assert api.patch(ANN, wrong, skip_merge_validation="true").status_code == 400


@pytest.mark.parametrize("value", [None, True, ["a"]])
def test_a_merge_value_that_is_no_text_number_or_address_is_refused(api: Api, value: object) -> None:
    refused = api.patch(ANN, {"merge_fields": {"LNAME": value}}, skip_merge_validation="true")
    words = "Data did not match any of the schemas described in anyOf."
    assert (refused.status_code, refused.json()["errors"]) == (400, [{"field": "merge_fields.LNAME", "message": words}])


def test_whether_null_merge_values_are_refused_is_a_switch(api: Api) -> None:
    assert api.patch(ANN, {"merge_fields": {"LNAME": None}}).status_code == 400
    api.controls.set_switches({"null_merge_values_are_refused": False})
    assert api.patch(ANN, {"merge_fields": {"LNAME": None}}).json()["merge_fields"]["LNAME"] == ""


def test_whether_a_radio_group_holds_one_interest_is_a_switch(api: Api) -> None:
    api.controls.set_switches({"single_choice_groups_hold_one": False})
    interests = api.patch(ANN, {"interests": {WEEKLY: True, MONTHLY: True}}).json()["interests"]
    assert (interests[WEEKLY], interests[MONTHLY]) == (True, True)


def test_a_radio_group_holds_one_choice_and_a_checkbox_group_many(api: Api) -> None:
    api.patch(ANN, {"interests": {WEEKLY: True}})
    interests = api.patch(ANN, {"interests": {MONTHLY: True}}).json()["interests"]
    assert (interests[WEEKLY], interests[MONTHLY], interests[NEWS]) == (False, True, True)


def test_an_unknown_group_is_refused(api: Api) -> None:
    assert "Invalid interest ID" in api.patch(ANN, {"interests": {"nope": True}}).json()["detail"]


def test_a_member_is_found_by_hash_address_and_contact_id(api: Api) -> None:
    contact = api.member(ANN)["contact_id"]
    found = {api("GET", f"/lists/{LIST}/members/{key}").json()["id"] for key in (member_id(ANN), ANN.upper(), contact)}
    assert found == {member_id(ANN)}


def test_a_body_that_is_not_json_is_refused(api: Api) -> None:
    answer = api.request("POST", f"/lists/{LIST}/members", content=b"{nope")
    assert (answer.status_code, title(answer)) == (400, "JSON Parse Exception")


def test_an_unknown_resource_and_a_wrong_method_answer_problems(api: Api) -> None:
    assert title(api("GET", "/nope")) == "Resource Not Found"
    answer = api("PUT", "/lists")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
