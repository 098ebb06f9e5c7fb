"""The bad records that were planted, so that a quality report can be held against them."""

from include.sandbox.world.ids import member_hash
from include.sandbox.world.people import Population
from include.sandbox.world.roles import Audience, Flaw
from include.sandbox.world.salesforce import person_id

# The Salesforce field and the merge field of the Newsletter audience that each kind is bad in.
FIELDS = {
    Flaw.MISSING_REQUIRED_FIELD: ("FirstName", "FNAME"),
    Flaw.DATE_OUT_OF_PERIOD: ("Birthdate", "BIRTHDATE"),
    Flaw.UNKNOWN_DROPDOWN_VALUE: ("Customer_Tier__c", "TIER"),
    Flaw.INCOMPLETE_POSTAL_ADDRESS: ("MailingAddress", "ADDRESS"),
    Flaw.TEXT_TOO_LONG: ("Account.Name", "COMPANY"),
    Flaw.INVALID_EMAIL: ("Email", "EMAIL"),
}


def planted(population: Population) -> dict[str, object]:
    """Per kind of bad record: `count`, `audience`, `field`, `merge_field`, Salesforce `ids` and `member_hashes`.

    Each of these contacts is bad in this one way only; the Newsletter audience selects them all and no other does.
    """
    return {str(flaw): _described(population, flaw) for flaw in Flaw}


def _described(population: Population, flaw: Flaw) -> dict[str, object]:
    numbers = list(population.numbers(lambda role: role.flaw is flaw))
    field, merge_field = FIELDS[flaw]
    return {
        "count": len(numbers),
        "audience": str(Audience.NEWSLETTER),
        "field": field,
        "merge_field": merge_field,
        "ids": [person_id(population.role(number).kind, number) for number in numbers],
        "member_hashes": [member_hash(population.email(number)) for number in numbers],
    }
