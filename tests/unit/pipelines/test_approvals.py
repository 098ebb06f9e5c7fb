"""Answers to a plan that the circuit breaker holds, and how far an approval reaches (G06)."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from include.errors import ApprovalNeeded, ConfigError, StoppedByCheck
from include.pipelines import approvals, runs
from include.pipelines.breaker import answered, breaker
from include.pipelines.plan import transform
from include.pipelines.run import SyncRun
from include.warehouse.tables import APPROVALS, PLANS, RESULTS
from tests.unit.pipelines.test_plan import a_run, both_sides
from tests.unit.transform.worlds import audience


@pytest.fixture
def waiting(tmp_path: Path) -> SyncRun:
    """A first load of eight new members that waits."""
    run = a_run(tmp_path, both_sides(people=9), audience())
    transform(run)
    with pytest.raises(ApprovalNeeded, match="first load"):
        breaker(run)
    return run


def rows(run: SyncRun) -> list[dict[str, Any]]:
    return run.project.warehouse.read(APPROVALS, audience=run.stem).to_pylist()


def planned_again(tmp_path: Path, people: int) -> SyncRun:
    """The next run, whose plan adds all people but one."""
    run = a_run(tmp_path, both_sides(people=people), audience(), run_id="run-2")
    transform(run)
    return run


def test_g06_an_approved_plan_goes_on_and_who_approved_what_is_kept(waiting: SyncRun) -> None:
    assert answered(waiting, "approved", "ann")["approval"] == "run-1"
    (row,) = rows(waiting)
    assert (row["decision"], row["decided_by"], row["objections"]) == ("approved", "ann", ["first_load"])
    assert row["counts"] == '{"add_member": 8, "update_member": 1}'
    assert '"policy": "legacy_parity"' in row["policy"]


@pytest.mark.parametrize(("decision", "said"), [("rejected", "rejected"), ("timed_out", "nobody approved")])
def test_g06_without_a_yes_the_run_stops_and_the_next_one_asks_again(
    waiting: SyncRun, tmp_path: Path, decision: approvals.Decision, said: str
) -> None:
    with pytest.raises(StoppedByCheck, match=f"nothing was written: .*{said}"):
        answered(waiting, decision, None)
    assert [row["decision"] for row in rows(waiting)] == [decision]
    with pytest.raises(ApprovalNeeded):
        breaker(planned_again(tmp_path, 9))


@pytest.mark.parametrize(("people", "passes"), [(9, True), (5, True), (10, False)])
def test_g02_an_approval_holds_for_a_new_plan_within_the_counts_that_were_shown(
    waiting: SyncRun, tmp_path: Path, people: int, passes: bool
) -> None:
    approvals.approve(waiting, "ann")
    run = planned_again(tmp_path, people)
    if passes:
        assert breaker(run)["approval"] == "run-1"
    else:
        with pytest.raises(ApprovalNeeded):
            breaker(run)


def test_g02_a_plan_that_is_approved_too_late_is_not_carried_out_but_the_approval_holds(
    waiting: SyncRun, tmp_path: Path
) -> None:
    warehouse = waiting.project.warehouse
    old = warehouse.read(PLANS, run_id="run-1")
    hours_ago = pa.array([datetime.now(UTC) - timedelta(hours=3)] * old.num_rows, pa.timestamp("us", tz="UTC"))
    position = old.schema.get_field_index("planned_at")
    warehouse.replace(PLANS, old.set_column(position, "planned_at", hours_ago), run_id="run-1")
    with pytest.raises(StoppedByCheck, match=r"nothing was written: the plan was approved, but it was made at"):
        answered(waiting, "approved", "ann")
    assert breaker(planned_again(tmp_path, 9))["approval"] == "run-1"


def test_g06_what_was_carried_out_since_uses_an_approval_up(waiting: SyncRun, tmp_path: Path) -> None:
    approvals.approve(waiting, "ann")
    warehouse = waiting.project.warehouse
    runs.start(waiting.project, "run-1", "sync_audience", waiting.stem)
    done = next(row for row in warehouse.read(PLANS, run_id="run-1").to_pylist() if row["kind"] == "add_member")
    result = {"run_id": "run-1", "op_id": done["op_id"], "state": "applied", "at": datetime.now(UTC)}
    warehouse.append(RESULTS, pa.Table.from_pylist([result], schema=RESULTS.schema()))
    with pytest.raises(ApprovalNeeded):
        breaker(planned_again(tmp_path, 9))


def test_g06_an_approval_runs_out_and_a_later_rejection_takes_it_back(waiting: SyncRun, tmp_path: Path) -> None:
    approvals.approve(waiting, "ann")
    hurried = audience(circuit_breaker={"wait_hours": 1e-9})
    configuration = dataclasses.replace(waiting.project.configuration, audiences={waiting.stem: hurried})
    late = dataclasses.replace(waiting, project=dataclasses.replace(waiting.project, configuration=configuration))
    assert approvals.in_force(waiting) is not None
    assert approvals.in_force(late) is None
    with pytest.raises(StoppedByCheck):
        answered(waiting, "rejected", "bob")
    assert approvals.in_force(waiting) is None


def test_g06_a_run_that_asked_nothing_cannot_be_approved(waiting: SyncRun) -> None:
    runs.start(waiting.project, "run-1", "sync_audience", waiting.stem)
    with pytest.raises(ConfigError, match="no run run-9 whose plan waits for approval; those that do: run-1"):
        approvals.approve(dataclasses.replace(waiting, run_id="run-9"), "ann")


def test_g06_x01_members_that_move_are_changed_members_and_their_moves_can_be_taken_back(tmp_path: Path) -> None:
    """Each once, whatever else changes about it; `irreversible: 0` does not hold them."""
    caps = {"changed_members": 1, "irreversible": 0}
    run = a_run(tmp_path, both_sides(people=3), audience(circuit_breaker=caps, first_load="auto"))
    transform(run)
    plans, policy = run.project.warehouse, {"transform": {"policy": run.policy()}}
    runs.finish(run.project, "earlier", "sync_audience", "success", audience=run.stem, counts=policy)
    first, second, *_ = plans.read(PLANS, run_id=run.run_id).to_pylist()
    moves = [row | {"kind": "move_member", "op_id": row["email_key"]} for row in (first, second)]
    beside = moves[0] | {"kind": "update_member", "op_id": "beside"}
    plans.replace(PLANS, pa.Table.from_pylist([*moves, beside], schema=PLANS.schema()), run_id=run.run_id)
    with pytest.raises(ApprovalNeeded, match="2 changed members are planned, over the cap") as waits:
        breaker(run)
    assert "irreversible" not in str(waits.value)
    assert "members to move to another e-mail: 2" in str(waits.value)
