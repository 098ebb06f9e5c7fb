"""What was read replaces what was known, once, whatever happens in between."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.keys import email_key
from include.pipelines.people_merge import Fresh, Merge, current_people, merge
from include.staging.store import Partition, StagingStore
from include.storage import Storage
from include.warehouse.store import Warehouse
from include.warehouse.tables import EMAILS, PEOPLE
from tests.unit.pipelines.killing import Killed, KillingWarehouse

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)


def person(id_, email="ada@one.example", object_="Contact", **other):
    return {
        "object": object_, "id": id_, "email": email, "email_key": email and email_key(email), "created_at": T0,
        "modified_at": T0, "is_deleted": False, "is_converted": False, "is_person_account": False, "opted_out": False,
    } | other  # fmt: skip


class Desk:
    """A warehouse, and the merge of rows into it."""

    def __init__(self, root):
        self.storage = Storage(str(root))
        self.warehouse = Warehouse(self.storage)
        self.merges = 0

    def merge(self, *people, full=(), paths=("Title",), seen_at=T0, before=None):
        self.merges += 1
        schema = pa.schema([*PEOPLE.schema(), *((path, pa.string()) for path in paths)])
        partition = Partition("salesforce", "people", str(self.merges))
        staging = StagingStore(self.storage)
        staging.write(partition, [pa.Table.from_pylist(list(people), schema=schema)])
        return merge(self.warehouse, Fresh(staging, [partition], full, paths, before), seen_at)

    def people(self):
        return {row["id"]: row for row in self.warehouse.read(PEOPLE).to_pylist()}

    def former(self):
        rows = self.warehouse.read(EMAILS, source="salesforce").to_pylist()
        return sorted((row["holder_id"], row["email_key"], row["until"]) for row in rows)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_rows_that_were_read_replace_the_known_ones_and_others_stay(desk):
    desk.merge(person("1", Title="Dr"), person("2"), full=["Contact", "Lead"])
    assert desk.merge(person("1", Title="Prof"), person("3", None)) == Merge(2, 0, 0)
    assert {id_: row["Title"] for id_, row in desk.people().items()} == {"1": "Prof", "2": None, "3": None}


def test_nothing_is_written_where_nothing_differs(desk):
    desk.merge(person("1", Title="Dr"), full=["Contact"])
    version = desk.warehouse.version(PEOPLE)
    assert desk.merge(person("1", Title="Dr")) == Merge(0, 0, 0)
    assert desk.warehouse.version(PEOPLE) == version


def test_r10_the_reading_that_first_saw_a_record_as_modified_is_numbered(desk):
    def readings():
        return {id_: row["reading"] for id_, row in desk.people().items()}

    desk.merge(person("1"), person("2"), full=["Contact"])
    assert readings() == {"1": 1, "2": 1}
    later = T0 + timedelta(minutes=1)
    desk.merge(person("1", modified_at=later), person("2", Title="Dr"))  # the second in a parent's field only
    assert readings() == {"1": 2, "2": 1}
    desk.merge(person("1", modified_at=later), person("2", modified_at=later), full=["Contact"], paths=("Phone",))
    assert readings() == {"1": 2, "2": 3}
    desk.merge(person("2", modified_at=later, Phone="1"), paths=("Phone",), before=T0)  # in the same second again
    assert readings() == {"1": 2, "2": 4}


def test_row_that_a_full_reading_no_longer_finds_is_deleted(desk):
    desk.merge(person("1"), person("2"), person("9", object_="Lead"), full=["Contact", "Lead"])
    assert desk.merge(person("2"), full=["Contact"]) == Merge(0, 1, 0)
    assert {id_: row["is_deleted"] for id_, row in desk.people().items()} == {"1": True, "2": False, "9": False}
    assert desk.merge(person("2"), full=["Contact"]) == Merge(0, 0, 0)


def test_row_that_an_incremental_reading_does_not_show_stays(desk):
    desk.merge(person("1"), person("2"), full=["Contact"])
    desk.merge(person("2", Title="Dr"))
    assert not desk.people()["1"]["is_deleted"]


def test_r07_former_email_is_remembered_with_its_owner(desk):
    desk.merge(person("1", "old@one.example"), person("2", "gone@one.example"), full=["Contact"])
    merged = desk.merge(person("1", "new@one.example"), person("2", None), seen_at=T0 + timedelta(hours=1))
    assert merged.former_emails == 2
    at = T0 + timedelta(hours=1)
    assert desk.former() == [("1", email_key("old@one.example"), at), ("2", email_key("gone@one.example"), at)]


def test_email_written_in_other_letters_is_no_other_email(desk):
    desk.merge(person("1", "Ada@One.example"), full=["Contact"])
    assert desk.merge(person("1", "ada@one.example")).former_emails == 0


def test_g04_merge_killed_after_the_former_emails_ends_the_same(desk):
    desk.merge(person("1", "old@one.example"), full=["Contact"])
    desk.warehouse = KillingWarehouse(desk.storage, survives=1)
    with pytest.raises(Killed, match="people"):
        desk.merge(person("1", "new@one.example"))
    desk.warehouse = Warehouse(desk.storage)
    desk.merge(person("1", "new@one.example"))
    assert desk.former() == [("1", email_key("old@one.example"), T0)]
    assert desk.people()["1"]["email"] == "new@one.example"


def test_changed_set_of_fields_changes_the_columns(desk):
    desk.merge(person("1", Title="Dr"), person("9", object_="Lead", Title="x"), full=["Contact", "Lead"])
    desk.merge(person("1", **{"Account.Name": "Acme"}), full=["Contact"], paths=["Account.Name", "Title"])
    assert {id_: (row["Title"], row["Account.Name"]) for id_, row in desk.people().items()} == {
        "1": (None, "Acme"),
        "9": ("x", None),
    }
    desk.merge(paths=["Title"])
    assert "Account.Name" not in desk.people()["1"]


def test_known_people_are_counted_without_the_deleted(desk):
    assert current_people(desk.warehouse) == {}
    desk.merge(person("1"), person("2", is_deleted=True), person("9", object_="Lead"), full=["Contact", "Lead"])
    assert current_people(desk.warehouse) == {"Contact": 1, "Lead": 1}


ROWS = st.dictionaries(st.sampled_from("123456"), st.sampled_from(["a@x.example", "b@x.example", None]), max_size=6)


@settings(max_examples=12, deadline=None)
@given(first=ROWS, second=ROWS, full=st.booleans())
def test_merge_equals_a_dictionary_update(tmp_path_factory, first, second, full):
    desk = Desk(tmp_path_factory.mktemp("merge"))
    desk.merge(*(person(id_, email) for id_, email in first.items()), full=["Contact"])
    desk.merge(*(person(id_, email) for id_, email in second.items()), full=["Contact"] if full else [])
    people = desk.people()
    assert {id_: row["email"] for id_, row in people.items()} == first | second
    assert {id_ for id_, row in people.items() if row["is_deleted"]} == (set(first) - set(second) if full else set())
    former = {id_ for id_ in set(first) & set(second) if first[id_] and first[id_] != second[id_]}
    assert {holder for holder, _, _ in desk.former()} == former
