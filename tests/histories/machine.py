"""Histories: people edit both vendors and the configuration, syncs run, and each ends as the model says (SPEC.md)."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from include.pipelines import sync_audience
from include.salesforce.connect import connect
from tests.histories import worlds
from tests.histories.running import EXTRACT, Disturbance, Fault, Kill, Pipeline
from tests.histories.users import Users
from tests.integration.sync.rig import NOW, State
from tests.model.memory import Memory
from tests.model.sync import Sync
from tests.model.world import World, key_of
from tests.sandbox_fixture import Sandbox

STEM = "newsletter"
ZONE = ZoneInfo("Europe/Paris")
STAMP = ("PATCH", "/services/data/v{version}/composite/sobjects/{object}/{key}", 1)
PERSON_FIELDS = ("FirstName", "LastName", "Title")
LEAD_FIELDS = ("Email", "FirstName", "LastName", "Company", "LeadSource", "MC_Key__c")

LOST = {"kind": "reset", "when": "after"}
FAULTS: tuple[dict[str, object], ...] = (
    LOST,
    LOST,
    {"kind": "reset", "when": "before"},
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 500, "when": "after"},
    {"kind": "html_502", "when": "after"},
    {"kind": "truncate", "keep": 0.5},
    {"kind": "malformed"},
)
disturbances: st.SearchStrategy[Disturbance] = st.one_of(
    st.builds(Fault, st.sampled_from(["salesforce", "mailchimp"]), st.integers(1, 40), st.sampled_from(FAULTS)),
    st.builds(Kill, st.sampled_from([EXTRACT, *sync_audience.STAGES]), st.integers(0, 4)),
)
who = st.integers(0, 9)


class History(RuleBasedStateMachine):
    """One world, its audience, and what happens to them. The sandbox is started once for all histories."""

    sandbox: ClassVar[Sandbox]
    email_change: ClassVar[str] = "new_member"
    """For a whole history: what is known of an e-mail goes by its contact in the one, by the e-mail in the other."""
    always_again: ClassVar[bool] = False
    """Whether every sync is followed by one that has nothing to do, or only the last."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="history-"))
        self.pipeline = Pipeline(self.sandbox, self.folder)
        self.memory = Memory()
        self.now = NOW
        self.edited = True
        self.people_changed = False

    @initialize(world=worlds.worlds, settings=worlds.settings())
    def begin(self, world: dict[str, Any], settings: dict[str, Any]) -> None:
        salesforce, mailchimp = worlds.states(world)
        self.sandbox.put_state(salesforce=salesforce, mailchimp=mailchimp)
        self.sandbox.set_clock(self.now.isoformat())
        self.users = Users(self.sandbox, connect("salesforce_default"))
        self._configure(settings)

    # --- what people do

    @rule(fields=worlds.person_fields, kind=st.sampled_from(["Contact", "Contact", "Lead"]))
    def somebody_comes(self, fields: dict[str, Any], kind: str) -> None:
        self._later()
        self.users.create(kind, f"new{self.now:%H%M%S}", fields)

    @rule(
        number=who, fields=worlds.person_fields, names=st.sets(st.sampled_from(worlds.FIELDS), min_size=1, max_size=2)
    )
    def a_person_is_edited(self, number: int, fields: dict[str, Any], names: set[str]) -> None:
        if person := self._person(number):
            self.users.change(person, {name: fields[name] for name in sorted(names)})

    @rule(number=who)
    def a_person_is_deleted(self, number: int) -> None:
        if person := self._person(number):
            self.users.delete(person)

    @rule(number=who, other=who)
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

    @rule(name=worlds.names, status=st.sampled_from(["subscribed", "unsubscribed", "pending"]))
    def somebody_joins(self, name: str, status: str) -> None:
        self._later()
        self.users.join(name, status)

    @rule(name=worlds.names, title=st.sampled_from(["Dr", "Sir", ""]))
    def a_member_is_edited(self, name: str, title: str) -> None:
        self._later()
        self.users.member(name, {"merge_fields": {"TITLE": title}})

    @rule(name=worlds.names, other=worlds.names)
    def a_member_moves(self, name: str, other: str) -> None:
        self._later()
        self.users.member(name, {"email_address": f"{other}@x.example"})

    @rule(name=worlds.names, how=st.sampled_from(["unsubscribe", "unsubscribe", "archive", "forget"]))
    def a_member_leaves(self, name: str, how: str) -> None:
        self._later()
        if how == "unsubscribe":
            self.users.member(name, {"status": "unsubscribed"})
        elif how == "archive":
            self.users.archive(name)
        else:
            self.users.forget(name)

    @rule(name=worlds.names, path=st.sampled_from(sorted(worlds.GROUPS)), chosen=st.booleans())
    def a_group_is_chosen_or_left(self, name: str, path: str, chosen: bool) -> None:
        self._later()
        self.users.group(name, path, chosen)

    @rule(name=worlds.names, tag=st.sampled_from(["Web", "Theirs"]), active=st.booleans())
    def a_tag_is_given_or_taken(self, name: str, tag: str, active: bool) -> None:
        self._later()
        self.users.tag(name, tag, active)

    @rule(settings=worlds.settings())
    def the_audience_is_configured_anew(self, settings: dict[str, Any]) -> None:
        self.edited = True
        self._configure(settings)

    # --- syncs

    @precondition(lambda self: self.edited)
    @rule()
    def a_sync_ends_as_the_model_says(self) -> None:
        self._sync()
        if self.always_again:
            self._sync_again()

    @precondition(lambda self: self.edited)
    @rule(disturbance=disturbances)
    def a_disturbed_sync_ends_as_the_model_says(self, disturbance: Disturbance) -> None:
        self._sync(disturbance)
        # Whose add was not answered is known by the next run only: until then nobody knows who made the member.
        self._sync()
        if self.always_again:
            self._sync_again()

    def teardown(self) -> None:
        """Whatever happened: a sync of it, and then there is nothing to do."""
        try:
            if hasattr(self, "users"):
                if self.edited:
                    self._sync()
                self._sync_again()
        finally:
            shutil.rmtree(self.folder)

    def _sync_again(self) -> None:
        """Nothing happened since the last sync: this one plans nothing, and writes nothing but the stamp (G05).

        What a sync writes to Salesforce is new to its queries: those have another sync to see it.
        """
        if self.people_changed:
            self._sync()
        self.sandbox.reset_calls()
        self._sync()
        assert self._writes() == [STAMP]
        assert not self.pipeline.planned()

    def _sync(self, disturbance: Disturbance = None) -> None:
        self._later(minutes=20)
        self.pipeline.extract(disturbance)
        expected = self._world()
        leads = set(expected.leads_made())
        model = Sync(expected, self.pipeline.audiences[STEM], [], self.now.date(), ZONE, self.memory)
        model.run()
        account = self.pipeline.sync(STEM, disturbance)
        found = self._world()
        wrong = differences(_shown(found), _shown(expected))
        assert not wrong, "\n".join(wrong)
        assert account["report"]["balanced"] is True
        self.memory.look(found)
        self.memory.audiences[found.lists["Newsletter"].id].look(found.lists["Newsletter"])
        for name in model.written:
            person = found.people[name]
            if person.get("Email"):
                model.known.forgive(key_of(person["Email"]), person["SystemModstamp"])
        self.edited = False
        self.people_changed = bool(model.written) or leads < set(found.leads_made())

    def _configure(self, settings: dict[str, Any]) -> None:
        self.pipeline.configure(STEM, settings | {"email_change": self.email_change})

    def _world(self) -> World:
        return State(self.sandbox.state("salesforce"), self.sandbox.state("mailchimp")).world

    def _writes(self) -> list[tuple[str, str, int]]:
        return [
            (call["method"], call["path"], call["count"])
            for server in self.sandbox.servers
            for call in self.sandbox.calls(server)["calls"]
            if call["write"]
        ]

    def _later(self, **time: int) -> None:
        """Every act has its second."""
        self.edited = True
        self.now += timedelta(**(time or {"seconds": 61}))
        self.sandbox.set_clock(self.now.isoformat())

    def _person(self, number: int) -> dict[str, Any] | None:
        self._later()
        people = self.users.people()
        return people[number % len(people)] if people else None


def differences(found: Any, wanted: Any, way: str = "") -> list[str]:
    """Where two nested dictionaries differ, a line each."""
    if not (isinstance(found, dict) and isinstance(wanted, dict)):
        return [] if found == wanted else [f"{way}: found {found}, the model says {wanted}"]
    return [
        line
        for key in sorted(found.keys() | wanted.keys())
        for line in differences(found.get(key), wanted.get(key), f"{way} / {key}")
    ]


def _shown(world: World) -> dict[str, Any]:
    """What a sync decides: not the values that vendors or users alone do."""
    return {
        "members": {name: each.members for name, each in world.lists.items()},
        "tags": {name: {tag: keys for tag, keys in each.tags.items() if keys} for name, each in world.lists.items()},
        "people": {
            name: {field: person.get(field) or None for field in PERSON_FIELDS} for name, person in world.people.items()
        },
        "leads": {
            key: {name: lead[name] for name in LEAD_FIELDS if lead.get(name)}
            for key, lead in world.leads_made().items()
        },
        "subscribers": world.subscribers,
        "audiences": world.audiences,
    }
