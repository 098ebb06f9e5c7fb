"""How far each source was read: the table `watermarks`, written after the data it covers (G10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.warehouse.tables import WATERMARKS

if TYPE_CHECKING:
    from datetime import datetime

    from include.wiring import Project


def find(project: Project, source: str, object_name: str, *, fields_hash: str) -> datetime | None:
    """Until when an object was read with this set of fields; None asks for a full read.

    `source` is `salesforce`, or the list id of an audience.
    """
    rows = project.warehouse.read(WATERMARKS, source=source, object=object_name).to_pylist()
    found: datetime | None = rows[0]["read_until"] if rows and rows[0]["fields_hash"] == fields_hash else None
    return found


def oldest(project: Project, source: str) -> datetime | None:
    """Until when all objects of a source were read, with whatever fields; None where nothing was."""
    rows = project.warehouse.read(WATERMARKS, source=source).to_pylist()
    return min((row["read_until"] for row in rows), default=None)


def latest(project: Project, source: str, object_name: str) -> datetime | None:
    """Until when an object was read, with whatever fields; None where it never was."""
    return _latest(project, None, source, object_name)


def save(
    project: Project,
    source: str,
    object_name: str,
    read_until: datetime,
    *,
    fields_hash: str,
    before: datetime | None = None,
) -> None:
    """Note that everything changed before `read_until` (vendor's clock) is in the tables.

    `before` is what `latest` said when the reading began. Where another reading has moved it meanwhile, the earlier of
    both times is kept: either may have put older rows over the other's, and the next reading reads those again.
    """
    import pyarrow as pa

    def compute(version: int) -> pa.Table:
        stored = _latest(project, version, source, object_name)
        overtaken = before is not None and stored is not None and stored != before
        until = min(read_until, stored) if overtaken and stored else read_until
        row = {"source": source, "object": object_name, "read_until": until, "fields_hash": fields_hash}
        return pa.Table.from_pylist([row], schema=WATERMARKS.schema())

    project.warehouse.update(WATERMARKS, compute, source=source, object=object_name)


def _latest(project: Project, version: int | None, source: str, object_name: str) -> datetime | None:
    rows = project.warehouse.read(WATERMARKS, version, source=source, object=object_name).to_pylist()
    found: datetime | None = rows[0]["read_until"] if rows else None
    return found
