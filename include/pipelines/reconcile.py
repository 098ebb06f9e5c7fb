"""The use case `reconcile`: both sides read in full and compared with what we know; every difference named (G10).

First each side is read as the next run would read it: what differs after that, a reading of changes can not see. The
full state then takes the place of what was known, by the ordinary extraction, and the next sync plans from it: nothing
is written to a vendor here.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from include.config.fields import read_fields
from include.errors import SyncError
from include.load.mirror import AUDIENCE, SUBSCRIBER, SUBSCRIBER_FIELDS
from include.pipelines import extract_audience, extract_salesforce, runs, watermarks
from include.pipelines.comparisons import PIPELINE
from include.pipelines.mirror import MirrorStage
from include.pipelines.people_merge import SOURCE
from include.pipelines.people_read import SOURCES
from include.pipelines.rerun import Rerun
from include.pipelines.run import SyncRun, known_org
from include.pipelines.sync_audience import PIPELINE as SYNC
from include.quality import divergence
from include.schema import PERSON_OBJECTS
from include.staging.store import Partition
from include.warehouse.store import connect
from include.warehouse.tables import DIVERGENCES, MEMBERS, MIRROR, PEOPLE
from include.wiring import load_project

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from include.wiring import Project

log = logging.getLogger(__name__)
NAMES = {column: source for sources in SOURCES.values() for column, source in sources.items()}
"""The Salesforce field of each fixed column of `people`."""
Counts = dict[str, object]
"""By object: how many `rows` were compared, and how many differ by cause."""
Before = dict[str, Any]
"""Versions of tables by name, and `read_until`: until when they were read."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Rows that were compared, by object, and the differences: `object`, `key`, `cause`, `fields`."""

    rows: Mapping[str, int]
    differences: pa.Table

    def counts(self) -> Counts:
        """Rows and causes by object."""
        pairs = zip(self.differences["object"].to_pylist(), self.differences["cause"].to_pylist(), strict=True)
        causes = sorted(Counter(pairs).items())
        return {
            name: {"rows": rows} | {cause: number for (of, cause), number in causes if of == name}
            for name, rows in self.rows.items()
        }


def reconcile(project: Project, run_id: str) -> dict[str, Counts]:
    """Compare people, then every audience; returns counts by part: `people` and the audiences' stems.

    An audience that fails leaves the others be; the first error is raised again in the end.
    """
    account: dict[str, Counts] = {"people": reconcile_people(run_id, project)}
    failed: list[SyncError] = []
    for stem in sorted(project.configuration.audiences):
        try:
            account[stem] = reconcile_audience(stem, run_id, project)
        except SyncError as error:
            log.warning("audience %s was not compared: %s", stem, error)
            failed.append(error)
    if failed:
        raise failed[0]
    return account


def reconcile_people(run_id: str, project: Project | None = None) -> Counts:
    """Compare everyone in Salesforce with `people`, which then is what Salesforce shows. Raises as extraction does."""
    project = project or load_project()
    return _noted(project, run_id, None, lambda: _people(project, run_id))


def reconcile_audience(stem: str, run_id: str, project: Project | None = None) -> Counts:
    """Compare an audience's members with `members`, and its mirror rows with what they should be.

    Both tables then are what the vendors show. Raises as the stage `extract` does.
    """
    project = project or load_project()
    run = SyncRun(project, stem, run_id, dry_run=True)
    return _noted(project, run_id, stem, lambda: _audience(run))


def _noted(project: Project, run_id: str, stem: str | None, compare: Callable[[], list[Compared]]) -> Counts:
    """Carry a comparison out, keep what it found, and note the run; returns its counts."""
    runs.start(project, run_id, PIPELINE, stem)
    with runs.noted(project, run_id, PIPELINE, stem) as spent:
        found = compare()
        _save(project, run_id, stem, [each.differences for each in found])
    counts: Counts = {}
    for each in found:
        counts |= each.counts()
    runs.finish(project, run_id, PIPELINE, "success", audience=stem, counts=counts | spent())
    project.staging.drop(_partition(run_id, stem))
    log.info("compared %s: %s", stem or "people", counts)
    return counts


def _people(project: Project, run_id: str) -> list[Compared]:
    def begin() -> Before:
        extract_salesforce.extract(run_id, project)
        marks = {name: watermarks.latest(project, SOURCE, name) for name in PERSON_OBJECTS}
        read_until = {name: mark.isoformat() for name, mark in marks.items() if mark}
        return {"people": project.warehouse.version(PEOPLE), "read_until": read_until}

    before = _begun(project, _partition(run_id, None), begin)
    read_until = {name: datetime.fromisoformat(mark) for name, mark in before["read_until"].items()}
    extract_salesforce.extract(run_id, project, full=True)
    org, paths = known_org(project), read_fields(project.configuration)
    calculated: dict[str, list[str]] = {
        name: [path for path in paths[name] if (field := org.field(name, path)) and field.calculated]
        for name in PERSON_OBJECTS
    }
    with closing(connect()) as connection:
        project.warehouse.view(connection, "known", PEOPLE, before["people"])
        project.warehouse.view(connection, "shown", PEOPLE)
        differences = divergence.people(connection, read_until, NAMES, calculated)
        rows = dict(connection.execute("SELECT object, count(*) FROM shown GROUP BY object ORDER BY object").fetchall())
    return [Compared(rows, differences)]


def _audience(run: SyncRun) -> list[Compared]:
    warehouse = run.project.warehouse

    def begin() -> Before:
        extract_audience.extract(run)
        read_until = run.pins().extracted_at - extract_audience.MARGIN
        versions = {"members": warehouse.version(MEMBERS), "mirror": warehouse.version(MIRROR)}
        return {**versions, "read_until": read_until.isoformat()}

    before = _begun(run.project, _partition(run.run_id, run.stem), begin)
    read_until = datetime.fromisoformat(before["read_until"])
    extract_audience.extract(replace(run, rerun=Rerun(full_refresh=True)))
    list_id = run.schema().list_id
    with closing(connect()) as connection:
        warehouse.view(connection, "known", MEMBERS, before["members"], list_id=list_id)
        warehouse.view(connection, "shown", MEMBERS, list_id=list_id)
        compared = [Compared({"member": _rows(connection, "shown")}, divergence.members(connection, read_until))]
        stage = MirrorStage(run, run.project.salesforce(), run.schema())
        compared.append(_audience_row(run, stage))
        if run.audience.data_sync:
            compared.append(_mirror(run, stage, connection, before["mirror"]))
    return compared


def _audience_row(run: SyncRun, stage: MirrorStage) -> Compared:
    """The audience's own mirror row; its count of members is left out, as every sync brings it up to date."""
    import pyarrow as pa

    list_id, wanted = stage.schema.list_id, {name: stage.audience_row()[name] for name in ("Name", "Status__c")}
    rows = list(stage.client.query(f"SELECT Name, Status__c FROM {AUDIENCE} WHERE List_Id__c = '{list_id}'"))
    fields = [name for name in wanted if rows and rows[0].get(name) != wanted[name]]
    synced = any(_wrote(row) for row in runs.find(run.project, SYNC, audience=run.stem))
    cause = "mirror_edited" if rows else "mirror_missing" if synced else "mirror_behind"
    columns = {"object": [AUDIENCE], "key": [list_id], "cause": [cause], "fields": [fields]}
    kinds = [("object", pa.string()), ("key", pa.string()), ("cause", pa.string()), ("fields", pa.list_(pa.string()))]
    table = pa.table(columns, schema=pa.schema(kinds))
    return Compared({AUDIENCE: len(rows)}, table.slice(0, int(bool(fields) or not rows)))


def _wrote(row: Mapping[str, Any]) -> bool:
    """Whether a run of the audience's sync has written the audience's row: a dry one has not."""
    dry = json.loads(row["counts"] or "{}").get("transform", {}).get("dry_run")
    return row["state"] in runs.SUCCESSFUL and not dry


def _mirror(run: SyncRun, stage: MirrorStage, connection: DuckDBPyConnection, version: int) -> Compared:
    """The rows of `MC_Subscriber__c` against what a sync would write now, the members being up to date."""
    warehouse, list_id = run.project.warehouse, stage.schema.list_id
    stage.read_back(full=True)
    warehouse.view(connection, "known", MIRROR, version, list_id=list_id, object=SUBSCRIBER)
    warehouse.view(connection, "shown", MIRROR, list_id=list_id, object=SUBSCRIBER)
    warehouse.view(connection, "members", MEMBERS, list_id=list_id)
    connection.register("planned", stage.differences(stage.audience_id()))
    differences = divergence.mirror_rows(connection, SUBSCRIBER, [field.name for field in SUBSCRIBER_FIELDS])
    return Compared({SUBSCRIBER: _rows(connection, "shown")}, differences)


def _begun(project: Project, partition: Partition, begin: Callable[[], Before]) -> Before:
    """What was known before the full reading; a try that follows a killed one compares with the same."""
    if not project.staging.committed(partition):
        project.staging.write_document(partition, begin())
    return cast("Before", project.staging.document(partition))


def _partition(run_id: str, stem: str | None) -> Partition:
    return Partition(PIPELINE, "people" if stem is None else f"audience_{stem}", run_id)


def _rows(connection: DuckDBPyConnection, view: str) -> int:
    (rows,) = connection.execute(f"SELECT count(*) FROM {view}").fetchone() or (0,)
    return int(rows)


def _save(project: Project, run_id: str, stem: str | None, found: list[pa.Table]) -> None:
    """Keep the differences; a comparison made again replaces its own."""
    import pyarrow as pa

    now = datetime.now(UTC)

    def compute(version: int) -> pa.Table:
        with closing(connect()) as connection:
            project.warehouse.view(connection, "stored", DIVERGENCES, version, run_id=run_id)
            connection.register("found", pa.concat_tables(found))
            return connection.sql(
                """
                SELECT * FROM stored WHERE audience IS DISTINCT FROM $stem
                UNION ALL BY NAME
                SELECT $run_id AS run_id, $stem AS audience, *, $now::TIMESTAMPTZ AS "at" FROM found
                """,
                params={"run_id": run_id, "stem": stem, "now": now},
            ).to_arrow_table()

    project.warehouse.update(DIVERGENCES, compute, run_id=run_id)
