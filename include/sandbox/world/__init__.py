"""A made-up company with its customers, in the Salesforce org and the Mailchimp account of the sandbox.

The same seed, time and number of people give the same records, byte for byte. Nothing is kept in memory: everything
is generated while it is read, and can be read again. `docs/world.md` tells what is in it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar

from include.sandbox.world import mail_campaigns, org_rules, sales_campaigns, salesforce
from include.sandbox.world.audiences import SETUPS, Json, interest_categories, merge_fields, tag_id
from include.sandbox.world.calendar import DAY, Calendar, mailchimp_time
from include.sandbox.world.ids import hex_id
from include.sandbox.world.member_records import MemberRecords
from include.sandbox.world.people import Population
from include.sandbox.world.planted import planted
from include.sandbox.world.roles import Audience
from include.sandbox.world.roll import Roll

__all__ = ["Generated", "World", "build"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Generated(Generic[T]):
    """Records that are made anew each time they are read."""

    make: Callable[[], Iterator[T]]

    def __iter__(self) -> Iterator[T]:
        return self.make()


@dataclass(frozen=True, slots=True)
class World:
    """What the two servers are filled with."""

    salesforce: Iterable[tuple[str, Iterable[dict[str, object]]]]
    """Object name and its records with API field names; an object comes after those it refers to."""
    mailchimp: Mapping[str, object]
    """The control API's state; members, forgotten hashes, campaigns and events are iterables."""
    planted: Mapping[str, object]
    """Per kind of bad record its number, field, ids and hashes."""


def build(seed: int, now: datetime, people: int) -> World:
    """Makes the world.

    Args:
        seed: which world.
        now: an aware datetime; everything happened before it.
        people: Salesforce contacts, leads and person accounts together; strangers in Mailchimp come on top.

    Raises:
        ValueError: `now` has no time zone, or there would be nobody.
    """
    if now.tzinfo is None:
        raise ValueError("now must have a time zone")
    if people < 1:
        raise ValueError(f"people must be at least 1, not {people}")
    population = Population(seed, Calendar(int(now.timestamp())), people)
    return World(_salesforce(population), _mailchimp(population), planted(population))


def _salesforce(population: Population) -> list[tuple[str, Generated[Json]]]:
    makers: dict[str, Callable[[Population], Iterator[Json]]] = {
        "Account": salesforce.accounts,
        "Contact": salesforce.contacts,
        "Lead": salesforce.leads,
        "Campaign": sales_campaigns.campaigns,
        "CampaignMemberStatus": sales_campaigns.statuses,
        "CampaignMember": sales_campaigns.members,
        "ValidationRule": org_rules.validation_rules,
    }
    return [(name, Generated(partial(make, population))) for name, make in makers.items()]


def _mailchimp(population: Population) -> Json:
    rolls = [Roll(population, audience) for audience in Audience]
    return {
        "account": {
            "account_id": hex_id(population.seed, "account", length=24),
            "login_id": hex_id(population.seed, "login", length=8),
            "account_name": "The made-up company",
            "email": "owner@shop.example",
            "username": "made-up-company",
            "role": "owner",
            "account_timezone": "Europe/Paris",
        },
        "lists": [_list(roll) for roll in rolls],
        "campaigns": Generated(lambda: (campaign.as_json() for campaign in mail_campaigns.campaigns(rolls))),
        "events": Generated(partial(mail_campaigns.events, rolls)),
    }


def _list(roll: Roll) -> Json:
    """One audience in the control API's shape."""
    seed, audience = roll.population.seed, roll.audience
    created = mailchimp_time(roll.population.calendar.now - 4 * 365 * DAY)
    return {
        "id": roll.list_id,
        "name": str(audience),
        "date_created": created,
        "double_optin": False,
        "merge_fields": merge_fields(seed, audience),
        "interest_categories": interest_categories(seed, audience),
        "segments": [
            {
                "id": tag_id(audience, tag),
                "name": tag,
                "type": "static",
                "created_at": created,
                "updated_at": created,
                "list_id": roll.list_id,
                "members": list(roll.tagged(tag)),
            }
            for tag in SETUPS[audience].tags
        ],
        "members": MemberRecords(roll),
        "forgotten": Generated(roll.forgotten),
    }
