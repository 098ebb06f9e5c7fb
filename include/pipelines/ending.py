"""How the stages of a sync run ended, read from the outcomes they left: what the report is headed by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.pipelines.sync_audience import STAGES
from include.quality.document import StageLine
from include.quality.ledgers import Unanswered

if TYPE_CHECKING:
    from include.pipelines.run import Outcome, SyncRun

WORK = STAGES[:-1]
STOPS = frozenset({"StoppedByCheck", "ConfigError", "DeferredError"})
"""Errors by which a run ends on purpose; before any write, the run counts as stopped."""
BUDGET_USED = "DeferredError"
BESIDE = "load_leads"
"""The one stage that does not wait for the one listed before it."""
LOADERS = {
    "add_member": "load_audience",
    "update_member": "load_audience",
    "create_tag": "load_audience",
    "add_tag": "load_audience",
    "create_lead": "load_leads",
    "upsert_mirror": "load_mirror",
}
"""Which stage carries out an operation."""


@dataclass(frozen=True, slots=True)
class RunEnding:
    """How each stage ended, and whether any operation was answered by a vendor."""

    lines: tuple[StageLine, ...]
    wrote: bool
    dry_run: bool
    deferred: bool

    @property
    def problem(self) -> StageLine | None:
        """The first stage that did not end well."""
        return next((line for line in self.lines if line.ending in {"stopped", "failed"}), None)

    @property
    def stopped(self) -> bool:
        """Whether the run ended on purpose, before any write."""
        return self.problem is not None and self.problem.ending == "stopped" and not self.wrote

    @property
    def loading(self) -> bool:
        """Whether the plan was approved, and meant to be carried out."""
        return self.done("breaker") and not self.dry_run and not self.stopped

    def done(self, stage: str) -> bool:
        """Whether a stage ended well."""
        return any(line.name == stage and line.ending == "done" for line in self.lines)

    def unanswered(self) -> dict[str, Unanswered]:
        """Per kind of operation, what one without a result is counted as."""
        return {kind: self._unanswered(stage) for kind, stage in LOADERS.items()}

    def _unanswered(self, stage: str) -> Unanswered:
        if not self.loading:
            return Unanswered("planned", "planned")
        line = next(line for line in self.lines if line.name == stage)
        if self.deferred and line.ending in {"stopped", "not_run"}:
            return Unanswered("deferred", "budget_of_calls_used")
        return Unanswered("failed", "not_carried_out")


def run_ending(run: SyncRun, *, wrote: bool) -> RunEnding:
    """Read the outcomes. After a stage that did not end well, those left by an earlier try do not count."""
    lines: list[StageLine] = []
    outcomes = {name: run.outcome(name) for name in WORK}
    for name, outcome in outcomes.items():
        broken = any(line.ending != "done" for line in lines)
        reached = not broken or (name == BESIDE and lines[-1].ending != "not_run" and outcome is not None)
        lines.append(_line(name, outcome) if reached else StageLine(name, "not_run"))
    reached_names = {line.name for line in lines if line.ending != "not_run"}
    deferred = any(
        outcome is not None and outcome.error == BUDGET_USED and name in reached_names
        for name, outcome in outcomes.items()
    )
    return RunEnding(tuple(lines), wrote, run.dry_run, deferred)


def _line(name: str, outcome: Outcome | None) -> StageLine:
    if outcome is None:
        return StageLine(name, "failed", "the stage was ended from outside before it was done")
    if outcome.error is None:
        return StageLine(name, "done")
    return StageLine(name, "stopped" if outcome.error in STOPS else "failed", outcome.message or outcome.error)
