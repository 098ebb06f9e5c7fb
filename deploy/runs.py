"""Ask the scheduler of a running stack for work, and wait until it is done."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from deploy.airflow_api import AirflowApi, DagRun
from deploy.follow import Follower
from deploy.home import PROJECT
from include.config.load import audience_stems, load_pipeline

EXTRACT = "extract_salesforce"
SNAPSHOT = "snapshot_activity"
DAGS = PROJECT / "dags"
RUN_SECONDS = 3600
START_SECONDS = 90


def dag_ids() -> set[str]:
    """Return the ids of all DAGs: a file's name, or the audiences' own."""
    return {file.stem for file in DAGS.glob("*.py") if file.stem != "sync_audiences"} | set(sync_dag_ids())


def sync_dag_ids() -> list[str]:
    """Return the ids of the audiences' DAGs."""
    return [f"sync_{stem}" for stem in audience_stems()]


def extract_and_sync(api: AirflowApi, follower: Follower) -> list[DagRun]:
    """Run the extraction and wait for it and for the audience runs that its asset starts; return all of them."""
    [extraction] = follower.wait([api.run(EXTRACT, api.trigger(EXTRACT))], RUN_SECONDS)
    if not succeeded([extraction]):
        return [extraction]
    syncs = follower.until(
        "the audience runs that the extraction starts", lambda: _started_by(api, extraction), START_SECONDS
    )
    return [extraction, *follower.wait(syncs, RUN_SECONDS)]


def _started_by(api: AirflowApi, extraction: DagRun) -> list[DagRun] | None:
    """Return the extraction's run of every audience, once all are there; each may wait for an earlier one's end.

    A run that an asset starts has the time of the asset's event as `run_after`, and extractions run one at a time.
    """
    since = {"run_after_gte": extraction.start.isoformat()} if extraction.start else {}
    runs = [api.runs(dag_id, run_type="asset_triggered", **since) for dag_id in sync_dag_ids()]
    return [of_dag[-1] for of_dag in runs] if all(runs) else None


def last_night(api: AirflowApi, follower: Follower) -> list[DagRun]:
    """Take the activity of the last complete local day."""
    return follower.wait([api.run(SNAPSHOT, api.trigger(SNAPSHOT, datetime.now(UTC)))], RUN_SECONDS)


def first_night(api: AirflowApi, follower: Follower) -> list[DagRun]:
    """Let the nightly DAG go for the first time: the scheduler then makes up for the last night by itself."""
    api.pause(SNAPSHOT, paused=False)
    nights = follower.until("the nightly run", lambda: api.runs(SNAPSHOT), START_SECONDS)
    return follower.wait(nights, RUN_SECONDS)


def days(api: AirflowApi, follower: Follower, first: date, last: date) -> list[DagRun]:
    """Backfill the local days from `first` to `last`, both included; return their runs.

    Airflow compares a backfill's bounds, in UTC, with the start of each data interval: here local midnight.
    """
    start, end = (_midnight(day) for day in (first, last))
    backfill_id = follower.until("the backfill", lambda: api.backfill(SNAPSHOT, start, end), START_SECONDS)
    bounds = {"logical_date_gte": start.isoformat(), "logical_date_lte": end.isoformat()}
    runs = follower.until(
        "the first run of the backfill", lambda: api.runs(SNAPSHOT, run_type="backfill", **bounds), START_SECONDS
    )
    follower.wait(runs, RUN_SECONDS)
    follower.until("end of the backfill", lambda: api.backfill_finished(backfill_id), START_SECONDS)
    return api.runs(SNAPSHOT, run_type="backfill", **bounds)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(load_pipeline().time_zone)).astimezone(UTC)


def succeeded(runs: Iterable[DagRun]) -> bool:
    """Tell whether every run ended well."""
    return all(run.state == "success" for run in runs)
