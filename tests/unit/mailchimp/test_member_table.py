from datetime import UTC, datetime

import pytest

from include.mailchimp.member_table import KEY_FIELDS, STATE_FIELDS, member_table


def member(**changes):
    return {
        "id": "a" * 32,
        "contact_id": "c1",
        "email_address": "ann@x.example",
        "status": "subscribed",
        "timestamp_opt": "2026-11-01T10:00:00+00:00",
        "last_changed": "2026-11-02T12:00:00+02:00",
        "member_rating": 3,
        "merge_fields": {"LNAME": "Bell", "ADDRESS": "", "FNAME": "Ann", "SCORE": 12.5},
        "interests": {"z9": True, "b2": False, "a1": True},
    } | changes


def test_every_field_becomes_its_column():
    (row,) = member_table([member()], STATE_FIELDS).to_pylist()
    assert row == {
        "email_key": "a" * 32,
        "contact_id": "c1",
        "email": "ann@x.example",
        "status": "subscribed",
        "timestamp_opt": datetime(2026, 11, 1, 10, tzinfo=UTC),
        "last_changed": datetime(2026, 11, 2, 10, tzinfo=UTC),
        "rating": 3,
        "merge_fields": '{"ADDRESS":"","FNAME":"Ann","LNAME":"Bell","SCORE":12.5}',
        "groups": ["a1", "z9"],
    }


def test_address_may_be_blank_in_one_member_and_an_object_in_the_next():
    rows = [member(), member(merge_fields={"ADDRESS": {"zip": "75001", "addr1": "1 rue A", "city": "Paris"}})]
    texts = member_table(rows, ("merge_fields",))["merge_fields"].to_pylist()
    assert texts[1] == '{"ADDRESS":{"addr1":"1 rue A","city":"Paris","zip":"75001"}}'


def test_member_who_never_confirmed_has_no_opt_in_time():
    assert member_table([member(timestamp_opt="")], STATE_FIELDS)["timestamp_opt"].to_pylist() == [None]


def test_audience_without_groups_answers_none():
    without = {key: value for key, value in member().items() if key != "interests"}
    assert member_table([without], STATE_FIELDS)["groups"].to_pylist() == [[]]


def test_pages_without_members_have_the_same_columns_and_types():
    assert member_table([], STATE_FIELDS).schema == member_table([member()], STATE_FIELDS).schema


def test_member_without_a_field_that_was_asked_for_is_an_error():
    incomplete = {key: value for key, value in member().items() if key != "status"}
    with pytest.raises(KeyError, match="status"):
        member_table([incomplete], KEY_FIELDS)
