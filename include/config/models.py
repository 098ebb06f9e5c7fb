"""The configuration as typed models: what `include/config/*.yaml` may say and what it means."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from include.config.conditions import Condition
from include.schema import PersonObject

Gate = Literal["add", "update", "create_lead"]


def _switch(value: object) -> object:
    """Accept `on` and `off` as words too: YAML 1.1 reads them as booleans, YAML 1.2 as text."""
    return {"on": True, "off": False}.get(value, value) if isinstance(value, str) else value


Switch = Annotated[bool, BeforeValidator(_switch)]


class Model(BaseModel):
    """Strict and immutable: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Connections(Model):
    """The Airflow connections of the two vendors."""

    salesforce: str = "salesforce_default"
    mailchimp: str = "mailchimp_default"


class Schedule(Model):
    """Cron expressions, in `time_zone`."""

    extract: str = "@hourly"
    snapshot: str = "0 0 * * *"


class Limits(Model):
    """Where a bigger way of reading or writing starts, and how much of the vendors' limits a run may use."""

    bulk_query_above: int = Field(default=2000, ge=0, description="people; above it Salesforce is read with Bulk API 2.0")
    bulk_ingest_above: int = Field(default=2000, ge=0, description="rows; above it Salesforce is written with Bulk API 2.0")
    batch_above: int = Field(default=500, ge=0, description="member updates; above it they go through Mailchimp batches")
    mailchimp_connections: int = Field(default=3, ge=1, le=10, description="connections that one task opens")


class Pipeline(Model):
    """`pipeline.yaml`."""

    connections: Connections = Connections()
    root: str = "data"
    time_zone: str
    schedule: Schedule = Schedule()
    limits: Limits = Limits()


class Consent(Model):
    """The boolean field per object that says the person agreed."""

    contact: str | None = None
    lead: str | None = None

    def field(self, object_name: PersonObject) -> str | None:
        """The consent field of an object; None where the object gives no consent."""
        return self.contact if object_name == "Contact" else self.lead


class NewMembers(Model):
    """The status new members get: `pending` asks them to confirm (double opt-in)."""

    status: Literal["subscribed", "pending"] = "subscribed"


class CreateLeads(Model):
    """Leads from subscribed members that match nobody (R08, detail 6)."""

    enabled: Switch = False
    defaults: dict[str, str | None] = {}
    owner: str | None = None
    assignment_rule: str | None = None
    record_type: str | None = None


class FieldMapping(Model):
    """Where a merge field's value comes from, per object, and how it is written."""

    contact: str | None = None
    lead: str | None = None
    blank: Literal["follow", "keep", "overwrite"] = "follow"
    picklist: Literal["label", "value"] = "label"
    state_filler: str = "-"

    def source(self, object_name: PersonObject) -> str | None:
        """The Salesforce field path of an object."""
        return self.contact if object_name == "Contact" else self.lead


class Query(Model):
    """A saved selection of people, and the groups and tags they get."""

    name: str = Field(pattern=r"^[A-Za-z0-9_]{1,64}$")
    object: PersonObject
    where: Condition | None = None
    run: Literal["automatic", "manual"] = "automatic"
    groups: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class CircuitBreaker(Model):
    """What a plan may change before it waits for a person: a number, or a share such as `20%`."""

    changed_members: str | int = "20%"
    new_members: str | int = "20%"
    new_leads: str | int = 500
    irreversible: int = 10


class Audience(Model):
    """One file of `audiences/`."""

    stem: str = Field(description="the file's name without .yaml; set by the loader")
    audience: str = Field(description="the Mailchimp audience, by name or id")
    policy: Literal["legacy_parity", "two_way"]
    consent: Consent | Literal["none"]
    data_sync: Switch = True
    first_load: Literal["approve", "auto"] = "approve"
    new_members: NewMembers = NewMembers()
    create_leads: CreateLeads = CreateLeads()
    mirror: Literal["people", "all"] = "people"
    fields: dict[str, FieldMapping]
    queries: tuple[Query, ...] = ()
    circuit_breaker: CircuitBreaker = CircuitBreaker()


class Rule(Model):
    """One entry of `validation_rules.yaml`: a field is required, or its date lies in a period."""

    name: str
    object: PersonObject | Literal["Account"]
    require: str | None = None
    field: str | None = None
    between: tuple[str, str] | None = None
    gates: tuple[Gate, ...]


class Configuration(Model):
    """Everything the user configured. `hash` identifies it: any change of any file is another hash."""

    pipeline: Pipeline
    audiences: dict[str, Audience]
    rules: tuple[Rule, ...] = ()
    hash: str
