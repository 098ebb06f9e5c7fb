"""Two months of weekly Mailchimp campaigns, and what their recipients did with them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from include.sandbox.world.audiences import SETUPS, Json, campaign_id
from include.sandbox.world.calendar import CAMPAIGN_WEEKS, HOUR, WEEK, date_of, mailchimp_time
from include.sandbox.world.dice import Dice
from include.sandbox.world.roll import Roll, Tenure

# A campaign goes to this many members at most, so that a large world has no more events than it can be filled with
# in time.
MAX_RECIPIENTS = 5_000
_LINKS = ("https://shop.example/offers", "https://shop.example/events", "https://blog.example/how-to")


@dataclass(frozen=True, slots=True)
class MailCampaign:
    """One sent campaign of an audience."""

    roll: Roll
    week: int

    @property
    def id(self) -> str:
        """10 hexadecimal digits."""
        return campaign_id(self.roll.population.seed, self.roll.audience, self.week)

    @property
    def sent(self) -> int:
        """When it went out."""
        return self.roll.population.calendar.send_time(self.week, SETUPS[self.roll.audience].send_day)

    def recipients(self) -> Iterator[tuple[int, Tenure]]:
        """Those who were subscribed when it went out: their numbers and since when they are members."""
        numbers = self.roll.numbers("subscribed", "unsubscribed", "cleaned", "archived")
        tenures = ((number, self.roll.tenure(number)) for number in numbers)
        return islice((each for each in tenures if self._reaches(each[1])), MAX_RECIPIENTS)

    def as_json(self) -> Json:
        """The campaign as the API shows it."""
        count = sum(1 for _ in self.recipients())
        subject = f"{SETUPS[self.roll.audience].subject}, {date_of(self.sent)}"
        return {
            "id": self.id,
            "web_id": 500_000 + SETUPS[self.roll.audience].send_day * 100 + self.week,
            "type": "regular",
            "create_time": mailchimp_time(self.sent - 20 * HOUR),
            "archive_url": f"https://archive.example/{self.id}",
            "long_archive_url": f"https://archive.example/campaigns/{self.id}",
            "status": "sent",
            "emails_sent": count,
            "send_time": mailchimp_time(self.sent),
            "content_type": "template",
            "recipients": {
                "list_id": self.roll.list_id,
                "list_is_active": True,
                "list_name": str(self.roll.audience),
                "segment_text": "",
                "recipient_count": count,
            },
            "settings": {
                "subject_line": subject,
                "preview_text": "",
                "title": subject,
                "from_name": "The made-up company",
                "reply_to": "news@shop.example",
            },
        }

    def events(self) -> Iterator[Json]:
        """What happened to each recipient, one recipient after the other, not yet in the order of time."""
        for number, tenure in self.recipients():
            yield from self._history(number, tenure)

    def _reaches(self, tenure: Tenure) -> bool:
        return tenure.joined < self.sent and (tenure.left is None or self.sent < tenure.left)

    def _history(self, number: int, tenure: Tenure) -> Iterator[Json]:
        """Sent, then a bounce, or opens and clicks and perhaps the unsubscribe that ended the membership."""
        email_id = self.roll.hash(number)
        dice = Dice(self.roll.population.seed, "history", self.id, number)
        yield self._event(email_id, "sent", self.sent)
        seat = self.roll.seat(number)
        leaves = tenure.left if tenure.last_week == self.week else None
        until = self._end if tenure.left is None else min(self._end, tenure.left)
        if leaves is not None and seat.status == "cleaned":
            yield self._event(email_id, "bounce", leaves, type="hard")
            return
        if leaves is None and dice.percent(2):
            yield self._event(email_id, "bounce", min(self.sent + 30 + dice.below(600), until), type="soft")
            return
        for at in self._opens(dice, often=seat.opens_all, until=until):
            yield self._event(email_id, "open", at)
            if dice.percent(25) and at + 20 < until:
                yield self._event(email_id, "click", at + 20, url=dice.pick(_LINKS))
        if leaves is not None:
            yield self._event(email_id, "unsubscribe", leaves)

    @property
    def _end(self) -> int:
        """Everything that follows a campaign happens within its week, so that events can be put in order by weeks."""
        return self.roll.population.calendar.week_start(self.week) + WEEK

    def _opens(self, dice: Dice, *, often: bool, until: int) -> Iterator[int]:
        """Times of opening: mostly none to two within hours, some days later; ascending."""
        count = 6 + dice.below(3) if often else dice.pick((0, 0, 0, 1, 1, 2, 3))
        # A set: Mailchimp's readers tell a member's events apart by their second.
        delays = sorted({60 + dice.below(dice.pick((8, 8, 48, 120)) * HOUR) for _ in range(count)})
        for delay in delays:
            if self.sent + delay < until:
                yield self.sent + delay

    def _event(self, email_id: str, action: str, at: int, **extra: str) -> Json:
        return {
            "campaign_id": self.id,
            "list_id": self.roll.list_id,
            "email_id": email_id,
            "action": action,
            "timestamp": mailchimp_time(at),
            **extra,
        }


def campaigns(rolls: list[Roll]) -> Iterator[MailCampaign]:
    """Every campaign of the audiences, oldest week first."""
    for week in range(CAMPAIGN_WEEKS):
        for roll in rolls:
            yield MailCampaign(roll, week)


def events(rolls: list[Roll]) -> Iterator[Json]:
    """Every event in the order of time, by one week of campaigns at a time."""
    for week in range(CAMPAIGN_WEEKS):
        of_week = [event for roll in rolls for event in MailCampaign(roll, week).events()]
        of_week.sort(key=lambda event: (event["timestamp"], event["campaign_id"], event["email_id"]))
        yield from of_week
