"""Histories: people edit both vendors and the configuration, syncs run, and each ends as the model says (SPEC.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from hypothesis.strategies import SearchStrategy

from tests.histories import worlds
from tests.histories.syncs import AT_MOST, LISTS, Syncs, places, who

asked = st.fixed_dictionaries(
    {
        "Requested_Status__c": st.sampled_from(["unsubscribed", "subscribed", None]),
        "Requested_Groups__c": st.sampled_from([None, "interests/ News", "Rhythm / Weekly\nRhythm / Monthly", "Nope"]),
    }
)
"""What users ask for on mirror rows (R22)."""


def act(**drawn: SearchStrategy[Any]) -> Callable[[Callable[..., None]], Any]:
    """A rule of something that people do, as long as no sync is due."""
    return lambda function: precondition(lambda self: self.acts < AT_MOST)(rule(**drawn)(function))


class History(Syncs):
    """What happens between the syncs."""

    @act(fields=worlds.person_fields, kind=st.sampled_from(["Contact", "Contact", "Lead"]))
    def somebody_comes(self, fields: dict[str, Any], kind: str) -> None:
        self.later()
        self.users.create(kind, f"new{self.now:%H%M%S}", fields)

    @act(number=who, fields=worlds.person_fields, names=st.sets(st.sampled_from(worlds.FIELDS), min_size=1, max_size=2))
    def a_person_is_edited(self, number: int, fields: dict[str, Any], names: set[str]) -> None:
        if person := self._person(number):
            self.users.change(person, {name: fields[name] for name in sorted(names)})

    @act(number=who)
    def a_person_is_deleted(self, number: int) -> None:
        if person := self._person(number):
            self.users.delete(person)

    @act(number=who, other=who)
    def people_become_one(self, number: int, other: int) -> None:
        """Two contacts or leads are merged; a lead is converted into a contact."""
        one, two = self._person(number), self._person(other)
        if one is None or two is None or one["Id"] == two["Id"]:
            return
        at = self.now.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        if one["object"] == two["object"] and not two.get("IsPersonAccount"):
            self.users.merge(one, two, at)
        elif one["object"] == "Lead" and two["object"] == "Contact":
            self.users.convert(one, two, at)

    @act(place=places, name=worlds.names, status=st.sampled_from(["subscribed", "unsubscribed", "pending"]))
    def somebody_joins(self, place: int, name: str, status: str) -> None:
        self.members(place).join(name, status)

    @act(
        place=places,
        name=worlds.names,
        tag=st.sampled_from(["TITLE", "TITLE", "FNAME", "LNAME", "COMPANY"]),
        value=st.sampled_from(["Dr", "Sir", ""]),
    )
    def a_member_is_edited(self, place: int, name: str, tag: str, value: str) -> None:
        self.members(place).edit(name, {"merge_fields": {tag: value}})

    @act(rules=worlds.rules)
    def validation_is_configured_anew(self, rules: list[dict[str, Any]]) -> None:
        self.pipeline.rules = rules
        for stem, settings in self.pipeline.audiences.items():
            self.configure(stem, settings)

    @act(place=places, name=worlds.names, other=worlds.names)
    def a_member_moves(self, place: int, name: str, other: str) -> None:
        self.members(place).edit(name, {"email_address": f"{other}@x.example"})

    @act(place=places, name=worlds.names, how=st.sampled_from(["unsubscribe", "unsubscribe", "archive", "forget"]))
    def a_member_leaves(self, place: int, name: str, how: str) -> None:
        members = self.members(place)
        if how == "unsubscribe":
            members.edit(name, {"status": "unsubscribed"})
        elif how == "archive":
            members.archive(name)
        else:
            members.forget(name)

    @act(place=places, name=worlds.names, path=st.sampled_from(sorted(worlds.GROUPS)), chosen=st.booleans())
    def a_group_is_chosen_or_left(self, place: int, name: str, path: str, chosen: bool) -> None:
        self.members(place).group(name, path, chosen)

    @act(place=places, name=worlds.names, tag=st.sampled_from(["Web", "Theirs"]), active=st.booleans())
    def a_tag_is_given_or_taken(self, place: int, name: str, tag: str, active: bool) -> None:
        self.members(place).tag(name, tag, active)

    @act(place=places, number=who, asked=asked)
    def a_user_asks_on_a_row(self, place: int, number: int, asked: dict[str, Any]) -> None:
        self.later()
        self.users.ask(LISTS[self.stem(place)], number, asked)

    @act(place=places, number=who, asked=asked)
    def a_user_asks_for_a_person(self, place: int, number: int, asked: dict[str, Any]) -> None:
        if person := self._person(number):
            self.users.ask_for(LISTS[self.stem(place)], person, asked)

    @act(place=places, settings=worlds.settings())
    def an_audience_is_configured_anew(self, place: int, settings: dict[str, Any]) -> None:
        stem = self.stem(place)
        self.configure(stem, settings | {"audience": self.pipeline.audiences[stem]["audience"]})

    def _person(self, number: int) -> dict[str, Any] | None:
        self.later()
        people = self.users.people()
        return people[number % len(people)] if people else None
