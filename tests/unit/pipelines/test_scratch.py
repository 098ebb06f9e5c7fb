"""A scratch project reads what the project knows, and leaves nothing of what it writes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pyarrow as pa

from include.config.models import Configuration, Pipeline
from include.pipelines import watermarks
from include.pipelines.scratch import PREFIX, scratch_project
from include.pipelines.tag_reading import tag_memory
from include.storage import Storage
from include.warehouse.tables import ASSIGNMENTS, PEOPLE
from include.wiring import Project
from tests.unit.transform.worlds import BORN


def test_x02_a_scratch_project_knows_all_and_keeps_nothing(tmp_path: Path) -> None:
    project = Project(Configuration(Pipeline(time_zone="Europe/Paris"), {}), Storage(str(tmp_path)))
    person = dict.fromkeys(PEOPLE.schema().names) | {"id": "003", "Account.Name": "Acme"}
    schema = pa.schema([*PEOPLE.schema(), ("Account.Name", pa.string())])
    project.warehouse.replace(PEOPLE, pa.Table.from_pylist([person], schema=schema))
    watermarks.save(project, "list1", "members", BORN, fields_hash="f")
    project.staging.write_document(tag_memory("list1"), {"1": ["VIP", 2]})
    files = sorted(tmp_path.rglob("*"))
    with scratch_project(project) as scratch:
        assert scratch.warehouse.read(PEOPLE).equals(project.warehouse.read(PEOPLE))
        assert watermarks.find(scratch, "list1", "members", fields_hash="f") == BORN
        assert scratch.staging.document(tag_memory("list1")) == {"1": ["VIP", 2]}
        assert scratch.warehouse.version(ASSIGNMENTS) == -1
        scratch.warehouse.replace(PEOPLE, PEOPLE.schema().empty_table())
        (folder,) = tmp_path.glob(f"{PREFIX}*")
        assert folder.stat().st_mode & 0o077 == 0
    assert sorted(tmp_path.rglob("*")) == files
    assert project.warehouse.read(PEOPLE).num_rows == 1


def test_x02_what_a_killed_preview_left_is_removed_once_it_is_a_day_old(tmp_path: Path) -> None:
    project = Project(Configuration(Pipeline(time_zone="Europe/Paris"), {}), Storage(str(tmp_path)))
    old, running = (tmp_path / f"{PREFIX}{name}" for name in ("old", "running"))
    for folder in (old, running):
        (folder / "warehouse").mkdir(parents=True)
    os.utime(old, (time.time() - 90_000,) * 2)
    with scratch_project(project):
        assert not old.exists()
    assert running.exists()
