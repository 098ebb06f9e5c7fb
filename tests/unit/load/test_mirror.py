"""The mirror's comparison: what we would write and what Salesforce shows of it are the same text (detail 7, G05)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.load.mirror import SUBSCRIBER_FIELDS, canonical, differences, shown_columns
from include.warehouse.store import connect
from include.warehouse.tables import MEMBERS, MIRROR
from tests.unit.transform.worlds import LIST

AT = datetime(2026, 11, 22, 12, 30, 15, tzinfo=UTC)
MATCHED = pa.schema([(name, pa.string()) for name in ("email_key", "person_id", "object")])
INTERESTS = pa.schema([("id", pa.string()), ("path", pa.string())])


def a_member(key: str, **columns: Any) -> dict[str, Any]:
    return {
        "list_id": LIST, "email_key": key, "contact_id": f"c-{key}", "email": f"{key}@x.example",
        "status": "subscribed", "timestamp_opt": AT, "last_changed": AT, "rating": 3, "merge_fields": "{}",
        "groups": [], "tags": [],
    } | columns  # fmt: skip


def compare(members, *, matched=(), mirror=(), interests=(), everyone=False) -> dict[str, dict[str, Any]]:
    """Rows to write, by member; `after` and `before` decoded."""
    connection = connect()
    belonging = [{"email_key": key, "person_id": person, "object": kind} for key, person, kind in matched]
    shown = [{"list_id": LIST, "key": f"{LIST}:{key}", "id": "a01", "record": record} for key, record in mirror]
    paths = [{"id": each, "path": path} for each, path in interests]
    connection.register("members", pa.Table.from_pylist(list(members), schema=MEMBERS.schema()))
    connection.register("matched", pa.Table.from_pylist(belonging, schema=MATCHED))
    connection.register("mirror", pa.Table.from_pylist(shown, schema=MIRROR.schema()))
    connection.register("interests", pa.Table.from_pylist(paths, schema=INTERESTS))
    rows = differences(connection, audience_id="a00", everyone=everyone).to_pylist()
    return {row["email_key"]: row for row in rows}


def shown_by(api: str, key: str, record: dict[str, Any]) -> pa.Table:
    """What Salesforce answers for a row that holds this record, as text columns."""
    written = record | {"Id": "a01", "Key__c": f"{LIST}:{key}", "IsDeleted": {"rest": "False", "bulk": "false"}[api]}
    kinds = {field.name: field.kind for field in SUBSCRIBER_FIELDS}

    def text(name: str, value: Any) -> str | None:
        if value is None:
            return None
        if kinds.get(name) == "datetime":
            return value.replace("Z", {"rest": ".000+0000", "bulk": ".000Z"}[api])
        if kinds.get(name) == "number":
            return {"rest": f"{value}.0", "bulk": f"{value}"}[api]
        return str(value)

    names = shown_columns().split(", ")
    return pa.table({name: pa.array([text(name, written[name])], pa.string()) for name in names})


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
INSTANT = st.none() | st.integers(946_684_800, 4_070_908_800).map(lambda second: datetime.fromtimestamp(second, UTC))


MEMBER = st.fixed_dictionaries({
    "tags": st.lists(TEXT, max_size=3), "timestamp_opt": INSTANT, "last_changed": INSTANT,
    "rating": st.none() | st.integers(0, 5),
})  # fmt: skip


@settings(max_examples=4, deadline=None)
@given(st.lists(MEMBER, min_size=10, max_size=30), TEXT, st.sampled_from(["rest", "bulk"]))
def test_g05_what_was_written_is_no_difference_when_it_is_read_back(drawn, group, api):
    """Quotes, backslashes, line breaks, any script: both ways make the same text."""
    members = [a_member(f"k{number}", groups=["i"], **columns) for number, columns in enumerate(drawn)]
    how = {"matched": [("k0", "003A", "Contact")], "interests": [("i", group)], "everyone": True}
    after = {key: row["after"] for key, row in compare(members, **how).items()}
    assert len(after) == len(members)
    shown = pa.concat_tables(shown_by(api, key, json.loads(record)) for key, record in after.items())
    read = canonical(connect(), shown).to_pylist()
    assert {row["key"].split(":")[1]: row["record"] for row in read} == after
    assert compare(members, mirror=after.items(), **how) == {}


def test_long_lists_of_tags_are_text_like_any_other():
    tags = [f'tag "{number}" é' for number in range(2_000)]
    after = compare([a_member("k", tags=tags)], everyone=True)["k"]["after"]
    assert json.loads(after)["Tags__c"] == "; ".join(tags)
    assert canonical(connect(), shown_by("bulk", "k", json.loads(after))).to_pylist()[0]["record"] == after


def test_a_row_shows_the_member_and_whom_it_belongs_to():
    member = a_member("k", email="Ann@X.example", tags=["A", "B"], groups=["i2", "i1"])
    row = compare([member], matched=[("k", "00Q1", "Lead")], interests=[("i1", "T / a"), ("i2", "T / b")])["k"]
    assert (row["before"], row["person_id"]) == (None, "00Q1")
    assert json.loads(row["after"]) == {
        "Audience__c": "a00", "Contact__c": None, "Email__c": "ann@x.example", "Groups__c": "T / a; T / b",
        "Lead__c": "00Q1", "Mailchimp_Contact_Id__c": "c-k", "Opt_In__c": "2026-11-22T12:30:15Z",
        "Profile_Updated__c": "2026-11-22T12:30:15Z", "Rating__c": 3, "Status__c": "subscribed", "Tags__c": "A; B",
    }  # fmt: skip


@pytest.mark.parametrize("status", ["unsubscribed", "cleaned", "pending", "archived", "forgotten"])
def test_members_in_any_status_have_a_row(status):
    row = compare([a_member("k", status=status)], matched=[("k", "003A", "Contact")])["k"]
    assert json.loads(row["after"])["Status__c"] == status


def test_strangers_have_a_row_only_where_all_are_mirrored_or_they_have_one():
    strangers = [a_member("new"), a_member("old")]
    known = [("old", '{"Status__c":"pending"}')]
    assert set(compare(strangers, mirror=known)) == {"old"}
    assert set(compare(strangers, mirror=known, everyone=True)) == {"old", "new"}


def test_a_row_whose_member_is_gone_stays_as_it_was_but_forgotten():
    odd = 'quote " and "Status__c":"subscribed" inside'
    after = compare([a_member("k", tags=[odd])], everyone=True)["k"]["after"]
    row = compare([], mirror=[("k", after)])["k"]
    assert json.loads(row["after"]) == json.loads(after) | {"Status__c": "forgotten"}
    assert compare([], mirror=[("k", row["after"])]) == {}


def shown_as(key: str, contact: str = "c-1", person: str = "003A") -> tuple[str, str]:
    """A known row."""
    return key, json.dumps({"Contact__c": person, "Lead__c": None, "Mailchimp_Contact_Id__c": contact})


def test_detail7_the_row_of_a_member_with_another_email_goes_on():
    moved = a_member("new", contact_id="c-1")
    row = compare([moved], matched=[("new", "003A", "Contact")], mirror=[shown_as("old")])
    assert set(row) == {"new"}
    assert (row["new"]["row_id"], row["new"]["key"]) == ("a01", f"{LIST}:new")


@pytest.mark.parametrize("others", [
    {"mirror": [shown_as("old", contact="c-2")]}, {"mirror": [shown_as("old", person="003B")]},
    {"mirror": [shown_as("old"), shown_as("new")]}, {"mirror": [shown_as("old")], "matched": []},
])  # fmt: skip
def test_detail7_a_row_of_somebody_else_or_beside_another_one_is_not_taken(others):
    """Another contact, another person, two rows, nobody's member."""
    how = {"matched": [("new", "003A", "Contact")]} | others
    assert all(row["row_id"] is None for row in compare([a_member("new", contact_id="c-1")], **how).values())
