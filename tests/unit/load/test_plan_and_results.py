"""What is left to do of a plan: order, tries, refusals of earlier runs, age."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from include.errors import StoppedByCheck, TransientError
from include.load.ground import Ground
from include.load.operations import Operation, Plan
from include.load.pending import Pending, held_back
from include.load.refusals import OF_THE_ADDRESS
from include.load.results import FINAL_STATES, ResultLog
from include.salesforce.results import WriteResult
from include.storage import Storage
from include.warehouse.store import Warehouse
from include.warehouse.tables import PLANS, QUARANTINE, RESULTS
from tests.integration.loading import add, create_lead, give, opt_out, unsubscribe, update

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
RUN = "run-1"


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(Storage(str(tmp_path)))


def plan(warehouse: Warehouse, *operations, made: datetime | None = AT) -> Plan:
    """The run's plan, all of it made at one time; None leaves each operation its own."""
    same = {"planned_at": made} if made else {}
    rows = [{"run_id": RUN, "audience": "newsletter"} | operation | same for operation in operations]
    warehouse.replace(PLANS, pa.Table.from_pylist(rows, schema=PLANS.schema()), run_id=RUN)
    return Plan(warehouse, RUN)


def result(warehouse: Warehouse, op_id: str, state: str, at: datetime = AT) -> None:
    row = {"run_id": RUN, "op_id": op_id, "state": state, "at": at}
    warehouse.append(RESULTS, pa.Table.from_pylist([row], schema=RESULTS.schema()))


def left(plan: Plan, kind: str) -> list[str]:
    return [operation.op_id for operation in plan.unfinished(kind)]


def test_tags_come_together_and_members_in_one_order_at_every_try(warehouse):
    made = plan(warehouse, give("ann", "B"), give("bob", "A"), give("cid", "B"), give("dee", "A"), add("ann"))
    once = left(made, "add_tag")
    assert [op_id[-1] for op_id in once] == ["A", "A", "B", "B"]
    assert left(made, "add_tag") == once
    assert made.counts() == {"add_tag": 4, "add_member": 1}


@pytest.mark.parametrize("state", FINAL_STATES)
def test_g04_a_final_result_is_left_alone(warehouse, state):
    made = plan(warehouse, add("ann"), add("bob"))
    result(warehouse, "add_member ann", state)
    assert left(made, "add_member") == ["add_member bob"]


@pytest.mark.parametrize("state", ["failed", "deferred"])
def test_g04_other_results_are_tried_again_and_counted(warehouse, state):
    made = plan(warehouse, add("ann"))
    for minute in range(2):
        result(warehouse, "add_member ann", state, AT + timedelta(minutes=minute))
    (operation,) = made.unfinished("add_member")
    assert operation.attempt == 3


@pytest.mark.parametrize(("older", "newer", "open_"), [("failed", "applied", False), ("applied", "failed", True)])
def test_g04_of_several_results_the_newest_counts(warehouse, older, newer, open_):
    made = plan(warehouse, add("ann"))
    result(warehouse, "add_member ann", newer, AT + timedelta(minutes=1))
    result(warehouse, "add_member ann", older, AT)
    assert bool(left(made, "add_member")) == open_


@pytest.mark.parametrize("state", FINAL_STATES)
def test_g02_results_of_the_plan_before_do_not_count_for_the_plan_that_replaced_it(warehouse, state):
    """A cleared run plans again under its own id; the same operation then has the same op_id."""
    plan(warehouse, add("ann"), update("bob", FNAME="Bob"))
    for op_id in ("add_member ann", "update_member bob"):
        result(warehouse, op_id, state, AT + timedelta(minutes=1))
    again = plan(warehouse, add("ann"), update("bob", FNAME="Bob"), made=AT + timedelta(minutes=2))
    assert again.not_added() == {add("ann")["email_key"]}
    assert [operation.attempt for operation in again.unfinished("add_member")] == [1]
    result(warehouse, "add_member ann", state, AT + timedelta(minutes=3))
    assert left(again, "add_member") == []
    assert left(again, "update_member") == ["update_member bob"]


def test_planned_members_that_were_not_added_are_known(warehouse):
    names = ("ann", "bob", "cid", "dee")
    made = plan(warehouse, *map(add, names), update("eve", FNAME="Eve"))
    for name, state in zip(names, ("applied", "already_there", "refused"), strict=False):
        result(warehouse, f"add_member {name}", state)
    assert made.not_added() == {add("cid")["email_key"], add("dee")["email_key"]}


@pytest.mark.parametrize(("age", "refused"), [(timedelta(hours=2), False), (timedelta(hours=2, seconds=1), True)])
def test_g02_a_plan_lives_two_hours(warehouse, age, refused):
    later = {"planned_at": AT + timedelta(minutes=5)}
    made = plan(warehouse, add("ann") | {"planned_at": AT}, add("bob") | later, made=None)
    if refused:
        with pytest.raises(StoppedByCheck, match="2026-11-22 12:00"):
            made.refuse_if_stale(AT + age)
    else:
        made.refuse_if_stale(AT + age)


def test_a_run_without_a_plan_is_not_stale(warehouse):
    Plan(warehouse, RUN).refuse_if_stale(AT)


# --- what was refused before


def quarantined(
    warehouse: Warehouse, op_id: str, attempts: int, reason: str = "Your merge fields were invalid."
) -> None:
    row = {"audience": "newsletter", "op_id": op_id, "rule": "Invalid Resource", "reason": reason, "attempts": attempts}
    warehouse.append(QUARANTINE, pa.Table.from_pylist([row], schema=QUARANTINE.schema()))


def carry_out(warehouse: Warehouse, made: Plan, kind: str) -> tuple[list[str], dict[str, tuple[str, str]]]:
    """The op_ids that are tried, and what is recorded of the others."""
    with ResultLog(warehouse, RUN) as log:
        pending = Pending(made, Ground(), held_back(warehouse, "newsletter", 3), log)
        tried = [operation.op_id for operation in pending.operations(kind)]
    rows = warehouse.read(RESULTS, run_id=RUN).to_pylist()
    return tried, {row["op_id"]: (row["state"], row["vendor_code"]) for row in rows}


def test_g07_a_refused_operation_is_tried_in_three_runs_and_then_held(warehouse):
    made = plan(warehouse, add("ann"), add("bob"))
    quarantined(warehouse, "add_member ann", attempts=2)
    quarantined(warehouse, "add_member bob", attempts=3)
    tried, others = carry_out(warehouse, made, "add_member")
    assert tried == ["add_member ann"]
    assert others == {"add_member bob": ("refused", "Invalid Resource")}


@pytest.mark.parametrize("reason", [*OF_THE_ADDRESS, f"{OF_THE_ADDRESS[0]}:EMAIL"])
def test_g07_a_refused_address_is_not_tried_twice(warehouse, reason):
    made = plan(warehouse, add("ann"))
    quarantined(warehouse, "add_member ann", attempts=1, reason=reason)
    assert carry_out(warehouse, made, "add_member")[0] == []


@pytest.mark.parametrize("wish", [unsubscribe("ann"), opt_out("ann", "003A", "003A")], ids=lambda wish: wish["kind"])
@pytest.mark.parametrize("reason", ["said otherwise", OF_THE_ADDRESS[0]])
def test_g01_detail_2_a_quarantine_never_holds_back_an_unsubscribe_or_an_opt_out(warehouse, wish, reason):
    made = plan(warehouse, wish, add("bob"))
    for op_id in (wish["op_id"], "add_member bob"):
        quarantined(warehouse, op_id, attempts=9, reason=reason)
    assert carry_out(warehouse, made, wish["kind"]) == ([wish["op_id"]], {})
    assert carry_out(warehouse, made, "add_member")[0] == []


def test_g07_a_changed_operation_is_tried(warehouse):
    made = plan(warehouse, add("ann") | {"op_id": "another"})
    quarantined(warehouse, "add_member ann", attempts=9)
    assert carry_out(warehouse, made, "add_member")[0] == ["another"]


def test_g07_other_audiences_and_findings_hold_nothing_back(warehouse):
    quarantined(warehouse, "add_member ann", attempts=9)
    assert held_back(warehouse, "partners", 3) == {}
    row = {"audience": "newsletter", "op_id": None, "rule": "text_too_long", "reason": "cleaned", "attempts": 9}
    warehouse.append(QUARANTINE, pa.Table.from_pylist([row], schema=QUARANTINE.schema()))
    assert set(held_back(warehouse, "newsletter", 3)) == {"add_member ann"}


# --- results


def operation(**columns) -> Operation:
    row = create_lead("ann") | columns
    return Operation(row["op_id"], row["kind"], row["email_key"], {}, {})


TAKEN = "DUPLICATE_VALUE"
LEAD_KEY = "MC_Key__c"


def refusal(code: str, message: str = "", fields: tuple[str, ...] = ()) -> WriteResult:
    return WriteResult("0", "00Q1", False, code=code, message=message, fields=fields)


@pytest.mark.parametrize(
    ("answer", "key", "state"),
    [
        (WriteResult("0", "00Q1", success=True), "", "applied"),
        (refusal(TAKEN, "duplicate value found: MC_Key__c duplicates"), LEAD_KEY, "already_there"),
        (refusal(TAKEN, fields=("MC_Key__c",)), LEAD_KEY, "already_there"),
        (refusal(TAKEN, "duplicate value found: Badge__c duplicates"), LEAD_KEY, "refused"),
        (refusal(TAKEN, "duplicate value found: Key__c duplicates"), "", "refused"),
        (refusal("UNABLE_TO_LOCK_ROW"), "", "failed"),
        (refusal("UNPROCESSED"), "", "failed"),
        (refusal("FIELD_CUSTOM_VALIDATION_EXCEPTION"), "", "refused"),
    ],
)
def test_salesforce_answers_become_states(warehouse, answer, key, state):
    with ResultLog(warehouse, RUN) as log:
        log.record_row(operation(), answer, unique_key=key)
    (row,) = warehouse.read(RESULTS, run_id=RUN).to_pylist()
    assert (row["state"], row["vendor_code"], row["vendor_id"]) == (state, answer.code, answer.id)


def test_what_was_collected_is_written_also_when_an_error_ends_it(warehouse):
    def broken() -> None:
        with ResultLog(warehouse, RUN) as log:
            log.record(operation(), "applied")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert warehouse.read(RESULTS, run_id=RUN).num_rows == 1


def test_results_are_written_while_the_load_goes_on(warehouse):
    with ResultLog(warehouse, RUN) as log:
        for number in range(4_100):
            log.record(operation(op_id=f"op{number}"), "applied")
        assert warehouse.read(RESULTS, run_id=RUN).num_rows == 4_000
    assert warehouse.read(RESULTS, run_id=RUN).num_rows == 4_100


def test_failed_operations_ask_for_another_try(warehouse):
    with ResultLog(warehouse, RUN) as log:
        log.record(operation(), "deferred")
        log.record(operation(), "refused")
        assert log.account("salesforce") == {"deferred": 1, "refused": 1}
        log.record(operation(), "failed")
        with pytest.raises(TransientError, match="1 operations"):
            log.account("salesforce")
