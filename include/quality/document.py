"""The quality report of one run as data: what `report.json` says and `report.html` shows.

Records appear as Salesforce ids and member hashes only; no field of this model can hold a person's data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from include.config.findings import Finding
from include.quality.measured import Judged, VendorCalls

State = Literal["waiting", "success", "warning", "stopped", "deferred", "failed"]
Mark = Literal["passed", "warning", "critical"]
Ending = Literal["done", "stopped", "deferred", "failed", "not_run"]


@dataclass(frozen=True, slots=True)
class StageLine:
    """How a stage ended; `message` is its error's."""

    name: str
    ending: Ending
    message: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """When a source was read, and how old that was when the run started."""

    name: str
    read_at: datetime | None
    age_minutes: int | None


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Which run it was.

    `asked`: the rerun controls, in words; `restricted`: whether they leave people out. `other_configurations`: the
    stages that ran with another configuration than the first, each with that one's hash.
    """

    audience: str
    mailchimp_audience: str
    policy: str
    run_id: str
    dry_run: bool
    query: str | None
    started_at: datetime
    ended_at: datetime
    config_hash: str
    sources: tuple[Source, ...]
    restricted: bool = False
    asked: tuple[str, ...] = ()
    other_configurations: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowLine:
    """Rows of one side in one state for one reason; `meaning` is a sentence, empty for a vendor's own reason."""

    side: str
    state: str
    reason: str
    meaning: str
    rows: int


@dataclass(frozen=True, slots=True)
class RowLedger:
    """Every current person and member in exactly one state; `current` counts them at their source."""

    lines: tuple[RowLine, ...]
    current: dict[str, int]
    missing: int
    unknown: int
    repeated: int
    balanced: bool


@dataclass(frozen=True, slots=True)
class OperationLine:
    """Planned operations of one kind and behaviour in one state; `cause` is a word, empty for none."""

    kind: str
    behaviour: str
    state: str
    cause: str
    operations: int


@dataclass(frozen=True, slots=True)
class OperationLedger:
    """Every planned operation in exactly one state. `earlier`: those answered for a plan that was replaced only."""

    lines: tuple[OperationLine, ...]
    planned: int
    repeated: int
    earlier: int
    balanced: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """What followed from what the run wrote to people: `planned` operations by kind, as part of the ledger.

    `waits`: why they were left to the next run; empty where they were not.
    """

    people: int
    planned: dict[str, int]
    waits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check over its suite's records; records without a value are not `checked`."""

    rule: str
    field: str
    reason: str
    gates: tuple[str, ...]
    checked: int
    failed: int
    mark: Mark


@dataclass(frozen=True, slots=True)
class SuiteChecks:
    """The checks of one kind of record; `data_docs` is the address of its results, relative to the report's."""

    suite: str
    rows: int
    checks: tuple[CheckLine, ...]
    data_docs: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """A record that is held back: its Salesforce id or member hash, and since when."""

    key: str
    first_seen: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class QuarantineGroup:
    """What one rule holds back of one kind of record; `held` are the first of `records`, the oldest first."""

    side: str
    object: str
    rule: str
    field: str
    reason: str
    gates: tuple[str, ...]
    records: int
    new: int
    oldest: datetime
    most_attempts: int
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Consent:
    """Where the two sides disagree on consent (SPEC, policies)."""

    opted_out_but_subscribed: int
    unsubscribed_but_not_opted_out: int


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth knowing that is no error; `keys` are the first of `count`."""

    name: str
    meaning: str
    count: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CauseLine:
    """How many records of an object a full comparison found to differ for one cause; `keys` are the first of them."""

    object: str
    cause: str
    meaning: str
    count: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The newest full comparison of both sides and the mirror: of people and this audience."""

    run_id: str
    at: datetime
    compared: dict[str, int]
    lines: tuple[CauseLine, ...]


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One run among the last ones; rows of both sides, and calls by vendor."""

    run_id: str
    started_at: datetime
    state: str
    rows: int
    changed: int
    quarantined: int
    failed: int
    calls: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Shares of failing rows: above the first a run or check gets a warning mark, above the second a worse one."""

    warn_above: float
    fail_above: float


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report. Parts that the run never came to are None or empty."""

    state: State
    headline: str
    run: RunFacts
    stages: tuple[StageLine, ...]
    thresholds: Thresholds
    rows: RowLedger | None
    operations: OperationLedger | None
    suites: tuple[SuiteChecks, ...]
    quarantine: tuple[QuarantineGroup, ...] | None
    consent: Consent | None
    notes: tuple[Note, ...]
    comparison: Comparison | None
    trend: tuple[TrendPoint, ...]
    schema_changes: tuple[Finding, ...] = ()
    calls: tuple[VendorCalls, ...] = ()
    judged: Judged | None = None
    settled: Settled | None = None
