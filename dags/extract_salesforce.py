"""Read everyone from Salesforce into staging, and start the audiences.

Contacts, leads and person accounts with the fields that the configuration maps, and what describes them. The first
time, and when the mapped fields change, it reads all; after that, what changed. Triggered with `since` or
`full_refresh` it reads more; the audiences then plan from it as ever.

**Reads** Salesforce. **Writes** staging. **Then** the run of every audience starts, by the asset `salesforce_people`.

**Where Salesforce shows no Contact, or no Lead,** at all any more, the run waits for a person: approve under *Required
Actions* where that is right. Without an answer within a day, or rejected, it ends, and nobody counts as deleted.

**On failure** no audience starts; the next run goes on from the last committed extraction. Clear the task to try
again.
"""

from airflow.sdk import CronTriggerTimetable, dag

from include.approval import SalesforceExtraction
from include.config.load import load_pipeline
from include.orchestration import DEFAULT_ARGS, PEOPLE, READING, Pool, Tag

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
    SalesforceExtraction(task_id="extract", outlets=[PEOPLE], pool=Pool.SALESFORCE)


extract_salesforce()
