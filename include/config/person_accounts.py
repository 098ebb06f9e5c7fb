"""Names of a person account's fields: it is read as its Contact and written through its Account (R02).

Source: https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_guidelines_personaccounts.htm: a
Contact's own field `X__c` is the Account's `X__pc`, a standard one `PersonX`; names and phone keep theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from include.schema import SalesforceField, SalesforceSchema


def account_field(salesforce: SalesforceSchema, contact_field: str) -> SalesforceField | None:
    """The Account's field that writes a person account's Contact field; None where there is none."""
    custom = contact_field.endswith("__c")
    names = [f"{contact_field[:-1]}pc"] if custom else [f"Person{contact_field}", contact_field]
    found = (salesforce.field("Account", name) for name in names)
    return next((field for field in found if field is not None), None)


def has_person_accounts(salesforce: SalesforceSchema) -> bool:
    """Whether the org knows person accounts."""
    return salesforce.field("Account", "IsPersonAccount") is not None
