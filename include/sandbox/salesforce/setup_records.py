"""The records that come with the org itself: its user, its organization, its record types, its entity definitions."""

from collections.abc import Iterator

from include.sandbox.salesforce.credentials import (
    ORGANIZATION_ID,
    SALES_USER_ID,
    SALES_USERNAME,
    USER_ID,
    USERNAME,
)
from include.sandbox.salesforce.schema import Schema

PERSON_RECORD_TYPE = "PersonAccount"
Records = list[dict[str, object]]


def setup_records(schema: Schema) -> Iterator[tuple[str, Records]]:
    """Object names with the records that a new org has."""
    yield "User", [_user(), _sales_user()]
    yield "Organization", [_organization()]
    yield "RecordType", _record_types(schema)
    yield (
        "EntityDefinition",
        [
            {
                # What `EntityDefinitionId` of a rule holds: a standard object's name.
                "Id": one.name,
                "QualifiedApiName": one.name,
                "DurableId": one.name,
                "Label": one.describe["label"],
                "KeyPrefix": one.prefix,
            }
            for one in schema.objects.values()
            if not one.tooling
        ],
    )


def _user() -> dict[str, object]:
    return {
        "Id": USER_ID,
        "Username": USERNAME,
        "FirstName": "Sandbox",
        "LastName": "Admin",
        "Name": "Sandbox Admin",
        "Alias": "admin",
        "Email": USERNAME,
        "IsActive": True,
        "UserType": "Standard",
        "TimeZoneSidKey": "GMT",
        "LocaleSidKey": "en_US",
        "LanguageLocaleKey": "en_US",
    }


def _sales_user() -> dict[str, object]:
    """A second owner, whom assignment rules can name."""
    who = {"Id": SALES_USER_ID, "Username": SALES_USERNAME, "Email": SALES_USERNAME, "Alias": "sales"}
    return {**_user(), **who, "LastName": "Sales", "Name": "Sandbox Sales"}


def _organization() -> dict[str, object]:
    return {
        "Id": ORGANIZATION_ID,
        "Name": "Sandbox",
        "OrganizationType": "Enterprise Edition",
        "IsSandbox": False,
        "InstanceName": "SBX1",
        "LanguageLocaleKey": "en_US",
        "TimeZoneSidKey": "GMT",
    }


def _record_types(schema: Schema) -> Records:
    records: Records = []
    described = ((one.name, info) for one in schema.objects.values() for info in one.describe["recordTypeInfos"])
    for sobject, info in described:
        if info["master"]:
            continue
        record: dict[str, object] = {
            "Id": info["recordTypeId"],
            "Name": info["name"],
            "DeveloperName": info["developerName"],
            "SobjectType": sobject,
            "IsActive": info["active"],
        }
        if schema.person_accounts:
            record["IsPersonType"] = (sobject, info["developerName"]) == ("Account", PERSON_RECORD_TYPE)
        records.append(record)
    return records
