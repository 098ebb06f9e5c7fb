"""What the console's first page shows: the newest of everything that runs, from the warehouse alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from include.pipelines import runs
from include.warehouse.store import connect
from include.warehouse.tables import CONNECTION_CHECKS, POLICY_COMPARISONS, QUARANTINE, QUERY_PREVIEWS, RUNS

if TYPE_CHECKING:
    from include.calls import Account
    from include.warehouse.store import Warehouse
    from include.warehouse.tables import Table

SYNC = "sync_audience"
CHECK, COMPARE, PREVIEW = "check_connections", "reconcile", "preview_queries"
"""DAGs whose runs leave a record of their own."""
NOTED = ("extract_salesforce", "snapshot_activity", COMPARE)
"""Pipelines that stand in the table `runs` under the name of their DAG."""


@dataclass(frozen=True, slots=True)
class Run:
    """A row of the table `runs`; `restricted`: a dry run, or one for some people or one query."""

    dag_id: str
    run_id: str
    audience: str | None
    state: str
    started_at: datetime
    ended_at: datetime | None
    restricted: bool
    api: Account


@dataclass(frozen=True, slots=True)
class Audience:
    """An audience: its newest run, its newest good one that was for everybody, and records in quarantine now.

    `calls`: of the newest run that ended.
    """

    stem: str
    dag_id: str
    newest: Run | None
    fresh: Run | None
    calls: Account
    quarantined: int
    preview: Made | None
    policies: Made | None


@dataclass(frozen=True, slots=True)
class Made:
    """When a preview, a comparison or a check was made, under which run."""

    run_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Check:
    """The newest connection check: findings by severity."""

    made: Made
    findings: dict[str, int]


@dataclass(frozen=True, slots=True)
class Overview:
    """What a user may see of it all; `pipelines`: the newest run of each that is no audience's."""

    audiences: tuple[Audience, ...]
    pipelines: tuple[Run, ...]
    check: Check | None
    differences: dict[str, int]


def overview(warehouse: Warehouse, stems: Iterable[str], visible: Callable[[str], bool]) -> Overview:
    """The newest state of the audiences of these names, and of those that ever ran; `visible` tells by DAG."""
    rows = sorted(warehouse.read(RUNS).to_pylist(), key=lambda row: row["started_at"], reverse=True)
    syncs = [_run(row, f"sync_{row['audience']}") for row in rows if row["pipeline"] == SYNC]
    held = _held(warehouse)
    previews, policies = newest_previews(warehouse), _newest(warehouse, POLICY_COMPARISONS)
    audiences = []
    for stem in sorted({*stems, *(str(run.audience) for run in syncs)}):
        if visible(f"sync_{stem}"):
            mine = [run for run in syncs if run.audience == stem]
            newest, fresh = next(iter(mine), None), next(filter(_fresh, mine), None)
            shown = previews.get(stem) if visible(PREVIEW) else None
            calls = next((run.api for run in mine if run.api), {})
            audiences.append(
                Audience(stem, f"sync_{stem}", newest, fresh, calls, held.get(stem, 0), shown, policies.get(stem))
            )
    others = [_run(row, name) for name in NOTED if visible(name) for row in _first(rows, name)]
    comparison = next((run.run_id for run in others if run.dag_id == COMPARE), None)
    return Overview(
        tuple(audiences),
        tuple(others),
        _check(warehouse) if visible(CHECK) else None,
        {} if comparison is None else _differences(rows, comparison),
    )


def newest_previews(warehouse: Warehouse) -> dict[str, Made]:
    """By audience, the newest preview of its queries."""
    return _newest(warehouse, QUERY_PREVIEWS)


def recorded(warehouse: Warehouse, pipeline: str, run_id: str) -> list[tuple[Run, dict[str, Any]]]:
    """The rows of one run, a pipeline's or with one per audience, each with its counts; empty where there is none."""
    rows = [row for row in warehouse.read(RUNS, pipeline=pipeline).to_pylist() if row["run_id"] == run_id]
    return [(_run(row, pipeline), json.loads(row["counts"] or "{}")) for row in rows]


def _run(row: dict[str, Any], dag_id: str) -> Run:
    counts = json.loads(row["counts"] or "{}")
    planned = counts.get("transform", {})
    restricted = any(planned.get(name) for name in ("dry_run", "restricted", "query"))
    return Run(
        dag_id, row["run_id"], row["audience"], row["state"], row["started_at"], row["ended_at"], restricted,
        counts.get("api", {}),
    )  # fmt: skip


def _fresh(run: Run) -> bool:
    return run.state in runs.SUCCESSFUL and not run.restricted


def _first(rows: list[dict[str, Any]], pipeline: str) -> list[dict[str, Any]]:
    """The newest run of a pipeline, none where it never ran; of a comparison the row of people stands for the whole."""
    found = (row for row in rows if row["pipeline"] == pipeline and row["audience"] is None)
    return [row for row in (next(found, None),) if row]


def _differences(rows: list[dict[str, Any]], run_id: str) -> dict[str, int]:
    """Of a comparison, records by cause, over people and all audiences."""
    causes: dict[str, int] = {}
    for row in rows:
        if row["pipeline"] == COMPARE and row["run_id"] == run_id:
            for name, of_object in json.loads(row["counts"] or "{}").items():
                for cause, number in of_object.items() if name != "api" else ():
                    if cause != "rows":
                        causes[cause] = causes.get(cause, 0) + number
    return causes


def _check(warehouse: Warehouse) -> Check | None:
    rows = warehouse.read(CONNECTION_CHECKS).to_pylist()
    newest = max(rows, key=lambda row: row["at"], default=None)
    if newest is None:
        return None
    of_it = [row["severity"] for row in rows if row["run_id"] == newest["run_id"]]
    counted = {severity: of_it.count(severity) for severity in ("error", "warning", "info")}
    return Check(Made(newest["run_id"], newest["at"]), counted)


def _held(warehouse: Warehouse) -> dict[str, int]:
    """Records in quarantine, by audience."""
    connection = connect()
    warehouse.view(connection, "quarantine", QUARANTINE)
    return dict(
        connection.execute(
            "SELECT audience, count(DISTINCT (object, key)) FROM quarantine GROUP BY audience"
        ).fetchall()
    )


def _newest(warehouse: Warehouse, table: Table) -> dict[str, Made]:
    """By audience, the run whose rows of a table are the newest."""
    connection = connect()
    warehouse.view(connection, "made", table)
    newest = connection.sql(
        'SELECT audience, arg_max(run_id, "at") AS run_id, max("at") AS at FROM made GROUP BY audience'
    )
    return {row["audience"]: Made(row["run_id"], row["at"]) for row in newest.to_arrow_table().to_pylist()}
