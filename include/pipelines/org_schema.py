"""Describes the objects of the org that the configuration reaches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from include.errors import FatalError, PermanentError
from include.pipelines.other_writers import installed_packages
from include.schema import PERSON_OBJECTS, PersonObject, SalesforceObject, SalesforceSchema

if TYPE_CHECKING:
    from include.salesforce.client import SalesforceClient

OWN_OBJECTS = ("MC_Audience__c", "MC_Subscriber__c", "MC_Subscriber_Activity__c", "MC_Campaign__c")
"""Deployed from include/salesforce/metadata; an org without them is reported by the check of the configuration."""
NEEDED_FIELDS = ("Id", "Email", "HasOptedOutOfEmail", "CreatedDate", "SystemModstamp", "IsDeleted")


def read_schema(
    client: SalesforceClient, paths: Mapping[PersonObject, Iterable[str]], campaign_member: Iterable[str] = ()
) -> SalesforceSchema:
    """Describe Contact, Lead, Account, our own objects, and every parent on the way of a field path; find packages.

    CampaignMember is described where paths of it are used. Raises FatalError where the connected user can't see a field
    that every run needs. Paths that lead nowhere are left for the audience's own check, so that one audience's mistake
    does not stop the others.
    """
    schema = describe_org(client, paths, campaign_member)
    hidden = hidden_fields(schema)
    if hidden:
        raise FatalError(": ".join(hidden))
    return schema


def describe_org(
    client: SalesforceClient, paths: Mapping[PersonObject, Iterable[str]], campaign_member: Iterable[str] = ()
) -> SalesforceSchema:
    """The same, whatever the user sees. Installed packages are told by the org's list of objects, too."""
    schema = SalesforceSchema({})
    for name in (*PERSON_OBJECTS, "Account", *OWN_OBJECTS):
        _describe(client, schema, name)
    for object_name, object_paths in (*paths.items(), ("CampaignMember", campaign_member)):
        for path in object_paths:
            _describe(client, schema, object_name)
            _describe_parents(client, schema, object_name, path)
    return replace(schema, packages=installed_packages(client.object_names(), schema))


def _describe(client: SalesforceClient, schema: SalesforceSchema, name: str) -> SalesforceObject | None:
    if name not in schema.objects:
        try:
            schema.objects[name] = client.describe(name)
        except PermanentError as error:
            if error.code != "NOT_FOUND":
                raise
    return schema.objects.get(name)


def _describe_parents(client: SalesforceClient, schema: SalesforceSchema, object_name: str, path: str) -> None:
    current = schema.objects.get(object_name)
    for relationship in path.split(".")[:-1]:
        if current is None:
            return
        parents = [field.parent for field in current.fields.values() if field.relationship == relationship]
        current = _describe(client, schema, parents[0]) if parents and parents[0] else None


def hidden_fields(schema: SalesforceSchema) -> tuple[str, str] | None:
    """Fields that every run needs and the user doesn't see, and what to grant; None where it sees them all."""
    hidden = [
        f"{object_name}.{name}"
        for object_name in PERSON_OBJECTS
        for name in NEEDED_FIELDS
        if schema.field(object_name, name) is None
    ]
    if not hidden:
        return None
    to_do = (
        "grant read access to the object and the field (assign the permission set `MC_Sync` of "
        "include/salesforce/metadata, or set the field-level security of the user's profile)"
    )
    return f"Salesforce hides {', '.join(hidden)} from the user of the connection", to_do
