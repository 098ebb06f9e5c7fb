"""The `runs` table: one row per run of a pipeline, written when it starts and when it ends."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from include.errors import DeferredError, StoppedByCheck
from include.warehouse.tables import RUNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pyarrow as pa

    from include.calls import Account
    from include.wiring import Project

RunState = Literal["running", "waiting", "success", "warning", "stopped", "deferred", "failed"]
SUCCESSFUL = frozenset({"success", "warning"})


def start(project: Project, run_id: str, pipeline: str, audience: str | None = None) -> None:
    """Note that a run started. A retry keeps the start; a run that had ended, and was cleared, starts anew."""
    _save(project, run_id, pipeline, {"audience": audience, "state": "running", "ended_at": None})


def wait(project: Project, run_id: str, pipeline: str, audience: str | None = None) -> None:
    """Note that a run waits for a person."""
    _save(project, run_id, pipeline, {"audience": audience, "state": "waiting", "ended_at": None})


def finish(
    project: Project,
    run_id: str,
    pipeline: str,
    state: RunState,
    *,
    audience: str | None = None,
    counts: Mapping[str, object] | None = None,
) -> None:
    """Note how a run ended, with its counts by stage."""
    changes = {"audience": audience, "state": state, "ended_at": datetime.now(UTC), "counts": json.dumps(counts or {})}
    _save(project, run_id, pipeline, changes)


@contextmanager
def noted(
    project: Project, run_id: str, pipeline: str, audience: str | None = None
) -> Iterator[Callable[[], dict[str, Account]]]:
    """Note how a run ended where it ends by an error, which goes on; that it succeeded is for the caller to say.

    What it yields tells the calls made since, as `api`, for the run's counts.
    """
    before = project.meter.account()

    def spent() -> dict[str, Account]:
        return {"api": project.meter.account(before)}

    def end(state: RunState) -> None:
        finish(project, run_id, pipeline, state, audience=audience, counts=spent())

    try:
        yield spent
    except (StoppedByCheck, DeferredError) as error:
        end("deferred" if isinstance(error, DeferredError) else "stopped")
        raise
    except Exception:
        end("failed")
        raise


def find(project: Project, pipeline: str, *, audience: str | None = None) -> list[dict[str, Any]]:
    """The runs of a pipeline (for one audience), newest first."""
    rows = project.warehouse.read(RUNS, pipeline=pipeline).to_pylist()
    chosen = [row for row in rows if audience is None or row["audience"] == audience]
    return sorted(chosen, key=lambda row: row["started_at"], reverse=True)


def _save(project: Project, run_id: str, pipeline: str, changes: Mapping[str, object]) -> None:
    import pyarrow as pa

    def compute(version: int) -> pa.Table:
        rows = {
            (row["run_id"], row["audience"]): row
            for row in project.warehouse.read(RUNS, version, pipeline=pipeline).to_pylist()
        }
        fresh = {
            "run_id": run_id,
            "pipeline": pipeline,
            "started_at": datetime.now(UTC),
            "config_hash": project.configuration.hash,
            "counts": "{}",
        }
        key = (run_id, changes["audience"])
        known = rows.get(key, {})
        if changes["state"] == "running" and known.get("ended_at"):
            known = {}
        rows[key] = fresh | known | {"config_hash": project.configuration.hash} | dict(changes)
        return pa.Table.from_pylist(list(rows.values()), schema=RUNS.schema())

    project.warehouse.update(RUNS, compute, pipeline=pipeline)
