"""The made-up people: who they are, whatever the systems know of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from include.sandbox.world.businesses import INDUSTRIES, LONG_NAMED, TYPES, business, company_name, employer
from include.sandbox.world.calendar import DAY, Calendar
from include.sandbox.world.cast import CAST, OTHER_SLOT, PEOPLE_PER_BLOCK
from include.sandbox.world.countries import COUNTRIES, LONG_LAST_NAME, Country, Name
from include.sandbox.world.dice import Dice
from include.sandbox.world.roles import Email, Fate, Flaw, Kind, Role

TIERS = ("gold", "silver", "bronze")
TOPICS = ("Product news", "Events", "Offers")
_STRANGERS_PER_BLOCK = len(CAST) - PEOPLE_PER_BLOCK
_MAIL_HOSTS = ("mail", "inbox", "courriel", "postfach", "correo", "skrzynka")
_TITLES = ("Buyer", "Head of Marketing", "Directrice générale", "Engineer", "Geschäftsführer", "Office manager")
_LEAD_SOURCES = ("Web", "Phone Inquiry", "Purchased List", "Other")


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """A postal address; the street may have several lines. All empty where none is known."""

    street: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the cast. Empty text and None mean that nothing is known."""

    number: int
    role: Role
    first_name: str
    last_name: str
    email: str
    company: str
    account: int | None  # number of the business account
    address: PostalAddress
    phone: str
    birthdate: str
    tier: str
    spend: float | None  # a lead has bought nothing yet
    topics: tuple[str, ...]
    title: str
    lead_source: str
    industry: str
    created: int
    modified: int


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where somebody comes from, what they are called, who keeps their mail, and when Salesforce got to know them.

    That is within five years, for one in ten within 30 days; who shares an e-mail came after its first owner.
    """

    country: Country
    first: Name
    last: Name
    mail_host: str
    created: int


@dataclass(frozen=True, slots=True)
class Population:
    """Everybody, addressed by number. Nobody is kept in memory: a person follows from seed, time and number."""

    seed: int
    calendar: Calendar
    people: int

    @property
    def blocks(self) -> int:
        """How many blocks of the cast there are; the last one may be incomplete."""
        return -(-self.people // PEOPLE_PER_BLOCK)

    def numbers(self, plays: Callable[[Role], bool]) -> Iterator[int]:
        """The numbers of those whose role is asked for, in ascending order."""
        slots = [slot for slot, role in enumerate(CAST) if plays(role)]
        for block in range(self.blocks):
            present = min(self.people - block * PEOPLE_PER_BLOCK, PEOPLE_PER_BLOCK)
            strangers = PEOPLE_PER_BLOCK + _STRANGERS_PER_BLOCK * present // PEOPLE_PER_BLOCK
            for slot in slots:
                if slot < present or PEOPLE_PER_BLOCK <= slot < strangers:
                    yield block * len(CAST) + slot

    def role(self, number: int) -> Role:
        """The part that somebody plays."""
        return CAST[number % len(CAST)]

    def other(self, number: int) -> int:
        """The person whom the fate or the e-mail of this one points to."""
        block, slot = divmod(number, len(CAST))
        other_slot = OTHER_SLOT[slot]
        if other_slot is None:
            raise LookupError(f"person {number} points to nobody")
        return block * len(CAST) + other_slot

    def email(self, number: int) -> str:
        """The e-mail as Salesforce has it; empty where there is none."""
        role = self.role(number)
        if role.email is Email.OWN:
            return _own_email(role, number, self._origin(number))
        if role.email is Email.NONE:
            return ""
        shared = self.email(self.other(number))
        if role.email is Email.SHARED_UPPER_CASE:
            return shared.upper()
        return f" {shared} " if role.email is Email.SHARED_SPACED else shared

    def person(self, number: int) -> Person:
        """Everything about one person."""
        role = self.role(number)
        dice = Dice(self.seed, "facts", number)
        origin = self._origin(number)
        first, last, country = origin.first.text, origin.last.text, origin.country
        company, account = self._company(number, role)
        person = Person(
            number=number,
            role=role,
            first_name=first,
            last_name=last,
            email=_own_email(role, number, origin) if role.email is Email.OWN else self.email(number),
            company=company if role.kind is not Kind.PERSON_ACCOUNT else f"{first} {last}",
            account=account,
            address=_address(dice, country, always=role.flaw is not None),
            phone=f"+{country.dial} 555 {dice.below(900) + 100} {dice.below(9000) + 1000}" if dice.percent(70) else "",
            birthdate=_birthdate(dice) if dice.percent(75) else "",
            tier=dice.pick(TIERS) if dice.percent(70) else "",
            spend=dice.below(2_000_000) / 100 if role.kind is not Kind.LEAD and dice.percent(60) else None,
            topics=tuple(topic for topic in TOPICS if dice.percent(35)),
            title=dice.pick(_TITLES) if dice.percent(60) else "",
            lead_source=role.lead_source or dice.pick(_LEAD_SOURCES),
            industry=role.industry or dice.pick(INDUSTRIES),
            created=origin.created,
            modified=self._modified(role, origin.created, dice),
        )
        return _FLAWED[role.flaw](person, Dice(self.seed, "flaw", number)) if role.flaw in _FLAWED else person

    def _origin(self, number: int) -> _Origin:
        dice = Dice(self.seed, "origin", number)
        country = dice.pick(COUNTRIES)
        first, last = dice.pick(country.first_names), dice.pick(country.last_names)
        mail_host = dice.pick(_MAIL_HOSTS)
        role = self.role(number)
        latest = self.calendar.now - DAY
        if role.other is None or role.email is Email.OWN:
            created = latest - 1 - dice.below((28 if dice.percent(10) else 5 * 365) * DAY)
        else:
            created = latest - dice.below(latest - self._origin(self.other(number)).created)
        return _Origin(country, first, LONG_LAST_NAME if role.long_name else last, mail_host, created)

    def _modified(self, role: Role, created: int, dice: Dice) -> int:
        """When the record was changed last; one in the recycle bin went there lately, or it would be gone."""
        binned = role.fate in {Fate.DELETED, Fate.MERGED}
        earliest = max(created, self.calendar.now - 3 * DAY) if binned else created
        return earliest + dice.below(self.calendar.now - earliest)

    def _company(self, number: int, role: Role) -> tuple[str, int | None]:
        """Company name and business account of a contact; only the name for leads and strangers; nothing for others."""
        block, slot = divmod(number, len(CAST))
        if role.kind is Kind.PERSON_ACCOUNT:
            return "", None
        if role.kind is not Kind.CONTACT:
            return company_name(self.seed, role.kind, number), None
        if role.flaw is Flaw.TEXT_TOO_LONG:
            account = block * len(TYPES) + LONG_NAMED
        elif role.account_type is None:
            return "", None
        else:
            account = employer(block, role.account_type, slot)
        return business(self.seed, account).name, account


def _own_email(role: Role, number: int, origin: _Origin) -> str:
    """An address that nobody else has."""
    # email-validator refuses two dots in a row (RFC 5321, 4.1.2); Salesforce lets them pass.
    dot = ".." if role.flaw is Flaw.INVALID_EMAIL else "."
    return f"{origin.first.ascii}{dot}{origin.last.ascii}{number}@{origin.mail_host}.example"


def _address(dice: Dice, country: Country, *, always: bool) -> PostalAddress:
    """A complete postal address, or none at all."""
    if not (always or dice.percent(85)):
        return PostalAddress()
    town, street = dice.pick(country.towns), f"{1 + dice.below(180)} {dice.pick(country.streets)}"
    if dice.percent(20):
        street += f"\nApt {1 + dice.below(60)}"
    return PostalAddress(street, town.city, town.state, town.postal_code, country.name)


def _birthdate(dice: Dice) -> str:
    return f"{1940 + dice.below(65)}-{1 + dice.below(12):02}-{1 + dice.below(28):02}"


def _with_bad_date(person: Person, dice: Dice) -> Person:
    """Before 1900 or far in the future."""
    born = "18" + _birthdate(dice)[2:] if dice.percent(50) else "2190" + _birthdate(dice)[4:]
    return replace(person, birthdate=born)


def _with_bad_address(person: Person, dice: Dice) -> Person:
    gap = {"postal_code": ""} if dice.percent(50) else {"city": ""}
    return replace(person, address=replace(person.address, **gap))


# The flaws that are in a person's own fields; an invalid e-mail and a long company name are made where those are.
_FLAWED: dict[Flaw | None, Callable[[Person, Dice], Person]] = {
    Flaw.MISSING_REQUIRED_FIELD: lambda person, _: replace(person, first_name=""),
    Flaw.DATE_OUT_OF_PERIOD: _with_bad_date,
    Flaw.UNKNOWN_DROPDOWN_VALUE: lambda person, _: replace(person, tier="platinum"),
    Flaw.INCOMPLETE_POSTAL_ADDRESS: _with_bad_address,
}
