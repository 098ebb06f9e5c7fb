"""POST /batches: operations that are carried out later, in any order, with a result each.

A batch passes through its states in real time (`batch_seconds`); its operations take effect at the end of it, or one
by one while it is started (`batch_operations_at_once`). Nothing runs in the background: what is due is carried out
before the next call is answered.
"""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

import orjson
from pydantic import Field

from include.sandbox.mailchimp import times
from include.sandbox.mailchimp.batch_results import expiry, results_url
from include.sandbox.mailchimp.bodies import Body
from include.sandbox.mailchimp.call import Call, Document
from include.sandbox.mailchimp.links import BATCH, BATCHES, links
from include.sandbox.mailchimp.problems import not_found, refuse_empty, too_many_requests
from include.sandbox.mailchimp.query import MAX_COUNT
from include.sandbox.mailchimp.wordings import wording

MOST_PENDING = 500
KEPT = timedelta(days=7)
"""How long results can be had from the request on (documented)."""
STATES = (("pending", 0.25), ("preprocessing", 0.5), ("started", 0.75), ("finalizing", 1.0))
"""Until which share of its time a batch is in a state."""
STARTED = (0.5, 0.75)
COLUMNS = "no, id, submitted_at, completed_at, due, total, json_array_length(operations), errored"


class Operation(Body):
    """One operation of a batch; the body is a string of JSON."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    params: dict[str, Any] = Field(default_factory=dict)
    body: str | None = None
    operation_id: str = ""


class BatchBody(Body):
    """POST /batches."""

    operations: list[Operation]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one operation: status and JSON text."""

    status: int
    text: str

    def items_left(self, offset: int) -> bool:
        """Whether the answer is a page of a collection that goes on after it."""
        document = orjson.loads(self.text) if self.status == 200 and self.text else {}
        return isinstance(document, dict) and document.get("total_items", 0) > offset + MAX_COUNT


Perform = Callable[[Operation, Mapping[str, str], Call], Outcome]


def post_batch(call: Call) -> Document:
    """POST /batches."""
    body = call.body_as(BatchBody)
    refuse_empty("operations", body.operations, call.switches)
    pending = "SELECT count(*) FROM batches WHERE completed_at = ''"
    if call.database.execute(pending).fetchone()[0] >= MOST_PENDING:
        raise too_many_requests(wording("many_batches", most=MOST_PENDING))
    number = call.database.execute("SELECT coalesce(max(no), 0) + 1 FROM batches").fetchone()[0]
    batch_id = hashlib.md5(f"batch {number} {call.now}".encode(), usedforsecurity=False).hexdigest()[:10]
    due = time.time() + float(call.switches["batch_seconds"])
    # Mailchimp promises no order; this one is neither that of the request nor by chance.
    shuffled = sorted(
        body.operations,
        key=lambda one: hashlib.md5(repr((batch_id, one)).encode(), usedforsecurity=False).digest(),
    )
    operations = _stored(shuffled)
    row = (number, batch_id, call.time, "", due, len(body.operations), 0, call.base_url, operations)
    call.database.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    return _shown(call, _row(call, batch_id))


def get_batches(call: Call) -> Document:
    """GET /batches: those of the last seven days (documented)."""
    sql = f"SELECT {COLUMNS} FROM batches WHERE submitted_at >= ? ORDER BY no DESC"
    rows = call.database.execute(sql, (times.as_text(call.now - KEPT),)).fetchall()
    shown = rows[call.query.page()]
    return {
        "batches": [_shown(call, row) for row in shown],
        "total_items": len(rows),
        "_links": links(BATCHES, f"{call.base_url}/batches"),
    }


def get_batch(call: Call) -> Document:
    """GET /batches/{batch_id}: a finished one has a new `response_body_url` each time; gone after seven days."""
    row = _row(call, call.path["batch_id"])
    submitted, completed = row[2], row[3]
    if completed and call.now - times.parse(submitted) > KEPT:
        raise not_found()
    return _shown(call, row)


def delete_batch(call: Call) -> None:
    """DELETE /batches/{batch_id}: what is not carried out yet never is."""
    number = _row(call, call.path["batch_id"])[0]
    call.database.execute("DELETE FROM batch_results WHERE batch_no = ?", (number,))
    call.database.execute("DELETE FROM batches WHERE no = ?", (number,))


def run_due_batches(call: Call, perform: Perform) -> None:
    """Carries out the operations of every batch whose time has come.

    Args:
        call: any call; the operations happen at its time.
        perform: carries one operation out with the query parameters it is given.
    """
    if call.switches["batch_never_finishes"]:
        return
    sql = "SELECT no, id, due, total, operations FROM batches WHERE completed_at = '' ORDER BY no"
    for number, batch_id, due, total, operations in call.database.execute(sql).fetchall():
        left = [Operation.model_validate(operation) for operation in orjson.loads(operations)]
        passed = _passed(due, call)
        count = int(total * _share_due(passed, call)) - (total - len(left))
        if passed < 1 and count < 1:
            continue
        with call.database.transaction():
            inner = replace(call, path={"batch_id": batch_id})
            errored = _carry_out(inner, number, left[:count], perform)
            completed = call.time if passed >= 1 else ""
            sql = "UPDATE batches SET completed_at = ?, errored = errored + ?, operations = ? WHERE no = ?"
            call.database.execute(sql, (completed, errored, _stored(left[count:]), number))


def _share_due(passed: float, call: Call) -> float:
    """Which share of a batch's operations has to have taken effect when this share of its time has passed."""
    if passed >= 1:
        return 1.0
    begin, end = STARTED
    return 0.0 if call.switches["batch_operations_at_once"] else min(max(passed - begin, 0) / (end - begin), 1.0)


def _carry_out(call: Call, number: int, operations: list[Operation], perform: Perform) -> int:
    """Carries operations out, keeps their results, and tells how many failed."""
    sql = "SELECT count(*) FROM batch_results WHERE batch_no = ?"
    first, errored = call.database.execute(sql, (number,)).fetchone()[0], 0
    strict = call.switches["batch_errors_are_not_200"]
    for position, (operation, outcome) in enumerate(_outcomes(call, operations, perform), start=first):
        errored += outcome.status != 200 if strict else outcome.status >= 400
        result = {"status_code": outcome.status, "operation_id": operation.operation_id, "response": outcome.text}
        row = (number, position, orjson.dumps(result).decode())
        call.database.execute("INSERT INTO batch_results VALUES (?, ?, ?)", row)
    return errored


def _stored(operations: Iterable[Operation]) -> str:
    return orjson.dumps([operation.model_dump(exclude_none=True) for operation in operations]).decode()


def _outcomes(call: Call, operations: list[Operation], perform: Perform) -> Iterator[tuple[Operation, Outcome]]:
    for operation in operations:
        read = operation.method == "GET"
        given = operation.params if read or call.switches["batch_params_of_writes"] else {}
        params = {name: _text(value) for name, value in given.items()}
        all_pages = read and "count" not in params and call.switches["batch_gets_read_all_pages"]
        if not all_pages:
            yield operation, perform(operation, params, call)
            continue
        offset, more = 0, True
        while more:
            outcome = perform(operation, params | {"count": str(MAX_COUNT), "offset": str(offset)}, call)
            yield operation, outcome
            more = outcome.items_left(offset)
            offset += MAX_COUNT


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _row(call: Call, batch_id: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = call.database.execute(
        f"SELECT {COLUMNS} FROM batches WHERE id = ?", (batch_id,)
    ).fetchone()
    if row is None:
        raise not_found()
    return row


def _shown(call: Call, row: tuple[Any, ...]) -> Document:
    _, batch_id, submitted, completed, due, total, left, errored = row
    state = "finished" if completed else _state(_passed(due, call))
    counted = state not in {"pending", "preprocessing"}  # total_operations is 0 at first (threads)
    return {
        "id": batch_id,
        "status": state,
        "total_operations": total if counted else 0,
        "finished_operations": total - left,
        "errored_operations": errored,
        "submitted_at": submitted,
        "completed_at": completed,
        "response_body_url": results_url(call.base_url, batch_id, expiry(call.now)) if completed else "",
        "_links": links(BATCH, f"{call.base_url}/batches/{batch_id}"),
    }


def _passed(due: float, call: Call) -> float:
    """Which share of a batch's time has passed."""
    duration = float(call.switches["batch_seconds"])
    return 1 - (due - time.time()) / duration if duration else 1.0


def _state(passed: float) -> str:
    return next((state for state, until in STATES if passed < until), STATES[-1][0])
