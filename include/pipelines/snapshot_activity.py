"""The use case `snapshot_activity`: for one local day, harvest, snapshot and load the campaign activity (R11, M03)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from include.activity import campaigns
from include.activity import snapshot as snapshots
from include.activity.days import CLOCK_SKEW, LocalDay
from include.activity.harvest import Harvester
from include.activity.history import EventWriter
from include.activity.load import ActivityLoad
from include.calls import accounts_added
from include.errors import StoppedByCheck
from include.pipelines import runs, watermarks
from include.pipelines.find_audience import find_audience, known_list
from include.pipelines.identity import connect_mailchimp, connect_salesforce
from include.pipelines.run import SyncRun
from include.pipelines.subscribers import subscribers
from include.staging.store import Partition
from include.wiring import load_project

if TYPE_CHECKING:
    from include.config.models import Audience
    from include.mailchimp.client import MailchimpClient
    from include.wiring import Project

log = logging.getLogger(__name__)

Counts = dict[str, object]
PIPELINE = "snapshot_activity"
STAGES = ("harvest", "snapshot", "load_activity")
LISTED = "campaigns"
"""Object of the watermark: until when an audience's list of sent campaigns is in the table."""


def harvest(run_id: str, day: str, project: Project | None = None) -> Counts:
    """Bring the activity until the end of a local day (YYYY-MM-DD) into the event history.

    Makes no call where it is there already. Raises StoppedByCheck for a day that has not ended, ConfigError for an
    audience that Mailchimp does not have, and what the client raises.
    """
    project = project or load_project()
    runs.start(project, run_id, PIPELINE)
    return _carry_out(project, run_id, "harvest", lambda: _harvest(project, run_id, _day(project, day)))


def snapshot(run_id: str, day: str, project: Project | None = None) -> Counts:
    """Build the day's snapshot from the event history, and earlier ones anew that miss a late event (M03)."""
    project = project or load_project()
    return _carry_out(project, run_id, "snapshot", lambda: _snapshot(project, run_id, str(_day(project, day))))


def load_activity(run_id: str, day: str, *, backfill: bool, project: Project | None = None) -> Counts:
    """Bring Salesforce to the day's snapshot, where the day is the newest complete one and this is no backfill."""
    project = project or load_project()
    counts = _carry_out(project, run_id, "load_activity", lambda: _load(project, run_id, _day(project, day), backfill))
    left = {stage: _left(project, run_id, stage) for stage in STAGES}
    account = {stage: each["counts"] for stage, each in left.items()}
    api = accounts_added(*(each["api"] for each in left.values()))
    state: runs.RunState = "warning" if counts.get("refused") else "success"
    runs.finish(project, run_id, PIPELINE, state, counts={**account, "api": api})
    return counts


def run(project: Project, run_id: str, day: str, *, backfill: bool) -> dict[str, Counts]:
    """All three stages; their counts by stage."""
    return {
        "harvest": harvest(run_id, day, project),
        "snapshot": snapshot(run_id, day, project),
        "load_activity": load_activity(run_id, day, backfill=backfill, project=project),
    }


def _harvest(project: Project, run_id: str, day: LocalDay) -> Counts:
    lists = {stem: known_list(SyncRun(project, stem, run_id)) for stem in project.configuration.audiences}
    lacking = {stem: list_id for stem, list_id in lists.items() if list_id is None or _lacks(project, list_id, day)}
    if not lacking:
        return {"campaigns": 0, "events": 0, "calls": 0}
    client = project.mailchimp()
    connect_mailchimp(project, client)
    read_at = client.server_time()
    if day.end > read_at + CLOCK_SKEW:
        raise StoppedByCheck(f"day {day} has not ended in {day.zone}; name a day before today")
    harvester = Harvester(client, project.warehouse, EventWriter(project.warehouse, day.zone), read_at)
    for list_id in _found(project, run_id, client, lacking):
        harvester.list_campaigns(list_id)
        watermarks.save(project, list_id, LISTED, read_at, fields_hash="")
        for campaign in campaigns.read(project.warehouse, list_id).values():
            if campaign.lacks(day.end):
                harvester.harvest(campaign)
    harvester.finish()
    return {
        "campaigns": harvester.harvested,
        "quiet_campaigns": harvester.quiet,
        "events": harvester.events.added,
        "calls": client.calls,
    }


def _lacks(project: Project, list_id: str, day: LocalDay) -> bool:
    """Whether anything of an audience's activity until the day's end may be missing."""
    listed = watermarks.find(project, list_id, LISTED, fields_hash="")
    if listed is None or listed < day.end:
        return True
    return any(campaign.lacks(day.end) for campaign in campaigns.read(project.warehouse, list_id).values())


def _found(project: Project, run_id: str, client: MailchimpClient, lists: dict[str, str | None]) -> list[str]:
    """The list ids of audiences, those looked up that no run has found yet."""
    unknown = [stem for stem, list_id in lists.items() if list_id is None]
    listings = client.audiences() if unknown else []
    new = [find_audience(SyncRun(project, stem, run_id), listings).list_id for stem in unknown]
    return sorted({*new, *(list_id for list_id in lists.values() if list_id)})


def _snapshot(project: Project, run_id: str, day: str) -> Counts:
    import pyarrow as pa

    who = pa.concat_tables(
        [subscribers(project, audience, list_id) for audience, list_id in _known_audiences(project, run_id)]
    )
    stale = snapshots.stale_days(project.warehouse, day)
    for late in stale:
        snapshots.build(project.warehouse, late, who)
    return {"rows": snapshots.build(project.warehouse, day, who), "rebuilt_days": stale}


def _load(project: Project, run_id: str, day: LocalDay, backfill: bool) -> Counts:
    if backfill:
        return {"skipped": "backfill"}
    client = project.salesforce()
    connect_salesforce(project, client)
    if day != LocalDay.newest_complete(client.server_time(), day.zone):
        return {"skipped": "not the newest complete day"}
    load = ActivityLoad(client, project.warehouse, project.configuration.pipeline.limits, str(day))
    for audience, list_id in _known_audiences(project, run_id):
        if audience.data_sync:
            load.load(list_id)
    load.finish()
    return {**load.counts, "calls": client.calls}


def _known_audiences(project: Project, run_id: str) -> list[tuple[Audience, str]]:
    """The audiences whose list id is known, once each where two files name the same."""
    found: dict[str, Audience] = {}
    for stem, audience in project.configuration.audiences.items():
        list_id = known_list(SyncRun(project, stem, run_id))
        if list_id is not None:
            found.setdefault(list_id, audience)
    return [(audience, list_id) for list_id, audience in found.items()]


def _day(project: Project, day: str) -> LocalDay:
    return LocalDay.parse(day, project.configuration.pipeline.time_zone)


def _carry_out(project: Project, run_id: str, stage: str, work: Callable[[], Counts]) -> Counts:
    """Carry out a stage; leave its counts for the run's row, or how the run ended."""
    with runs.noted(project, run_id, PIPELINE) as spent:
        counts = work()
    project.staging.write_document(Partition(PIPELINE, stage, run_id), {"counts": counts, **spent()})
    log.info("%s: %s", stage, counts)
    return counts


def _left(project: Project, run_id: str, stage: str) -> dict[str, Any]:
    """What a stage left for the run's row: its `counts` and, by vendor, its calls (`api`)."""
    partition = Partition(PIPELINE, stage, run_id)
    if not project.staging.committed(partition):
        return {"counts": {}, "api": {}}
    return cast("dict[str, Any]", project.staging.document(partition))
