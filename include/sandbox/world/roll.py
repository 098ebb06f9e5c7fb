"""Who is a member of which audience, since when and until when."""

from collections.abc import Iterator
from dataclasses import dataclass

from include.sandbox.world.audiences import SETUPS, list_id
from include.sandbox.world.calendar import CAMPAIGN_WEEKS, DAY, WEEK
from include.sandbox.world.dice import Dice
from include.sandbox.world.ids import member_hash
from include.sandbox.world.people import Population
from include.sandbox.world.roles import Audience, Seat


@dataclass(frozen=True, slots=True)
class Tenure:
    """When somebody joined an audience and when and how they left; times in seconds since 1970."""

    joined: int
    left: int | None = None
    last_week: int | None = None  # the campaign week in which an unsubscribe or a bounce ended it


@dataclass(frozen=True, slots=True)
class Roll:
    """The members of one audience."""

    population: Population
    audience: Audience

    @property
    def list_id(self) -> str:
        """The audience's id."""
        return list_id(self.population.seed, self.audience)

    def numbers(self, *statuses: str) -> Iterator[int]:
        """The numbers of the members with one of these statuses."""
        return self.population.numbers(
            lambda role: (seat := role.seats.get(self.audience)) is not None and seat.status in statuses
        )

    def seat(self, number: int) -> Seat:
        """How somebody is a member here."""
        return self.population.role(number).seats[self.audience]

    def hash(self, number: int) -> str:
        """The member's id."""
        return member_hash(self.population.email(number))

    def forgotten(self) -> Iterator[str]:
        """The hashes of those who were deleted for good."""
        return map(self.hash, self.numbers("forgotten"))

    def tagged(self, tag: str) -> Iterator[str]:
        """The hashes of the members with a tag."""
        wearers = self.population.numbers(
            lambda role: self.audience in role.seats and tag in role.seats[self.audience].tags
        )
        return map(self.hash, wearers)

    def tenure(self, number: int) -> Tenure:
        """Since when somebody is, or was, a member."""
        calendar, seat = self.population.calendar, self.seat(number)
        dice = Dice(self.population.seed, "tenure", self.audience, number)
        stayed = seat.status not in {"unsubscribed", "cleaned", "archived"}
        recent = stayed and not seat.opens_all and dice.percent(10)
        days = 60 if recent else 1000
        joined = calendar.now - (0 if recent else 70 * DAY) - 2 * DAY - dice.below(days * DAY)
        if stayed:
            return Tenure(joined)
        if seat.status == "archived" or seat.unsubscribed_by == "admin":
            return Tenure(joined, calendar.now - 2 * DAY - dice.below(60 * DAY))
        week = dice.below(CAMPAIGN_WEEKS)
        sent = calendar.send_time(week, SETUPS[self.audience].send_day)
        return Tenure(joined, sent + 1 + dice.below(calendar.week_start(week) + WEEK - sent - 1), week)
