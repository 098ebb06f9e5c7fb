"""The use case `sync_<stem>`: one audience from extraction to report, as nine stages.

A task of the DAG calls one stage; the command line calls `sync`, which runs them in order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from include.calls import added
from include.errors import SyncError
from include.pipelines import runs
from include.pipelines.run import Outcome, SyncRun
from include.wiring import load_project

if TYPE_CHECKING:
    from include.wiring import Project

Counts = dict[str, object]
Stage = Callable[[SyncRun], Counts]
PIPELINE = "sync_audience"
STAGES = (
    "extract", "validate", "transform", "breaker", "load_audience", "load_leads", "refresh", "load_mirror", "report",
)  # fmt: skip


def stage(name: str, audience: str, run_id: str, *, dry_run: bool = False, query: str | None = None) -> Counts:
    """Run one stage of one audience's run; returns counts for XCom."""
    return _carry_out(SyncRun(load_project(), audience, run_id, dry_run, query), name)


def stages() -> dict[str, Stage]:
    """The stages by name, in order. Imported here: building the DAGs must stay light."""
    from include.pipelines.extract_audience import extract
    from include.pipelines.load import load_audience, load_leads
    from include.pipelines.mirror import load_mirror
    from include.pipelines.plan import breaker, transform
    from include.pipelines.refresh import refresh
    from include.pipelines.report import report
    from include.pipelines.validate import validate

    functions = (extract, validate, transform, breaker, load_audience, load_leads, refresh, load_mirror, report)
    return dict(zip(STAGES, functions, strict=True))


def sync(
    project: Project, audience: str, run_id: str, *, dry_run: bool = False, query: str | None = None
) -> dict[str, Counts]:
    """Run all stages; the report is written also where one failed, whose error is then raised again."""
    run = SyncRun(project, audience, run_id, dry_run, query)
    account: dict[str, Counts] = {}
    *work, report = STAGES
    try:
        for name in work:
            account[name] = _carry_out(run, name)
    finally:
        account[report] = _carry_out(run, report)
    return account


def _carry_out(run: SyncRun, name: str) -> Counts:
    """Run a stage and leave its outcome for the report: of an unknown error its kind only, as it may quote a row."""
    if name == STAGES[0]:
        runs.start(run.project, run.run_id, PIPELINE, run.stem)
    earlier = run.outcome(name)
    run.drop_outcome(name)
    run.project.meter.restart()
    try:
        counts = stages()[name](run)
    except Exception as error:
        message = str(error) if isinstance(error, SyncError) else ""
        run.save_outcome(name, _with_calls(run, Outcome(error=type(error).__name__, message=message), earlier))
        raise
    run.save_outcome(name, _with_calls(run, Outcome(counts=counts), earlier))
    return counts


def _with_calls(run: SyncRun, outcome: Outcome, earlier: Outcome | None) -> Outcome:
    """The outcome with the calls of the stage, those of its earlier tries included."""
    meter = run.project.meter
    usage = {vendor: {"used": usage.used, "limit": usage.limit} for vendor, usage in meter.usage.items()}
    made = meter.made()
    return replace(outcome, calls=added(earlier.calls, made) if earlier else made, usage=usage)
