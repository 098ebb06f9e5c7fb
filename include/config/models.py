"""The configuration as typed models: what `include/config/*.yaml` may say and what it means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from include.config.create_leads import CreateLeads
from include.config.dates import Weekday
from include.config.object_fields import Checkbox, GroupField
from include.config.pipeline_settings import Connections, Limits, Quality, Schedule
from include.config.policies import (
    PRESETS,
    Conflict,
    EmailChange,
    MissingPeople,
    OptOut,
    PolicyName,
    StopsMatching,
)
from include.config.queries import Query
from include.config.scalars import Cap, DateBounds, Switch, TimeZone
from include.config.sources import Sources
from include.config.strict import Model
from include.schema import OtherWriter, PersonObject

Gate = Literal["add", "update", "create_lead"]
EMAIL_OPT_OUT = "HasOptedOutOfEmail"
"""Salesforce's own opt-out flag."""


class Pipeline(Model):
    """`pipeline.yaml`."""

    connections: Connections = Connections()
    root: str = "data"
    time_zone: TimeZone
    week_starts: Weekday = Field(default="sunday", description="first day of a week in conditions: `this week`")
    schedule: Schedule = Schedule()
    limits: Limits = Limits()
    quality: Quality = Quality()
    acknowledge: tuple[OtherWriter, ...] = Field(
        default=(), description="installed packages that sync the same two systems, and that may go on beside this sync"
    )


def _checkbox_form(value: object) -> str:
    return "word" if isinstance(value, str) else "checkbox"


def _preset(switch: str) -> Callable[[dict[str, Any]], Any]:
    """The switch's value under the file's policy: what the preset expands to."""

    def value(validated: dict[str, Any]) -> Any:
        return getattr(PRESETS[validated["policy"]], switch)

    return value


class NewMembers(Model):
    """The status new members get: `pending` asks them to confirm (double opt-in)."""

    status: Literal["subscribed", "pending"] = "subscribed"


class FieldMapping(Model):
    """Where a merge field's value comes from, per object, and how it is written."""

    contact: str | None = None
    lead: str | None = None
    conflict: Conflict | None = Field(
        default=None, description="who decides; the audience's `mailchimp_edits` unless set"
    )
    blank: Literal["follow", "keep", "overwrite"] = "follow"
    picklist: Literal["label", "value"] = "label"
    country: Literal["name", "code"] = "name"
    state_filler: str = Field(default="-", min_length=1, description="Mailchimp wants a state also where none is")

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if self.contact is None and self.lead is None:
            raise ValueError("has no source; name a Salesforce field for `contact`, `lead` or both")
        return self

    def source(self, object_name: PersonObject) -> str | None:
        """The Salesforce field path of an object."""
        return self.contact if object_name == "Contact" else self.lead


class CircuitBreaker(Model):
    """What a plan may change before it waits for a person: a number, or a share such as `20%`."""

    changed_members: Cap = "20%"
    changed_people: Cap = "20%"
    new_members: Cap = "20%"
    new_leads: Cap = 500
    irreversible: int = Field(default=10, ge=0, description="unsubscribed or archived members, opted-out people")
    wait_hours: float = Field(
        default=24, gt=0, le=720, description="hours that a plan waits for an answer; an approval holds as long"
    )


class Audience(Model):
    """One file of `audiences/`."""

    stem: str = Field(description="the file's name without .yaml; set by the loader")
    audience: str = Field(description="the Mailchimp audience, by name or id")
    policy: PolicyName
    consent: Annotated[
        Annotated[Checkbox, Tag("checkbox")] | Annotated[Literal["none"], Tag("word")], Discriminator(_checkbox_form)
    ]
    opt_out: OptOut = Field(
        default_factory=_preset("opt_out"), description="where opt-outs and unsubscribes flow; the policy's unless set"
    )
    unsubscribe_sets_opt_out: Annotated[
        Annotated[Checkbox, Tag("checkbox")] | Annotated[Literal["any", "all"], Tag("word")],
        Discriminator(_checkbox_form),
    ] = Field(
        default="all",
        description="Email Opt Out is set after an unsubscribe from any, or from all, audiences whose opt-outs flow to "
        "Salesforce; or a checkbox of this audience's own is set",
    )
    email_change: EmailChange = Field(
        default_factory=_preset("email_change"), description="what an e-mail changed on either side does"
    )
    stops_matching: StopsMatching = Field(
        default_factory=_preset("stops_matching"), description="what becomes of a query's groups and tags"
    )
    mailchimp_edits: Conflict = Field(
        default_factory=_preset("mailchimp_edits"), description="`conflict` of the fields that do not say their own"
    )
    missing_people: MissingPeople = Field(
        default_factory=_preset("missing_people"), description="what becomes of members of people gone from Salesforce"
    )
    shared_emails: Literal["survivor", "hold"] = Field(
        default="survivor", description="an e-mail of several people: its survivor stands for it, or it is held"
    )
    data_sync: Switch = True
    first_load: Literal["approve", "auto"] = "approve"
    new_members: NewMembers = NewMembers()
    create_leads: CreateLeads = CreateLeads()
    mirror: Literal["people", "all"] = "people"
    mapping_types: Literal["strict", "extended"] = Field(
        default="strict",
        description="which Salesforce fields may feed which merge fields: the app's pairs, or phone to phone, date to "
        "birthday, string to zip, url to url and picklist to radio besides",
    )
    fields: dict[str, FieldMapping]
    queries: tuple[Query, ...] = ()
    groups_from: dict[str, GroupField] = Field(
        default_factory=dict,
        description="category of groups to the multi-select field of the record that lists a person's groups of it",
    )
    circuit_breaker: CircuitBreaker = CircuitBreaker()

    @property
    def opt_outs_reach_mailchimp(self) -> bool:
        """Whether an opt-out in Salesforce unsubscribes the member."""
        return self.opt_out in {"to_mailchimp", "both"}

    @property
    def opt_outs_reach_salesforce(self) -> bool:
        """Whether an unsubscribe in Mailchimp opts the people out."""
        return self.opt_out in {"to_salesforce", "both"}

    @property
    def opt_out_checkbox(self) -> Checkbox | None:
        """The audience's own opt-out checkbox; None where Email Opt Out is set."""
        return None if isinstance(self.unsubscribe_sets_opt_out, str) else self.unsubscribe_sets_opt_out

    def opt_out_field(self, object_name: PersonObject) -> str | None:
        """The field that an unsubscribe sets; None where the checkbox has none for the object."""
        return self.opt_out_checkbox.field(object_name) if self.opt_out_checkbox else EMAIL_OPT_OUT

    def conflict(self, mapping: FieldMapping) -> Conflict:
        """Who decides over a field where the sides differ (X03)."""
        return mapping.conflict or self.mailchimp_edits


class Rule(Model):
    """One entry of `validation_rules.yaml`: a field is required, or its date lies in a period."""

    name: str = Field(pattern=r"^[A-Za-z0-9_]{1,64}$")
    object: PersonObject | Literal["Account"]
    require: str | None = None
    field: str | None = None
    between: DateBounds | None = None
    gates: tuple[Gate, ...] = Field(min_length=1)

    @property
    def path(self) -> str:
        """The field that the rule looks at, as it is read from the object."""
        return self.require or self.field or ""

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        period = self.field is not None and self.between is not None and self.require is None
        required = self.require is not None and self.field is None and self.between is None
        if not period and not required:
            raise ValueError("has to have `require: <field>`, or `field: <field>` and `between: [<date>, <date>]`")
        if "create_lead" in self.gates and self.object != "Lead":
            raise ValueError("`create_lead` gates new Leads; the rule's `object` has to be Lead")
        return self


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything the user configured.

    `hash` identifies it: any change of what any file says is another hash. `sources` knows each value's file and line.
    """

    pipeline: Pipeline
    audiences: dict[str, Audience]
    rules: tuple[Rule, ...] = ()
    hash: str = ""
    sources: Sources = field(default_factory=Sources, repr=False, compare=False)
