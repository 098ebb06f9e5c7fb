"""Staging partitions: committed in one step, replaced by a rerun, never half visible."""

import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from include.errors import FatalError
from include.staging.store import Partition, StagingStore
from include.storage import Storage

PARTITION = Partition("sync_newsletter", "mapped", "manual__2026-11-23T10:00:00+00:00")


@pytest.fixture
def staging(tmp_path):
    return StagingStore(Storage(str(tmp_path)))


def rows(staging):
    return [row for file in staging.files(PARTITION) for row in pq.read_table(file).to_pylist()]


def test_a_committed_partition_reads_back(staging):
    assert staging.write(PARTITION, [pa.table({"id": ["a"]}), pa.table({"id": ["b", "c"]})]) == 3
    assert staging.rows(PARTITION) == 3
    assert sorted(row["id"] for row in rows(staging)) == ["a", "b", "c"]


def test_g04_a_rerun_replaces_the_partition_and_leaves_no_old_file(staging, tmp_path):
    staging.write(PARTITION, [pa.table({"id": ["old"]})])
    staging.write(PARTITION, [pa.table({"id": ["new"]})])
    assert [row["id"] for row in rows(staging)] == ["new"]
    assert len(list(tmp_path.rglob("*.parquet"))) == 1


def test_g04_a_writer_that_dies_midway_leaves_the_last_commit(staging):
    staging.write(PARTITION, [pa.table({"id": ["old"]})])

    def dying():
        yield pa.table({"id": ["half"]})
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        staging.write(PARTITION, dying())
    assert [row["id"] for row in rows(staging)] == ["old"]


def test_reading_what_nobody_committed_says_what_to_do(staging):
    assert not staging.committed(PARTITION)
    with pytest.raises(FatalError, match=r"staging has no sync_newsletter/mapped of run .*clear it and run again"):
        staging.files(PARTITION)


def test_a_partition_without_rows_keeps_its_columns(staging):
    assert staging.write(PARTITION, [], schema=pa.schema([("id", pa.string())])) == 0
    assert pq.read_table(staging.files(PARTITION)[0]).column_names == ["id"]


def test_documents_and_dropping(staging):
    staging.write_document(PARTITION, {"people": 3})
    assert staging.document(PARTITION) == {"people": 3}
    staging.drop(PARTITION)
    assert not staging.committed(PARTITION)
    staging.drop(PARTITION)


def test_writers_of_one_document_that_meet_do_not_take_each_others_draft_away(staging):
    failures = []

    def write(number):
        try:
            for _ in range(30):
                staging.write_document(PARTITION, {"writer": number})
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert staging.document(PARTITION)["writer"] in range(4)
