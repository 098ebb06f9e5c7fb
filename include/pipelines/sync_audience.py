"""The use case `sync_<stem>`: one audience from extraction to report, as nine stages.

A task of the DAG calls one stage; the command line calls `sync`, which runs them in order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from include.errors import ConfigError, StoppedByCheck
from include.pipelines.run import SyncRun
from include.wiring import load_project

if TYPE_CHECKING:
    from include.wiring import Project

Stage = Callable[[SyncRun], dict[str, object]]
STAGES = (
    "extract", "validate", "transform", "breaker", "load_audience", "load_leads", "refresh", "load_mirror", "report",
)  # fmt: skip


def stage(
    name: str, audience: str, run_id: str, *, dry_run: bool = False, query: str | None = None
) -> dict[str, object]:
    """Run one stage of one audience's run; returns counts for XCom."""
    return stages()[name](SyncRun(load_project(), audience, run_id, dry_run, query))


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
) -> dict[str, dict[str, object]]:
    """Run all stages; the report is written also where a check stopped the run, which is then raised again."""
    run = SyncRun(project, audience, run_id, dry_run, query)
    account: dict[str, dict[str, object]] = {}
    *work, report = stages().items()
    try:
        for name, function in work:
            account[name] = function(run)
    except (ConfigError, StoppedByCheck):
        account[report[0]] = report[1](run)
        raise
    account[report[0]] = report[1](run)
    return account
