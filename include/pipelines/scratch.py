"""A copy of what the project knows, to try something on: stages run on it as ever, and the project stays as it is."""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING

from include.pipelines.find_audience import audience_memory
from include.pipelines.tag_reading import tag_memory
from include.storage import Storage
from include.warehouse.tables import (
    ASSIGNMENTS,
    CONNECTIONS,
    EMAILS,
    MEMBERS,
    PEOPLE,
    QUERIES,
    SYNCED_VALUES,
    WATERMARKS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from include.wiring import Project

PREFIX = ".sync-scratch-"
STALE_SECONDS = 24 * 60 * 60
REMEMBERED = (PEOPLE, MEMBERS, EMAILS, SYNCED_VALUES, ASSIGNMENTS, WATERMARKS, CONNECTIONS, QUERIES)
"""What extraction and planning read of earlier runs."""


@contextmanager
def scratch_project(project: Project) -> Iterator[Project]:
    """The project on a copy of its memory, which is removed in the end; on this machine, readable by this user only.

    One whose process was killed leaves its copy behind: the next removes it once it is a day old.
    """
    beside = Path(project.storage.path() if project.storage.is_local else gettempdir())
    beside.mkdir(parents=True, exist_ok=True)
    for left in beside.glob(f"{PREFIX}*"):
        if time.time() - left.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=PREFIX, dir=beside) as folder:
        scratch = replace(project, storage=Storage(folder))
        for table in REMEMBERED:
            if project.warehouse.version(table) >= 0:
                scratch.warehouse.replace(table, project.warehouse.read(table))
        lists = {row["source"] for row in project.warehouse.read(WATERMARKS).select(["source"]).to_pylist()}
        memories = [*map(audience_memory, project.configuration.audiences), *map(tag_memory, sorted(lists))]
        for memory in memories:
            if project.staging.committed(memory):
                scratch.staging.write_document(memory, project.staging.document(memory))
        yield scratch
