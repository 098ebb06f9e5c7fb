"""The task `breaker` of an audience's DAG: a stage that waits on Airflow's approval page where it objects (G06)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk.configuration import conf

from include.errors import ApprovalNeeded
from include.kinds import IRREVERSIBLE, OPERATION_NAMES, in_order
from include.orchestration import rest_to_the_next_run
from include.transform.breaker import WORDS

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.pipelines.approvals import Decision, Question
    from include.transform.breaker import Measure

LONGEST_WAIT = timedelta(days=30)
"""What `circuit_breaker.wait_hours` allows at most; the audience's own time is known when its task runs."""


class PlanApproval(ApprovalOperator):
    """Runs the stage; without an objection it is done at once, else it waits for a person without holding a slot.

    An approval goes on, a rejection and a time-out end the run as stopped, before anything was written.
    """

    template_fields = ()  # the subject and the body are made when the task runs

    def __init__(self, *, audience: str, **options: Any) -> None:
        super().__init__(subject="Approve the plan", defaults=self.REJECT, response_timeout=LONGEST_WAIT, **options)
        self.audience = audience

    def execute(self, context: Context) -> dict[str, object]:
        """Judge the plan; raises Airflow's TaskAwaitingInput where a person has to."""
        from include.pipelines import sync_audience

        run_id, how = context["run_id"], context["params"]
        try:
            with rest_to_the_next_run():
                return sync_audience.stage(self.task_id, self.audience, run_id, **how)
        except ApprovalNeeded:
            question = sync_audience.ask(self.audience, run_id, **how)
        self.subject = f"{self.audience}: may this plan be carried out?"
        self.body = describe(question, plan_address(context["dag_run"].dag_id, run_id))
        self.response_timeout = timedelta(hours=question.wait_hours)
        waiting: dict[str, object] = super().execute(context)
        return waiting

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, object]:
        """Go on by the answer; raises StoppedByCheck where it is not a yes in time."""
        from include.pipelines import sync_audience

        decision: Decision = "approved" if event["chosen_options"] == [self.APPROVE] else "rejected"
        if event["timedout"]:
            decision = "timed_out"
        by = event["responded_by_user"]
        run_id, how = context["run_id"], context["params"]
        with rest_to_the_next_run():
            return sync_audience.answer(self.audience, run_id, decision, by and by["name"], **how)


def plan_address(dag_id: str, run_id: str) -> str:
    """Where the run's report so far is shown: the tab of the console plugin."""
    base = conf.get("api", "base_url", fallback="") or ""
    return f"{base.rstrip('/')}/dags/{dag_id}/runs/{quote(run_id, safe='')}/plugin/report"


def describe(question: Question, address: str) -> str:
    """The question in Markdown: why the plan waits, and what it would change; counts only, nobody's data."""
    judged = question.judgement
    objections = "\n".join(f"- {objection.message}" for objection in judged.objections)
    figures = "\n".join(
        f"| {figure.name} | {figure.now:,} | {figure.afterwards:,} | {figure.afterwards - figure.now:+,} |"
        for figure in judged.figures
    )
    kinds = "\n".join(
        f"| {OPERATION_NAMES.get(kind, kind)}{' **(cannot be taken back)**' if kind in IRREVERSIBLE else ''} "
        f"| {number:,} | {_share(number, question.members)} |"
        for kind, number in in_order(question.counts).items()
    )
    return f"""\
Nothing was written yet. The plan waits because:

{objections}

| | now | afterwards | difference |
|---|---:|---:|---:|
{figures}

| against the caps | planned | share | allowed | |
|---|---:|---:|---:|---|
{chr(10).join(map(_measured, judged.measures))}

| planned operations | number | share of {question.members:,} members |
|---|---:|---:|
{kinds}

[The plan in detail]({address}): who changes, by which behaviour, and what validation found.

*Approve* carries it out. *Reject*, or no answer within {question.wait_hours:g} hours, ends this run without a write.
An approval also holds for the next plan, as long as it stays within these numbers.
"""


def _measured(measure: Measure) -> str:
    """A line of the table of caps; `allowed` names the share where the cap is one."""
    allowed = f"{measure.allowed:,}"
    if isinstance(measure.cap, str):
        allowed += f" ({measure.cap} of {measure.whole:,} {measure.of})"
    verdict = ("**over**" if measure.exceeded else "within") if measure.holds else "not held against a first load"
    share = _share(measure.planned, measure.whole)
    return f"| {WORDS[measure.name]} | {measure.planned:,} | {share} | {allowed} | {verdict} |"


def _share(number: int, whole: int) -> str:
    return f"{number / whole:.1%}" if whole else "-"
