"""Moves (X01) beside what else a run does for the same member: values written to the person (X03), and a kill (G04)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from include.pipelines import sync_audience
from include.pipelines.run import SyncRun
from tests.integration.sync.life import Life
from tests.integration.sync.people import NEWS, UPDATES, WEB, audience, contact, subscriber
from tests.integration.sync.seen import Seen
from tests.integration.sync.stage_process import carry_out, killed_at
from tests.integration.sync.test_moves import MOVE, STAMP
from tests.sandbox_fixture import Sandbox

EDITS = MOVE.replace("first_load: auto", "first_load: auto\nmailchimp_edits: mailchimp")
MEMBER = "/3.0/lists/{list_id}/members/{subscriber_hash}"
NAMES = ("ann", "bob", "cid", "dee")
SECOND, THIRD = ("ann", "bob", "cid"), ("dee",)


@dataclass(frozen=True)
class Story:
    """What four syncs left: the moves of the second are killed, the third writes to people before it moves."""

    first: Seen
    second: Seen
    third: Seen
    fourth: Seen

    def moved(self, name: str) -> Seen:
        return self.second if name in SECOND else self.third


@pytest.fixture(scope="module")
def story(connected: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    life = Life(connected, tmp_path_factory.mktemp("beside"))
    lists = [audience("Newsletter", NEWS, *map(subscriber, NAMES)), audience("Updates", UPDATES)]
    people = [contact(name, **WEB) for name in NAMES]
    connected.put_state(salesforce={"Contact": people}, mailchimp={"lists": lists})
    life.configure(EDITS)
    first = life.sync("first")
    for name in SECOND:
        _both_sides(life, name)
    second = _killed_while_it_moves(life, "second")
    for name in THIRD:
        _both_sides(life, name)
    run = SyncRun(life.rig.project, "newsletter", "third")
    third = life.sync("third", between=lambda: sync_audience._carry_out(run, "load_people"))
    return Story(first, second, third, life.sync("fourth"))


def _both_sides(life: Life, name: str) -> None:
    """Somebody changes the e-mail in Salesforce, and the member a value of its own."""
    life.contact(name, Email=f"{name}2@x.example")
    life.member(name, merge_fields={"LNAME": "Edited"})


def _killed_while_it_moves(life: Life, run_id: str) -> Seen:
    """A sync whose stage `load_audience` is killed when it has made its second move, and does not know that."""
    life.wait()
    life.rig.extract(run_id)
    run = SyncRun(life.rig.project, "newsletter", run_id)
    stage = (life.rig.configuration, life.rig.root, "newsletter", run_id)
    accounts: dict[str, Any] = {}
    for name in sync_audience.STAGES:
        if name == "load_audience":
            rule = {"method": "PATCH", "path": MEMBER, "first": 2}
            assert killed_at(life.rig.sandbox, "mailchimp", rule, *stage, name)
            carry_out(*stage, name)
        else:
            accounts[name] = sync_audience._carry_out(run, name)
    return life.seen(run, accounts)


@pytest.mark.parametrize("name", NAMES)
def test_x01_x03_a_member_that_moves_keeps_its_edit_and_the_person_gets_it(story: Story, name: str) -> None:
    """Whichever of the two loads comes first."""
    seen = story.moved(name)
    assert seen.operation(name, "update_person")["state"] == "applied"
    assert seen.member(name) is None
    assert seen.values(f"{name}2")["LNAME"] == seen.person(f"{name}2")["LastName"] == "Edited"


@pytest.mark.parametrize("name", SECOND)
def test_g04_x01_a_member_is_moved_once_though_the_answer_was_lost_and_the_stage_killed(
    story: Story, name: str
) -> None:
    assert story.second.operation(name, "move_member")["state"] in {"applied", "already_there"}
    assert story.second.member(f"{name}2")["contact_id"] == story.first.member(name)["contact_id"]
    assert story.second.mirror(f"{name}2")["Id"] == story.first.mirror(name)["Id"]
    assert story.second.tags(f"{name}2") == {"Web"}


def test_g04_what_the_killed_stage_had_done_is_known_by_what_is_there(story: Story) -> None:
    states = [story.second.operation(name, "move_member")["state"] for name in SECOND]
    assert "already_there" in states


def test_g05_after_a_killed_move_and_after_edits_the_next_run_finds_nothing(story: Story) -> None:
    assert story.fourth.writes == STAMP
    assert story.fourth.operations == []
