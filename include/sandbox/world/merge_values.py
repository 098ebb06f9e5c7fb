"""What a member's merge fields hold when Mailchimp has the person's values exactly as Salesforce has them.

Written apart from the pipeline, from SPEC detail 11, so that the two check each other.
"""

from collections.abc import Callable

from include.sandbox.world.people import Person
from include.sandbox.world.roles import Flaw

TIER_LABELS = {"": "", "gold": "Gold", "silver": "Silver", "bronze": "Bronze"}


def _address(person: Person) -> object:
    """A postal address as the API shows it, in parts; Mailchimp wants a state, also where the country has none."""
    address = person.address
    if not address.street or person.role.flaw is Flaw.INCOMPLETE_POSTAL_ADDRESS:
        return ""
    first_line, _, rest = address.street.partition("\n")
    return {
        "addr1": first_line,
        "addr2": rest,
        "city": address.city,
        "state": address.state or "-",
        "zip": address.postal_code,
        "country": address.country,
    }


def _spend(person: Person) -> object:
    """A number as JSON writes it: whole numbers without a point."""
    if person.spend is None:
        return ""
    return int(person.spend) if person.spend.is_integer() else person.spend


MERGE_VALUES: dict[str, Callable[[Person], object]] = {
    "FNAME": lambda person: person.first_name,
    "LNAME": lambda person: person.last_name,
    "COMPANY": lambda person: person.company,
    "ADDRESS": _address,
    "PHONE": lambda person: person.phone,
    "BIRTHDATE": lambda person: "" if person.role.flaw is Flaw.DATE_OUT_OF_PERIOD else person.birthdate,
    "TIER": lambda person: TIER_LABELS[person.tier],
    "SPEND": _spend,
    "TOPICS": lambda person: ", ".join(person.topics),
    "CONSENT": lambda person: "true" if person.role.consents else "false",
    "JOBTITLE": lambda person: person.title,
    "COUNTRY": lambda person: person.address.country,
}
"""Merge field tag to the value that a member in step has; `""` where the person has none or a bad one."""
