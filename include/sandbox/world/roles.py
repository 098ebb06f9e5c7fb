"""What a made-up person is in each system: the words in which the cast is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Kind(StrEnum):
    """What stands for somebody in Salesforce; a stranger is in Mailchimp only."""

    CONTACT = "contact"
    PERSON_ACCOUNT = "person account"
    LEAD = "lead"
    STRANGER = "stranger"


class Fate(StrEnum):
    """What became of the Salesforce record; merged and converted point to another person of the cast."""

    CURRENT = "current"
    DELETED = "deleted"
    MERGED = "merged"
    CONVERTED = "converted"


class Email(StrEnum):
    """How somebody's e-mail stands in Salesforce; all but the first two forms of sharing are the other person's."""

    OWN = "own"
    NONE = "none"
    SHARED = "shared"
    SHARED_UPPER_CASE = "shared, in upper case"
    SHARED_SPACED = "shared, with spaces around"


class Flaw(StrEnum):
    """The kinds of bad record that are planted."""

    MISSING_REQUIRED_FIELD = "missing_required_field"
    DATE_OUT_OF_PERIOD = "date_out_of_period"
    UNKNOWN_DROPDOWN_VALUE = "unknown_dropdown_value"
    INCOMPLETE_POSTAL_ADDRESS = "incomplete_postal_address"
    TEXT_TOO_LONG = "text_too_long"
    INVALID_EMAIL = "invalid_email"


class Audience(StrEnum):
    """The three audiences, by the name they have in Mailchimp."""

    NEWSLETTER = "Newsletter"
    PRODUCT_UPDATES = "Product updates"
    PARTNERS = "Partners"


class Values(StrEnum):
    """How a member's merge fields compare with the person's record."""

    EQUAL = "equal"
    OLDER = "older"  # Salesforce changed since
    EDITED = "edited"  # somebody changed them in Mailchimp
    SPARSE = "sparse"  # only the name was ever filled


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody's membership in one audience."""

    status: str = "subscribed"
    values: Values = Values.EQUAL
    unsubscribed_by: str | None = None  # member or admin
    tags: tuple[str, ...] = ()
    opens_all: bool = False  # opens everything again and again: more than 50 events
    upper_case: bool = False  # the address was typed in upper case in Mailchimp


@dataclass(frozen=True, slots=True)
class Role:
    """One part of the cast. Every block of people plays each part `count` times."""

    name: str
    kind: Kind
    count: int
    seats: Mapping[Audience, Seat] = field(default_factory=lambda: MappingProxyType({}))
    account_type: str | None = "Customer"  # of a contact's account; None: no account
    lead_source: str | None = None  # None: any but the partners'
    industry: str | None = None  # of a lead; None: any but technology
    lead_status: str = "Open - Not Contacted"
    fate: Fate = Fate.CURRENT
    email: Email = Email.OWN
    other: str | None = None  # the role whom the fate or the e-mail points to, occurrence by occurrence
    consents: bool = True
    opted_out: bool = False
    long_name: bool = False
    flaw: Flaw | None = None
