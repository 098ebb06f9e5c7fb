"""The use case `extract_salesforce`: people and the org's schema, from Salesforce into the warehouse.

Everyone is read, whatever the queries say: whole the first time and when the configured fields change, afterwards what
changed since the last time, in the record or in a parent whose fields are read (`Account.Name`).
"""

from __future__ import annotations

import dataclasses
import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from include.config.fields import campaign_member_fields, read_fields
from include.errors import ApprovalNeeded
from include.pipelines import emptied, people_read, runs, watermarks
from include.pipelines.identity import connect_salesforce
from include.pipelines.org_schema import read_schema
from include.pipelines.other_writers import stop_beside_others
from include.pipelines.people_merge import SOURCE, Fresh, Merge, current_people, merge
from include.pipelines.people_read import Reading
from include.pipelines.rerun import Rerun, parse_controls
from include.pipelines.run import SALESFORCE_SCHEMA
from include.schema import PERSON_OBJECTS, SalesforceSchema
from include.staging.store import Partition
from include.wiring import load_project

if TYPE_CHECKING:
    from include.pipelines.approvals import Decision
    from include.salesforce.client import SalesforceClient
    from include.wiring import Project

log = logging.getLogger(__name__)

PIPELINE = "extract_salesforce"
OVERLAP = timedelta(minutes=10)
"""Rows become visible in the order of their commits, not of their time stamps: each reading goes back this far."""


def extract(
    run_id: str,
    project: Project | None = None,
    *,
    full: bool = False,
    since: datetime | None = None,
    approved_by: str | None = None,
) -> dict[str, int]:
    """Bring `people`, former e-mails and the org's schema up to date; returns counts.

    Reads everything where `full` says so, and what changed from `since` on where that is earlier than usual;
    `approved_by` names who accepts beforehand that a source is empty. Killed at
    any point and run again, the tables end the same. Raises StoppedByCheck where the org is not the connected one, and
    ApprovalNeeded where it shows nobody of an object that had people, before any table changes; FatalError where the
    connected user lacks a right; TransientError and DeferredError as the client does.
    """
    project = project or load_project()
    runs.start(project, run_id, PIPELINE)
    rerun = Rerun(since=since, full_refresh=full)
    with runs.noted(project, run_id, PIPELINE) as spent:
        try:
            counts = _extract(project, run_id, rerun)
        except ApprovalNeeded:
            if approved_by is None:
                raise
            emptied.answer(emptied.salesforce(project, run_id), "approved", approved_by)
            counts = _extract(project, run_id, rerun)
    runs.finish(project, run_id, PIPELINE, "success", counts={**counts, **spent()})
    log.info("extracted Salesforce: %s", counts)
    return counts


def ask(run_id: str) -> emptied.Emptied:
    """What a person is asked about a run that found an object empty; it is on record as waiting."""
    project = load_project()
    runs.wait(project, run_id, PIPELINE)
    return emptied.question_of(emptied.salesforce(project, run_id))


def answer(run_id: str, decision: Decision, by: str | None, **controls: Any) -> dict[str, object]:
    """Record what a person answered, and go on by it; returns what `stage` does."""
    project = load_project()
    with runs.noted(project, run_id, PIPELINE):
        emptied.go_on_by(emptied.salesforce(project, run_id), decision, by)
    return stage(run_id, **controls)


def stage(run_id: str, **controls: Any) -> dict[str, object]:
    """The task: extract as the trigger form says; returns the counts, and the configuration's hash, for XCom."""
    project = load_project()
    rerun = parse_controls(controls, project.configuration.pipeline.time_zone)
    return {
        **extract(run_id, project, full=rerun.full_refresh, since=rerun.since),
        "config_hash": project.configuration.hash,
    }


def _extract(project: Project, run_id: str, rerun: Rerun) -> dict[str, int]:
    client = project.salesforce()
    connect_salesforce(project, client)
    seen_at = client.server_time()
    before = {name: watermarks.latest(project, SOURCE, name) for name in PERSON_OBJECTS}
    paths = read_fields(project.configuration)
    schema = read_schema(client, paths, campaign_member_fields(project.configuration))
    if schema.packages:
        project.staging.write_document(SALESFORCE_SCHEMA, dataclasses.asdict(schema))
        stop_beside_others(project.configuration, schema)
    readings = [people_read.plan_reading(schema, name, paths[name]) for name in PERSON_OBJECTS]
    empty = _accepted_as_empty(project, client, run_id, readings)
    readings = [
        reading if reading.object in empty else _since_watermark(project, reading, rerun) for reading in readings
    ]
    project.staging.write_document(SALESFORCE_SCHEMA, dataclasses.asdict(schema))
    counts = {_counted(reading): _stage(project, client, reading, run_id) for reading in readings}
    merged = _merge(project, readings, run_id, seen_at)
    for reading in readings:
        until, as_read = seen_at - OVERLAP, reading.fields_hash
        if reading.since is None and not counts[_counted(reading)]:
            as_read = ""  # whoever shows up later, with whatever time stamp, is read: the next reading is whole, too
        watermarks.save(project, SOURCE, reading.object, until, fields_hash=as_read, before=before[reading.object])
        project.staging.drop(_partition(reading, run_id))
    return counts | {
        "changed": merged.changed,
        "vanished": merged.vanished,
        "former_emails": merged.former_emails,
        "full_reads": sum(reading.since is None for reading in readings),
        "unknown_fields": sum(len(_unknown(schema, name, paths[name])) for name in PERSON_OBJECTS),
        "calls": client.calls,
    }


def _accepted_as_empty(
    project: Project, client: SalesforceClient, run_id: str, readings: list[Reading]
) -> frozenset[str]:
    """The objects that show nobody where people were known, once a person has accepted that; they are read whole.

    Deleted rows show for 15 days: none at all can mean that the user lost sight of the object. Raises ApprovalNeeded.
    """
    people = current_people(project.warehouse)
    gone: dict[str, int] = {
        reading.object: people[reading.object]
        for reading in readings
        if people.get(reading.object) and not people_read.count(client, reading)
    }
    if gone:
        told = " and ".join(f"no {name} at all, where {number:,} were known" for name, number in gone.items())
        message = (
            f"Salesforce shows {told}: check the sharing and the permissions of the connection's user. Nothing was "
            "changed"
        )
        emptied.ask_unless_accepted(emptied.salesforce(project, run_id), gone, message)
    return frozenset(gone)


def _counted(reading: Reading) -> str:
    """What the number of rows that were read is called among the counts."""
    return f"{reading.object.lower()}s_read"


def _since_watermark(project: Project, reading: Reading, rerun: Rerun) -> Reading:
    """The reading from the stored watermark on, or earlier; whole where there is none for this set of fields."""
    known_until = watermarks.find(project, SOURCE, reading.object, fields_hash=reading.fields_hash)
    return dataclasses.replace(reading, since=rerun.reads_from(known_until))


def _stage(project: Project, client: SalesforceClient, reading: Reading, run_id: str) -> int:
    bulk = people_read.count(client, reading) > project.configuration.pipeline.limits.bulk_query_above
    tables = people_read.read(client, reading, bulk=bulk)
    return project.staging.write(_partition(reading, run_id), tables, people_read.schema_of(reading))


def _merge(project: Project, readings: list[Reading], run_id: str, seen_at: datetime) -> Merge:
    partitions = [_partition(reading, run_id) for reading in readings]
    whole = [reading.object for reading in readings if reading.since is None]
    columns = sorted({path for reading in readings for path in reading.paths})
    before = watermarks.oldest(project, SOURCE)
    return merge(project.warehouse, Fresh(project.staging, partitions, whole, columns, before), seen_at)


def _partition(reading: Reading, run_id: str) -> Partition:
    return Partition(SOURCE, reading.object, run_id)


def _unknown(schema: SalesforceSchema, object_name: str, paths: tuple[str, ...]) -> list[str]:
    return [path for path in paths if schema.field(object_name, path) is None]
