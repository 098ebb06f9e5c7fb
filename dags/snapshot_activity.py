"""Bring last night's campaign activity to Salesforce.

For each person in each audience the 50 most recent events as of midnight. The data interval is one local day
(`time_zone` in `pipeline.yaml`).

**Reads** Mailchimp's campaign reports. **Writes** the event history, the day's snapshot, and activity records in
Salesforce.

**Backfill** any past days, in any order and as often as you like: `make backfill FROM=2026-11-15 TO=2026-11-18`, or
with Airflow's own. It rebuilds the days' snapshots from the event history and never writes to Salesforce, which shows
the present.

**On failure** nothing is lost: harvesting goes on where it stopped. Clear the failed task, or wait for the next
night.
"""

from typing import Any

from airflow.sdk import CronDataIntervalTimetable, chain, dag, task

from include.config.load import load_pipeline
from include.orchestration import DEFAULT_ARGS, Pool, Tag, rest_to_the_next_run

PIPELINE = load_pipeline()


def local_day(context: Any) -> str:
    """Return the day of the run's data interval, YYYY-MM-DD."""
    return str(context["data_interval_start"].in_timezone(PIPELINE.time_zone).date())


@dag(
    schedule=CronDataIntervalTimetable(PIPELINE.schedule.snapshot, timezone=PIPELINE.time_zone),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=[Tag.MAILCHIMP, Tag.SALESFORCE, Tag.ACTIVITY],
    doc_md=__doc__,
)
def snapshot_activity() -> None:
    """Wire the DAG."""

    @task(pool=Pool.HARVEST, multiple_outputs=False)
    def harvest(**context: Any) -> dict[str, object]:
        from include.pipelines import snapshot_activity as stages

        return stages.harvest(context["run_id"], local_day(context))

    @task(multiple_outputs=False)
    def snapshot(**context: Any) -> dict[str, object]:
        from include.pipelines import snapshot_activity as stages

        return stages.snapshot(context["run_id"], local_day(context))

    @task(pool=Pool.SALESFORCE, multiple_outputs=False)
    def load_activity(**context: Any) -> dict[str, object]:
        from include.pipelines import snapshot_activity as stages

        backfill = context["dag_run"].run_type == "backfill"
        with rest_to_the_next_run():
            return stages.load_activity(context["run_id"], local_day(context), backfill=backfill)

    chain(harvest(), snapshot(), load_activity())


snapshot_activity()
