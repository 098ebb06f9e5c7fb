"""Who is a member of which audience, since when, and what Mailchimp knows about them."""

from collections.abc import Iterator
from dataclasses import dataclass

from include.sandbox.world.audiences import SETUPS, Json, interest_id, list_id, tag_id
from include.sandbox.world.calendar import CAMPAIGN_WEEKS, DAY, WEEK, mailchimp_time
from include.sandbox.world.dice import Dice
from include.sandbox.world.ids import hex_id, member_hash
from include.sandbox.world.merge_values import merge_value
from include.sandbox.world.people import Person, Population
from include.sandbox.world.roles import Audience, Kind, Seat, Values

_CHECKED_GROUP_PERCENT = 30
_OLD_VALUES: Json = {"LNAME": "Dubois", "COMPANY": "Dubois et fils", "PHONE": "", "JOBTITLE": "Trainee"}
_EDITED_VALUES: Json = {"LNAME": "Novák", "TIER": "Bronze", "SPEND": 1}
_NOWHERE: Json = {"latitude": 0, "longitude": 0, "gmtoff": 0, "dstoff": 0, "country_code": "", "timezone": ""}


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

    def members(self) -> Iterator[Json]:
        """The members as the API shows them, archived ones too, and who unsubscribed them as `_unsubscribed_by`."""
        for number in self.numbers("subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived"):
            yield self._member(number)

    def _member(self, number: int) -> Json:
        seat, tenure, person = self.seat(number), self.tenure(number), self.population.person(number)
        dice = Dice(self.population.seed, "member", self.audience, number)
        email = person.email.strip()
        key = member_hash(email)
        values = self._merge_fields(person, seat)
        opted_in = "" if seat.status in {"pending", "transactional"} else mailchimp_time(tenure.joined)
        member: Json = {
            "id": key,
            "email_address": email.upper() if seat.upper_case else email,
            "unique_email_id": hex_id(self.population.seed, "address", self.audience, key),
            "contact_id": hex_id(self.population.seed, "contact", self.audience, number, length=32),
            "full_name": f"{values['FNAME']} {values['LNAME']}".strip(),
            "web_id": 100_000_000 + number * len(Audience) + list(Audience).index(self.audience),
            "email_type": "html",
            "status": seat.status,
            "consents_to_one_to_one_messaging": True,
            "merge_fields": values,
            "interests": self._interests(dice),
            "stats": {"avg_open_rate": dice.below(100) / 100, "avg_click_rate": dice.below(20) / 100},
            "ip_signup": "",
            "timestamp_signup": "",
            "ip_opt": "192.0.2.1" if opted_in else "",
            "timestamp_opt": opted_in,
            "member_rating": 1 + dice.below(5),
            "last_changed": mailchimp_time(self._last_changed(tenure, seat, dice)),
            "language": "",
            "vip": "VIP" in seat.tags,
            "email_client": "",
            "location": _NOWHERE,
            "source": "Import" if person.role.kind is not Kind.STRANGER else "Hosted Signup Form",
            "tags_count": len(seat.tags),
            "tags": [{"id": tag_id(self.audience, tag), "name": tag} for tag in seat.tags],
            "list_id": self.list_id,
            "_unsubscribed_by": seat.unsubscribed_by,
        }
        if seat.status == "unsubscribed":
            member["unsubscribe_reason"] = (
                "N/A (Unsubscribed by admin)" if seat.unsubscribed_by == "admin" else "None given"
            )
        return member

    def _merge_fields(self, person: Person, seat: Seat) -> Json:
        """Every merge field of the audience, `""` where nothing was filled."""
        tags = [field.tag for field in SETUPS[self.audience].merge_fields]
        if seat.values is Values.SPARSE:
            return {tag: person.first_name if tag == "FNAME" else "" for tag in tags}
        values = {tag: merge_value(tag, person) for tag in tags}
        if seat.values is not Values.EQUAL:
            changed = _OLD_VALUES if seat.values is Values.OLDER else _EDITED_VALUES
            values |= {tag: value for tag, value in changed.items() if tag in values}
        return values

    def _interests(self, dice: Dice) -> Json:
        """Which groups a member is in: any of the checkboxes, at most one of a radio category."""
        chosen: Json = {}
        for category in SETUPS[self.audience].categories:
            single = dice.below(len(category.groups) + 1)
            for place, group in enumerate(category.groups):
                inside = single == place if category.type == "radio" else dice.percent(_CHECKED_GROUP_PERCENT)
                chosen[interest_id(self.population.seed, self.audience, group)] = inside
        return chosen

    def _last_changed(self, tenure: Tenure, seat: Seat, dice: Dice) -> int:
        """An edit is of the last ten days; otherwise leaving was the last change, or something after joining."""
        now = self.population.calendar.now
        if tenure.left is not None:
            return tenure.left
        if seat.values is Values.EDITED:
            return max(tenure.joined, now - 1 - dice.below(10 * DAY))
        return tenure.joined + dice.below(now - tenure.joined)
