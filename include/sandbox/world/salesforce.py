"""The made-up Salesforce org: records by object, with API field names."""

from collections.abc import Iterator

from include.sandbox.world.businesses import TYPES, business
from include.sandbox.world.calendar import DAY, date_of, salesforce_time
from include.sandbox.world.ids import salesforce_id
from include.sandbox.world.people import Person, Population
from include.sandbox.world.roles import Fate, Kind

Record = dict[str, object]

# Person accounts are numbered above all business accounts.
_PERSON_ACCOUNT_BASE = 62**5


def account_id(number: int) -> str:
    """Id of a business account."""
    return salesforce_id("001", number)


def person_account_id(number: int) -> str:
    """Id of the Account of a person account, by the person's number."""
    return salesforce_id("001", _PERSON_ACCOUNT_BASE + number)


def person_id(kind: Kind, number: int) -> str:
    """Id of the record that stands for a person: a Lead, or a Contact (of a person account its shadow Contact)."""
    return salesforce_id("00Q" if kind is Kind.LEAD else "003", number)


def accounts(population: Population) -> Iterator[Record]:
    """Business accounts of every block, then the Accounts of person accounts."""
    for number in range(population.blocks * len(TYPES)):
        company = business(population.seed, number)
        created = population.calendar.now - 6 * 365 * DAY + number % (180 * DAY)
        yield {
            "Id": account_id(number),
            "IsDeleted": False,
            "IsPersonAccount": False,
            "Name": company.name,
            "Type": company.type,
            "Industry": company.industry,
            **_stamps(created, created),
        }
    for number in population.numbers(lambda role: role.kind is Kind.PERSON_ACCOUNT):
        yield _person_account(population.person(number))


def contacts(population: Population) -> Iterator[Record]:
    """Contacts, among them the shadow Contacts of person accounts, also deleted and merged ones."""
    for number in population.numbers(lambda role: role.kind in {Kind.CONTACT, Kind.PERSON_ACCOUNT}):
        person = population.person(number)
        yield {
            **_identity(population, person),
            "AccountId": _account_of(person),
            "IsPersonAccount": person.role.kind is Kind.PERSON_ACCOUNT,
            "MailingStreet": person.address.street or None,
            "MailingCity": person.address.city or None,
            "MailingState": person.address.state or None,
            "MailingPostalCode": person.address.postal_code or None,
            "MailingCountry": person.address.country or None,
            "Birthdate": person.birthdate or None,
            "Annual_Spend__c": person.spend,
        }


def leads(population: Population) -> Iterator[Record]:
    """Leads, also deleted, merged and converted ones."""
    for number in population.numbers(lambda role: role.kind is Kind.LEAD):
        person = population.person(number)
        yield {
            **_identity(population, person),
            "Company": person.company,
            "Street": person.address.street or None,
            "City": person.address.city or None,
            "State": person.address.state or None,
            "PostalCode": person.address.postal_code or None,
            "Country": person.address.country or None,
            "Birthdate__c": person.birthdate or None,
            "Industry": person.industry,
            **_conversion(population, person),
        }


def _identity(population: Population, person: Person) -> Record:
    """What Contact and Lead have in common."""
    role = person.role
    merged = role.fate is Fate.MERGED
    return {
        "Id": person_id(role.kind, person.number),
        "IsDeleted": merged or role.fate is Fate.DELETED,
        "MasterRecordId": person_id(role.kind, population.other(person.number)) if merged else None,
        "FirstName": person.first_name or None,
        "LastName": person.last_name,
        "Name": f"{person.first_name} {person.last_name}".strip(),
        "Email": person.email or None,
        "Phone": person.phone or None,
        "Title": person.title or None,
        "LeadSource": person.lead_source,
        "HasOptedOutOfEmail": role.opted_out,
        "Newsletter_Consent__c": role.consents,
        "Interests__c": ";".join(person.topics) or None,
        "Customer_Tier__c": person.tier or None,
        **_stamps(person.created, person.modified),
    }


def _conversion(population: Population, person: Person) -> Record:
    """The fields of a lead that tell whether and into what it was converted."""
    if person.role.fate is not Fate.CONVERTED:
        return {"Status": person.role.lead_status, "IsConverted": False}
    contact = population.person(population.other(person.number))
    return {
        "Status": "Closed - Converted",
        "IsConverted": True,
        "ConvertedDate": date_of(person.modified),
        "ConvertedContactId": person_id(contact.role.kind, contact.number),
        "ConvertedAccountId": _account_of(contact),
    }


def _person_account(person: Person) -> Record:
    """The Account of a person account, in step with its shadow Contact."""
    role = person.role
    return {
        "Id": person_account_id(person.number),
        "IsDeleted": False,
        "IsPersonAccount": True,
        "PersonContactId": person_id(role.kind, person.number),
        "Name": person.company,
        "FirstName": person.first_name or None,
        "LastName": person.last_name,
        "Phone": person.phone or None,
        "PersonEmail": person.email or None,
        "PersonTitle": person.title or None,
        "PersonLeadSource": person.lead_source,
        "PersonBirthdate": person.birthdate or None,
        "PersonHasOptedOutOfEmail": role.opted_out,
        "PersonMailingStreet": person.address.street or None,
        "PersonMailingCity": person.address.city or None,
        "PersonMailingState": person.address.state or None,
        "PersonMailingPostalCode": person.address.postal_code or None,
        "PersonMailingCountry": person.address.country or None,
        "Newsletter_Consent__pc": role.consents,
        "Interests__pc": ";".join(person.topics) or None,
        "Customer_Tier__pc": person.tier or None,
        "Annual_Spend__pc": person.spend,
        **_stamps(person.created, person.modified),
    }


def _account_of(person: Person) -> str | None:
    if person.role.kind is Kind.PERSON_ACCOUNT:
        return person_account_id(person.number)
    return None if person.account is None else account_id(person.account)


def _stamps(created: int, modified: int) -> Record:
    """The system's own times."""
    changed = salesforce_time(modified)
    return {"CreatedDate": salesforce_time(created), "LastModifiedDate": changed, "SystemModstamp": changed}
