"""Whom queries add, and the groups and tags they give and take: details 4 and 5, R10, R14 and X01 as sets and loops.

It shares no code with the pipeline. A target is a group's id or a tag's name: `("group", "i-news")`, `("tag", "VIP")`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.model.conditions import selects

Record = dict[str, Any]
Target = tuple[str, str]
KEPT_UP_TO_DATE = {"subscribed", "pending", "unsubscribed", "transactional"}


@dataclass
class Member:
    """What Mailchimp has of an e-mail."""

    status: str
    has: set[Target]


@dataclass
class Audience:
    """An audience's members by e-mail, and what its syncs remember.

    `groups`: path to id and category. `choices`: the categories that take one group. `given`: by query and e-mail, the
    query's targets and the newest change of a matching record when they were given. `ours`: what the sync gave.
    """

    members: dict[str, Member]
    groups: dict[str, tuple[str, str]]
    choices: set[str]
    given: dict[tuple[str, str], tuple[frozenset[str], datetime]] = field(default_factory=dict)
    ours: dict[str, set[Target]] = field(default_factory=lambda: defaultdict(set))

    def targets(self, query: Record) -> set[Target]:
        groups = {("group", self.groups[path][0]) for path in query.get("groups", ())}
        return groups | {("tag", tag) for tag in query.get("tags", ())}


@dataclass
class Sync:
    """One sync: of all automatic queries, or of one query; `removes` is what the policy says of who stops matching."""

    audience: Audience
    queries: list[Record]
    people: list[Record]
    today: date
    zone: ZoneInfo
    removes: bool
    only: str | None = None
    since: datetime | None = None

    def run(self) -> None:
        """Look, add, take away, give, forget."""
        members, ours = self.audience.members, self.audience.ours
        for email, member in members.items():
            ours[email] &= member.has  # what somebody took away is ours no more
        matching = self._matching()
        emails = {email for _, email in matching}
        new = emails - members.keys()
        members.update({email: Member("subscribed", set()) for email in new})
        changeable = {email for email in members if self._may_be_changed(email)}
        if self.removes and self.only is None:
            for email in changeable:
                asking = (query for query in self._taking_part() if (query["name"], email) in matching)
                gone = ours[email].difference(*map(self.audience.targets, asking))
                members[email].has -= gone
                ours[email] -= gone
        for query in self._taking_part():
            for email in sorted(emails):
                newest = matching.get((query["name"], email))
                if newest and (email in new or (email in changeable and self._is_due(query, email, newest))):
                    self._give(query, email, newest)
        self.audience.given = {
            each: past
            for each, past in self.audience.given.items()
            if each in matching or (self.only is not None and each[0] != self.only)
        }

    def _taking_part(self) -> list[Record]:
        if self.only is not None:
            return [query for query in self.queries if query["name"] == self.only]
        return [query for query in self.queries if query.get("run", "automatic") == "automatic"]

    def _matching(self) -> dict[tuple[str, str], datetime]:
        """By query and e-mail: the newest change among the people with the e-mail whom the query selects."""
        found: dict[tuple[str, str], datetime] = {}
        for query in self._taking_part():
            for person in self.people:
                if person["email"] and selects(query, person, self.today, self.zone):
                    key = query["name"], email_of(person)
                    found[key] = max(found.get(key, person["modified"]), person["modified"])
        return found

    def _may_be_changed(self, email: str) -> bool:
        """Detail 3; not while validation holds back the person who stands for the e-mail."""
        people = [person for person in self.people if person["email"] and email_of(person) == email]
        if not people or self.audience.members[email].status not in KEPT_UP_TO_DATE:
            return False
        return not min(people, key=lambda each: (each["object"] != "Contact", each["created"], each["Id"]))["held"]

    def _is_due(self, query: Record, email: str, newest: datetime) -> bool:
        if query.get("run") == "manual":
            return self.since is not None and newest > self.since
        past = self.audience.given.get((query["name"], email))
        return past is None or past[0] != _named(query) or newest > past[1]

    def _give(self, query: Record, email: str, newest: datetime) -> None:
        has = self.audience.members[email].has
        categories = dict(self.audience.groups.values())
        for target in sorted(self.audience.targets(query)):
            category = categories.get(target[1]) if target[0] == "group" else None
            taken = category in self.audience.choices and any(categories.get(name) == category for _, name in has)
            if target not in has and not taken:
                has.add(target)
                if query.get("run") != "manual":
                    self.audience.ours[email].add(target)
        if query.get("run") != "manual":
            self.audience.given[query["name"], email] = _named(query), newest


def email_of(person: Record) -> str:
    return str(person["email"]).strip().lower()


def _named(query: Record) -> frozenset[str]:
    groups = frozenset(f"group {path}" for path in query.get("groups", ()))
    return groups | {f"tag {tag}" for tag in query.get("tags", ())}
