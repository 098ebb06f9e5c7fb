"""Which run's plan counts for an audience: the newest. What was planned, read or remembered before it is stale.

A run that is cleared in part would otherwise go on with what it knew then: carry out an old plan, make a new one of old
data, or remember old values over newer ones.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from include.errors import StoppedByCheck
from include.load.operations import PLAN_LIFETIME, Plan
from include.staging.store import Partition

if TYPE_CHECKING:
    from include.pipelines.run import SyncRun


def claim(run: SyncRun, planned_at: datetime) -> None:
    """Note that the run's plan counts from now on; a dry run's never does."""
    if not run.dry_run:
        document = {"run_id": run.run_id, "planned_at": planned_at.isoformat()}
        run.project.staging.write_document(_current(run), document)


def superseding(run: SyncRun) -> str | None:
    """The run that has planned since this one read its data, if any."""
    staging = run.project.staging
    if not staging.committed(_current(run)):
        return None
    current = cast("dict[str, Any]", staging.document(_current(run)))
    if current["run_id"] == run.run_id or datetime.fromisoformat(current["planned_at"]) < run.pins().pinned_at:
        return None
    return str(current["run_id"])


def refuse_old_data(run: SyncRun) -> None:
    """Raise StoppedByCheck where a plan would be made of what an earlier clearing of the run, or a run before, read."""
    pinned_at = run.pins().pinned_at
    if datetime.now(UTC) - pinned_at > PLAN_LIFETIME:
        raise StoppedByCheck(
            f"run {run.run_id} read its data at {pinned_at:%Y-%m-%d %H:%M} UTC, more than {PLAN_LIFETIME} ago: clear "
            "the run from extract on, so that it plans from current data"
        )
    if not run.dry_run:
        refuse_superseded(run)


def changed_since_extraction(run: SyncRun) -> bool:
    """Whether the configuration is another one than that by which the run has read its data."""
    extracted = run.outcome("extract")
    return extracted is not None and extracted.config_hash not in {"", run.project.configuration.hash}


def refuse_superseded(run: SyncRun) -> None:
    """Raise StoppedByCheck where another run has planned, or this one has read anew, since the run's plan was made."""
    if other := superseding(run):
        raise StoppedByCheck(
            f"run {other} of audience {run.stem} has planned since run {run.run_id} read its data: nothing more of "
            "this run is carried out. Clear it from extract on, or start a new run"
        )


def refuse_outdated(run: SyncRun, plan: Plan) -> None:
    """What a load refuses: a plan that is too old, that another one replaced, or that is older than its run's data."""
    plan.refuse_if_stale()
    refuse_superseded(run)
    planned_at = plan.planned_at()
    if planned_at is not None and planned_at < run.pins().pinned_at:
        raise StoppedByCheck(
            f"run {run.run_id} has read its data anew since its plan was made: clear it from validate on, so that it "
            "plans from that data"
        )


def _current(run: SyncRun) -> Partition:
    return Partition(f"sync_{run.stem}", "plan", "current")
