"""Builds what the stages before `report` leave behind, without any vendor."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from include.config.models import Audience, Configuration, Pipeline
from include.keys import email_key
from include.pipelines import runs
from include.pipelines.current_plan import claim
from include.pipelines.report import report
from include.pipelines.run import Outcome, Pins, SyncRun, Try
from include.pipelines.sync_audience import STAGES
from include.quality.document import Report
from include.quality.page import from_json
from include.schema import AudienceSchema
from include.storage import Storage
from include.validation.findings import findings_schema
from include.warehouse.tables import MEMBERS, PEOPLE, PLANS, QUARANTINE, RESULTS, ROW_LEDGER, Table
from include.wiring import Project

LIST = "a1b2c3d4e5"
NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
AUDIENCE = {
    "stem": "newsletter", "audience": "Newsletter", "policy": "legacy_parity", "consent": "none",
    "fields": {"FNAME": {"contact": "FirstName"}},
}  # fmt: skip
CHECKS = [
    {
        "suite": "Contact",
        "rows": 40,
        "checks": [
            {"rule": "invalid_email", "field": "email", "reason": "no address", "gates": ["add"], "checked": 40,
             "failed": 2},
            {"rule": "text_too_long", "field": "COMPANY", "reason": "too long", "gates": ["add", "update"],
             "checked": 20, "failed": 0},
        ],
    }
]  # fmt: skip


class Closing:
    """One run whose stages have ended; what it holds is added before `close`."""

    def __init__(self, root: Path, run_id: str = "run1", *, dry_run: bool = False, **pipeline: Any) -> None:
        configuration = Configuration(
            Pipeline(time_zone="Europe/Paris", **pipeline),
            {"newsletter": Audience.model_validate(AUDIENCE)},
            hash="c0ffee00" * 8,
        )
        self.project = Project(configuration, Storage(str(root)))
        self.run = SyncRun(self.project, "newsletter", run_id, dry_run=dry_run)
        self.people: list[dict[str, Any]] = []
        self.members: list[dict[str, Any]] = []
        self.draft: list[dict[str, Any]] = []
        self.plans: list[dict[str, Any]] = []
        self.results: list[dict[str, Any]] = []
        self.findings: list[dict[str, Any]] = []
        self.endings: dict[str, Outcome | None] = {}
        self.estimated: dict[str, dict[str, int]] = {}
        self.tries: dict[str, tuple[Try, ...]] = {}
        self.usage: dict[str, dict[str, int]] = {}
        self.extracted_at = NOW
        self.numbers = itertools.count(1)

    def person(self, state: str = "unchanged", reason: str = "up_to_date", *op_ids: str, **columns: Any) -> str:
        """A Contact with its row in the ledger's draft; returns its id."""
        number = next(self.numbers)
        row = _blank(PEOPLE) | {
            "object": "Contact", "id": f"003{number:015d}", "email": f"p{number}@x.example", "is_deleted": False,
            "is_converted": False, "email_key": email_key(f"p{number}@x.example"),
        } | columns  # fmt: skip
        self.people.append(row)
        self.row("salesforce", row["id"], row["email_key"], state, reason, *op_ids)
        return str(row["id"])

    def member(self, state: str = "unchanged", reason: str = "up_to_date", *op_ids: str, **columns: Any) -> str:
        """A member with its row in the ledger's draft; returns its hash."""
        number = next(self.numbers)
        email = f"m{number}@x.example"
        row = _blank(MEMBERS) | {
            "list_id": LIST, "email_key": email_key(email), "email": email, "status": "subscribed", "groups": [],
            "tags": [],
        } | columns  # fmt: skip
        self.members.append(row)
        self.row("mailchimp", row["email_key"], row["email_key"], state, reason, *op_ids)
        return str(row["email_key"])

    def row(self, side: str, key: str, hashed: str, state: str, reason: str, *op_ids: str) -> None:
        """A row of the ledger's draft."""
        self.draft.append(
            {"side": side, "key": key, "email_key": hashed, "state": state, "reason": reason, "op_ids": list(op_ids)}
        )

    def operation(self, kind: str = "update_member", state: str | None = "applied", **columns: Any) -> str:
        """A planned operation, and its result where there is a state; returns its op_id."""
        result = {name: columns.pop(name) for name in ("result_reason", "vendor_code") if name in columns}
        op_id = columns.pop("op_id", f"op{next(self.numbers)}")
        self.plans.append(
            _blank(PLANS)
            | {"run_id": self.run.run_id, "op_id": op_id, "kind": kind, "audience": "newsletter",
               "behaviour": "R15", "email_key": email_key(op_id), "planned_at": NOW}
            | columns
        )  # fmt: skip
        if state:
            self.result(op_id, state, result.get("result_reason", ""), result.get("vendor_code", ""))
        return str(op_id)

    def result(self, op_id: str, state: str, reason: str = "", vendor_code: str = "", minute: int = 0) -> None:
        """A vendor's answer."""
        self.results.append(
            _blank(RESULTS)
            | {"run_id": self.run.run_id, "op_id": op_id, "state": state, "reason": reason, "attempt": 1,
               "vendor_code": vendor_code, "at": NOW + timedelta(minutes=minute)}
        )  # fmt: skip

    def finding(self, key: str, rule: str = "text_too_long", field: str | None = "COMPANY", **columns: Any) -> None:
        """A finding of validation."""
        self.findings.append(
            {"side": "salesforce", "object": "Contact", "key": key, "email_key": None, "field": field, "rule": rule,
             "reason": "what is wrong", "gates": ["update"]}
            | columns
        )  # fmt: skip

    def ends(self, stage: str, error: str | None = None, message: str = "") -> None:
        """How a stage ended; the ones after it did not run."""
        position = STAGES.index(stage)
        self.endings = dict.fromkeys(STAGES[position + 1 :]) | {stage: Outcome(error=error, message=message)}

    def close(self) -> dict[str, object]:
        """Leave everything behind as the stages do, then run `report`."""
        self.leave()
        return self.close_again()

    def close_again(self) -> dict[str, object]:
        """Run `report` alone."""
        return report(self.run)

    def leave(self) -> None:
        """Write the tables, the partitions and the outcomes; the ones of stages that did not run are left out."""
        runs.start(self.project, self.run.run_id, "sync_audience", "newsletter")
        consent = {"opted_out_but_subscribed": 3, "unsubscribed_but_not_opted_out": 4}
        planned = {"selected": {"everyone": 2}, "reading": 1, "estimated_calls": self.estimated}
        outcomes = {
            stage: Outcome(
                counts=consent | planned if stage == "transform" else {},
                tries=self.tries.get(stage, ()),
                usage=self.usage if stage in self.tries else {},
            )
            for stage in STAGES[:-1]
        } | self.endings
        done = {stage for stage, outcome in outcomes.items() if outcome and outcome.error is None}
        warehouse, staging = self.project.warehouse, self.project.staging
        if "extract" in done:
            self._extract()
        if "validate" in done:
            findings = pa.Table.from_pylist(self.findings, schema=findings_schema())
            staging.write(self.run.partition("findings"), [findings])
            staging.write_document(self.run.partition("checks"), CHECKS)
        if "transform" in done:
            claim(self.run, datetime.now(UTC))
            warehouse.replace(PLANS, _table(PLANS, self.plans), run_id=self.run.run_id)
            staging.write(self.run.partition("ledger"), [_draft(self.draft)])
            staging.write(self.run.partition("unwritable"), (), findings_schema())
        warehouse.replace(RESULTS, _table(RESULTS, self.results), run_id=self.run.run_id)
        for stage, outcome in outcomes.items():
            if outcome:
                self.run.save_outcome(stage, outcome)

    def _extract(self) -> None:
        warehouse = self.project.warehouse
        warehouse.replace(PEOPLE, _table(PEOPLE, self.people))
        warehouse.replace(MEMBERS, _table(MEMBERS, self.members), list_id=LIST)
        self.run.save_schema(AudienceSchema(LIST, "Newsletter", {}, {}, {}))
        versions = {"people": warehouse.version(PEOPLE), "members": warehouse.version(MEMBERS)}
        self.run.save_pins(
            Pins(**versions, emails=-1, synced_values=-1, assignments=-1, extracted_at=self.extracted_at)
        )

    @property
    def folder(self) -> Path:
        """Where the report lies."""
        return Path(self.project.storage.path(*self.run.report_folder))

    def document(self) -> Report:
        """The report as its JSON says it."""
        return from_json((self.folder / "report.json").read_bytes())

    def page(self) -> str:
        """The report's page."""
        return (self.folder / "report.html").read_text("utf-8")

    def ledger(self) -> dict[str, tuple[str, str]]:
        """The saved row ledger: key to state and reason."""
        rows = self.project.warehouse.read(ROW_LEDGER, run_id=self.run.run_id).to_pylist()
        return {row["key"]: (row["state"], row["reason"]) for row in rows}

    def quarantine(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The quarantine table: by key and rule."""
        rows = self.project.warehouse.read(QUARANTINE, audience="newsletter").to_pylist()
        return {(row["key"], row["rule"]): row for row in rows}

    def state(self) -> str:
        """The run's state in the table `runs`."""
        found = runs.find(self.project, "sync_audience", audience="newsletter")
        return str(next(row["state"] for row in found if row["run_id"] == self.run.run_id))


def _blank(table: Table) -> dict[str, Any]:
    return dict.fromkeys(column.name for column in table.columns)


def _table(table: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=table.schema())


def _draft(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    names = ("side", "key", "email_key", "state", "reason")
    schema = pa.schema([*((name, pa.string()) for name in names), ("op_ids", pa.list_(pa.string()))])
    return pa.Table.from_pylist(list(rows), schema=schema)
