"""Syncs of a history: undisturbed, or killed and refused and tried again until they are done, as Airflow does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml

from include.config.load import load_configuration
from include.config.models import Configuration
from include.errors import TransientError
from include.mailchimp.connect import connect as connect_mailchimp
from include.mailchimp.transport import Backoff
from include.pipelines import extract_salesforce, sync_audience
from include.salesforce.connect import connect as connect_salesforce
from include.salesforce.pace import Pace
from include.storage import Storage
from include.warehouse.store import Warehouse
from include.warehouse.tables import PLANS, QUARANTINE
from include.wiring import Project
from tests.histories.killing import killed_at_call
from tests.sandbox_fixture import Sandbox
from tests.unit.pipelines.killing import Killed, KillingWarehouse

PIPELINE = """\
time_zone: Europe/Paris
limits: {bulk_query_above: 1000000, bulk_ingest_above: 1000000}
quality: {fail_above: 100%, data_docs: off}
"""
TRIES = 30
EXTRACT = "extract_salesforce"


@dataclass(frozen=True)
class Impatient(Project):
    """A project whose clients wait next to nothing before they try again, on a warehouse that may die."""

    healthy: Warehouse = field(kw_only=True)
    """One for the whole history, which keeps its tables open: what it shows is as new as what it opens anew."""
    survives: int | None = None

    @cached_property
    def warehouse(self) -> Warehouse:
        return self.healthy if self.survives is None else KillingWarehouse(self.storage, self.survives)

    def salesforce(self):
        pace = Pace(attempts=3, first_pause=0.01, longest_pause=0.05, first_poll=0.02, longest_poll=0.2)
        return connect_salesforce(self.configuration.pipeline.connections.salesforce, pace, meter=self.meter)

    def mailchimp(self):
        pipeline, backoff = self.configuration.pipeline, Backoff(attempts=3, base=0.01, cap=0.05)
        connections = pipeline.limits.mailchimp_connections
        return connect_mailchimp(pipeline.connections.mailchimp, connections, backoff, meter=self.meter)


@dataclass(frozen=True)
class Fault:
    """One vendor's n-th call goes wrong: `kind` and more keys of a fault rule of the sandbox."""

    server: str
    first: int
    rule: dict[str, object]


@dataclass(frozen=True)
class Kill:
    """A stage dies before one of its writes to the warehouse."""

    stage: str
    survives: int


@dataclass(frozen=True)
class KillAtCall:
    """A stage dies right before its n-th call of a vendor, or right after it, when nobody has read the answer."""

    stage: str
    number: int
    answered: bool


Disturbance = Fault | Kill | KillAtCall | None


@dataclass
class Pipeline:
    """The project of a history: its configuration, its root, and the runs so far."""

    sandbox: Sandbox
    folder: Path
    warehouse: Warehouse = field(init=False)
    configuration: Configuration = field(init=False)
    runs: int = 0
    kill: Kill | KillAtCall | None = None
    audiences: dict[str, dict[str, object]] = field(default_factory=dict)
    rules: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.warehouse = Warehouse(Storage(str(self.folder / "root")))

    def configure(self, stem: str, settings: dict[str, object]) -> None:
        """Write an audience file, and read the configuration."""
        self.audiences[stem] = settings
        folder = self.folder / "config"
        (folder / "audiences").mkdir(parents=True, exist_ok=True)
        (folder / "pipeline.yaml").write_text(PIPELINE, encoding="utf-8")
        (folder / "validation_rules.yaml").write_text(yaml.safe_dump(self.rules), encoding="utf-8")
        (folder / "audiences" / f"{stem}.yaml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
        self.configuration = load_configuration(folder)

    def extract(self, disturbance: Disturbance = None) -> None:
        """Read Salesforce."""
        with self._disturbed(disturbance):
            self._tried(EXTRACT, f"extract{self.runs}", "", {})

    def sync(self, stem: str, disturbance: Disturbance = None, **how: object) -> dict[str, dict[str, object]]:
        """Every stage of an audience's sync, asked for as in `sync_audience.run_of`; returns the counts."""
        self.runs += 1
        with self._disturbed(disturbance):
            return {stage: self._tried(stage, f"run{self.runs}", stem, how) for stage in sync_audience.STAGES}

    def planned(self) -> int:
        """How many operations the last sync planned, those on the mirror included."""
        return self.warehouse.read(PLANS, run_id=f"run{self.runs}").num_rows

    def quarantined(self, stem: str) -> set[str]:
        """Ids and member hashes of an audience's quarantine."""
        rows = self.warehouse.read(QUARANTINE, audience=stem).to_pylist()
        return {row["key"] for row in rows}

    def _tried(self, stage: str, run_id: str, stem: str, how: Mapping[str, object]) -> dict[str, object]:
        for _ in range(TRIES):
            try:
                return self._once(stage, run_id, stem, how)
            except (Killed, TransientError):
                continue
        raise AssertionError(f"{stage} does not end")

    def _once(self, stage: str, run_id: str, stem: str, how: Mapping[str, object]) -> dict[str, object]:
        kill = self.kill if self.kill and self.kill.stage == stage else None
        if kill:
            self.kill = None
        survives = kill.survives if isinstance(kill, Kill) else None
        storage = self.warehouse.storage
        project = Impatient(self.configuration, storage, healthy=self.warehouse, survives=survives)
        calls = killed_at_call(kill.number, answered=kill.answered) if isinstance(kill, KillAtCall) else nullcontext()
        with calls:
            if stage == EXTRACT:
                return dict(extract_salesforce.extract(run_id, project))
            return sync_audience._approved(sync_audience.run_of(project, stem, run_id, how), stage, "somebody")

    @contextmanager
    def _disturbed(self, disturbance: Disturbance) -> Iterator[None]:
        if isinstance(disturbance, Kill | KillAtCall):
            self.kill = disturbance
        elif disturbance is not None:
            self.sandbox.faults(disturbance.server, {"first": disturbance.first, "times": 1, **disturbance.rule})
        try:
            yield
        finally:
            self.kill = None
            for server in self.sandbox.servers:
                self.sandbox.faults(server)
