"""Salesforce's own campaigns (trade fairs and the like) with the people invited to them."""

from collections.abc import Iterator

from include.sandbox.world.calendar import DAY, date_of, salesforce_time
from include.sandbox.world.dice import Dice
from include.sandbox.world.ids import salesforce_id
from include.sandbox.world.people import Population
from include.sandbox.world.roles import Fate, Kind
from include.sandbox.world.salesforce import Record, person_id

# Name, kind, and how many days ago it took place.
_CAMPAIGNS = (("Spring trade fair", "Trade Show", 210), ("Product webinar", "Webinar", 45), ("Open day", "Other", 12))
# Label, whether it counts as a response.
_STATUSES = (("Sent", False), ("Responded", True))
_INVITED = ("customer in step", "customer to add", "private customer to add", "lead to add", "lead given up")


def campaigns(population: Population) -> Iterator[Record]:
    """Campaign records."""
    for number, (name, kind, days) in enumerate(_CAMPAIGNS):
        held = population.calendar.now - days * DAY
        yield {
            "Id": salesforce_id("701", number),
            "IsDeleted": False,
            "Name": name,
            "Type": kind,
            "Status": "Completed",
            "IsActive": days < 30,
            "StartDate": date_of(held),
            "EndDate": date_of(held + DAY),
            **_stamps(held - 30 * DAY),
        }


def statuses(population: Population) -> Iterator[Record]:
    """CampaignMemberStatus records: what a member's status may be."""
    for number, (_, _, days) in enumerate(_CAMPAIGNS):
        for place, (label, responded) in enumerate(_STATUSES):
            yield {
                "Id": salesforce_id("01Y", number * len(_STATUSES) + place),
                "IsDeleted": False,
                "CampaignId": salesforce_id("701", number),
                "Label": label,
                "SortOrder": place + 1,
                "IsDefault": place == 0,
                "HasResponded": responded,
                **_stamps(population.calendar.now - (days + 30) * DAY),
            }


def members(population: Population) -> Iterator[Record]:
    """CampaignMember records: each invited person once, in one of the campaigns."""
    for number in population.numbers(lambda role: role.name in _INVITED and role.fate is Fate.CURRENT):
        dice = Dice(population.seed, "invited", number)
        campaign = dice.below(len(_CAMPAIGNS))
        status, responded = dice.pick(_STATUSES)
        kind = population.role(number).kind
        is_lead = kind is Kind.LEAD
        yield {
            "Id": salesforce_id("00v", number),
            "IsDeleted": False,
            "CampaignId": salesforce_id("701", campaign),
            "ContactId": None if is_lead else person_id(kind, number),
            "LeadId": person_id(kind, number) if is_lead else None,
            "Status": status,
            "HasResponded": responded,
            **_stamps(population.calendar.now - _CAMPAIGNS[campaign][2] * DAY),
        }


def _stamps(at: int) -> Record:
    """The system's own times of a record that was not changed since it was made."""
    time = salesforce_time(at)
    return {"CreatedDate": time, "LastModifiedDate": time, "SystemModstamp": time}
