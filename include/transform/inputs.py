"""What transform knows besides the tables: configuration, both schemas, and the run's day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from include.config.dates import Calendar, Weekday
from include.schema import AudienceSchema, MergeField, SalesforceSchema

if TYPE_CHECKING:
    from include.config.models import Audience, FieldMapping
    from include.config.queries import Query


@dataclass(frozen=True, slots=True)
class Inputs:
    """One audience's plan in the making.

    Attributes:
        audience: its configuration.
        schema: the audience in Mailchimp, as extraction found it.
        org: the Salesforce org, as extraction found it.
        today: the run's day in `time_zone`; what `today` means in a condition.
        time_zone: IANA name; a date and time counts as its day there.
        week_starts: the first day of a week in conditions.
        lead_defaults: per Lead field, the defaults that any audience writes into new Leads (`lead_defaults()`).
        only_query: the one query that this run is for, where it is for one (R10, M04).
        known_reading: the newest reading of Salesforce (`people.reading`) that this query's last run knew; before its
            first run, that the run knew which first saw it; None where it was never seen (R10).
        restricted: whether the plan is for those only whom the view `asked` names (M04).
        person: the one person it is for, by Salesforce Id or member hash, where it is for one.
    """

    audience: Audience
    schema: AudienceSchema
    org: SalesforceSchema
    today: date
    time_zone: str
    lead_defaults: Mapping[str, frozenset[str]] = field(default_factory=dict)
    only_query: str | None = None
    known_reading: int | None = None
    restricted: bool = False
    person: str | None = None
    week_starts: Weekday = "sunday"

    @property
    def calendar(self) -> Calendar:
        """What dates in conditions mean."""
        return Calendar(self.today, self.time_zone, self.week_starts)

    @property
    def queries(self) -> tuple[Query, ...]:
        """The queries that select people in this run, in the order of the file."""
        if self.only_query is not None:
            return tuple(query for query in self.audience.queries if query.name == self.only_query)
        return tuple(query for query in self.audience.queries if query.run == "automatic")

    @property
    def writes_values(self) -> bool:
        """Whether the run writes merge fields and Leads: not with data sync off, nor for one query."""
        return self.audience.data_sync and self.only_query is None

    @property
    def moves_members(self) -> bool:
        """Whether a member follows its person's e-mail."""
        return self.audience.email_change == "move"

    @property
    def mapped(self) -> tuple[tuple[MergeField, FieldMapping], ...]:
        """The mapped merge fields, by tag."""
        return tuple((self.schema.merge_fields[tag], self.audience.fields[tag]) for tag in sorted(self.audience.fields))


def lead_defaults(audiences: Mapping[str, Audience]) -> dict[str, frozenset[str]]:
    """Every default that some audience gives new Leads, by Lead field: read back, it counts as never filled."""
    found: dict[str, frozenset[str]] = {}
    for audience in audiences.values():
        for lead_field, default in audience.create_leads.defaults.items():
            if default:
                found[lead_field] = found.get(lead_field, frozenset()) | {default}
    return found
