"""The use case `sync_<stem>`: one audience from extraction to report, as ten stages.

A task of the DAG calls one stage; the command line calls `sync`, which runs them in order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from include.config.load import AUTOMATIC
from include.errors import ApprovalNeeded, StoppedByCheck, SyncError
from include.pipelines import emptied, runs
from include.pipelines.approvals import Decision, Question, question_of
from include.pipelines.current_plan import changed_since_extraction
from include.pipelines.rerun import parse_controls
from include.pipelines.run import Outcome, SyncRun, Try
from include.wiring import load_project

if TYPE_CHECKING:
    from include.pipelines.emptied import Emptied
    from include.wiring import Project

Counts = dict[str, object]
Stage = Callable[[SyncRun], Counts]
PIPELINE = "sync_audience"
STAGES = (
    "extract", "validate", "transform", "breaker", "load_audience", "load_people", "refresh", "settle", "load_mirror",
    "report",
)  # fmt: skip
PLANNING = ("validate", "transform")
"""The stages that a plan is made by."""


def run_of(project: Project, audience: str, run_id: str, how: Mapping[str, Any]) -> SyncRun:
    """The run that a trigger form or command line asked for.

    `how`: dry_run, query (a trigger form's choice of all automatic ones is no query), and the rerun controls as they
    were given. Raises ConfigError where these make no sense.
    """
    query = None if how.get("query") in {None, AUTOMATIC} else str(how["query"])
    rerun = parse_controls({**how, "query": query}, project.configuration.pipeline.time_zone)
    return SyncRun(project, audience, run_id, dry_run=bool(how.get("dry_run")), query=query, rerun=rerun)


def _run_of(audience: str, run_id: str, how: Mapping[str, Any]) -> SyncRun:
    return run_of(load_project(), audience, run_id, how)


def stage(name: str, audience: str, run_id: str, **how: Any) -> Counts:
    """Run one stage of one audience's run; returns its counts, and the configuration's hash, for XCom.

    `how` is as in `run_of`.
    """
    run = _run_of(audience, run_id, how)
    return _carry_out(run, name) | {"config_hash": run.project.configuration.hash}


def ask(audience: str, run_id: str, **how: Any) -> Question:
    """Show the plan of a run that waits for a person, as its report so far; returns what the person is asked."""
    from include.pipelines.report import report

    run = _run_of(audience, run_id, how)
    report(run, waiting=True)
    return question_of(run)


def ask_about_source(audience: str, run_id: str, **how: Any) -> Emptied:
    """The same of a run that found the audience empty."""
    from include.pipelines.report import report

    run = _run_of(audience, run_id, how)
    report(run, waiting=True)
    return emptied.question_of(emptied.mailchimp(run))


def answer(name: str, audience: str, run_id: str, decision: Decision, by: str | None, **how: Any) -> Counts:
    """Record what a person answered, and end the stage that asked by it; returns its counts.

    Raises StoppedByCheck for any other answer than a yes in time.
    """
    run = _run_of(audience, run_id, how)
    return _answered(run, name, decision, by) | {"config_hash": run.project.configuration.hash}


def stages() -> dict[str, Stage]:
    """The stages by name, in order. Imported here: building the DAGs must stay light."""
    from include.pipelines.breaker import breaker
    from include.pipelines.extract_audience import extract
    from include.pipelines.load import load_audience, load_people
    from include.pipelines.mirror import load_mirror
    from include.pipelines.plan import transform
    from include.pipelines.refresh import refresh
    from include.pipelines.report import report
    from include.pipelines.settle import settle
    from include.pipelines.validate import validate

    before = (extract, validate, transform, breaker, load_audience, load_people, refresh)
    return dict(zip(STAGES, (*before, settle, load_mirror, report), strict=True))


def sync(
    project: Project, audience: str, run_id: str, *, approved_by: str | None = None, **how: Any
) -> dict[str, Counts]:
    """Run all stages; the report is written also where one failed, whose error is then raised again.

    `approved_by` names who approves the plan beforehand, whatever the circuit breaker objects to. `how` is as in
    `run_of`.
    """
    run = run_of(project, audience, run_id, how)
    account: dict[str, Counts] = {}
    *work, report = STAGES
    try:
        for name in work:
            account[name] = _approved(run, name, approved_by) if approved_by else _carry_out(run, name)
    finally:
        account[report] = _carry_out(run, report)
    return account


def _approved(run: SyncRun, name: str, by: str) -> Counts:
    try:
        return _carry_out(run, name)
    except ApprovalNeeded:
        return _answered(run, name, "approved", by)


def _answered(run: SyncRun, name: str, decision: Decision, by: str | None) -> Counts:
    """Go on by an answer: to the plan's question (stage `breaker`), or to that of an emptied source (`extract`)."""
    from include.pipelines.breaker import answered

    def extract(run: SyncRun) -> Counts:
        emptied.go_on_by(emptied.mailchimp(run), decision, by)
        return stages()[name](run)

    return _carry_out(run, name, extract if name == STAGES[0] else lambda run: answered(run, decision, by))


def _carry_out(run: SyncRun, name: str, stage: Stage | None = None) -> Counts:
    """Run a stage and leave its outcome for the report: of an unknown error its kind only, as it may quote a row."""
    if name == STAGES[0]:
        runs.start(run.project, run.run_id, PIPELINE, run.stem)
    earlier = run.outcome(name)
    run.drop_outcome(name)
    run.project.meter.restart()
    try:
        _refuse_another_configuration(run, name)
        counts = (stage or stages()[name])(run)
    except Exception as error:
        message = str(error) if isinstance(error, SyncError) else ""
        run.save_outcome(name, _with_calls(run, Outcome(error=type(error).__name__, message=message), earlier))
        raise
    run.save_outcome(name, _with_calls(run, Outcome(counts=counts), earlier))
    return counts


def _refuse_another_configuration(run: SyncRun, name: str) -> None:
    """Raise StoppedByCheck where a plan would be made of what was read and checked by another configuration."""
    extracted = run.outcome(STAGES[0])
    if name in PLANNING and extracted and changed_since_extraction(run):
        raise StoppedByCheck(
            f"audience {run.stem}: the configuration has changed since this run's stage {STAGES[0]} "
            f"({extracted.config_hash[:12]}, now {run.project.configuration.hash[:12]}): clear the run from "
            f"{STAGES[0]} on, or start a new one"
        )


def _with_calls(run: SyncRun, outcome: Outcome, earlier: Outcome | None) -> Outcome:
    """The outcome with the calls of this try, after those of earlier ones."""
    meter = run.project.meter
    usage = {vendor: {"used": usage.used, "limit": usage.limit} for vendor, usage in meter.usage.items()}
    tries = (*(earlier.tries if earlier else ()), Try(datetime.now(UTC), meter.made()))
    return replace(outcome, tries=tries, usage=usage, config_hash=run.project.configuration.hash)
