"""The schema drift gate of an audience's sync (X08): what the vendors' schemas were at its last run, and what is now.

The fingerprints are stored when a run has succeeded, so that a run that is killed, stopped or fails leaves the
difference to the next. An audience's first run stores them at once.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from include.config.drift import Fingerprints, differences, fingerprints
from include.config.findings import Finding
from include.config.schema_uses import schema_uses
from include.warehouse.tables import SCHEMA_FINGERPRINTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from include.config.schema_uses import Use
    from include.pipelines.run import SyncRun
    from include.schema import AudienceSchema, SalesforceSchema
    from include.wiring import Project


def find_drift(run: SyncRun, audience: AudienceSchema, org: SalesforceSchema) -> list[Finding]:
    """The differences to the last run, breaking ones (errors) first; left for the report with the schemas of now."""
    schemas = _schemas(run.project, run.stem, audience, org)
    found = _differences(run.project, schemas)
    row = schemas.row()
    run.project.staging.write_document(run.partition("drift"), {"found": list(map(asdict, found)), "row": row})
    if not run.dry_run and not _stored(run.project, run.stem):
        _store(run.project, row)
    return found


def drift_of(project: Project, stem: str, audience: AudienceSchema, org: SalesforceSchema) -> list[Finding]:
    """The differences to the last run of an audience; none before its first, or after it was given another audience."""
    return _differences(project, _schemas(project, stem, audience, org))


def found_drift(run: SyncRun) -> tuple[Finding, ...]:
    """What `find_drift` left; nothing where the run never came to it."""
    return tuple(Finding(**each) for each in _left(run).get("found", ()))


def remember_run(run: SyncRun) -> None:
    """Store the schemas that a run was held against as those of the last run."""
    if row := _left(run).get("row"):
        _store(run.project, row)


def acknowledge(project: Project, stem: str, audience: AudienceSchema, org: SalesforceSchema) -> None:
    """Store the schemas as they are now: later ones are held against them."""
    _store(project, _schemas(project, stem, audience, org).row())


def _left(run: SyncRun) -> dict[str, Any]:
    staging, partition = run.project.staging, run.partition("drift")
    return cast("dict[str, Any]", staging.document(partition)) if staging.committed(partition) else {}


@dataclass(frozen=True, slots=True)
class _Schemas:
    """Both vendors' schemas as one audience sees them now, and what of them it uses."""

    stem: str
    list_id: str
    uses: Mapping[str, Use]
    fingerprints: Fingerprints

    def row(self) -> dict[str, str]:
        """As `schema_fingerprints` keeps them."""
        kept = json.dumps(self.fingerprints, sort_keys=True)
        return {"audience": self.stem, "list_id": self.list_id, "fingerprints": kept}


def _schemas(project: Project, stem: str, audience: AudienceSchema, org: SalesforceSchema) -> _Schemas:
    uses = schema_uses(project.configuration, stem, org)
    return _Schemas(stem, audience.list_id, uses, fingerprints(uses, audience, org))


def _differences(project: Project, now: _Schemas) -> list[Finding]:
    before = _stored(project, now.stem)
    if before is None or before["list_id"] != now.list_id:
        return []
    known = cast("Fingerprints", json.loads(str(before["fingerprints"])))
    found = differences(known, now.fingerprints, now.uses, now.stem)
    return sorted(found, key=lambda finding: finding.severity != "error")


def _store(project: Project, row: dict[str, str]) -> None:
    import pyarrow as pa

    rows = [row | {"at": datetime.now(UTC)}]
    table = pa.Table.from_pylist(rows, schema=SCHEMA_FINGERPRINTS.schema())
    project.warehouse.replace(SCHEMA_FINGERPRINTS, table, audience=row["audience"])


def _stored(project: Project, stem: str) -> dict[str, object] | None:
    rows = project.warehouse.read(SCHEMA_FINGERPRINTS, audience=stem).to_pylist()
    return rows[0] if rows else None
