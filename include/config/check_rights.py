"""What the Salesforce user must be able to do, held against the described org.

Fields that single settings need (mapped ones, those of opt-outs, conflicts and Lead defaults) are the configuration's
own check (`check.py`); here are whole objects, the fields that new Leads are filled with, and the project's package.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from include.config.check_leads import lead_targets
from include.config.findings import Finding
from include.config.person_accounts import has_person_accounts
from include.schema import PERSON_OBJECTS

if TYPE_CHECKING:
    from include.config.models import Audience
    from include.schema import DeployedField, SalesforceObject, SalesforceSchema

DEPLOY = "deploy include/salesforce/metadata and assign its permission set `MC_Sync` to the user of the connection"
GRANT = "grant it to the user of the connection (profile or permission set)"


def package_problems(
    package: Iterable[DeployedField], org: SalesforceSchema, *, rights: tuple[str, ...] = ("create", "update", "delete")
) -> Iterator[Finding]:
    """What of the package is missing, hidden, of another type, or can't be written: one finding per object.

    And one per object of the mirror whose records the user has not these `rights` on.
    """
    by_object: dict[str, list[DeployedField]] = {}
    for field in package:
        by_object.setdefault(field.object, []).append(field)
    for name, fields in by_object.items():
        described = org.objects.get(name)
        subject = f"Salesforce {name}"
        if described is None:
            yield Finding("error", subject, "the org has no such object, or hides it", DEPLOY)
            continue
        problems = [f"{field.name} {why}" for field in fields for why in _problem(field, described)]
        if problems:
            yield Finding("error", subject, "; ".join(problems), DEPLOY)
        if name.startswith("MC_"):
            yield from _object_rights(described, rights, "the mirror is kept in it")


def rights_problems(audiences: Collection[Audience], org: SalesforceSchema) -> Iterator[Finding]:
    """Rights on people that audiences need: records that are written, and fields of new Leads."""
    if any(audience.create_leads.enabled for audience in audiences) and "Lead" in org.objects:
        yield from _object_rights(org.objects["Lead"], ("create",), "`create_leads` is on")
    if any(_writes_people(audience) for audience in audiences):
        accounts = ("Account",) if has_person_accounts(org) else ()
        because = "opt-outs or edits from Mailchimp are written to people"
        for name in (*PERSON_OBJECTS, *accounts):
            if name in org.objects:
                yield from _object_rights(org.objects[name], ("update",), because)
    for audience in audiences:
        if audience.create_leads.enabled:
            yield from _lead_fields(audience, org)


def _problem(field: DeployedField, described: SalesforceObject) -> Iterator[str]:
    found = described.fields.get(field.name)
    if found is None:
        yield "is missing or hidden"
    elif found.type != field.type:
        yield f"is a {found.type} field, not {field.type}"
    elif field.length and found.length < field.length:
        yield f"takes {found.length} characters, not {field.length}"
    elif not found.createable or (field.movable and field.object != "Lead" and not found.updateable):
        yield "can't be written by the user"


def _object_rights(described: SalesforceObject, wanted: Iterable[str], because: str) -> Iterator[Finding]:
    allowed = {"create": described.createable, "update": described.updateable, "delete": described.deletable}
    missing = [right for right in wanted if not allowed[right]]
    if missing:
        found = f"the user may not {' or '.join(missing)} records, which is needed because {because}"
        yield Finding("error", f"Salesforce {described.name}", found, GRANT)


def _writes_people(audience: Audience) -> bool:
    edits = any(audience.conflict(mapping) != "salesforce" for mapping in audience.fields.values())
    return audience.opt_outs_reach_salesforce or (edits and audience.data_sync)


def _lead_fields(audience: Audience, org: SalesforceSchema) -> Iterator[Finding]:
    names = sorted({name for names in lead_targets(audience).values() for name in names})
    fields = [org.field("Lead", name) for name in names]
    locked = [field.name for field in fields if field is not None and not field.createable]
    if locked:
        found = f"new Leads come without {', '.join(locked)}: the user can't give these fields a value"
        yield Finding("warning", f"audiences/{audience.stem}.yaml", found, "give it edit access to the fields, or none")
