"""The warehouse's tables: atomic replacement, time travel, and writers that meet."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from include.storage import Storage
from include.warehouse.store import Warehouse, connect
from include.warehouse.tables import ASSIGNMENTS, PEOPLE, TABLES, WATERMARKS

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(Storage(str(tmp_path)))


def assignments(list_id, *queries):
    rows = [
        {"list_id": list_id, "query": q, "email_key": "k", "targets_hash": "h", "person_modified_at": NOW}
        for q in queries
    ]
    return pa.Table.from_pylist(rows, schema=ASSIGNMENTS.schema())


def test_a_table_that_was_never_written_reads_as_empty_with_its_columns(warehouse):
    assert warehouse.version(ASSIGNMENTS) == -1
    assert warehouse.read(ASSIGNMENTS).schema == ASSIGNMENTS.schema()


def test_replacing_a_partition_leaves_the_others_alone(warehouse):
    warehouse.append(ASSIGNMENTS, assignments("a", "q1"))
    warehouse.append(ASSIGNMENTS, assignments("b", "q1"))
    warehouse.replace(ASSIGNMENTS, assignments("a", "q2", "q3"), list_id="a")
    found = warehouse.read(ASSIGNMENTS).to_pylist()
    assert sorted((row["list_id"], row["query"]) for row in found) == [("a", "q2"), ("a", "q3"), ("b", "q1")]


def test_an_emptied_partition_is_empty(warehouse):
    warehouse.append(ASSIGNMENTS, assignments("a", "q1"))
    warehouse.replace(ASSIGNMENTS, assignments("a"), list_id="a")
    assert warehouse.read(ASSIGNMENTS, list_id="a").num_rows == 0


def test_a_pinned_version_shows_the_past(warehouse):
    warehouse.append(ASSIGNMENTS, assignments("a", "q1"))
    pinned = warehouse.version(ASSIGNMENTS)
    warehouse.replace(ASSIGNMENTS, assignments("a", "q2"), list_id="a")
    assert [row["query"] for row in warehouse.read(ASSIGNMENTS, pinned).to_pylist()] == ["q1"]
    assert warehouse.read(ASSIGNMENTS, -1).num_rows == 0


def test_a_table_that_is_kept_open_shows_what_others_wrote_since(warehouse):
    other = Warehouse(warehouse.storage)
    other.append(ASSIGNMENTS, assignments("a", "q1"))
    pinned = warehouse.version(ASSIGNMENTS)
    other.append(ASSIGNMENTS, assignments("a", "q2"))
    assert [row["query"] for row in warehouse.read(ASSIGNMENTS, pinned).to_pylist()] == ["q1"]
    assert warehouse.read(ASSIGNMENTS).num_rows == 2
    other.append(ASSIGNMENTS, assignments("a", "q3"))
    assert warehouse.version(ASSIGNMENTS) == pinned + 2
    assert warehouse.read(ASSIGNMENTS).num_rows == 3


def test_an_update_does_not_overwrite_what_was_written_while_it_computed(warehouse):
    """Also where computing reads the newest version, so that the table that is kept open moves on."""
    other = Warehouse(warehouse.storage)
    other.append(ASSIGNMENTS, assignments("a", "q1"))
    tries = []

    def compute(version):
        tries.append(version)
        if len(tries) == 1:
            other.append(ASSIGNMENTS, assignments("a", "q2"))
            assert warehouse.read(ASSIGNMENTS).num_rows == 2
        return pa.concat_tables([warehouse.read(ASSIGNMENTS, version), assignments("a", "q3")])

    warehouse.update(ASSIGNMENTS, compute, list_id="a")
    assert len(tries) == 2
    assert sorted(row["query"] for row in warehouse.read(ASSIGNMENTS).to_pylist()) == ["q1", "q2", "q3"]


def test_a_table_is_summed_up_every_ten_commits_so_that_opening_it_stays_quick(warehouse):
    for number in range(11):
        warehouse.append(ASSIGNMENTS, assignments("a", f"q{number}"))
    log = Path(warehouse.storage.path("warehouse", ASSIGNMENTS.name, "_delta_log"))
    assert [file.name for file in log.glob("*.checkpoint*.parquet")] == [f"{9:020}.checkpoint.parquet"]
    assert warehouse.read(ASSIGNMENTS).num_rows == 11


def test_partition_values_may_hold_any_character(warehouse):
    odd = "manual__2026-11-23T10:00:00+00:00/it's é"
    warehouse.append(ASSIGNMENTS, assignments(odd, "q"))
    warehouse.replace(ASSIGNMENTS, assignments(odd, "q2"), list_id=odd)
    assert [row["list_id"] for row in warehouse.read(ASSIGNMENTS, list_id=odd).to_pylist()] == [odd]


def test_an_open_table_takes_further_columns_and_a_closed_one_refuses_them(warehouse):
    person = dict.fromkeys(PEOPLE.schema().names) | {"id": "003", "Account.Name": "Ö"}
    warehouse.replace(
        PEOPLE, pa.Table.from_pylist([person], schema=pa.schema([*PEOPLE.schema(), ("Account.Name", pa.string())]))
    )
    assert warehouse.read(PEOPLE).to_pylist()[0]["Account.Name"] == "Ö"
    with pytest.raises(ValueError, match="assignments has no column extra"):
        warehouse.append(ASSIGNMENTS, assignments("a", "q").append_column("extra", pa.array(["x"])))


def test_columns_that_a_table_got_since_it_was_written_are_null_until_they_are_written(warehouse):
    """An upgrade keeps the warehouse: partitions written before and after stand side by side."""
    earlier = replace(ASSIGNMENTS, columns=ASSIGNMENTS.columns[:-1])
    added = ASSIGNMENTS.columns[-1].name
    for list_id in ("a", "b", "c"):
        warehouse.append(earlier, assignments(list_id, "q1").drop([added]))
    assert warehouse.read(ASSIGNMENTS, list_id="a")[added].to_pylist() == [None]
    warehouse.replace(
        ASSIGNMENTS, assignments("b", "q2").drop([added]).append_column(added, pa.array([["t"]])), list_id="b"
    )
    warehouse.append(ASSIGNMENTS, assignments("c", "q2"))
    found = {(row["list_id"], row["query"]): row[added] for row in warehouse.read(ASSIGNMENTS).to_pylist()}
    assert found == {("a", "q1"): None, ("b", "q2"): ["t"], ("c", "q1"): None, ("c", "q2"): None}
    assert warehouse.read(ASSIGNMENTS, list_id="a").schema == ASSIGNMENTS.schema()


def test_a_view_shows_duckdb_the_rows(warehouse):
    warehouse.append(ASSIGNMENTS, assignments("a", "q1", "q2"))
    connection = connect()
    warehouse.view(connection, "assignments", ASSIGNMENTS, list_id="a")
    assert connection.execute("SELECT count(*) FROM assignments").fetchone() == (2,)


def test_g04_writers_that_update_the_same_partition_lose_nothing(warehouse):
    def add(name):
        def compute(version):
            return pa.concat_tables([warehouse.read(ASSIGNMENTS, version, list_id="a"), assignments("a", name)])

        warehouse.update(ASSIGNMENTS, compute, list_id="a")

    threads = [threading.Thread(target=add, args=(f"q{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(row["query"] for row in warehouse.read(ASSIGNMENTS).to_pylist()) == [f"q{n}" for n in range(6)]


def test_every_table_names_its_columns_once_and_partitions_by_its_own():
    for table in TABLES:
        names = [column.name for column in table.columns]
        assert len(set(names)) == len(names)
        assert set(table.partition_by) <= set(names)
        assert table.schema().names == names
        assert all(column.description for column in table.columns)
    assert WATERMARKS.partition_by == ("source", "object")
