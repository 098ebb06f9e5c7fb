"""Person accounts: an Account and its shadow Contact, two records of one person, kept in step whichever is written.

Modelled from https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_guidelines_personaccounts.htm
The refusals of fields: of `Name` on an insert SalesforceCommerceCloud/b2c-crm-sync issue 267, on an update
sorenkrabbe/Chrome-Salesforce-inspector issue 38, of `__pc` fields texei/texei-sfdx-plugin issue 51, of the contact's
`AccountId` sfb2csolutionarchitects/b2c-crm-sync issue 14.
"""

import sqlite3
from collections.abc import Callable, Sequence
from functools import cache

from include.sandbox.controls import Switch
from include.sandbox.salesforce.dml.changes import Change, standing
from include.sandbox.salesforce.dml.statements import insert, update
from include.sandbox.salesforce.errors import not_writable
from include.sandbox.salesforce.schema import Schema
from include.sandbox.salesforce.setup_records import PERSON_RECORD_TYPE
from include.sandbox.salesforce.values import Stored
from include.sandbox.salesforce.wordings import assumed

SWITCHES = {
    "person_contact_writable": Switch(
        True, "the shadow contact of a person account can be written (never its account, owner or manager)"
    ),
}
_SAME_NAME = ("FirstName", "LastName", "Salutation", "Phone", "Fax", "OwnerId")
_NAME_PARTS = frozenset({"FirstName", "LastName", "Salutation"})
_THROUGH_ACCOUNT_ONLY = ("AccountId", "OwnerId", "ReportsToId")


@cache
def twins(schema: Schema) -> dict[str, str]:
    """Account fields of a person with the Contact fields that show the same."""
    account, contact = schema.objects["Account"].fields, schema.objects["Contact"].fields
    pairs = {name: name for name in _SAME_NAME}
    for name, field in contact.items():
        twin = name.removesuffix("__c") + "__pc" if name.endswith("__c") else f"Person{name}"
        if field.stored and twin in account:
            pairs[twin] = name
    return pairs


@cache
def person_record_types(schema: Schema) -> frozenset[str]:
    """Ids of the record types that make an Account a person."""
    infos = schema.objects["Account"].describe["recordTypeInfos"]
    return frozenset(info["recordTypeId"] for info in infos if info["developerName"] == PERSON_RECORD_TYPE)


def check_accounts(schema: Schema, changes: list[Change]) -> None:
    """Refuses Accounts with fields of the other kind, and marks the new ones that are persons."""
    for change in standing(changes):
        person = _is_person(schema, change)
        kind_changes = "RecordTypeId" in change.values and not change.new and person != _becomes_person(schema, change)
        if kind_changes:
            change.refuse_as(assumed("person_record_type"), "RecordTypeId")
        filled = [name for name, value in change.values.items() if value not in {None, 0}]
        wrong = ["Name"] if person and "Name" in filled else []
        if not person:
            wrong = [
                name for name in filled if name in _NAME_PARTS or name.startswith("Person") or name.endswith("__pc")
            ]
        if wrong:
            message = f"Account: bad field names on insert/update call: {', '.join(wrong)}"
            if change.new and person:
                message = not_writable("Name")
            change.refuse("INVALID_FIELD_FOR_INSERT_UPDATE", message, *wrong)
        required = "LastName" if person else "Name"
        if (change.new or required in change.values) and change.values.get(required) is None:
            change.refuse("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{required}]", required)
        if person and change.new:
            change.values["IsPersonAccount"] = 1


def check_contacts(changes: list[Change], *, writable: bool) -> None:
    """Refuses on a shadow Contact what can only be written on its Account."""
    for change in standing(changes):
        if not change.before.get("IsPersonAccount"):
            continue
        wrong = [name for name in _THROUGH_ACCOUNT_ONLY if name in change.values]
        if wrong:
            message = f"Contact: bad field names on insert/update call: {', '.join(wrong)}"
            change.refuse("INVALID_FIELD_FOR_INSERT_UPDATE", message, *wrong)
        elif not writable:
            change.refuse_as(assumed("person_contact_read_only"))


def carry_to_contacts(
    connection: sqlite3.Connection, schema: Schema, changes: Sequence[Change], now: str, new_id: Callable[[str], str]
) -> None:
    """Writes person Accounts' changes to their shadow Contacts, and makes those of new ones."""
    pairs = twins(schema)
    fresh, known, named = [], [], []
    for change in changes:
        if not (change.values.get("IsPersonAccount") or change.before.get("IsPersonAccount")):
            continue
        values = {pairs[name]: value for name, value in change.values.items() if name in pairs}
        named.append(change.record_id)
        if change.new:
            contact_id = new_id("003")
            fresh.append((contact_id, {**values, "AccountId": change.record_id, "IsPersonAccount": 1}))
            connection.execute(
                'UPDATE "Account" SET "PersonContactId" = ? WHERE "Id" = ?', (contact_id, change.record_id)
            )
        else:
            known.append((str(change.before["PersonContactId"]), values))
    insert(connection, schema.objects["Contact"], fresh, now)
    update(connection, schema.objects["Contact"], known, now)
    _name(connection, named)


def carry_to_accounts(connection: sqlite3.Connection, schema: Schema, changes: Sequence[Change], now: str) -> None:
    """Writes shadow Contacts' changes to their Accounts."""
    pairs = {contact: account for account, contact in twins(schema).items()}
    known: list[tuple[str, dict[str, Stored]]] = []
    for change in changes:
        if change.before.get("IsPersonAccount"):
            values = {pairs[name]: value for name, value in change.values.items() if name in pairs}
            known.append((str(change.before["AccountId"]), values))
    update(connection, schema.objects["Account"], known, now)
    _name(connection, [record_id for record_id, _ in known])


def _of_person(name: str) -> bool:
    return name in _NAME_PARTS or name.startswith("Person") or name.endswith("__pc")


def _is_person(schema: Schema, change: Change) -> bool:
    if not schema.person_accounts:
        return False
    return _becomes_person(schema, change) if change.new else bool(change.before["IsPersonAccount"])


def _becomes_person(schema: Schema, change: Change) -> bool:
    return change.values.get("RecordTypeId") in person_record_types(schema)


def _name(connection: sqlite3.Connection, accounts: list[str]) -> None:
    connection.executemany(
        """UPDATE "Account" SET "Name" = trim(coalesce("FirstName" || ' ', '') || "LastName") WHERE "Id" = ?""",
        [(one,) for one in accounts],
    )
