"""The merge of what was read into `warehouse.members`, without a vendor."""

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from include.pipelines.members import Look, MemberTable
from include.storage import Storage
from include.warehouse.store import Warehouse
from include.warehouse.tables import EMAILS, MEMBERS

LIST = "list1"
SEEN = datetime(2026, 11, 23, 12, tzinfo=UTC)
NO_TAGS = pa.table({"email_key": pa.array([], pa.string()), "tag": pa.array([], pa.string())})


def member(key, status="subscribed", *, contact=None, changed=1, tags=None, **more):
    return {
        "email_key": key,
        "contact_id": contact or f"contact-{key}",
        "email": f"{key}@x.example",
        "status": status,
        "timestamp_opt": None,
        "last_changed": datetime(2026, 11, changed, tzinfo=UTC),
        "rating": 2,
        "merge_fields": "{}",
        "groups": [],
        "tags": tags,
    } | more


@pytest.fixture
def table(tmp_path):
    return MemberTable(Warehouse(Storage(str(tmp_path / "root"))), LIST)


@pytest.fixture
def look(tmp_path):
    def build(*members, tags=(), kept=(), gone=()):
        columns = [field for field in MEMBERS.schema() if field.name != "list_id"]
        schema = pa.schema([*columns, pa.field("seen", pa.int64())])
        file = tmp_path / f"read-{len(list(tmp_path.iterdir()))}.parquet"
        rows = [{**entry, "seen": seen} for seen, entry in enumerate(members)]
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), file)
        memberships = pa.Table.from_pylist([{"email_key": key, "tag": tag} for key, tag in tags], schema=NO_TAGS.schema)
        return Look((str(file),), memberships, tuple(kept), tuple(gone))

    return build


def rows(table):
    return {row["email_key"]: row for row in table.warehouse.read(MEMBERS, list_id=table.list_id).to_pylist()}


def statuses(table):
    return {key: row["status"] for key, row in rows(table).items()}


def test_members_read_replace_those_known_and_the_rest_stay(table, look):
    table.merge(look(member("a"), member("b")), SEEN)
    table.merge(look(member("b", "unsubscribed", changed=2), member("c")), SEEN)
    assert statuses(table) == {"a": "subscribed", "b": "unsubscribed", "c": "subscribed"}


def test_member_read_twice_counts_as_seen_last(table, look):
    table.merge(look(member("a", changed=2), member("b"), member("a", "archived", changed=2)), SEEN)
    assert statuses(table) == {"a": "archived", "b": "subscribed"}


def test_same_look_again_writes_nothing(table, look):
    once = look(member("a"), member("b"), tags=[("a", "VIP")])
    table.merge(once, SEEN)
    version = table.warehouse.version(MEMBERS)
    assert table.merge(once, SEEN) == {"changed": 0, "forgotten": 0, "email_changed": 0, "members": 2}
    assert table.warehouse.version(MEMBERS) == version


def test_other_audiences_are_not_touched(table, look):
    other = MemberTable(table.warehouse, "list2")
    other.merge(look(member("z")), SEEN)
    table.merge(look(member("a")), SEEN)
    assert statuses(table) == {"a": "subscribed"}
    assert statuses(other) == {"z": "subscribed"}


def test_gone_member_keeps_its_row_as_forgotten(table, look):
    table.merge(look(member("a", tags=None), member("b"), tags=[("a", "VIP")]), SEEN)
    counts = table.merge(look(kept=["VIP"], gone=["a"]), SEEN)
    assert statuses(table) == {"a": "forgotten", "b": "subscribed"}
    assert rows(table)["a"]["tags"] == ["VIP"]
    assert (counts["forgotten"], counts["email_changed"]) == (1, 0)


def test_gone_member_whose_contact_is_there_under_another_email_has_moved(table, look):
    """Detail 8: the e-mail was changed in Mailchimp; the old row leaves, so that a query can add that e-mail again."""
    table.merge(look(member("old", contact="c1"), member("b")), SEEN)
    counts = table.merge(look(member("new", contact="c1", changed=3), gone=["old"]), SEEN)
    assert statuses(table) == {"new": "subscribed", "b": "subscribed"}
    assert (counts["forgotten"], counts["email_changed"]) == (0, 1)
    assert table.warehouse.read(EMAILS).to_pylist() == [
        {"source": LIST, "holder_id": "c1", "email_key": "old", "until": SEEN}
    ]


def test_detail_8_a_contact_that_moved_while_the_pages_were_read_counts_as_seen_last(table, look):
    table.merge(look(member("a", contact="c1"), member("b", contact="c1"), member("c")), SEEN)
    assert statuses(table) == {"b": "subscribed", "c": "subscribed"}


def test_detail_8_a_contact_read_under_another_email_has_moved_without_a_scan(table, look):
    """The read after a load looks for nobody who is gone."""
    table.merge(look(member("old", contact="c1"), member("b")), SEEN)
    assert table.merge(look(member("new", contact="c1")), SEEN)["email_changed"] == 1
    assert statuses(table) == {"new": "subscribed", "b": "subscribed"}


def test_an_email_that_a_contact_had_twice_was_left_when_it_was_left_last(table, look):
    for hour, email in enumerate(("a", "b", "a", "b")):
        table.merge(look(member(email, contact="c1")), SEEN.replace(hour=12 + hour))
    until = {row["email_key"]: row["until"].hour for row in table.warehouse.read(EMAILS).to_pylist()}
    assert until == {"a": 15, "b": 14}


def test_g04_run_killed_after_former_emails_ends_the_same_when_run_again(table, look):
    table.merge(look(member("old", contact="c1")), SEEN)
    second = look(member("new", contact="c1"), gone=["old"])
    moved = pa.table({"email_key": ["old"], "contact_id": ["c1"]})
    table._save_former_emails(moved, SEEN)  # as far as the killed run came
    table.merge(second, SEEN.replace(hour=13))
    assert statuses(table) == {"new": "subscribed"}
    assert table.warehouse.read(EMAILS)["until"].to_pylist() == [SEEN.replace(hour=13)]


def test_tags_that_were_read_replace_and_unchanged_ones_stay(table, look):
    table.merge(look(member("a"), member("b"), tags=[("a", "VIP"), ("a", "Old"), ("b", "Old"), ("b", "Dead")]), SEEN)
    table.merge(look(tags=[("b", "VIP")], kept=["Old"]), SEEN)
    assert {key: row["tags"] for key, row in rows(table).items()} == {"a": ["Old"], "b": ["Old", "VIP"]}


def test_tags_of_an_archived_member_come_with_it(table, look):
    table.merge(look(member("a"), tags=[("a", "VIP")]), SEEN)
    table.merge(look(member("a", "archived", changed=2, tags=["Other", "VIP"]), kept=["VIP"]), SEEN)
    assert rows(table)["a"]["tags"] == ["Other", "VIP"]


def test_counts_leave_out_forgotten_members(table, look):
    table.merge(look(member("a"), member("b"), member("c", "archived")), SEEN)
    table.merge(look(gone=["b"]), SEEN)
    assert table.counts(look(member("d", "pending"))) == (2, 1)


def test_doubtful_is_who_is_missing_unknown_or_in_another_status(table, look):
    known = [member("same"), member("missing"), member("other"), member("fresh", "pending")]
    table.merge(look(*known, member("back")), SEEN)
    table.merge(look(gone=["back"]), SEEN)
    scan = pa.table(
        {
            "email_key": ["same", "other", "unknown", "fresh", "back"],
            "status": ["subscribed", "archived", "subscribed", "cleaned", "subscribed"],
        }
    )
    read_now = look(member("fresh", "cleaned", changed=5))
    assert table.doubtful(read_now, scan) == ["back", "missing", "other", "unknown"]


def test_empty_audience_can_be_merged(table, look):
    assert table.merge(look(), SEEN) == {"changed": 0, "forgotten": 0, "email_changed": 0, "members": 0}
