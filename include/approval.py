"""Tasks that wait on Airflow's approval page where a person has to decide (G06): about a plan, or an emptied source."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk.configuration import conf

from include.errors import ApprovalNeeded
from include.kinds import IRREVERSIBLE, OPERATION_NAMES, in_order
from include.orchestration import rest_to_the_next_run
from include.pipelines import extract_salesforce, sync_audience
from include.transform.breaker import WORDS

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.pipelines.approvals import Decision, Question
    from include.pipelines.emptied import Emptied
    from include.transform.breaker import Figure, Measure

OF_PEOPLE = frozenset({"opt_out_person", "update_person"})
"""Kinds of operations that change people in Salesforce."""
LONGEST_WAIT = timedelta(days=30)
"""What `circuit_breaker.wait_hours` allows at most; the audience's own time is known when its task runs."""


class AskingOperator(ApprovalOperator):
    """Carries its work out; where that asks for a person, it waits for one without holding a slot.

    An approval goes on, a rejection and a time-out end the run as stopped, before anything was written.
    """

    template_fields = ()  # the subject and the body are made when the task runs

    def __init__(self, **options: Any) -> None:
        super().__init__(subject="Approve", defaults=self.REJECT, response_timeout=LONGEST_WAIT, **options)

    def execute(self, context: Context) -> dict[str, object]:
        """Do the work; raises Airflow's TaskAwaitingInput where a person has to decide."""
        run_id, how = context["run_id"], context["params"]
        try:
            with rest_to_the_next_run():
                return self.carry_out(run_id, how)
        except ApprovalNeeded:
            self.subject, self.body, wait_hours = self.ask(context)
        self.response_timeout = timedelta(hours=wait_hours)
        waiting: dict[str, object] = super().execute(context)
        return waiting

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, object]:
        """Go on by the answer; raises StoppedByCheck where it is not a yes in time."""
        decision: Decision = "approved" if event["chosen_options"] == [self.APPROVE] else "rejected"
        if event["timedout"]:
            decision = "timed_out"
        by = event["responded_by_user"]
        with rest_to_the_next_run():
            return self.answered(context["run_id"], context["params"], decision, by and by["name"])

    @abstractmethod
    def carry_out(self, run_id: str, how: Mapping[str, Any]) -> dict[str, object]:
        """The work; raises ApprovalNeeded."""

    @abstractmethod
    def ask(self, context: Context) -> tuple[str, str, float]:
        """The question, its text in Markdown, and how many hours it waits."""

    @abstractmethod
    def answered(self, run_id: str, how: Mapping[str, Any], decision: Decision, by: str | None) -> dict[str, object]:
        """Go on by an answer."""


class PlanApproval(AskingOperator):
    """The stage `breaker` of an audience's sync."""

    def __init__(self, *, audience: str, **options: Any) -> None:
        super().__init__(**options)
        self.audience = audience

    def carry_out(self, run_id: str, how: Mapping[str, Any]) -> dict[str, object]:
        """Judge the plan."""
        return sync_audience.stage(self.task_id, self.audience, run_id, **how)

    def ask(self, context: Context) -> tuple[str, str, float]:
        """May this plan be carried out?"""
        question = sync_audience.ask(self.audience, context["run_id"], **context["params"])
        body = describe(question, plan_address(context["dag_run"].dag_id, context["run_id"]))
        return f"{self.audience}: may this plan be carried out?", body, question.wait_hours

    def answered(self, run_id: str, how: Mapping[str, Any], decision: Decision, by: str | None) -> dict[str, object]:
        """Judge the plan anew, with the answer."""
        return sync_audience.answer(self.task_id, self.audience, run_id, decision, by, **how)


class AudienceExtraction(PlanApproval):
    """The stage `extract` of an audience's sync, which asks where Mailchimp shows no member any more."""

    def ask(self, context: Context) -> tuple[str, str, float]:
        """Is it right that there is none?"""
        question = sync_audience.ask_about_source(self.audience, context["run_id"], **context["params"])
        return f"{self.audience}: is this audience empty?", describe_emptied(question), question.wait_hours


class SalesforceExtraction(AskingOperator):
    """The extraction of Salesforce, which asks where it shows no Contact, or no Lead, any more."""

    def carry_out(self, run_id: str, how: Mapping[str, Any]) -> dict[str, object]:
        """Extract."""
        return extract_salesforce.stage(run_id, **how)

    def ask(self, context: Context) -> tuple[str, str, float]:
        """Is it right that there is nobody?"""
        question = extract_salesforce.ask(context["run_id"])
        return "Salesforce: is nobody left?", describe_emptied(question), question.wait_hours

    def answered(self, run_id: str, how: Mapping[str, Any], decision: Decision, by: str | None) -> dict[str, object]:
        """Extract anew, with the answer."""
        return extract_salesforce.answer(run_id, decision, by, **how)


def plan_address(dag_id: str, run_id: str) -> str:
    """Where the run's report so far is shown: the tab of the console plugin."""
    base = conf.get("api", "base_url", fallback="") or ""
    return f"{base.rstrip('/')}/dags/{dag_id}/runs/{quote(run_id, safe='')}/plugin/report"


def describe_emptied(question: Emptied) -> str:
    """The question in Markdown: what is shown no more, and what either answer means; counts only, nobody's data."""
    return f"""\
{question.message}.

*Approve* where it is right that nothing is there: what was known counts as gone from now on, and the runs that follow
plan from that, each under its own circuit breaker. *Reject*, or no answer within {question.wait_hours:g} hours, ends
this run, and what is known stays as it is.
"""


def describe(question: Question, address: str) -> str:
    """The question in Markdown: why the plan waits, and what it would change; counts only, nobody's data."""
    judged = question.judgement
    objections = "\n".join(f"- {objection.message}" for objection in judged.objections)
    figures = "\n".join(
        f"| {figure.name} | {figure.now:,} | {figure.afterwards:,} | {_difference(figure)} |"
        for figure in judged.figures
    )
    kinds = "\n".join(
        f"| {OPERATION_NAMES.get(kind, kind)}{' **(cannot be taken back)**' if kind in IRREVERSIBLE else ''} "
        f"| {number:,} | {_share_of(kind, number, question)} |"
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

| planned operations | number | share |
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


def _difference(figure: Figure) -> str:
    return f"{figure.afterwards - figure.now:+,}" if figure.afterwards != figure.now else "0"


def _share_of(kind: str, number: int, question: Question) -> str:
    """The share of the people for what is written to people, else of the members."""
    whole, of = (question.people, "people") if kind in OF_PEOPLE else (question.members, "members")
    return f"{_share(number, whole)} of {whole:,} {of}"


def _share(number: int, whole: int) -> str:
    return f"{number / whole:.1%}" if whole else "-"
