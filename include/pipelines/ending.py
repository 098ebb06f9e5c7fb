"""How the stages of a sync run ended, read from the outcomes they left: what the report is headed by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.pipelines.sync_audience import STAGES
from include.quality.document import Ending, StageLine
from include.quality.ledgers import Unanswered

if TYPE_CHECKING:
    from include.pipelines.run import Outcome, SyncRun

WORK = STAGES[:-1]
ENDINGS: dict[str, Ending] = {
    "StoppedByCheck": "stopped",
    "ApprovalNeeded": "stopped",
    "ConfigError": "stopped",
    "DeferredError": "deferred",
}
"""Errors by which a stage ends on purpose; any other one is a failure."""
BESIDE = "load_people"
"""The one stage that does not wait for the one listed before it."""
LOADERS = {
    "add_member": "load_audience",
    "update_member": "load_audience",
    "create_tag": "load_audience",
    "add_tag": "load_audience",
    "unsubscribe_member": "load_audience",
    "archive_member": "load_audience",
    "move_member": "load_audience",
    "opt_out_person": "load_people",
    "update_person": "load_people",
    "remove_tag": "load_audience",
    "create_lead": "load_people",
    "answer_request": "load_mirror",
    "upsert_mirror": "load_mirror",
}
"""Which stage carries out an operation."""


@dataclass(frozen=True, slots=True)
class RunEnding:
    """How each stage ended, and whether any operation was answered by a vendor."""

    lines: tuple[StageLine, ...]
    wrote: bool
    dry_run: bool

    @property
    def problem(self) -> StageLine | None:
        """The first stage that did not end well; one that failed before one that left the rest to the next run."""
        short = [line for line in self.lines if line.ending not in {"done", "not_run"}]
        return next((line for line in short if line.ending != "deferred"), short[0] if short else None)

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

    def reached(self, stage: str) -> bool:
        """Whether a stage ran."""
        return any(line.name == stage and line.ending != "not_run" for line in self.lines)

    def unanswered(self) -> dict[str, Unanswered]:
        """Per kind of operation, what one without a result is counted as."""
        return {kind: self._unanswered(stage) for kind, stage in LOADERS.items()}

    def _unanswered(self, stage: str) -> Unanswered:
        if not self.loading:
            return Unanswered("planned", "planned")
        if stage == "load_audience" and self.done(stage):
            stage = "settle"  # once the one is done, what is left is of the plan's second part
        line = next(line for line in self.lines if line.name == stage)
        used_up = any(line.ending == "deferred" for line in self.lines)
        if used_up and line.ending in {"deferred", "not_run"}:
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
    return RunEnding(tuple(lines), wrote, run.dry_run)


def _line(name: str, outcome: Outcome | None) -> StageLine:
    if outcome is None:
        return StageLine(name, "failed", "the stage was ended from outside before it was done")
    if outcome.error is None:
        return StageLine(name, "done")
    return StageLine(name, ENDINGS.get(outcome.error, "failed"), outcome.message or outcome.error)
