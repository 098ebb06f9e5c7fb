"""The use case `disconnect`: forget whom the sync is connected to, and how far it has read (R19).

Changes nothing in either vendor. The next run connects anew, to whoever the Airflow connections are of by then, and
reads everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.pipelines.find_audience import forget_audiences
from include.warehouse.tables import CONNECTIONS, SCHEMA_FINGERPRINTS, WATERMARKS

if TYPE_CHECKING:
    from include.wiring import Project


def disconnect(project: Project) -> dict[str, dict[str, object]]:
    """Forget identities, watermarks, the last runs' schemas, and which audience a name means; returns what it forgot.

    In this order: killed before the end, the identity is still known, and the next try ends it.
    """
    forgotten: dict[str, dict[str, object]] = {}
    for row in project.warehouse.read(CONNECTIONS).to_pylist():
        forgotten[row["vendor"]] = {name: row[name] for name in ("account", "user")}
    watermarks = project.warehouse.read(WATERMARKS)
    forget_audiences(project)
    project.warehouse.replace(WATERMARKS, watermarks.slice(0, 0))
    project.warehouse.replace(SCHEMA_FINGERPRINTS, SCHEMA_FINGERPRINTS.schema().empty_table())
    project.warehouse.replace(CONNECTIONS, CONNECTIONS.schema().empty_table())
    return forgotten | {"watermarks": {"forgotten": watermarks.num_rows}}
