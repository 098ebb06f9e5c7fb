"""How far each source was read (G10)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from include.config.models import Configuration, Pipeline
from include.pipelines import watermarks
from include.storage import Storage
from include.wiring import Project

AT = datetime(2026, 11, 22, 12, 30, 15, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(Configuration(Pipeline(time_zone="Europe/Paris"), {}), Storage(str(tmp_path)))


def test_a_watermark_holds_for_its_source_object_and_set_of_fields(project):
    watermarks.save(project, "list", "members", AT, fields_hash="a")
    assert watermarks.find(project, "list", "members", fields_hash="a") == AT
    for other in (("list", "members", "b"), ("list", "tags", "a"), ("other", "members", "a")):
        assert watermarks.find(project, other[0], other[1], fields_hash=other[2]) is None


def test_a_newer_watermark_replaces_the_one_of_its_object_alone(project):
    watermarks.save(project, "salesforce", "Contact", AT, fields_hash="a")
    watermarks.save(project, "salesforce", "Lead", AT + timedelta(hours=1), fields_hash="b")
    watermarks.save(project, "salesforce", "Contact", AT + timedelta(hours=2), fields_hash="b")
    assert watermarks.find(project, "salesforce", "Contact", fields_hash="a") is None
    assert watermarks.oldest(project, "salesforce") == AT + timedelta(hours=1)


def test_a_source_that_was_never_read_has_no_oldest(project):
    assert watermarks.oldest(project, "salesforce") is None


def test_writers_at_the_same_time_lose_nothing(project):
    def save(number: int) -> None:
        watermarks.save(project, f"list{number % 4}", f"object{number}", AT, fields_hash="a")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(save, range(8)))
    assert all(
        watermarks.find(project, f"list{number % 4}", f"object{number}", fields_hash="a") == AT for number in range(8)
    )


def test_g10_of_two_readings_at_once_the_earlier_start_counts(project):
    """Each may have put its older rows over the other's newer ones: the next reading has to read them again."""
    watermarks.save(project, "list", "members", AT, fields_hash="a")
    before = watermarks.latest(project, "list", "members")
    for ends in (2, 1), (1, 2):
        for hours in ends:
            until = AT + timedelta(hours=hours)
            watermarks.save(project, "list", "members", until, fields_hash="a", before=before)
        assert watermarks.latest(project, "list", "members") == AT + timedelta(hours=1)
        watermarks.save(project, "list", "members", AT, fields_hash="a")


def test_g10_a_reading_alone_moves_the_watermark(project):
    for hours in (0, 1, 2):
        before = watermarks.latest(project, "list", "members")
        until = AT + timedelta(hours=hours)
        watermarks.save(project, "list", "members", until, fields_hash="a", before=before)
        assert watermarks.latest(project, "list", "members") == until
