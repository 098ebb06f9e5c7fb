"""Holds the policy's switches against the org: what has to be written to Salesforce can be written."""

from __future__ import annotations

from collections.abc import Iterator

from include.config.models import Audience
from include.config.person_accounts import account_field, has_person_accounts
from include.config.sources import Way
from include.schema import PERSON_OBJECTS, SalesforceField, SalesforceSchema


def policy_problems(audience: Audience, salesforce: SalesforceSchema) -> Iterator[tuple[Way, str]]:
    """Fields that opt-outs set, and that are no checkbox or can't be written; unknown ones are told elsewhere."""
    if not audience.opt_outs_reach_salesforce:
        return
    top: Way = ("audiences", audience.stem)
    for object_name in PERSON_OBJECTS:
        name = audience.opt_out_field(object_name)
        if name is None:
            continue
        own = audience.opt_out_checkbox is not None
        way: Way = (*top, "unsubscribe_sets_opt_out", object_name.lower()) if own else (*top, "opt_out")
        message = _problem(salesforce, object_name, name)
        if message:
            yield way, message


def _problem(salesforce: SalesforceSchema, object_name: str, name: str) -> str | None:
    field = salesforce.field(object_name, name)
    if field is None:
        return None
    if field.type != "boolean":
        return f"{object_name}.{name} is a {field.type} field; an opt-out needs a boolean (checkbox) field"
    if not field.updateable:
        return _hidden(object_name, field)
    if object_name == "Contact" and has_person_accounts(salesforce):
        twin = account_field(salesforce, name)
        if twin is None or not twin.updateable:
            return f"the org has person accounts, and Account has no field that writes their {name}, or hides it"
    return None


def _hidden(object_name: str, field: SalesforceField) -> str:
    return f"{object_name}.{field.name} can't be changed by the Salesforce user; give it edit access to the field"
