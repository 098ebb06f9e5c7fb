"""The syncs of a history: one or two audiences, each held against the model, then one that has nothing to do."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from include.pipelines import sync_audience
from include.salesforce.connect import connect
from tests.histories import worlds
from tests.histories.comparing import differences, shown
from tests.histories.running import EXTRACT, Disturbance, Fault, Kill, KillAtCall, Pipeline
from tests.histories.users import Members, Users
from tests.integration.sync.people import NEWS, UPDATES
from tests.integration.sync.rig import NOW, State
from tests.model.memory import Memory
from tests.model.restricted import run_for
from tests.model.sync import Sync
from tests.model.world import World, key_of
from tests.sandbox_fixture import Sandbox

STEMS = ("newsletter", "updates")
LISTS = {"newsletter": NEWS, "updates": UPDATES}
ZONE = ZoneInfo("Europe/Paris")
STAMP = ("PATCH", "/services/data/v{version}/composite/sobjects/{object}/{key}")
BETWEEN = 3
"""Acts of people between two syncs, at least: an act costs next to nothing, a sync two seconds."""
ROUNDS = 4
"""What a sync writes to people is new to the other audience."""

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
CALLING = (EXTRACT, "extract", "load_audience", "load_audience", "load_people", "refresh", "settle", "load_mirror")
"""The stages that call a vendor; the one with the most calls twice."""
disturbances: st.SearchStrategy[Disturbance] = st.one_of(
    st.builds(Fault, st.sampled_from(["salesforce", "mailchimp"]), st.integers(1, 40), st.sampled_from(FAULTS)),
    st.builds(Kill, st.sampled_from([EXTRACT, *sync_audience.STAGES]), st.integers(0, 4)),
    st.builds(KillAtCall, st.sampled_from(CALLING), st.integers(1, 12), st.booleans()),
)
who = st.integers(0, 9)
places = st.sampled_from([0, 0, 1])
"""Which audience something happens in, where there are two."""
AT_MOST = 5
"""Acts after which a sync is due."""
which = st.sampled_from([STEMS, STEMS, STEMS[:1], STEMS[1:]])
second_audiences = st.none() | st.none() | st.tuples(worlds.member_rows, worlds.settings("Updates"))


class Syncs(RuleBasedStateMachine):
    """One world and its audiences. The sandbox is started once for all histories."""

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
        self.behind: set[str] = set()
        self.acts = 0

    @initialize(world=worlds.worlds, settings=worlds.settings(), second=second_audiences, rules=worlds.rules)
    def begin(
        self,
        world: dict[str, Any],
        settings: dict[str, Any],
        second: tuple[Any, Any] | None,
        rules: list[dict[str, Any]],
    ) -> None:
        salesforce, mailchimp = worlds.states(world, second[0] if second else None)
        self.sandbox.put_state(salesforce=salesforce, mailchimp=mailchimp)
        self.sandbox.set_clock(self.now.isoformat())
        self.users = Users(self.sandbox, connect("salesforce_default"))
        self.pipeline.rules = rules
        self.configure(STEMS[0], settings)
        self.acts = BETWEEN
        if second:
            self.configure(STEMS[1], second[1])

    @precondition(lambda self: self.acts >= BETWEEN)
    @rule(which=which)
    def a_sync_ends_as_the_model_says(self, which: tuple[str, ...]) -> None:
        self.round(which)
        if self.always_again:
            self.nothing_is_left_to_do()

    @precondition(lambda self: self.acts >= BETWEEN)
    @rule(disturbance=disturbances, which=which)
    def a_disturbed_sync_ends_as_the_model_says(self, disturbance: Disturbance, which: tuple[str, ...]) -> None:
        self.round(which, disturbance)
        if self.always_again:
            self.nothing_is_left_to_do()

    @precondition(lambda self: self.acts >= BETWEEN)
    @rule(place=places, number=who)
    def a_query_runs_by_hand(self, place: int, number: int) -> None:
        """One of the audience's queries, most often the manual one (R10, M04)."""
        stem = self.stem(place)
        names = [query["name"] for query in self.pipeline.audiences[stem]["queries"]]
        if names:
            self._read()
            self.sync(stem, query=names[-1 - number // 5 % len(names)])

    @precondition(lambda self: self.acts >= BETWEEN and self.memory.audiences)
    @rule(place=places, number=who, quarantined=st.booleans())
    def a_sync_for_some_changes_nobody_else(self, place: int, number: int, quarantined: bool) -> None:
        """M04: for one person, or for those in quarantine."""
        stem, people = self.stem(place), self.users.people()
        if not self.memory.audiences[LISTS[stem]].looks or not (people or quarantined):
            return
        self._read()
        self.sync(stem, **({"quarantined": True} if quarantined else {"person": people[number % len(people)]["Id"]}))

    def teardown(self) -> None:
        """Whatever happened: syncs of it, and then there is nothing to do."""
        try:
            if hasattr(self, "users"):
                self.nothing_is_left_to_do()
        finally:
            shutil.rmtree(self.folder)

    def nothing_is_left_to_do(self) -> None:
        """Once every sync has seen what happened, another plans nothing, and writes nothing but the stamps (G05)."""
        for _ in range(ROUNDS):
            if self.behind:
                self.round(STEMS)
        self.sandbox.reset_calls()
        assert self.round(STEMS) == 0
        assert self._writes() == [(*STAMP, len(self.pipeline.audiences))]

    def round(self, stems: Iterable[str], disturbance: Disturbance = None) -> int:
        """Read Salesforce, then sync those of the audiences that there are; returns the number of operations."""
        self._read(disturbance)
        taking_part = [stem for stem in stems if stem in self.pipeline.audiences] or STEMS[:1]
        return sum(self.sync(stem, disturbance) for stem in taking_part)

    def _read(self, disturbance: Disturbance = None) -> None:
        self.later(minutes=20)
        self.acts = 0
        self.pipeline.extract(disturbance)

    def stem(self, place: int) -> str:
        """One of the audiences."""
        stems = list(self.pipeline.audiences)
        return stems[place % len(stems)]

    def configure(self, stem: str, settings: dict[str, Any]) -> None:
        """Write an audience file."""
        self.behind.add(stem)
        self.pipeline.configure(stem, settings | {"email_change": self.email_change})

    def later(self, **time: int) -> None:
        """Every act has its second."""
        self.acts += 1
        self.behind = set(self.pipeline.audiences)
        self.now += timedelta(**(time or {"seconds": 61}))
        self.sandbox.set_clock(self.now.isoformat())

    def members(self, place: int) -> Members:
        """The members of one of the audiences, a minute later."""
        self.later()
        return Members(self.sandbox, LISTS[self.stem(place)])

    def world(self) -> World:
        """Both vendors as they are now."""
        return State(self.sandbox.state("salesforce"), self.sandbox.state("mailchimp")).world

    def sync(self, stem: str, disturbance: Disturbance = None, **how: Any) -> int:
        """Sync an audience, asked for as in `sync_audience.run_of`; returns the number of operations."""
        expected = self.world()
        leads = set(expected.leads_made())
        settings = self.pipeline.audiences[stem]
        others = [each for name, each in self.pipeline.audiences.items() if name != stem]
        model = Sync(
            expected, settings, self.pipeline.rules, self.now.date(), ZONE, self.memory, others, how.get("query")
        )
        if "person" in how or "quarantined" in how:
            run_for(model, {how["person"]} if "person" in how else self.pipeline.quarantined(stem))
        else:
            model.run()
        made = expected.leads_made().keys() - leads
        if model.written or made:
            self._settle(model, made)
        account = self.pipeline.sync(stem, disturbance, **how)
        found = self.world()
        wrong = differences(shown(found), shown(expected))
        assert not wrong, "\n".join(wrong)
        assert account["report"]["balanced"] is True
        self.memory.look(found)
        model.known.look(found.lists[settings["audience"]])
        for name in model.written:
            person = found.people[name]
            if person.get("Email"):
                model.forgive(key_of(person["Email"]), person["SystemModstamp"])
        for key in made:
            model.forgive(key, found.leads_made()[key]["SystemModstamp"])
        if model.written or made:
            self.behind |= self.pipeline.audiences.keys() - {stem}
        if not how:
            self.behind.discard(stem)
        return self.pipeline.planned()

    def _settle(self, model: Sync, made: Iterable[str]) -> None:
        """What a sync of those alone whom this one has written to would do next, it does itself: nothing is left."""
        contacts = model.audience.contacts
        new = [key for key in model.audience.members if key not in contacts]
        contacts.update({key: f"contact of {key}" for key in new})
        asked = {model.world.people[name]["Id"] for name in model.written} | set(made)
        again = Sync(model.world, model.settings, [], model.today, model.zone, model.memory, model.others)
        run_for(again, asked)
        for key in new:
            contacts.pop(key, None)

    def _writes(self) -> list[tuple[str, str, int]]:
        return [
            (call["method"], call["path"], call["count"])
            for server in self.sandbox.servers
            for call in self.sandbox.calls(server)["calls"]
            if call["write"]
        ]
