"""The companies that contacts work for and leads name."""

from dataclasses import dataclass
from functools import lru_cache

from include.sandbox.world.dice import Dice

_STEMS = (
    "Nordwind", "Atelier Béranger", "Café Müller", "Grupo Peñalara", "Blue Heron", "Żuraw", "Ondas do Sul", "Horizon",
    "O'Malley & Daughters", "Maison Lefèvre", "Granit", "北斗", "Silver Birch", "Kaskada",
)  # fmt: skip
_TRADES = ("Logistics", "Foods", "Printing", "Software", "Interiors", "Instruments", "Travel", "Textiles")
_FORMS = ("SARL", "GmbH", "Ltd", "S.A.", "Inc.", "sp. z o.o.", "Ltda", "株式会社")
INDUSTRIES = ("Agriculture", "Consulting", "Education", "Food & Beverage", "Manufacturing", "Retail", "Transportation")

# Salesforce counts 255 characters, Mailchimp 255 bytes: each of these characters has three.
_LONG_NAME = "株式会社北極星国際貿易総合研究開発機構" * 6

# The companies of one block, by their account type; the last one has the long name.
TYPES = (
    *("Customer",) * 11,
    *("Technology Partner",) * 4,
    *("Channel Partner / Reseller",) * 3,
    *("Prospect",) * 3,
    "Customer",
)
LONG_NAMED = len(TYPES) - 1
_SLOTS_OF_TYPE = {kind: tuple(slot for slot in range(LONG_NAMED) if TYPES[slot] == kind) for kind in set(TYPES)}


@dataclass(frozen=True, slots=True)
class Business:
    """A business account."""

    number: int
    name: str
    type: str
    industry: str


def company_name(seed: int, *key: str | int) -> str:
    """A made-up company name."""
    dice = Dice(seed, "company", *key)
    return f"{dice.pick(_STEMS)} {dice.pick(_TRADES)} {1 + dice.below(999)} {dice.pick(_FORMS)}"


@lru_cache(maxsize=8 * len(TYPES))
def business(seed: int, number: int) -> Business:
    """The company with that number; each block of people has `len(TYPES)` of them."""
    slot = number % len(TYPES)
    name = f"{_LONG_NAME} {number}" if slot == LONG_NAMED else company_name(seed, "account", number)
    industry = "Technology" if TYPES[slot] == "Technology Partner" else INDUSTRIES[number % len(INDUSTRIES)]
    return Business(number, name, TYPES[slot], industry)


def employer(block: int, account_type: str, choice: int) -> int:
    """The number of the block's company of that type that a choice (any whole number) falls on."""
    slots = _SLOTS_OF_TYPE[account_type]
    return block * len(TYPES) + slots[choice % len(slots)]
