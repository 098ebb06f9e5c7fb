"""Check every day that the syncs can work, before they find out themselves.

Log-ins and identities, the Mailchimp user's role, what the Salesforce user may see and write, installed packages that
sync the same two systems, quotas, time zones, Airflow's pools, and each audience's file against both vendors' schemas.

**Reads** both vendors. **Writes** the table `connection_checks`, a row per finding with what to do, and nothing else.
A task per pool does nothing but start there, with the slots that a sync's task takes: one that can't start within ten
minutes tells that the pool is missing, too small or busy, and the run ends after half an hour without it.

With `acknowledge`, what changed in the schemas since the audiences' last runs is taken as it is: runs that it stopped
go on, as far as the configuration fits.

**On failure** the message lists the errors; warnings are in the table and the log. Correct them and trigger the DAG
again. The same check without Airflow: `python -m include check`.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, Param, TriggerRule, XComArg, dag, task

from include.config.load import load_pipeline
from include.orchestration import DEFAULT_ARGS, Pool, Tag, started

PIPELINE = load_pipeline()
SLOTS = {Pool.MAILCHIMP: PIPELINE.limits.mailchimp_connections, Pool.SALESFORCE: 1, Pool.HARVEST: 1}
"""What the biggest task in each pool takes."""
ACKNOWLEDGE = Param(False, type="boolean", description="Take what changed in the vendors' schemas as it is (X08).")


@dag(
    schedule=CronTriggerTimetable(PIPELINE.schedule.check, timezone=PIPELINE.time_zone),
    catchup=False,
    max_active_runs=1,
    params={"acknowledge": ACKNOWLEDGE},
    dagrun_timeout=timedelta(minutes=30),
    default_args=DEFAULT_ARGS,
    tags=[Tag.SALESFORCE, Tag.MAILCHIMP],
    doc_md=__doc__,
)
def check_connections() -> None:
    """Wire the DAG."""

    def start_in(pool: str, slots: int) -> XComArg:
        @task(task_id=f"start_in_{pool}", pool=pool, pool_slots=slots)
        def start() -> None:
            """Nothing: that it starts is what is asked."""

        return start()

    # The first to start starts the check, which sees the others start; Airflow makes the default pool by itself.
    @task(trigger_rule=TriggerRule.ONE_DONE, multiple_outputs=False)
    def check(**context: Any) -> dict[str, int]:
        from include.pipelines.check_connections import check_stage

        pools = started(context, {str(pool): f"start_in_{pool}" for pool in SLOTS})
        return check_stage(context["run_id"], pools, acknowledged=context["params"]["acknowledge"])

    [start_in("default_pool", 1), *(start_in(pool, slots) for pool, slots in SLOTS.items())] >> check()


check_connections()
