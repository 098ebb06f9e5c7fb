"""What is remembered of a plan: only what was carried out (R10, R15, detail 5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from include.transform.memory import find_done, next_assignments, next_synced_values
from include.warehouse.store import connect
from include.warehouse.tables import ASSIGNMENTS, PLANS, RESULTS, SYNCED_VALUES

LIST = "a1b2c3d4e5"
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
OP_IDS = [("op_ids", pa.list_(pa.string()))]
OWNED = [(name, pa.list_(pa.string())) for name in ("owned_groups", "owned_tags")]
VALUES = pa.schema([("email_key", pa.string()), ("field_values", pa.string()), *OP_IDS])
TEXTS = [(name, pa.string()) for name in ("query", "email_key", "targets_hash")]
ASSIGNED = pa.schema(
    [*TEXTS, ("person_modified_at", pa.timestamp("us", tz="UTC")), *OWNED, *OP_IDS, ("stops", pa.bool_())]
)


def connection(fresh: pa.Table, known: pa.Table, kinds: dict[str, str], results: list[tuple[str, str]]):
    """Views as the stage `refresh` makes them; results are op_id and state, in order of time."""
    made = connect()
    plans = [{"op_id": op_id, "kind": kind, "email_key": "k", "person_id": "p"} for op_id, kind in kinds.items()]
    answered = [{"op_id": op, "state": state, "at": AT + timedelta(seconds=n)} for n, (op, state) in enumerate(results)]
    made.register("plans", pa.Table.from_pylist(plans, schema=PLANS.schema()))
    made.register("results", pa.Table.from_pylist(answered, schema=RESULTS.schema()))
    made.register("fresh", fresh)
    made.register("known", known)
    made.register(
        "people",
        pa.table({"id": ["p"], "email_key": ["k"], "modified_at": pa.array([AT], pa.timestamp("us", tz="UTC"))}),
    )
    find_done(made)
    return made


def remembered_value(kind: str, *states: str, **more: Any) -> str | None:
    """The value of a member whose one operation ended in the last of these states; `old` was known."""
    fresh = [{"email_key": "k", "field_values": "new", "op_ids": ["op"]} | more]
    known = [{"list_id": LIST, "email_key": "k", "field_values": "old"}]
    rows = next_synced_values(
        connection(
            pa.Table.from_pylist(fresh, schema=VALUES),
            pa.Table.from_pylist(known, schema=SYNCED_VALUES.schema()),
            {"op": kind},
            [("op", state) for state in states],
        ),
        LIST,
    ).to_arrow_table()
    (row,) = rows.to_pylist()
    assert (row["list_id"], row["email_key"]) == (LIST, "k")
    return row["field_values"]


@pytest.mark.parametrize("state", ["already_there", "precondition_gone", "refused", "failed", "deferred"])
@pytest.mark.parametrize("kind", ["add_member", "update_member"])
def test_r15_a_value_that_this_run_did_not_write_is_not_remembered(kind, state):
    assert remembered_value(kind, state) == "old"


def test_r15_a_written_value_is_remembered_also_after_a_failed_try():
    assert remembered_value("update_member", "applied") == "new"
    assert remembered_value("update_member", "failed", "applied") == "new"


def test_r15_the_newest_result_counts():
    assert remembered_value("update_member", "applied", "failed") == "old"


def test_r15_an_operation_without_a_result_leaves_what_was_known():
    assert remembered_value("update_member") == "old"


def test_r15_values_that_need_no_write_are_remembered():
    assert remembered_value("update_member", op_ids=[]) == "new"


def assigned(states: dict[str, str], kinds: dict[str, str], *, stops: bool = False, op_ids=None) -> list[str]:
    """The target hashes that are remembered of a query and a member, where `old` was known."""
    row = {"query": "q", "email_key": "k", "targets_hash": "new", "person_modified_at": AT, "stops": stops}
    known = [{"list_id": LIST, "query": "q", "email_key": "k", "targets_hash": "old"}]
    others = [{"list_id": LIST, "query": "other", "email_key": "k", "targets_hash": "kept"}]
    made = connection(
        pa.Table.from_pylist([row | {"op_ids": list(kinds) if op_ids is None else op_ids}], schema=ASSIGNED),
        pa.Table.from_pylist(known + others, schema=ASSIGNMENTS.schema()),
        kinds,
        list(states.items()),
    )
    rows = next_assignments(made, LIST).to_arrow_table().to_pylist()
    assert [row["targets_hash"] for row in rows if row["query"] == "other"] == ["kept"]
    return [row["targets_hash"] for row in rows if row["query"] == "q"]


TAG_AND_GROUP = {"tag": "add_tag", "group": "update_member"}


def test_r14_an_assignment_counts_once_all_of_it_is_there():
    assert assigned({"tag": "applied", "group": "applied"}, TAG_AND_GROUP) == ["new"]
    assert assigned({"tag": "already_there", "group": "applied"}, TAG_AND_GROUP) == ["new"]
    assert assigned({}, {}, op_ids=[]) == ["new"]


@pytest.mark.parametrize("state", ["precondition_gone", "refused", "failed", "deferred"])
def test_r14_an_assignment_of_which_a_part_failed_is_made_again(state):
    assert assigned({"tag": state, "group": "applied"}, TAG_AND_GROUP) == ["old"]
    assert assigned({"group": "applied"}, TAG_AND_GROUP) == ["old"]


def test_r14_a_member_that_was_there_already_got_no_groups():
    """`already_there` says that somebody else's member has the address: our groups are not on it."""
    assert assigned({"add": "already_there"}, {"add": "add_member"}) == ["old"]


def test_detail_5_who_stops_matching_is_forgotten():
    assert assigned({}, {}, op_ids=[], stops=True) == []


@pytest.mark.parametrize(("state", "at"), [("applied", AT), ("refused", AT - timedelta(days=1))])
def test_x01_a_record_that_the_run_opted_out_counts_as_it_was(state: str, at: datetime) -> None:
    known = [
        {"list_id": LIST, "query": "q", "email_key": key, "targets_hash": "h", "person_modified_at": AT - timedelta(1)}
        for key in ("k", "other")
    ]
    made = connection(
        ASSIGNED.empty_table(),
        pa.Table.from_pylist(known, schema=ASSIGNMENTS.schema()),
        {"op": "opt_out_person"},
        [("op", state)],
    )
    rows = next_assignments(made, LIST).to_arrow_table().to_pylist()
    assert {row["email_key"]: row["person_modified_at"] for row in rows} == {"k": at, "other": AT - timedelta(days=1)}
