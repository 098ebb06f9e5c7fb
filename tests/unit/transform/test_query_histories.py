"""Whole queries over random worlds, sync after sync: the sets that the guide says, under both policies (X02, detail 5).

Between the syncs people edit Salesforce, Mailchimp and the configuration. The plan is carried out in memory and held
against `tests/model/assignments.py`, which shares no code with the pipeline.
"""

from __future__ import annotations

import dataclasses
import itertools
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from include.config.models import Query
from include.schema import AudienceSchema
from include.transform.inputs import Inputs
from tests.model.assignments import Audience, Member, Sync, email_of
from tests.model.conditions import selects
from tests.unit.transform.carrying_out import carry_out
from tests.unit.transform.query_worlds import EMAILS, FIELDS, KINDS, MEMBERSHIPS, QUERIES, SELECTIONS, TARGETS
from tests.unit.transform.worlds import BORN, TODAY, Outcome, World, audience, inputs_for, plan_with, schema

ZONE = "Europe/Paris"
which = st.integers(0, 7)


class QueryHistory(RuleBasedStateMachine):
    """One audience under one policy; `people` are records as the model reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.people: list[dict[str, Any]] = []
        self.gone: list[dict[str, Any]] = []
        self.queries: list[dict[str, Any]] = []
        self.interests = {each.id: each for each in schema().interests.values()}
        self.tags = {"Customer"}
        self.seen: dict[str, datetime] = {}
        self.now, self.today = BORN, TODAY
        self.names, self.numbers = itertools.count(1), itertools.count(1)
        self.model = Audience({}, {}, {"c-pace"})

    @initialize(
        policy=st.sampled_from(["legacy_parity", "two_way"]),
        people=st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(EMAILS), FIELDS, MEMBERSHIPS), min_size=3,
                        max_size=7),
        members=st.dictionaries(st.sampled_from(EMAILS), st.sampled_from(["subscribed", "pending", "cleaned"]),
                                max_size=3),
        queries=st.lists(QUERIES, min_size=2, max_size=4),
    )  # fmt: skip
    def begin(self, policy: str, people: list[Any], members: dict[str, str], queries: list[dict[str, Any]]) -> None:
        self.policy = policy
        for kind, email, fields, memberships in people:
            self.somebody_comes(kind, email, fields, memberships)
        for email, status in members.items():
            self.world.member(email, status, groups=["i-news"], tags=["Hot"])
            self.model.members[email] = Member(status, {("group", "i-news"), ("tag", "Hot")})
        self.tags.add("Hot")
        for query in queries:
            self.a_query_is_written(query)

    # --- Salesforce

    @rule(kind=st.sampled_from(KINDS), email=st.sampled_from(EMAILS), fields=FIELDS, memberships=MEMBERSHIPS)
    def somebody_comes(self, kind: str, email: str, fields: dict[str, Any], memberships: list[dict[str, Any]]) -> None:
        number = next(self.numbers)
        self.people.append(fields | {
            "Id": f"{'00Q' if kind == 'Lead' else '003'}{number:015d}",
            "object": "Lead" if kind == "Lead" else "Contact",
            "IsPersonAccount": kind == "PersonAccount", "email": email.title() if number % 3 == 0 else email,
            "created": number, "modified": self._later(), "held": False, "campaigns": memberships,
        })  # fmt: skip
        if kind == "Lead":
            self.people[-1]["Account.Name"] = None

    @precondition(lambda self: self.people)
    @rule(number=which, fields=FIELDS, memberships=MEMBERSHIPS)
    def a_person_is_edited(self, number: int, fields: dict[str, Any], memberships: list[dict[str, Any]]) -> None:
        person = self._person(number)
        person |= {name: value for name, value in fields.items() if name != "Account.Name"} | {"campaigns": memberships}
        person["modified"] = self._later()

    @precondition(lambda self: self.people)
    @rule(number=which, name=st.sampled_from(["Acme", "Bolt"]), memberships=MEMBERSHIPS)
    def something_around_a_person_changes(self, number: int, name: str, memberships: list[dict[str, Any]]) -> None:
        """The record itself keeps its time stamp."""
        person = self._person(number)
        person["campaigns"] = memberships
        if person["object"] == "Contact":
            person["Account.Name"] = name

    @precondition(lambda self: self.people)
    @rule(number=which, held=st.booleans())
    def validation_holds_a_person_back_or_no_more(self, number: int, held: bool) -> None:
        self._person(number)["held"] = held

    @precondition(lambda self: len(self.people) > 2)
    @rule(number=which)
    def somebody_is_deleted(self, number: int) -> None:
        self.gone.append(self._person(number))
        self.people.remove(self.gone[-1])

    @rule(days=st.sampled_from([1, 30]))
    def days_pass(self, days: int) -> None:
        self.today += timedelta(days=days)

    # --- Mailchimp

    @precondition(lambda self: self.world.members)
    @rule(
        number=which,
        what=st.sampled_from([("group", "i-news"), ("group", "i-daily"), ("tag", "Customer"), ("tag", "VIP")]),
    )
    def somebody_gives_or_takes_by_hand(self, number: int, what: tuple[str, str]) -> None:
        member = self.world.members[number % len(self.world.members)]
        kind, name = what
        if kind == "group" and name not in self.interests:
            return
        has = set(member[f"{kind}s"]) ^ {name}
        if name == "i-daily":
            has.discard("i-weekly")
        self._set(member, kind, has)

    @precondition(lambda self: self.world.members)
    @rule(number=which, status=st.sampled_from(["archived", "cleaned", "subscribed"]))
    def a_member_gets_another_status(self, number: int, status: str) -> None:
        member = self.world.members[number % len(self.world.members)]
        member["status"] = self._modelled(member).status = status

    @rule(name=st.sampled_from(["Customer", "VIP", "Hot"]))
    def a_tag_is_deleted(self, name: str) -> None:
        self.tags.discard(name)
        for member in self.world.members:
            self._set(member, "tag", {*member["tags"]} - {name})

    @rule(id_=st.sampled_from(["i-news", "i-events", "i-daily"]))
    def a_group_is_renamed(self, id_: str) -> None:
        """A query that names the old one fails, until it says the new one."""
        if id_ in self.interests:
            self.interests[id_] = dataclasses.replace(self.interests[id_], name=f"{id_} {next(self.names)}")

    @precondition(lambda self: "i-events" in self.interests)
    @rule()
    def a_group_is_removed(self) -> None:
        del self.interests["i-events"]
        for member in self.world.members:
            self._set(member, "group", {*member["groups"]} - {"i-events"})

    # --- the configuration

    @precondition(lambda self: len(self.queries) < 5)
    @rule(query=QUERIES)
    def a_query_is_written(self, query: dict[str, Any]) -> None:
        name = f"q{next(self.names)}"
        self.queries.append(query | {"name": name})
        self.seen[name] = self._later()

    @precondition(lambda self: self.queries)
    @rule(number=which, selection=SELECTIONS)
    def the_condition_of_a_query_is_edited(self, number: int, selection: dict[str, Any]) -> None:
        position = number % len(self.queries)
        kept = {name: value for name, value in self.queries[position].items() if name not in {"object", "where"}}
        self.queries[position] = kept | selection

    @precondition(lambda self: self.queries)
    @rule(number=which, given=TARGETS)
    def the_targets_of_a_query_are_edited(self, number: int, given: dict[str, Any]) -> None:
        self.queries[number % len(self.queries)] |= given

    @precondition(lambda self: self.queries)
    @rule(number=which)
    def a_query_is_removed(self, number: int) -> None:
        self.queries.pop(number % len(self.queries))

    @precondition(lambda self: self.queries)
    @rule(number=which)
    def a_query_is_renamed(self, number: int) -> None:
        name = f"q{next(self.names)}"
        self.queries[number % len(self.queries)] |= {"name": name}
        self.seen[name] = self._later()

    @rule()
    def the_queries_are_put_in_another_order(self) -> None:
        self.queries.reverse()

    # --- syncs

    @rule()
    def sync(self) -> None:
        self._sync()
        again = self._plan()
        assert again.operations == []

    @precondition(lambda self: self.queries)
    @rule(number=which)
    def a_sync_of_one_query(self, number: int) -> None:
        query = self.queries[number % len(self.queries)]
        manual = query.get("run") == "manual"
        self._sync(query["name"], self.seen[query["name"]] if manual else None)
        if manual:
            self.seen[query["name"]] = self._later()

    def teardown(self) -> None:
        if self.people:
            self.sync()

    def _sync(self, only: str | None = None, since: datetime | None = None) -> None:
        outcome = self._plan(only, since)
        carry_out(self.world, outcome)
        self.tags |= {operation["after"]["tag"] for operation in outcome.of("create_tag")}
        removes = self.policy == "two_way"
        self.model.groups = {each.path: (each.id, each.category_id) for each in self.interests.values()}
        Sync(self.model, self._named(), self.people, self.today, ZoneInfo(ZONE), removes, only, since).run()
        found = {
            email_of(member): (
                member["status"],
                {("group", each) for each in member["groups"]} | {("tag", each) for each in member["tags"]},
            )
            for member in self.world.members
        }
        assert found == {email: (member.status, member.has) for email, member in self.model.members.items()}

    def _plan(self, only: str | None = None, since: datetime | None = None) -> Outcome:
        self.world.people, self.world.findings, self.world.selections = [], [], []
        for person in (*self.people, *self.gone):
            self._show(person, is_deleted=person in self.gone)
        for query in self._named():
            self._select(query)
        return plan_with(self.world, self._inputs(only, since))

    def _inputs(self, only: str | None, since: datetime | None) -> Inputs:
        shown = AudienceSchema(
            "a1b2c3d4e5", "Newsletter", schema().merge_fields, {each.path: each for each in self.interests.values()},
            dict.fromkeys(self.tags, 1),
        )  # fmt: skip
        configured = audience(policy=self.policy, fields={"FNAME": {"contact": "FirstName", "lead": "FirstName"}},
                              queries=self._named())  # fmt: skip
        made = inputs_for(configured, shown, only_query=only, known_reading=None if since is None else _reading(since))
        return dataclasses.replace(made, today=self.today)

    def _named(self) -> list[dict[str, Any]]:
        """The queries as somebody writes them: groups by their present names, none that is gone."""
        return [
            query | {"groups": [self.interests[id_].path for id_ in query["groups"] if id_ in self.interests]}
            for query in self.queries
        ]

    # --- both sides as the pipeline and the model have them

    def _show(self, person: dict[str, Any], *, is_deleted: bool) -> None:
        """The person as extraction has it: values as text."""
        columns = {name: _text(person[name]) for name in COLUMNS}
        identity = self.world.person(
            person["email"], person["object"], id=person["Id"], created_at=BORN + timedelta(days=person["created"]),
            modified_at=person["modified"], reading=_reading(person["modified"]),
            is_person_account=person["IsPersonAccount"], is_deleted=is_deleted,
            **columns,
        )  # fmt: skip
        if person["held"]:
            self.world.finding(identity, "some_rule", "update")

    def _select(self, query: dict[str, Any]) -> None:
        """What Salesforce answers for the campaign members of a query."""
        for selection in Query.model_validate(query).selections():
            inner: Any = query
            for step in selection.way:
                inner = inner.get(step, {"all": []}) if isinstance(inner, dict) else inner[step]
            inner = inner.get("campaign_member", inner)
            asked = {"object": "CampaignMember", "where": inner}
            chosen = [person["Id"] for person in self.people if selects(asked, person, self.today, ZoneInfo(ZONE))]
            self.world.selections += [{"selection": selection.key, "id": identity} for identity in chosen]

    def _person(self, number: int) -> dict[str, Any]:
        return self.people[number % len(self.people)]

    def _set(self, member: dict[str, Any], kind: str, names: set[str]) -> None:
        """Groups or tags of a member, on both sides."""
        member[f"{kind}s"] = sorted(names)
        modelled = self._modelled(member)
        modelled.has = {each for each in modelled.has if each[0] != kind} | {(kind, name) for name in names}

    def _modelled(self, member: dict[str, Any]) -> Member:
        return self.model.members[email_of(member)]

    def _later(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


COLUMNS = ("FirstName", "Tier__c", "Interests__c", "Agreed__c", "Spend__c", "Birthdate", "CreatedDate", "Account.Name")
COMMON = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


def _reading(moment: datetime) -> int:
    """Salesforce is read after every change."""
    return (moment - BORN) // timedelta(minutes=1)


def _text(value: object) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def test_x02_r14_x01_every_sync_of_a_history_gives_and_takes_what_the_model_says() -> None:
    generating = (Phase.explicit, Phase.generate)  # a history takes too long to shrink by hundreds of them
    few = settings(COMMON, max_examples=3, stateful_step_count=12, derandomize=True, database=None, phases=generating)
    run_state_machine_as_test(QueryHistory, settings=few)


@pytest.mark.soak
def test_x02_r14_x01_every_sync_of_many_histories_gives_and_takes_what_the_model_says() -> None:
    run_state_machine_as_test(QueryHistory, settings=settings(COMMON, max_examples=1000, stateful_step_count=25))
