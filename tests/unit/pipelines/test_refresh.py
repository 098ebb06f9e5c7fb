"""The stage `refresh` against the sandbox: what the loads changed is read back, what was applied is remembered."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from include.pipelines.load import load_audience
from include.pipelines.refresh import refresh
from include.warehouse.tables import ASSIGNMENTS, MEMBERS, SYNCED_VALUES
from tests.integration.loading import Rig, add, address, create_tag, give, rig, update
from tests.integration.mailchimp_account import LIST, account, audience, member
from tests.integration.org import NOW
from tests.sandbox_fixture import Sandbox
from tests.unit.pipelines.killing import Killed
from tests.unit.transform.test_memory import ASSIGNED, VALUES

MEMBERS_PATH = "/3.0/lists/{list_id}/members"


@pytest.fixture
def made(connected: Sandbox, tmp_path: Path) -> Rig:
    """A run on one member, `ann`."""
    connected.put_state(mailchimp=account(audience([member("ann")])))
    return rig(connected, tmp_path)


def key(name: str) -> str:
    return member(name)["id"]


def stage(made: Rig, values: dict[str, list[str]], assigned: dict[str, list[str]]) -> None:
    """What transform said to remember: of each member, once these operations are applied."""
    rows: list[dict[str, Any]] = [
        {"email_key": key(name), "field_values": '{"FNAME":"New"}', "op_ids": op_ids} for name, op_ids in values.items()
    ]
    staging = made.run.project.staging
    staging.write(made.run.partition("synced_values"), [pa.Table.from_pylist(rows, schema=VALUES)])
    shared = {"query": "q", "targets_hash": "h", "person_modified_at": NOW, "stops": False}
    rows = [shared | {"email_key": key(name), "op_ids": op_ids} for name, op_ids in assigned.items()]
    staging.write(made.run.partition("assignments"), [pa.Table.from_pylist(rows, schema=ASSIGNED)])


def remembered(made: Rig) -> tuple[set[str], set[str]]:
    """Members whose values, and whose assignments, are remembered."""
    warehouse = made.run.project.warehouse
    tables = (warehouse.read(table, list_id=LIST) for table in (SYNCED_VALUES, ASSIGNMENTS))
    values, assigned = (set(table["email_key"].to_pylist()) for table in tables)
    return values, assigned


def known(made: Rig) -> dict[str, dict[str, Any]]:
    """The table `members`, by address."""
    rows = made.run.project.warehouse.read(MEMBERS, list_id=LIST).to_pylist()
    return {row["email"]: row for row in rows}


def loaded(made: Rig) -> None:
    """A plan of which two operations can't be carried out, loaded."""
    made.plan(
        add("bob", FNAME="New"), add("cid", TIER="Iron"), update("ann", FNAME="New"), update("gone", FNAME="New"),
        create_tag("T"), give("ann", "T"), give("gone", "T"),
    )  # fmt: skip
    stage(
        made,
        {"ann": ["update_member ann"], "bob": ["add_member bob"], "cid": ["add_member cid"],
         "gone": ["update_member gone"], "same": []},
        {"ann": ["add_tag ann T"], "bob": ["add_member bob"], "gone": ["add_tag gone T"]},
    )  # fmt: skip
    load_audience(made.run)


def test_what_was_written_is_read_back_and_what_was_applied_is_remembered(made):
    loaded(made)
    counts = refresh(made.run)
    members = known(made)
    assert set(members) == {address("ann"), address("bob")}
    assert [json.loads(row["merge_fields"])["FNAME"] for row in members.values()] == ["New", "New"]
    assert members[address("ann")]["tags"] == ["T"]
    assert remembered(made) == ({key("ann"), key("bob"), key("same")}, {key("ann"), key("bob")})
    assert (counts["synced_values"], counts["assignments"]) == (5, 3)


def test_g05_a_run_that_wrote_nothing_reads_nothing(made):
    made.plan()
    stage(made, {"ann": []}, {})
    made.sandbox.reset_calls()
    assert refresh(made.run) == {"synced_values": 1, "assignments": 0}
    assert made.sandbox.calls("mailchimp")["count"] == 0
    assert remembered(made) == ({key("ann")}, set())


def test_g02_a_dry_run_remembers_nothing(made):
    made.plan()
    stage(made, {"ann": []}, {"ann": []})
    assert refresh(dataclasses.replace(made.run, dry_run=True)) == {}
    assert remembered(made) == (set(), set())


def test_g02_what_the_plan_before_carried_out_is_not_remembered_for_the_one_that_replaced_it(made):
    """A cleared run plans again; before its load, nothing of the new plan is done."""
    loaded(made)
    made.plan(update("ann", FNAME="New"))
    stage(made, {"ann": ["update_member ann"]}, {})
    refresh(made.run)
    assert remembered(made) == (set(), set())
    load_audience(made.run)
    refresh(made.run)
    assert remembered(made) == ({key("ann")}, set())


@pytest.mark.parametrize("survives", range(3))
def test_g04_killed_before_any_of_its_writes_it_ends_the_same(made, survives):
    loaded(made)
    with pytest.raises(Killed):
        refresh(made.dying(survives))
    refresh(made.run)
    assert set(known(made)) == {address("ann"), address("bob")}
    assert remembered(made) == ({key("ann"), key("bob"), key("same")}, {key("ann"), key("bob")})
