"""The state a run ends in, and the sentence that the report opens with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.quality.figures import by_state, share_held

if TYPE_CHECKING:
    from collections.abc import Sequence

    from include.quality.document import OperationLedger, RowLedger, StageLine, State, Thresholds


def verdict(
    problem: StageLine | None,
    rows: RowLedger | None,
    operations: OperationLedger | None,
    thresholds: Thresholds | None,
    *,
    stopped: bool,
    dry_run: bool,
) -> tuple[State, str]:
    """State and headline; the first that holds: a stage's problem, an unbalanced ledger, too much quarantined.

    Without thresholds (what share is quarantined says nothing of a run for some people) each that is gives a warning.
    """
    if problem is not None:
        return _cut_short(problem, stopped=stopped)
    if rows is None or operations is None:
        return "failed", "The run left no plan."
    if not (rows.balanced and operations.balanced):
        return "failed", "A ledger does not balance: some rows or operations are not accounted for."
    held, refused = share_held(rows), by_state(operations.lines).get("refused", 0)
    account = f"{_account(rows, dry_run=dry_run)} {_held(rows, refused)}"
    if thresholds is None:
        return ("warning" if held or refused else "success"), account
    if held > thresholds.fail_above:
        return "failed", f"{held:.1%} of the rows are quarantined, over the {thresholds.fail_above:.1%} allowed."
    return ("warning" if held > thresholds.warn_above or refused else "success"), account


def waits(objections: Sequence[str]) -> tuple[State, str]:
    """Of a run that waits for a person, for these reasons."""
    return "waiting", f"A person has to approve, or to reject: {'; '.join(objections)}."


def _cut_short(problem: StageLine, *, stopped: bool) -> tuple[State, str]:
    if problem.ending == "deferred":
        return "deferred", f"Stage {problem.name} left the rest to the next run: {problem.message}"
    if stopped:
        return "stopped", f"Stage {problem.name} stopped the run before any write: {problem.message}"
    return "failed", f"Stage {problem.name} failed: {problem.message}"


def _account(rows: RowLedger, *, dry_run: bool) -> str:
    changed = by_state(rows.lines).get("changed", 0)
    if dry_run:
        return f"Dry run: {changed:,} rows would change; nothing was written."
    return f"{changed:,} rows changed." if changed else "Nothing had to change."


def _held(rows: RowLedger, refused: int) -> str:
    held = by_state(rows.lines).get("quarantined", 0)
    parts = [f"{held:,} rows are quarantined"] if held else []
    parts += [f"{refused:,} operations were refused"] if refused else []
    return f"{' and '.join(parts)}; the rest went on." if parts else "Nothing is quarantined."
