"""What the report says of the run itself: which it was, what the breaker found of its plan, and the runs before it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from include.pipelines import runs
from include.pipelines.approvals import judgement_of
from include.pipelines.ending import WORK
from include.quality import figures
from include.quality.document import RunFacts, Source, TrendPoint
from include.quality.measured import CapLine, FigureLine, Judged

if TYPE_CHECKING:
    from include.pipelines.run import SyncRun
    from include.quality.document import RowLedger
    from include.quality.measured import VendorCalls

History = list[dict[str, Any]]
"""The audience's rows of the table `runs`, newest first."""


def run_facts(run: SyncRun, history: History) -> RunFacts:
    """Which run it was, and by what it read."""
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


def judgement(run: SyncRun) -> Judged | None:
    """What the breaker found of the newest plan; None where the run has not come to it."""
    found = judgement_of(run)
    if found is None:
        return None
    return Judged(
        tuple(objection.message for objection in found.objections),
        tuple(CapLine(**asdict(measure), exceeded=measure.exceeded) for measure in found.measures),
        tuple(FigureLine(**asdict(figure)) for figure in found.figures),
    )


def earlier_runs(run: SyncRun, history: History) -> tuple[TrendPoint, ...]:
    """The last runs before this one that came to a whole plan and were no dry runs, oldest first."""
    points = []
    for row in history:
        kept = json.loads(row["counts"] or "{}")
        counts = kept.get("report", {})
        whole = counts.get("rows") and not counts["dry_run"] and not counts.get("restricted")
        if row["run_id"] != run.run_id and whole:
            made = {vendor: account["made"] for vendor, account in kept.get("api", {}).items()}
            points.append(figures.trend_point(row["run_id"], row["started_at"], row["state"], counts["rows"], made))
    return tuple(reversed(points[: figures.TREND_RUNS - 1]))


def trend_point(facts: RunFacts, state: str, rows: RowLedger | None, calls: tuple[VendorCalls, ...]) -> TrendPoint:
    """The run itself in the trend."""
    by_state = figures.by_state(rows.lines) if rows else {}
    made = {each.vendor: each.made + each.earlier for each in calls}
    return figures.trend_point(facts.run_id, facts.started_at, state, by_state, made)
