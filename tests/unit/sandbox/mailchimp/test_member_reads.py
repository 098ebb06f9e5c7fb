"""Pages of members: counts, filters, order, fields."""

from typing import Any

import pytest

from tests.contract.mailchimp.account_state import (
    ANN,
    BOB,
    CATEGORY,
    DAN,
    EVE,
    EVENTS,
    FAY,
    LIST,
    NEWS,
    account_state,
    member,
)
from tests.unit.sandbox.mailchimp.conftest import Api


def many(count: int) -> dict[str, Any]:
    members = [
        member(
            f"m{number:04}@mail.example", last_changed=f"2026-10-01T08:{number // 60 % 60:02}:{number % 60:02}+00:00"
        )
        for number in range(count)
    ]
    return {"lists": [{"id": LIST, "members": members}]}


def test_a_page_has_ten_members_unless_more_are_asked_for_and_never_over_a_thousand(api: Api) -> None:
    api.load(many(1200))
    assert (len(api.emails()), api.members()["total_items"]) == (10, 1200)
    assert len(api.emails(count=1000)) == 1000
    assert len(api.emails(count=1000, offset=1000)) == 200
    refused = api("GET", f"/lists/{LIST}/members", count=1001)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "count")


def test_pages_join_without_gap_or_overlap(api: Api) -> None:
    api.load(many(95))
    query = {"count": 20, "sort_field": "last_changed", "sort_dir": "DESC"}
    pages = [email for offset in range(0, 100, 20) for email in api.emails(offset=offset, **query)]
    assert pages == [f"m{number:04}@mail.example" for number in reversed(range(95))]


def test_a_write_between_two_pages_is_seen(api: Api) -> None:
    api.load(many(20))
    assert api.members(count=5)["total_items"] == 20
    api.add("new@mail.example")
    assert api.members(count=5)["total_items"] == 21


def test_whether_the_unfiltered_list_has_archived_members_is_a_switch(api: Api) -> None:
    assert EVE not in api.emails()
    api.controls.set_switches({"unfiltered_list_has_archived": True})
    assert EVE in api.emails()


def test_whether_members_without_an_order_come_newest_first_is_a_switch(api: Api) -> None:
    coming = api.emails()
    api.controls.set_switches({"unsorted_members_newest_first": True})
    assert api.emails() == coming[::-1] != coming


def test_since_and_before_last_changed_are_exclusive(api: Api) -> None:
    api.load(many(5))
    third = "2026-10-01T08:00:02+00:00"
    assert api.emails(since_last_changed=third) == ["m0003@mail.example", "m0004@mail.example"]
    assert api.emails(before_last_changed=third) == ["m0000@mail.example", "m0001@mail.example"]
    assert api.emails(
        since_last_changed="2026-10-01T08:00:02.5Z", before_last_changed="2026-10-01T10:00:03.5+02:00"
    ) == ["m0003@mail.example"]


def test_who_unsubscribed_since_is_told_by_that_moment_not_by_the_last_change(api: Api) -> None:
    since = api.member(BOB)["last_changed"]
    assert api.patch(BOB, {"language": "fr"}).json()["last_changed"] > since
    assert api.emails(status="unsubscribed", unsubscribed_since=since) == []
    api.patch(ANN, {"status": "unsubscribed"})
    assert api.emails(status="unsubscribed", unsubscribed_since=since) == [ANN]


def test_filters_by_status_and_interest(api: Api) -> None:
    assert api.emails(status="unsubscribed") == [BOB]
    assert api.emails(status="pending") == [DAN]
    chosen = {"interest_category_id": CATEGORY, "interest_ids": f"{NEWS},{EVENTS}"}
    assert api.emails(interest_match="any", **chosen) == [ANN]
    assert api.emails(interest_match="all", **chosen) == []
    assert ANN not in api.emails(interest_match="none", **chosen)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"unsubscribed_since": "2026-01-01T00:00:00Z"}, "unsubscribed_since"),
        ({"since_last_campaign": "false"}, "since_last_campaign"),
        ({"since_last_changed": "yesterday"}, "since_last_changed"),
        ({"status": "nope"}, "status"),
        ({"sort_field": "email"}, "sort_field"),
        ({"fields": "members.id", "exclude_fields": "total_items"}, "exclude_fields"),
        ({"fields": "members.nope"}, "fields"),
        ({"interest_ids": NEWS}, "interest_ids"),
    ],
)
def test_wrong_parameters_are_refused_by_name(api: Api, query: dict[str, str], field: str) -> None:
    answer = api("GET", f"/lists/{LIST}/members", **query)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


def test_fields_are_given_exactly(api: Api) -> None:
    page = api.members(fields="members.id,members.merge_fields.FNAME,members.stats.avg_open_rate,total_items", count=1)
    assert page.keys() == {"members", "total_items"}
    assert page["members"][0].keys() == {"id", "merge_fields", "stats"}
    assert page["members"][0]["merge_fields"] == {"FNAME": "Ann"}
    assert page["members"][0]["stats"] == {"avg_open_rate": 0}


def test_excluded_fields_are_left_out_and_unknown_ones_ignored(api: Api) -> None:
    page = api.members(exclude_fields="members._links,members.merge_fields.FNAME,_links,email_address", count=1)
    assert "_links" not in page
    shown = page["members"][0]
    assert "_links" not in shown
    assert "FNAME" not in shown["merge_fields"]
    assert shown["email_address"] == ANN  # recorded: names are dotted from the root


def test_every_item_carries_links_unless_told_otherwise(api: Api) -> None:
    assert all(shown["_links"] for shown in api.members()["members"])


def test_unset_values_are_empty_and_reasons_are_only_shown_for_the_unsubscribed(api: Api) -> None:
    assert api.member(FAY)["merge_fields"] == {"FNAME": "", "LNAME": "", "ADDRESS": "", "SPEND": "", "TIER": ""}
    assert "unsubscribe_reason" not in api.member(FAY)
    assert api.member(BOB)["unsubscribe_reason"] == "Not interested"


def test_a_member_shows_at_most_fifty_of_its_tags(api: Api) -> None:
    state = account_state()
    state["lists"][0]["members"][0]["tags"] = [{"name": f"tag {number}"} for number in range(60)]
    api.load(state)
    shown = api.member(ANN)
    assert (len(shown["tags"]), shown["tags_count"]) == (50, 61)


def test_a_single_member_can_be_projected(api: Api) -> None:
    answer = api("GET", f"/lists/{LIST}/members/{ANN}", fields="status,merge_fields")
    assert answer.json().keys() == {"status", "merge_fields"}
