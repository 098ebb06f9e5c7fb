"""Reads the figures of the report from a run's ledgers: relations in, parts of the document out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from include.quality.document import (
    CheckLine,
    Held,
    Mark,
    Note,
    OperationLedger,
    OperationLine,
    QuarantineGroup,
    RowLedger,
    RowLine,
    SuiteChecks,
    Thresholds,
    TrendPoint,
)
from include.quality.ledgers import OPERATION_STATES, ROW_STATES, Balance

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SHOWN_KEYS = 50
"""Keys that the report lists per rule or note; the tables hold all of them."""
TREND_RUNS = 14

NOTED_OPERATIONS = {
    "mailchimp_edit_overwritten": "Members whose edits in Mailchimp the sync overwrites: Salesforce wins (R15).",
    "email_changed": "People added again under a new e-mail; the old member stays (R07).",
    "request_done": "Requests on mirror rows that were carried out, or were true already (R22).",
    "request_refused_consent": "Requests to subscribe somebody against their own will or without their consent (G01).",
    "request_refused_record": "Requests to subscribe somebody whose record is held back, or that name nobody.",
    "request_refused_group": "Requests to join groups that the audience lacks, or that the member can't take.",
}
NOTED_ROWS = {
    "email_changed": "Members that live on under another e-mail, changed in Mailchimp (R07).",
    "orphan_member": "Members whose person is gone from Salesforce; they stay as they are.",
    "shared_email": "People for whose e-mail another person stands.",
    "consent_held": "People who left the audience under a former or another e-mail; on hold (G01).",
}


def row_ledger(connection: DuckDBPyConnection, balance: Balance, meanings: Mapping[str, str]) -> RowLedger:
    """The lines of `row_ledger`, the worst states first; `meanings` explains the reasons that a plan gives."""
    states = {state: position for position, state in enumerate(ROW_STATES)}
    counted = connection.execute(
        "SELECT side, state, reason, count(*) FROM row_ledger GROUP BY ALL ORDER BY side DESC, count(*) DESC, reason"
    ).fetchall()
    lines = [RowLine(side, state, reason, meanings.get(reason, ""), rows) for side, state, reason, rows in counted]
    people, members = _one_row(
        connection, "SELECT (SELECT count(*) FROM people WHERE NOT is_deleted), (SELECT count(*) FROM members)"
    )
    return RowLedger(
        lines=tuple(sorted(lines, key=lambda line: (line.side != "salesforce", -states.get(line.state, len(states))))),
        current={"salesforce": people, "mailchimp": members},
        missing=balance.missing,
        unknown=balance.unknown,
        repeated=balance.repeated,
        balanced=balance.balanced and all(line.state in states for line in lines),
    )


def operation_ledger(connection: DuckDBPyConnection) -> OperationLedger:
    """The lines of `operation_ledger`, against the views that `show_plan` makes."""
    counted = connection.execute(
        """
        SELECT kind, behaviour, state, cause, count(*) FROM operation_ledger GROUP BY ALL
        ORDER BY kind, behaviour, state, count(*) DESC, cause
        """
    ).fetchall()
    lines = tuple(OperationLine(*line) for line in counted)
    planned, repeated, earlier = _one_row(
        connection,
        """
        SELECT (SELECT count(*) FROM plans), (SELECT count(*) - count(DISTINCT op_id) FROM plans),
               (SELECT count(DISTINCT op_id) FROM results_of_any_plan ANTI JOIN results USING (op_id))
        """,
    )
    known = all(line.state in {*OPERATION_STATES, "planned"} for line in lines)
    total = sum(line.operations for line in lines)
    return OperationLedger(lines, planned, repeated, earlier, balanced=known and not repeated and total == planned)


def quarantine(connection: DuckDBPyConnection) -> tuple[QuarantineGroup, ...]:
    """What `held` has by record and rule, the largest groups first."""
    groups = connection.sql(
        f"""
        SELECT side, object, rule, coalesce(field, '') AS field, min(reason) AS reason,
               list_sort(list_distinct(flatten(list(gates)))) AS gates, count(*) AS records,
               count(*) FILTER (attempts = 1) AS new, min(first_seen) AS oldest, max(attempts) AS most_attempts,
               list({{key: key, first_seen: first_seen, attempts: attempts}} ORDER BY first_seen, key)[:{SHOWN_KEYS}]
                   AS held
        FROM held GROUP BY side, object, rule, field ORDER BY records DESC, rule, object, field
        """
    )
    return tuple(_group(group) for group in groups.to_arrow_table().to_pylist())


def notes(connection: DuckDBPyConnection) -> tuple[Note, ...]:
    """What happened to how many, with the first keys: of operations by e-mail key, of rows by their own."""
    found = _notes(connection, NOTED_OPERATIONS, "note", "email_key", "operation_ledger")
    found += _notes(connection, NOTED_ROWS, "reason", "key", "row_ledger")
    return tuple(note for note in found if note.count)


def suites(
    document: Iterable[Mapping[str, Any]], thresholds: Thresholds, data_docs: Mapping[str, str]
) -> tuple[SuiteChecks, ...]:
    """The checks that the validate stage left, each with its mark; `data_docs` has an address per suite."""
    return tuple(
        SuiteChecks(
            suite=suite["suite"],
            rows=suite["rows"],
            checks=tuple(_check(check, thresholds) for check in suite["checks"]),
            data_docs=data_docs.get(suite["suite"]),
        )
        for suite in document
    )


def share_held(ledger: RowLedger) -> float:
    """The share of quarantined rows, of both sides together."""
    counts = by_state(ledger.lines)
    return counts.get("quarantined", 0) / (sum(counts.values()) or 1)


def by_state(lines: Iterable[RowLine | OperationLine]) -> dict[str, int]:
    """Rows or operations per state."""
    counts: dict[str, int] = {}
    for line in lines:
        counts[line.state] = counts.get(line.state, 0) + (line.rows if isinstance(line, RowLine) else line.operations)
    return counts


def trend_point(
    run_id: str, started_at: datetime, state: str, rows: Mapping[str, int], calls: Mapping[str, int]
) -> TrendPoint:
    """A run of the trend from its rows per state and its calls per vendor."""
    counted = {name: rows.get(name, 0) for name in ("changed", "quarantined", "failed")}
    return TrendPoint(run_id, started_at, state, sum(rows.values()), **counted, calls=dict(calls))


def _notes(
    connection: DuckDBPyConnection, meanings: Mapping[str, str], column: str, key: str, table: str
) -> list[Note]:
    found = []
    for name, meaning in meanings.items():
        count, keys = _one_row(
            connection,
            f"SELECT count(*), coalesce(list({key} ORDER BY {key})[:{SHOWN_KEYS}], []) FROM {table} WHERE {column} = ?",
            [name],
        )
        found.append(Note(name, meaning, count, tuple(keys)))
    return found


def _group(group: dict[str, Any]) -> QuarantineGroup:
    held = tuple(Held(**record) for record in group.pop("held"))
    return QuarantineGroup(**group | {"gates": tuple(group["gates"])}, held=held)


def _check(check: Mapping[str, Any], thresholds: Thresholds) -> CheckLine:
    share = check["failed"] / check["checked"] if check["checked"] else 0.0
    mark: Mark = "passed"
    if share > thresholds.fail_above:
        mark = "critical"
    elif share > thresholds.warn_above:
        mark = "warning"
    return CheckLine(
        rule=check["rule"],
        field=check["field"],
        reason=check["reason"],
        gates=tuple(check["gates"]),
        checked=check["checked"],
        failed=check["failed"],
        mark=mark,
    )


def _one_row(connection: DuckDBPyConnection, query: str, bound: list[str] | None = None) -> tuple[Any, ...]:
    """The only row of an aggregate."""
    row: tuple[Any, ...]
    (row,) = connection.execute(query, bound or []).fetchall()
    return row
