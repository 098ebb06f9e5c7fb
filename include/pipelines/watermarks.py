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


def save(project: Project, source: str, object_name: str, read_until: datetime, *, fields_hash: str) -> None:
    """Note that everything changed before `read_until` (vendor's clock) is in the tables."""
    import pyarrow as pa

    row = {"source": source, "object": object_name, "read_until": read_until, "fields_hash": fields_hash}
    project.warehouse.replace(
        WATERMARKS, pa.Table.from_pylist([row], schema=WATERMARKS.schema()), source=source, object=object_name
    )
