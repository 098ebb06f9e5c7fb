"""The two ledgers hold for whatever a plan and its results say."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from include.quality.ledgers import (
    OPERATION_STATES,
    ROW_STATE_OF,
    ROW_STATES,
    Unanswered,
    make_operation_ledger,
    make_row_ledger,
)
from include.warehouse.store import connect
from include.warehouse.tables import PLANS, RESULTS

CONNECTION = connect()
STATES = st.none() | st.sampled_from(OPERATION_STATES)
DRAFTS = st.sampled_from(["unchanged", "changed", "on_hold", "quarantined", "skipped"])
NOW = datetime(2026, 11, 22, tzinfo=UTC)
LOST = Unanswered("failed", "not_carried_out")


def ledgers(rows: list[tuple[str, list[str | None]]]) -> tuple[list[str], dict[str, tuple[str, str]]]:
    """Operation states in order, and key to state and reason, of rows given as draft state and their results."""
    plans, results, draft = [], [], []
    for number, (state, answers) in enumerate(rows):
        op_ids = [f"{number}-{position}" for position in range(len(answers))]
        plans += [{"op_id": op_id, "kind": "update_member", "behaviour": "R15"} for op_id in op_ids]
        results += [
            {"op_id": op_id, "state": answer, "reason": f"{answer}_reason", "at": NOW}
            for op_id, answer in zip(op_ids, answers, strict=True)
            if answer
        ]
        draft.append({"side": "salesforce", "key": str(number), "state": state, "reason": "draft", "op_ids": op_ids})
    names = ("side", "key", "email_key", "state", "reason")
    schema = pa.schema([*((name, pa.string()) for name in names), ("op_ids", pa.list_(pa.string()))])
    CONNECTION.register("plans", pa.Table.from_pylist(plans, schema=PLANS.schema()))
    CONNECTION.register("results", pa.Table.from_pylist(results, schema=RESULTS.schema()))
    CONNECTION.register("draft", pa.Table.from_pylist(draft, schema=schema))
    make_operation_ledger(CONNECTION, {"update_member": LOST})
    make_row_ledger(CONNECTION)
    operations = [row[0] for row in CONNECTION.execute("SELECT state FROM operation_ledger ORDER BY op_id").fetchall()]
    found = CONNECTION.execute("SELECT key, state, reason FROM row_ledger").fetchall()
    assert len(found) == len(rows)
    return operations, {key: (state, reason) for key, state, reason in found}


@settings(max_examples=40)
@given(st.lists(st.tuples(DRAFTS, st.lists(STATES, max_size=3)), max_size=6))
def test_g03_every_row_and_operation_ends_in_exactly_one_state_the_worst(
    rows: list[tuple[str, list[str | None]]],
) -> None:
    operations, states = ledgers(rows)
    assert sorted(operations) == sorted(answer or "failed" for _, answers in rows for answer in answers)
    for number, (draft, answers) in enumerate(rows):
        happened = [ROW_STATE_OF[answer or "failed"] for answer in answers]
        considered = happened if draft == "changed" and happened else [draft, *happened]
        state, reason = states[str(number)]
        assert state == max(considered, key=ROW_STATES.index)
        assert reason
        if state not in happened:
            assert reason == "draft"


def test_a_kind_that_nobody_knows_is_not_lost() -> None:
    CONNECTION.register(
        "plans", pa.Table.from_pylist([{"op_id": "a", "kind": "archive_member"}], schema=PLANS.schema())
    )
    CONNECTION.register("results", RESULTS.schema().empty_table())
    make_operation_ledger(CONNECTION, {"update_member": LOST})
    assert CONNECTION.execute("SELECT op_id, state FROM operation_ledger").fetchall() == [("a", None)]
