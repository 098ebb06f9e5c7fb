"""The stage `report` of an audience's sync: both ledgers as they ended, the quarantine, the report, the run's state.

It runs whatever happened before: parts that the run never came to are left out of the report.
"""

from __future__ import annotations

import logging
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from include.errors import FatalError
from include.load.operations import show_plan
from include.pipelines import query_state, runs
from include.pipelines.api_account import account, vendor_calls
from include.pipelines.closing import close_quarantine, close_rows
from include.pipelines.comparisons import newest_comparison
from include.pipelines.current_plan import superseding
from include.pipelines.ending import run_ending
from include.pipelines.report_facts import earlier_runs, judgement, run_facts, trend_point
from include.pipelines.schema_drift import found_drift, remember_run
from include.pipelines.settle import settling_of
from include.quality import figures
from include.quality.document import Consent, Report, Settled, Thresholds
from include.quality.ledgers import make_operation_ledger
from include.quality.page import as_html, as_json
from include.quality.verdict import verdict, waits
from include.warehouse.store import connect

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.pipelines.ending import RunEnding
    from include.pipelines.report_facts import History
    from include.pipelines.run import SyncRun
    from include.quality.document import SuiteChecks

log = logging.getLogger(__name__)
PIPELINE = "sync_audience"


def report(run: SyncRun, *, waiting: bool = False) -> dict[str, object]:
    """Close the run: write row ledger, quarantine, `report.json`, `report.html` and the run's state; returns counts.

    While the run is `waiting` for a person, it shows the plan so far. Raises FatalError, once all is written, where a
    ledger does not balance or more rows are quarantined than `quality.fail_above` allows.
    """
    connection = connect()
    show_plan(connection, run.project.warehouse, run.run_id)
    ended = run_ending(run, wrote=bool(connection.execute("SELECT 1 FROM results LIMIT 1").fetchall()))
    history = runs.find(run.project, PIPELINE, audience=run.stem)
    made = _make(run, connection, ended, history, waiting=waiting)
    for name, content in (("report.json", as_json(made)), ("report.html", as_html(made))):
        run.project.storage.write_atomically(run.project.storage.path(*run.report_folder, name), content.encode())
    counts = _counts(run, made)
    log.info("audience %s: %s: %s", run.stem, made.state, made.headline)
    if waiting:
        runs.wait(run.project, run.run_id, PIPELINE, run.stem)
        return counts
    if made.state in runs.SUCCESSFUL and not run.dry_run and not run.rerun.restricted and superseding(run) is None:
        query_state.ran(run, _stage_counts(run, "transform"))
        remember_run(run)
    by_stage = {line.name: _stage_counts(run, line.name) for line in ended.lines if line.ending == "done"}
    runs.finish(
        run.project,
        run.run_id,
        PIPELINE,
        made.state,
        audience=run.stem,
        counts={**by_stage, "report": counts, "api": account(made.calls)},
    )
    if made.state == "failed" and ended.problem is None:
        raise FatalError(f"audience {run.stem}: {made.headline} The report is {counts['page']}")
    return counts


def _make(run: SyncRun, connection: DuckDBPyConnection, ended: RunEnding, history: History, *, waiting: bool) -> Report:
    thresholds = _thresholds(run)
    operations, rows, held = None, None, None
    if ended.done("transform"):
        make_operation_ledger(connection, ended.unanswered())
        operations = figures.operation_ledger(connection)
        rows = close_rows(run, connection)
        held = close_quarantine(run, connection, newest=ended.loading and superseding(run) is None)
    judged = judgement(run) if ended.reached("breaker") else None
    state, headline = verdict(
        ended.problem,
        rows,
        operations,
        None if run.rerun.restricted else thresholds,
        stopped=ended.stopped,
        dry_run=run.dry_run,
    )
    if waiting and ended.problem:
        state, headline = waits(judged.objections if judged else [ended.problem.message])
    facts = run_facts(run, history)
    calls = vendor_calls(run, facts.started_at)
    return Report(
        state=state,
        headline=headline,
        run=facts,
        stages=ended.lines,
        thresholds=thresholds,
        rows=rows,
        operations=operations,
        suites=_suites(run, thresholds) if ended.done("validate") else (),
        quarantine=held,
        consent=_consent(run) if ended.done("transform") else None,
        notes=figures.notes(connection) if rows else (),
        comparison=newest_comparison(run.project, run.stem),
        schema_changes=found_drift(run),
        trend=(*earlier_runs(run, history), trend_point(facts, state, rows, calls)),
        calls=calls,
        judged=judged,
        settled=_settled(run) if ended.done("settle") else None,
    )


def _suites(run: SyncRun, thresholds: Thresholds) -> tuple[SuiteChecks, ...]:
    document = cast("list[dict[str, Any]]", run.project.staging.document(run.partition("checks")))
    return figures.suites(document, thresholds, _data_docs(run))


def _data_docs(run: SyncRun) -> dict[str, str]:
    """Where each suite's results lie, as an address relative to the report's.

    Data Docs have an index as well, but fill it with scripts of other servers.
    """
    storage = run.project.storage
    folder = storage.path(*run.report_folder)
    pages = storage.filesystem().find(f"{folder}/data_docs/validations")
    return {
        PurePosixPath(page).stem: quote(str(PurePosixPath(page).relative_to(folder)))
        for page in pages
        if page.endswith(".html")
    }


def _consent(run: SyncRun) -> Consent:
    counts = cast("dict[str, int]", _stage_counts(run, "transform"))
    return Consent(counts["opted_out_but_subscribed"], counts["unsubscribed_but_not_opted_out"])


def _settled(run: SyncRun) -> Settled | None:
    made = settling_of(run)
    return None if made is None else Settled(made.people, made.operations, made.waits)


def _thresholds(run: SyncRun) -> Thresholds:
    quality = run.project.configuration.pipeline.quality
    return Thresholds(quality.warn_above, quality.fail_above)


def _stage_counts(run: SyncRun, stage: str) -> dict[str, object]:
    outcome = run.outcome(stage)
    return outcome.counts if outcome else {}


def _counts(run: SyncRun, made: Report) -> dict[str, object]:
    """What the run's row and XCom say of the report."""
    return {
        "state": made.state,
        "dry_run": run.dry_run,
        "restricted": run.rerun.restricted,
        "rows": figures.by_state(made.rows.lines) if made.rows else {},
        "operations": figures.by_state(made.operations.lines) if made.operations else {},
        "quarantined_records": sum(group.records for group in made.quarantine or ()),
        "balanced": bool(made.rows and made.rows.balanced and made.operations and made.operations.balanced),
        "page": run.project.storage.path(*run.report_folder, "report.html"),
    }
