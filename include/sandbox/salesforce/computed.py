"""Fields that have no column: SQL computes them whenever they are read, so that they change without their record.

`{table}` stands for the record's table. A formula field's describe has the same formula in the vendor's language; a
test holds the two against each other.
"""

from collections.abc import Iterable

_CUSTOMER_SCORE = (
    """(SELECT CASE coalesce(max(f."Type"), '') COLLATE BINARY WHEN 'Customer' THEN 100.0 WHEN 'Prospect' THEN 10.0"""
    """ ELSE 50.0 END FROM "Account" AS f WHERE f."Id" = {table}."AccountId")"""
)
_FORMULAS = {
    ("Contact", "Customer_Score__c"): _CUSTOMER_SCORE,
    ("Name", "Type"): """CASE WHEN {table}."Id" IS NULL THEN NULL ELSE 'User' END""",
    # A person's formula fields show on the account too.
    ("Account", "Customer_Score__pc"): (
        f"""(SELECT {_CUSTOMER_SCORE.format(table="p")} FROM "Contact" AS p"""
        """ WHERE p."Id" = {table}."PersonContactId")"""
    ),
}

# What a campaign member shows of its contact, else of its lead, under the same name or another.
_SAME_IN_BOTH = (
    *("Salutation", "Name", "FirstName", "LastName", "Title", "Email", "Phone", "Fax", "MobilePhone", "Description"),
    *("LeadSource", "HasOptedOutOfEmail"),
)
_ADDRESS_PARTS = ("Street", "City", "State", "PostalCode", "Country")
_OF_MEMBER = {
    **{name: (f'm."{name}"', f'm."{name}"') for name in _SAME_IN_BOTH},
    **{part: (f'm."Mailing{part}"', f'm."{part}"') for part in _ADDRESS_PARTS},
    "CompanyOrAccount": ('(SELECT a."Name" FROM "Account" AS a WHERE a."Id" = m."AccountId")', 'm."Company"'),
    "LeadOrContactOwnerId": ('m."OwnerId"', 'm."OwnerId"'),
}
_MEMBERS = {
    **{
        name: f'CASE WHEN {{table}}."ContactId" IS NULL THEN (SELECT {lead} FROM "Lead" AS m WHERE m."Id" ='
        f' {{table}}."LeadId") ELSE (SELECT {contact} FROM "Contact" AS m WHERE m."Id" = {{table}}."ContactId") END'
        for name, (contact, lead) in _OF_MEMBER.items()
    },
    "LeadOrContactId": 'coalesce({table}."ContactId", {table}."LeadId")',
    "Type": """CASE WHEN {table}."ContactId" IS NULL THEN 'Lead' ELSE 'Contact' END""",
}


def expressions(sobject: str, fields: Iterable[str]) -> dict[str, str]:
    """The expressions of those fields of an object that have no column."""
    known = {name: sql for (owner, name), sql in _FORMULAS.items() if owner == sobject}
    if sobject == "CampaignMember":
        known |= _MEMBERS
    return {name: f"({known[name]})" for name in fields if name in known}
