"""Show what an audience's queries would do now, before a run does it.

Per query: how many people match (in staging, which decides, and counted by Salesforce), how many are members, how many
would be added, how many not and why, what groups and tags would change, and Ids of a few of the people. Trigger it with
the audience's file name; edit the file first to try a query.

**Reads** both vendors, as the next sync would, onto a copy of what is known. **Writes** the table `query_previews`, and
nothing else.

**On failure** nothing has changed; the message says what is wrong with the configuration. Clear the task to try again.
"""

from typing import Any

from airflow.sdk import Param, dag, task

from include.config.load import audience_stems, load_pipeline
from include.orchestration import DEFAULT_ARGS, Pool, Tag, rest_to_the_next_run

STEMS = audience_stems()
AUDIENCE = Param(STEMS[0] if STEMS else "", type="string", enum=list(STEMS) or None, description="Its file's name.")
QUERY = Param("", type="string", description="One query's name; all of them where it is blank.")


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    params={"audience": AUDIENCE, "query": QUERY},
    default_args=DEFAULT_ARGS,
    tags=[Tag.SALESFORCE, Tag.MAILCHIMP, Tag.AUDIENCE],
    doc_md=__doc__,
)
def preview_queries() -> None:
    """Wire the DAG."""

    @task(pool=Pool.MAILCHIMP, pool_slots=load_pipeline().limits.mailchimp_connections, multiple_outputs=False)
    def preview(**context: Any) -> dict[str, object]:
        from include.pipelines.preview import preview_stage

        with rest_to_the_next_run():
            return preview_stage(context["params"]["audience"], context["run_id"], context["params"]["query"])

    preview()


preview_queries()
