"""Read everyone from Salesforce into staging, and start the audiences.

Contacts, leads and person accounts with the fields that the configuration maps, and what describes them. The first
time, and when the mapped fields change, it reads all; after that, what changed. Triggered with `since` or
`full_refresh` it reads more; the audiences then plan from it as ever.

**Reads** Salesforce. **Writes** staging. **Then** the run of every audience starts, by the asset `salesforce_people`.

**On failure** no audience starts; the next run goes on from the last committed extraction. Clear the task to try
again.
"""

from typing import Any

from airflow.sdk import CronTriggerTimetable, dag, task

from include.config.load import load_pipeline
from include.orchestration import DEFAULT_ARGS, PEOPLE, READING, Pool, Tag, rest_to_the_next_run

PIPELINE = load_pipeline()


@dag(
    schedule=CronTriggerTimetable(PIPELINE.schedule.extract, timezone=PIPELINE.time_zone),
    catchup=False,
    max_active_runs=1,
    params=READING,
    default_args=DEFAULT_ARGS,
    tags=[Tag.SALESFORCE],
    doc_md=__doc__,
)
def extract_salesforce() -> None:
    """Wire the DAG."""

    @task(outlets=[PEOPLE], pool=Pool.SALESFORCE, multiple_outputs=False)
    def extract(**context: Any) -> dict[str, object]:
        from include.pipelines import extract_salesforce as stages

        with rest_to_the_next_run():
            return stages.stage(context["run_id"], **context["params"])

    extract()


extract_salesforce()
