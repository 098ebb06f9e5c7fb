"""One run of one audience's sync: its names in staging, and what every stage of it needs."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import TypeAdapter

from include.calls import added
from include.pipelines import watermarks
from include.pipelines.rerun import USUAL, Rerun
from include.schema import AudienceSchema, SalesforceSchema
from include.staging.store import Partition
from include.warehouse.tables import ASSIGNMENTS, EMAILS, MEMBERS, PEOPLE, SYNCED_VALUES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.config.models import Audience
    from include.wiring import Project

_T = TypeVar("_T")
POLICY = frozenset({
    "policy", "opt_out", "unsubscribe_sets_opt_out", "email_change", "stops_matching", "mailchimp_edits",
    "missing_people",
})  # fmt: skip
"""What an audience's policy consists of: the preset and its switches."""
SALESFORCE_SCHEMA = Partition("salesforce", "schema", "current")
"""The newest describe answers, as one document; extract_salesforce writes it."""


PIN_TIMES = ("extracted_at", "pinned_at", "people_until")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""When a run was pinned whose pins, of an earlier version, do not say."""


@dataclass(frozen=True, slots=True)
class Pins:
    """What a run reads: table versions, when extraction saw the vendors (their clock), and when it ended (ours).

    `people_until`: until when `people` of that version knows Salesforce, by its clock; None where nobody noted it.
    """

    people: int
    members: int
    emails: int
    synced_values: int
    assignments: int
    extracted_at: datetime
    pinned_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    people_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Try:
    """One try of a stage: when it ended, by our clock, and its calls (vendor to purpose to number)."""

    ended_at: datetime
    calls: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a stage ended: its counts, or the kind of its error and its message.

    `tries`: all that came to an end, the oldest first, also those before the run was cleared; `usage`: vendor to `used`
    and `limit` requests of the day, as the vendor told last; `config_hash`: of the configuration that it ran with.
    """

    counts: dict[str, object] = field(default_factory=dict)
    error: str | None = None
    message: str = ""
    tries: tuple[Try, ...] = ()
    usage: dict[str, dict[str, int]] = field(default_factory=dict)
    config_hash: str = ""

    @property
    def calls(self) -> dict[str, dict[str, int]]:
        """The calls of all tries: vendor to purpose to number."""
        return added(*(each.calls for each in self.tries))


SHARED = frozenset({"schema", "requests", "elsewhere"})
"""Partitions that the run's second plan reads as its first did."""


@dataclass(frozen=True, slots=True)
class SyncRun:
    """A run of `sync_<stem>`: every stage takes one. `query` names the one query that takes part, if it is for one.

    `rerun` has the other controls (M04). `settling`: this is the run's second plan, for those whom the first has
    written to (the stage `settle`); it has partitions of its own.
    """

    project: Project
    stem: str
    run_id: str
    dry_run: bool = False
    query: str | None = None
    rerun: Rerun = USUAL
    settling: bool = False

    @property
    def restricted(self) -> bool:
        """Whether the plan is for some people only."""
        return self.settling or self.rerun.restricted

    @property
    def audience(self) -> Audience:
        """The audience's configuration."""
        return self.project.audience(self.stem)

    def policy(self) -> dict[str, str]:
        """The audience's policy with its effective switches, by name; `mailchimp_edits` with those of single fields."""
        switches = self.audience.model_dump(mode="json", include=set(POLICY))
        texts = {
            name: value if isinstance(value, str) else json.dumps(value, sort_keys=True)
            for name, value in switches.items()
        }
        fields = self.audience.fields.items()
        own = [f"{tag}: {mapping.conflict}" for tag, mapping in sorted(fields) if mapping.conflict]
        return texts | {"mailchimp_edits": "; ".join([self.audience.mailchimp_edits, *own])}

    def partition(self, name: str) -> Partition:
        """A staging partition of this run: `schema`, `pins`, `mapped`, `findings`, `ledger`, `question`, ..."""
        own = f"settle_{name}" if self.settling and name not in SHARED else name
        return Partition(f"sync_{self.stem}", own, self.run_id)

    @property
    def report_folder(self) -> tuple[str, ...]:
        """Where the run's report lies below the root."""
        return report_folder(self.stem, self.run_id)

    def save_schema(self, schema: AudienceSchema) -> None:
        """Commit the audience as extraction found it."""
        self.project.staging.write_document(self.partition("schema"), dataclasses.asdict(schema))

    def schema(self) -> AudienceSchema:
        """The audience as extraction found it."""
        document = self.project.staging.document(self.partition("schema"))
        schema: AudienceSchema = _adapter(AudienceSchema).validate_python(document)
        return schema

    def salesforce_schema(self) -> SalesforceSchema:
        """The org as extraction found it."""
        return known_org(self.project)

    def save_pins(self, pins: Pins) -> None:
        """Commit what the run reads."""
        times = {name: moment.isoformat() for name in PIN_TIMES if (moment := getattr(pins, name)) is not None}
        document = dataclasses.asdict(pins) | times
        self.project.staging.write_document(self.partition("pins"), document)

    def pins(self) -> Pins:
        """What the run reads."""
        document = cast("dict[str, Any]", self.project.staging.document(self.partition("pins")))
        times = {name: datetime.fromisoformat(document[name]) for name in PIN_TIMES if document.get(name)}
        return Pins(**{"pinned_at": LONG_AGO} | document | times)

    def show_scope(self, connection: DuckDBPyConnection, name: str = "scope") -> None:
        """Make whom a restricted plan is about visible as a view (see `transform.restriction`)."""
        self.project.staging.view(connection, name, self.partition("scope"))

    def drop_outcome(self, stage: str) -> None:
        """Forget how an earlier try of a stage ended."""
        self.project.staging.drop(self.partition(f"outcome_{stage}"))

    def save_outcome(self, stage: str, outcome: Outcome) -> None:
        """Leave a stage's outcome for the report; another try replaces it."""
        document = TypeAdapter(Outcome).dump_python(outcome, mode="json")
        self.project.staging.write_document(self.partition(f"outcome_{stage}"), document)

    def outcome(self, stage: str) -> Outcome | None:
        """A stage's outcome; None where it has not ended."""
        partition = self.partition(f"outcome_{stage}")
        if not self.project.staging.committed(partition):
            return None
        return TypeAdapter(Outcome).validate_python(self.project.staging.document(partition))


def pinned(run: SyncRun, extracted_at: datetime) -> Pins:
    """The tables as they are by now; how far Salesforce was read is asked first: no person is older than that."""
    warehouse = run.project.warehouse
    people_until = watermarks.oldest(run.project, "salesforce")
    return Pins(
        people=warehouse.version(PEOPLE),
        members=warehouse.version(MEMBERS),
        emails=warehouse.version(EMAILS),
        synced_values=warehouse.version(SYNCED_VALUES),
        assignments=warehouse.version(ASSIGNMENTS),
        extracted_at=extracted_at,
        people_until=people_until,
    )


def known_org(project: Project) -> SalesforceSchema:
    """The org as the newest extraction found it."""
    schema: SalesforceSchema = _adapter(SalesforceSchema).validate_python(project.staging.document(SALESFORCE_SCHEMA))
    return schema


@cache
def _adapter(kind: type[_T]) -> TypeAdapter[_T]:
    """Building one takes longer than using it."""
    return TypeAdapter(kind)


def report_folder(stem: str, run_id: str) -> tuple[str, ...]:
    """Where the report of a run of an audience lies below the root; the Data Docs lie in `data_docs` beside it."""
    return ("reports", stem, Partition(f"sync_{stem}", "report", run_id).folder[-1])
