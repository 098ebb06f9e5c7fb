"""The stage `report` of an audience's sync: both ledgers as they ended, the quarantine, the report, the run's state.

It runs whatever happened before: parts that the run never came to are left out of the report.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from include.calls import added
from include.errors import FatalError
from include.load.operations import show_plan
from include.pipelines import query_state, runs
from include.pipelines.comparisons import newest_comparison
from include.pipelines.current_plan import superseding
from include.pipelines.ending import WORK, run_ending
from include.pipelines.schema_drift import found_drift, remember_run
from include.quality import figures, quarantine
from include.quality.document import Consent, Report, RunFacts, Source, Thresholds, TrendPoint
from include.quality.ledgers import keep_in_scope, make_operation_ledger, make_row_ledger, weigh
from include.quality.page import as_html, as_json
from include.quality.verdict import verdict
from include.transform.reasons import MEANINGS
from include.warehouse.store import connect
from include.warehouse.tables import MEMBERS, PEOPLE, QUARANTINE, ROW_LEDGER

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.pipelines.ending import RunEnding
    from include.pipelines.run import SyncRun
    from include.quality.document import QuarantineGroup, RowLedger, SuiteChecks

log = logging.getLogger(__name__)
PIPELINE = "sync_audience"
History = list[dict[str, Any]]
"""The audience's rows of the table `runs`, newest first."""


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
        counts={**by_stage, "report": counts, "api": _api(run)},
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
        rows = _rows(run, connection)
        held = _quarantine(run, connection, newest=ended.loading and superseding(run) is None)
    state, headline = verdict(
        ended.problem,
        rows,
        operations,
        None if run.rerun.restricted else thresholds,
        stopped=ended.stopped,
        dry_run=run.dry_run,
        waiting=waiting,
    )
    facts = _facts(run, history)
    by_state = figures.by_state(rows.lines) if rows else {}
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
        trend=(*_earlier(run, history), figures.trend_point(run.run_id, facts.started_at, state, by_state)),
    )


def _rows(run: SyncRun, connection: DuckDBPyConnection) -> RowLedger:
    """Make and save the row ledger; of a restricted run, of those only whom it is about."""
    warehouse, pins = run.project.warehouse, run.pins()
    warehouse.view(connection, "people", PEOPLE, pins.people)
    warehouse.view(connection, "members", MEMBERS, pins.members, list_id=run.schema().list_id)
    if run.rerun.restricted:
        run.show_scope(connection)
        keep_in_scope(connection)
    run.project.staging.view(connection, "draft", run.partition("ledger"))
    make_row_ledger(connection)
    saved = connection.sql(
        "SELECT $run_id AS run_id, $audience AS audience, * FROM row_ledger",
        params={"run_id": run.run_id, "audience": run.stem},
    )
    warehouse.replace(ROW_LEDGER, saved.to_arrow_table(), run_id=run.run_id)
    return figures.row_ledger(
        connection, weigh(connection), {reason.value: meaning.text for reason, meaning in MEANINGS.items()}
    )


def _quarantine(run: SyncRun, connection: DuckDBPyConnection, *, newest: bool) -> tuple[QuarantineGroup, ...]:
    """Make the quarantine; save it where the plan was carried out and no other run has planned since.

    What a run for some people, or for one query, says nothing of stays as it was.
    """
    warehouse = run.project.warehouse
    for name, partition in (("found", "findings"), ("unwritable", "unwritable")):
        run.project.staging.view(connection, name, run.partition(partition))
    connection.execute("CREATE OR REPLACE TEMP VIEW findings AS FROM found UNION ALL BY NAME FROM unwritable")
    warehouse.view(connection, "known", QUARANTINE, audience=run.stem)
    quarantine.make_quarantine(connection, run.stem, run.pins().extracted_at)
    if newest:
        now = quarantine.with_untouched(connection, restricted=run.rerun.restricted, one_query=run.query is not None)
        warehouse.replace(QUARANTINE, now.to_arrow_table(), audience=run.stem)
    return figures.quarantine(connection)


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


def _facts(run: SyncRun, history: History) -> RunFacts:
    row = next(row for row in history if row["run_id"] == run.run_id)
    return RunFacts(
        audience=run.stem,
        mailchimp_audience=run.audience.audience,
        policy=run.audience.policy,
        run_id=run.run_id,
        dry_run=run.dry_run,
        query=run.query,
        started_at=row["started_at"],
        ended_at=datetime.now(UTC),
        config_hash=row["config_hash"],
        sources=_sources(run, row["started_at"]),
        restricted=run.rerun.restricted,
        asked=run.rerun.told,
        other_configurations=_other_configurations(run),
    )


def _other_configurations(run: SyncRun) -> dict[str, str]:
    """The stages that ran with another configuration than the stage `extract`, each with that one's hash."""
    outcomes = {name: outcome for name in WORK if (outcome := run.outcome(name)) and outcome.config_hash}
    first = next(iter(outcomes.values()), None)
    return {
        name: each.config_hash for name, each in outcomes.items() if first and each.config_hash != first.config_hash
    }


def _sources(run: SyncRun, started_at: datetime) -> tuple[Source, ...]:
    """When both sides were read, by our clock: in the newest extraction of Salesforce, and in the run itself."""
    extractions = runs.find(run.project, "extract_salesforce")
    read_at = next(
        (
            row["started_at"]
            for row in extractions
            if row["state"] in runs.SUCCESSFUL and row["ended_at"] and row["ended_at"] <= started_at
        ),
        None,
    )
    age = None if read_at is None else int((started_at - read_at).total_seconds() // 60)
    pinned = run.project.staging.committed(run.partition("pins"))
    return (
        Source("Salesforce", read_at, age),
        Source("Mailchimp", started_at if pinned else None, 0 if pinned else None),
    )


def _earlier(run: SyncRun, history: History) -> tuple[TrendPoint, ...]:
    """The last runs before this one that came to a whole plan and were no dry runs, oldest first."""
    points = []
    for row in history:
        counts = json.loads(row["counts"] or "{}").get("report", {})
        whole = counts.get("rows") and not counts["dry_run"] and not counts.get("restricted")
        if row["run_id"] != run.run_id and whole:
            points.append(figures.trend_point(row["run_id"], row["started_at"], row["state"], counts["rows"]))
    return tuple(reversed(points[: figures.TREND_RUNS - 1]))


def _thresholds(run: SyncRun) -> Thresholds:
    quality = run.project.configuration.pipeline.quality
    return Thresholds(quality.warn_above, quality.fail_above)


def _stage_counts(run: SyncRun, stage: str) -> dict[str, object]:
    outcome = run.outcome(stage)
    return outcome.counts if outcome else {}


def _api(run: SyncRun) -> dict[str, dict[str, int]]:
    """Calls by vendor: `made` in all, `estimated` for the plan's operations, `used` and `limit` of the vendor's day."""
    outcomes = [outcome for outcome in map(run.outcome, WORK) if outcome]
    account: dict[str, dict[str, int]] = {}
    for vendor, purposes in added(*(outcome.calls for outcome in outcomes)).items():
        account[vendor] = {"made": sum(purposes.values())}
    for outcome in outcomes:
        for vendor, usage in outcome.usage.items():
            account.setdefault(vendor, {}).update(usage)
    estimated = cast("dict[str, dict[str, int]]", _stage_counts(run, "transform").get("estimated_calls", {}))
    for vendor, kinds in estimated.items():
        account.setdefault(vendor, {})["estimated"] = sum(kinds.values())
    return account


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
