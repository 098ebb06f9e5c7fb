"""What the console shows of a check, comparison or preview: rows of the warehouse's tables, arranged by what they say.

Everything is about Salesforce Ids, member hashes, counts and names of the configuration; no table read here holds a
person's data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from include.config.findings import Finding
from include.kinds import in_order
from include.pipelines.check_connections import ORDER
from include.pipelines.overview import Made
from include.quality.divergence import CAUSES
from include.quality.figures import SHOWN_KEYS
from include.warehouse.store import connect
from include.warehouse.tables import CONNECTION_CHECKS, DIVERGENCES, POLICY_COMPARISONS, QUERY_PREVIEWS

if TYPE_CHECKING:
    from include.warehouse.store import Warehouse

EARLIER = 14
"""Older checks that are listed with one."""


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """A connection check, errors first, with the ones before it, the newest first."""

    made: Made
    findings: tuple[Finding, ...]
    earlier: tuple[tuple[Made, dict[str, int]], ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Records of an object that differ for one cause; `fields` are names, `keys` the first of `count`."""

    audience: str | None
    object: str
    cause: str
    meaning: str
    count: int
    fields: tuple[str, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PreviewRecord:
    """A preview of one audience: its rows by query, as `query_previews` has them, and what the next sync would do."""

    made: Made
    audience: str
    config_hash: str
    queries: tuple[dict[str, Any], ...]
    next_sync: dict[str, int] | None


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """A policy comparison: by kind of operation, per policy how many are planned, and how many by it alone."""

    made: Made
    config_hash: str
    policies: tuple[str, ...]
    kinds: dict[str, dict[str, tuple[int, int]]]


def check_record(warehouse: Warehouse, run_id: str) -> CheckRecord | None:
    """A connection check by its run; None where it left nothing."""
    by_run: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(warehouse.read(CONNECTION_CHECKS).to_pylist(), key=lambda row: row["at"], reverse=True):
        by_run.setdefault(row["run_id"], []).append(row)
    rows = by_run.get(run_id)
    if rows is None:
        return None
    found = [Finding(**{name: row[name] for name in ("severity", "subject", "found", "to_do")}) for row in rows]
    earlier = [
        (Made(other, of_it[0]["at"]), _by_severity(of_it))
        for other, of_it in by_run.items()
        if of_it[0]["at"] < rows[0]["at"]
    ]
    return CheckRecord(
        Made(run_id, rows[0]["at"]),
        tuple(sorted(found, key=lambda finding: ORDER.index(finding.severity))),
        tuple(earlier[:EARLIER]),
    )


def differences(warehouse: Warehouse, run_id: str) -> tuple[Difference, ...]:
    """What a full comparison found, people first, the most frequent causes first."""
    connection = connect()
    warehouse.view(connection, "divergences", DIVERGENCES, run_id=run_id)
    rows = connection.execute(
        f"""SELECT audience, object, cause, count(*), list_sort(list_distinct(flatten(list(fields)))),
                   list(key ORDER BY key)[:{SHOWN_KEYS}]
            FROM divergences GROUP BY ALL ORDER BY audience NULLS FIRST, object, count(*) DESC, cause"""
    ).fetchall()
    return tuple(
        Difference(audience, name, cause, CAUSES[cause], count, tuple(fields or ()), tuple(keys))
        for audience, name, cause, count, fields, keys in rows
    )


def preview_record(warehouse: Warehouse, run_id: str) -> PreviewRecord | None:
    """A preview by its run; None where it left nothing."""
    rows = [row for row in warehouse.read(QUERY_PREVIEWS).to_pylist() if row["run_id"] == run_id]
    if not rows:
        return None
    read = [row | {name: json.loads(row[name] or "{}") for name in ("not_added", "changes")} for row in rows]
    whole = next((row["changes"] for row in read if row["query"] is None), None)
    return PreviewRecord(
        Made(run_id, rows[0]["at"]),
        rows[0]["audience"],
        rows[0]["config_hash"],
        tuple(row for row in read if row["query"] is not None),
        None if whole is None else in_order(whole),
    )


def policy_record(warehouse: Warehouse, stem: str) -> PolicyRecord | None:
    """The newest policy comparison of an audience; None where there is none."""
    rows = warehouse.read(POLICY_COMPARISONS, audience=stem).to_pylist()
    newest = max(rows, key=lambda row: row["at"], default=None)
    if newest is None:
        return None
    mine = [row for row in rows if row["run_id"] == newest["run_id"]]
    policies = tuple(dict.fromkeys(row["policy"] for row in mine))
    kinds = in_order({row["kind"]: 0 for row in mine})
    cells = {(row["kind"], row["policy"]): (row["planned"], row["only"]) for row in mine}
    table = {kind: {policy: cells.get((kind, policy), (0, 0)) for policy in policies} for kind in kinds}
    return PolicyRecord(Made(newest["run_id"], newest["at"]), newest["config_hash"], policies, table)


def flat(counts: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    """Counts of a run as lines: the names of what is nested are joined by a dot; the account of calls is left out."""
    lines: list[tuple[str, str]] = []
    for name, value in counts.items():
        path = f"{above}.{name}" if above else name
        if isinstance(value, dict):
            lines += [] if path == "api" else flat(value, path)
        else:
            lines.append((path, _shown(value)))
    return lines


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return "-" if value is None else str(value)


def _by_severity(rows: list[dict[str, Any]]) -> dict[str, int]:
    return {severity: sum(row["severity"] == severity for row in rows) for severity in ORDER}
