"""A copy of what the project knows, to try something on: stages run on it as ever, and the project stays as it is."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
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

REMEMBERED = (PEOPLE, MEMBERS, EMAILS, SYNCED_VALUES, ASSIGNMENTS, WATERMARKS, CONNECTIONS, QUERIES)
"""What extraction and planning read of earlier runs."""


@contextmanager
def scratch_project(project: Project) -> Iterator[Project]:
    """The project on a copy of its memory, which is removed in the end; on this machine, readable by this user only."""
    beside = project.storage.path() if project.storage.is_local else None
    if beside:
        Path(beside).mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".scratch-", dir=beside) as folder:
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
