"""Worlds read into memory once, for the tests of this folder."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from include.sandbox.world import build

NOW = datetime(2026, 11, 22, 22, 15, tzinfo=UTC)


@dataclass(frozen=True)
class ReadWorld:
    """A world as plain lists and dictionaries."""

    salesforce: dict[str, list[dict]]
    lists: dict[str, dict]
    campaigns: list[dict]
    events: list[dict]
    planted: dict[str, dict]

    def people(self) -> list[dict]:
        """Contacts and leads."""
        return self.salesforce["Contact"] + self.salesforce["Lead"]


@cache
def read_world(people: int, seed: int = 1) -> ReadWorld:
    """Build a world and read all of it; treat it as read-only."""
    world = build(seed, NOW, people)
    lists = {}
    for each in world.mailchimp["lists"]:
        segments = [{**segment, "members": list(segment["members"])} for segment in each["segments"]]
        members = {"segments": segments, "members": list(each["members"]), "forgotten": list(each["forgotten"])}
        lists[each["name"]] = {**each, **members}
    return ReadWorld(
        salesforce={name: list(records) for name, records in world.salesforce},
        lists=lists,
        campaigns=list(world.mailchimp["campaigns"]),
        events=list(world.mailchimp["events"]),
        planted=dict(world.planted),
    )
