"""Compare both sides and the mirror in full with what the sync knows, and name the cause of every difference.

An ordinary extraction reads what changed. Formula and roll-up summary fields change without a time stamp, and a change
can be lost in ways that no reading of changes shows; so once a week everything is read.

**Reads** Salesforce, every audience's members, and the mirror rows. **Writes** staging, and the table `divergences`:
per record the cause and the fields' names, no values. **Then** the run of every audience starts, by the asset
`salesforce_people`: its plan corrects what differs, under the circuit breaker as ever.

**On failure** of an audience the others go on, and what was known of it stays. Clear the failed task, or leave it to
next week.
"""

from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import CronTriggerTimetable, TriggerRule, dag, task

from include.config.load import audience_stems, load_pipeline
from include.orchestration import DEFAULT_ARGS, PEOPLE, Pool, Tag, rest_to_the_next_run

PIPELINE = load_pipeline()


@dag(
    schedule=CronTriggerTimetable(PIPELINE.schedule.reconcile, timezone=PIPELINE.time_zone),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    tags=[Tag.SALESFORCE, Tag.MAILCHIMP],
    doc_md=__doc__,
)
def reconcile() -> None:
    """Wire the DAG."""

    @task(pool=Pool.SALESFORCE, multiple_outputs=False)
    def people(**context: Any) -> dict[str, object]:
        from include.pipelines.reconcile import reconcile_people

        with rest_to_the_next_run():
            return reconcile_people(context["run_id"])

    @task(pool=Pool.MAILCHIMP, pool_slots=PIPELINE.limits.mailchimp_connections, multiple_outputs=False)
    def audience(stem: str, **context: Any) -> dict[str, object]:
        from include.pipelines.reconcile import reconcile_audience

        with rest_to_the_next_run():
            return reconcile_audience(stem, context["run_id"])

    everyone = people()
    compared = [audience.override(task_id=f"audience_{stem}")(stem) for stem in audience_stems()]
    start_audiences = EmptyOperator(task_id="start_audiences", outlets=[PEOPLE], trigger_rule=TriggerRule.ALL_DONE)
    everyone >> compared >> start_audiences
    # The last task decides the run's state: good only when every comparison is.
    [everyone, *compared, start_audiences] >> EmptyOperator(task_id="outcome")


reconcile()
