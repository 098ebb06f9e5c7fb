"""The members of an audience as the API shows them."""

from collections.abc import Iterator

from include.sandbox.world.audiences import SETUPS, Category, Json, interest_id, tag_id
from include.sandbox.world.calendar import DAY, mailchimp_time
from include.sandbox.world.dice import Dice
from include.sandbox.world.ids import hex_id, member_hash
from include.sandbox.world.merge_values import MERGE_VALUES
from include.sandbox.world.people import Person
from include.sandbox.world.roles import Audience, Kind, Seat, Values
from include.sandbox.world.roll import Roll, Tenure

_CHECKED_GROUP_PERCENT = 30
_OLD_VALUES: Json = {"LNAME": "Dubois", "COMPANY": "Dubois et fils", "PHONE": "", "JOBTITLE": "Trainee"}
_EDITED_VALUES: Json = {"LNAME": "Novák", "TIER": "Bronze", "SPEND": 1}
_CONSTANT: Json = {
    "email_type": "html",
    "consents_to_one_to_one_messaging": True,
    "ip_signup": "",
    "timestamp_signup": "",
    "language": "",
    "email_client": "",
    "location": {"latitude": 0, "longitude": 0, "gmtoff": 0, "dstoff": 0, "country_code": "", "timezone": ""},
}


class MemberRecords:
    """One audience's members in the shape of the API, archived ones too.

    Each has `_unsubscribed_by` besides: `member`, `admin` or None.
    """

    def __init__(self, roll: Roll) -> None:
        seed, setup = roll.population.seed, SETUPS[roll.audience]
        self._roll = roll
        self._list_id = roll.list_id
        self._place = list(Audience).index(roll.audience)
        self._values = [(field.tag, MERGE_VALUES[field.tag]) for field in setup.merge_fields]
        self._groups: list[tuple[Category, list[str]]] = [
            (category, [interest_id(seed, roll.audience, group) for group in category.groups])
            for category in setup.categories
        ]

    def __iter__(self) -> Iterator[Json]:
        statuses = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived")
        return map(self._member, self._roll.numbers(*statuses))

    def _member(self, number: int) -> Json:
        seat, person = self._roll.seat(number), self._roll.population.person(number)
        dice = Dice(self._roll.population.seed, "member", self._list_id, number)
        email = person.email.strip()
        values = self._merge_fields(person, seat)
        return {
            **_CONSTANT,
            **self._ids(number, email),
            **self._times(number, seat, dice),
            **_standing(seat),
            "email_address": email.upper() if seat.upper_case else email,
            "full_name": f"{values['FNAME']} {values['LNAME']}".strip(),
            "merge_fields": values,
            "interests": self._interests(dice),
            "stats": {"avg_open_rate": dice.below(100) / 100, "avg_click_rate": dice.below(20) / 100},
            "member_rating": 1 + dice.below(5),
            "vip": "VIP" in seat.tags,
            "source": "Import" if person.role.kind is not Kind.STRANGER else "Hosted Signup Form",
            "tags_count": len(seat.tags),
            "tags": [{"id": tag_id(self._roll.audience, tag), "name": tag} for tag in seat.tags],
            "list_id": self._list_id,
        }

    def _ids(self, number: int, email: str) -> Json:
        key, seed = member_hash(email), self._roll.population.seed
        return {
            "id": key,
            "unique_email_id": hex_id(seed, "address", self._list_id, key),
            "contact_id": hex_id(seed, "contact", self._list_id, number, length=32),
            "web_id": 100_000_000 + number * len(SETUPS) + self._place,
        }

    def _times(self, number: int, seat: Seat, dice: Dice) -> Json:
        """When somebody agreed to get mail, if they did, and when the member was changed last."""
        tenure = self._roll.tenure(number)
        opted_in = seat.status not in {"pending", "transactional"}
        return {
            "ip_opt": "192.0.2.1" if opted_in else "",
            "timestamp_opt": mailchimp_time(tenure.joined) if opted_in else "",
            "last_changed": mailchimp_time(self._last_changed(tenure, seat, dice)),
        }

    def _last_changed(self, tenure: Tenure, seat: Seat, dice: Dice) -> int:
        """An edit is of the last ten days; otherwise leaving was the last change, or something after joining."""
        now = self._roll.population.calendar.now
        if tenure.left is not None:
            return tenure.left
        if seat.values is Values.EDITED:
            return max(tenure.joined, now - 1 - dice.below(10 * DAY))
        return tenure.joined + dice.below(now - tenure.joined)

    def _merge_fields(self, person: Person, seat: Seat) -> Json:
        """Every merge field of the audience, `""` where nothing was filled."""
        if seat.values is Values.SPARSE:
            return {tag: person.first_name if tag == "FNAME" else "" for tag, _ in self._values}
        values = {tag: value_of(person) for tag, value_of in self._values}
        if seat.values is not Values.EQUAL:
            changed = _OLD_VALUES if seat.values is Values.OLDER else _EDITED_VALUES
            values |= {tag: value for tag, value in changed.items() if tag in values}
        return values

    def _interests(self, dice: Dice) -> Json:
        """Which groups a member is in: any of the checkboxes, at most one of a radio category."""
        chosen: Json = {}
        for category, groups in self._groups:
            single = dice.below(len(groups) + 1)
            for place, group in enumerate(groups):
                chosen[group] = single == place if category.type == "radio" else dice.percent(_CHECKED_GROUP_PERCENT)
        return chosen


def _standing(seat: Seat) -> Json:
    """The status, and for those who left who did it."""
    standing: Json = {"status": seat.status, "_unsubscribed_by": seat.unsubscribed_by}
    if seat.status == "unsubscribed":
        by_admin = seat.unsubscribed_by == "admin"
        standing["unsubscribe_reason"] = "N/A (Unsubscribed by admin)" if by_admin else "None given"
    return standing
