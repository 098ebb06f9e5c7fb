"""Keep one Mailchimp audience in step with the people in Salesforce.

There is one such DAG for each file in `include/config/audiences`, with the file's name at its end.

**Reads** staging of `extract_salesforce`, and Mailchimp. **Writes** Mailchimp members, Salesforce leads and mirror
records, and a quality report. `transform` makes a plan, `breaker` holds one that changes too much before anything is
written, the loads carry it out, `refresh` reads back what they changed, `settle` does for the audience what follows
from what was written to people. With `dry_run` nothing is written.

**Where the breaker objects** the run waits for a person: approve or reject the plan under *Required Actions*; the tab
*Report* shows it in detail. Without an answer within `circuit_breaker.wait_hours` it is rejected. Waiting takes
no slot of a worker or pool, other audiences go on, and of the runs that are due meanwhile one follows. A plan that is
approved too late (two hours) is not carried out: the run ends, the next one plans again, and the approval holds for it.

**Where Mailchimp shows no member any more** of an audience that had some, `extract` asks in the same way whether that
is right, before anything that is known of them changes.

**To repair something** trigger it with a person, with what is quarantined, with a time to read again from, or with a
full refresh; `docs/reports.md` (*Rerun and repair*) says which.

**On failure** other audiences go on. Clear the failed task, or wait for the next run: it plans again from current
data, and writes nothing twice. An old run is cleared from `extract` on; cleared from a later task it stops, once its
data is old or another run has planned. `report` runs in any case; the run counts as failed all the same.
"""

from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Param, TriggerRule, XComArg, chain, task

from include.approval import AudienceExtraction, PlanApproval
from include.config.load import AUTOMATIC, audience_stems, load_pipeline, query_names
from include.orchestration import DEFAULT_ARGS, PEOPLE, READING, WHOM, Pool, Tag, rest_to_the_next_run

MAILCHIMP = {"pool": Pool.MAILCHIMP, "pool_slots": load_pipeline().limits.mailchimp_connections}
SALESFORCE = {"pool": Pool.SALESFORCE}
DRY_RUN = Param(False, type="boolean", description="Plan and report; write nothing.")


def sync_dag(audience: str) -> DAG:
    """Build the DAG of the audience that `<audience>.yaml` describes."""

    def stage(name: str, **options: Any) -> XComArg:
        @task(task_id=name, multiple_outputs=False, **options)
        def run(**context: Any) -> dict[str, object]:
            from include.pipelines import sync_audience

            with rest_to_the_next_run():
                return sync_audience.stage(name, audience, context["run_id"], **context["params"])

        return run()

    choices = [AUTOMATIC, *query_names(audience)]
    query = Param(AUTOMATIC, type="string", enum=choices, description="Or one query, manual ones too, and no other.")
    with DAG(
        dag_id=f"sync_{audience}",
        schedule=[PEOPLE],
        max_active_runs=1,
        params={"dry_run": DRY_RUN, "query": query, **WHOM, **READING},
        default_args=DEFAULT_ARGS,
        tags=[Tag.SALESFORCE, Tag.MAILCHIMP, Tag.AUDIENCE],
        doc_md=__doc__,
    ) as built:
        mirror = stage("load_mirror", **SALESFORCE)
        report = stage("report", trigger_rule=TriggerRule.ALL_DONE)
        chain(
            AudienceExtraction(task_id="extract", audience=audience, **MAILCHIMP),
            stage("validate"),
            stage("transform"),
            PlanApproval(task_id="breaker", audience=audience, **SALESFORCE),
            [stage("load_audience", **MAILCHIMP), stage("load_people", **SALESFORCE)],
            stage("refresh", **MAILCHIMP),
            stage("settle", **MAILCHIMP),
            mirror,
            report,
        )
        # The last task decides the run's state: good only when the stages and the report are.
        [mirror, report] >> EmptyOperator(task_id="outcome")
    return built


for stem in audience_stems():
    sync_dag(stem)
