"""Holds `create_leads` against the org's Lead object."""

from __future__ import annotations

from collections.abc import Iterator

from include.config.candidates import did_you_mean
from include.config.mapping import address_paths
from include.config.models import Audience
from include.config.sources import Way
from include.schema import SalesforceField, SalesforceObject, SalesforceSchema

SET_BY_US = frozenset({"Email", "MC_Key__c"})
"""Lead fields that every created Lead gets from its member."""


def lead_problems(audience: Audience, salesforce: SalesforceSchema) -> Iterator[tuple[Way, str]]:
    """What is wrong with the defaults and the record type, and which required Lead fields nothing fills."""
    lead = salesforce.objects.get("Lead")
    if lead is None:
        return
    top: Way = ("audiences", audience.stem, "create_leads")
    for name, value in audience.create_leads.defaults.items():
        field = lead.fields.get(name)
        message = _default_problem(name, value, field, lead)
        if message:
            yield (*top, "defaults", name), message
    if not audience.create_leads.enabled:
        return
    wanted = audience.create_leads.record_type
    if wanted and lead.record_types and wanted[:15] not in {record_id[:15] for record_id in lead.record_types}:
        known = ", ".join(f"{record_id} ({name})" for record_id, name in sorted(lead.record_types.items()))
        yield (
            (*top, "record_type"),
            f"`{wanted}` is no active record type of Lead that the user may give; it has {known}",
        )
    for name in sorted(_required(lead) - _filled(audience)):
        yield top, f"Lead.{name} is required in the org; give it a default or map it, or no Lead can be created"
    account = salesforce.objects.get("Account")
    if account and "IsPersonAccount" in account.fields and "Company" not in audience.create_leads.defaults:
        message = "the org has person accounts, where a Lead without Company becomes a person"
        yield (*top, "defaults"), f"{message}; choose `Company: <text>`, or `Company: null` for persons"


def lead_targets(audience: Audience) -> dict[str, tuple[str, ...]]:
    """The Lead fields that the inverse mapping writes, by merge tag: an address in its parts, no related fields."""
    return {
        tag: address_paths(mapping.lead, mapping.country) or (mapping.lead,)
        for tag, mapping in audience.fields.items()
        if mapping.lead and "." not in mapping.lead
    }


def _required(lead: SalesforceObject) -> set[str]:
    return {field.name for field in lead.fields.values() if field.required_on_create}


def _filled(audience: Audience) -> set[str]:
    mapped = {name for names in lead_targets(audience).values() for name in names}
    given = {name for name, value in audience.create_leads.defaults.items() if value}
    owner = {"OwnerId"} if audience.create_leads.owner else set()
    return mapped | given | owner | SET_BY_US


def _default_problem(name: str, value: str | None, field: SalesforceField | None, lead: SalesforceObject) -> str | None:
    if field is None:
        return f"Lead has no field {name}, or hides it from the Salesforce user{did_you_mean(name, lead.fields)}"
    if name in SET_BY_US or not field.createable:
        return f"Lead.{name} can't be given a value; remove it"
    if value is None:
        return None
    choices = [entry.value for entry in field.picklist if entry.active]
    if field.restricted_picklist and value not in choices:
        return f"`{value}` is not a value of Lead.{name}{did_you_mean(value, choices)}; it has {', '.join(choices)}"
    if field.length and len(value) > field.length:
        return f"is {len(value)} characters long; Lead.{name} takes {field.length}"
    return None
