"""`load_audience` against the sandbox: tags made and given (R14)."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.pipelines.load import load_audience
from tests.integration.loading import SEGMENT, SEGMENTS, Rig, add, create_tag, give, named, rig, states, take
from tests.integration.mailchimp_account import account, audience, member
from tests.integration.org import Org
from tests.sandbox_fixture import Sandbox

SEGMENT_MEMBERS = "/3.0/lists/{list_id}/segments/{segment_id}/members"
PROBLEM = {"kind": "status", "status": 400, "content_type": "application/problem+json"}


@pytest.fixture
def made(sandbox: Sandbox, org: Org, tmp_path: Path):
    """Makes a run on these members and tags (name to names of members)."""

    def make(*members, tags=None) -> Rig:
        segments = [
            {"id": number, "name": tag, "members": [member(name)["id"] for name in names]}
            for number, (tag, names) in enumerate((tags or {}).items(), start=1)
        ]
        sandbox.put_state(mailchimp=account(audience(members) | {"segments": segments}))
        return rig(sandbox, tmp_path)

    return make


def test_r14_tags_are_made_and_given(made):
    run = made(member("ann"), member("bob", "unsubscribed"), tags={"Old": ["bob"]})
    results = run.load(create_tag("New"), give("ann", "New"), give("bob", "New"), give("ann", "Old"))
    assert states(results) == {"applied"}
    assert run.tagged() == {"Old": {"ann", "bob"}, "New": {"ann", "bob"}}


@pytest.mark.parametrize("told", [True, False])
def test_r14_a_tag_that_somebody_has_already_counts_as_given(made, told):
    """Whether `members_added` names them is not known."""
    run = made(member("ann"), member("bob"), tags={"T": ["ann"]})
    run.sandbox.switches("mailchimp", segment_add_reports_members_already_in=told)
    results = run.load(give("ann", "T"), give("bob", "T"))
    assert results == {
        "add_tag ann T": ("applied", "") if told else ("already_there", "has_tag"),
        "add_tag bob T": ("applied", ""),
    }


@pytest.mark.parametrize("told", [True, False])
def test_r14_a_member_that_is_gone_gets_no_tag(made, told):
    run = made(member("ann"), tags={"T": []})
    run.sandbox.switches("mailchimp", segment_reports_unknown_addresses=told)
    results = run.load(give("ann", "T"), give("gone", "T"))
    assert results["add_tag gone T"] == ("precondition_gone", "no_such_member")
    assert results["add_tag ann T"] == ("applied", "")


def test_r14_a_new_member_that_was_refused_gets_no_tag(made):
    run = made(tags={"T": []})
    results = run.load(add("ann", TIER="Iron"), add("bob"), give("ann", "T"), give("bob", "T"))
    assert results["add_tag ann T"] == ("precondition_gone", "member_not_added")
    assert run.tagged() == {"T": {"bob"}}


def test_r14_a_tag_made_by_hand_meanwhile_is_used(made):
    run = made(member("ann"), tags={"T": []})
    assert run.load(create_tag("T"), give("ann", "T")) == {
        "create_tag T": ("already_there", "tag_exists"),
        "add_tag ann T": ("applied", ""),
    }
    assert run.calls("POST", SEGMENTS) == 0


def test_g04_a_tag_whose_answer_was_lost_is_there_once(made):
    run = made(member("ann"))
    run.sandbox.faults("mailchimp", {"kind": "reset", "method": "POST", "path": SEGMENTS, "times": 1})
    assert run.load(create_tag("T"), give("ann", "T"))["create_tag T"] == ("already_there", "tag_exists")
    assert run.tagged() == {"T": {"ann"}}


def test_g07_a_refused_tag_stops_nothing_else(made):
    """Mailchimp takes names of at most 100 characters."""
    run = made(member("ann"), tags={"T": []})
    results = run.load(create_tag("x" * 101), give("ann", "x" * 101), give("ann", "T"))
    assert results["create_tag " + "x" * 101][0] == "refused"
    assert results[f"add_tag ann {'x' * 101}"] == ("precondition_gone", "no_such_tag")
    assert results["add_tag ann T"] == ("applied", "")


def test_g07_a_group_of_members_that_is_refused_whole_is_sent_in_halves(made):
    names = named("p", range(5))
    run = made(*map(member, names), tags={"T": []})
    refusal = PROBLEM | {"body": '{"title":"Invalid Resource","status":400}'}
    run.sandbox.faults("mailchimp", refusal | {"method": "POST", "path": SEGMENT, "times": 1})
    assert states(run.load(*(give(name, "T") for name in names))) == {"applied"}
    assert run.calls("POST", SEGMENT) == 3


def test_g08_who_has_a_tag_is_read_once_however_many_groups_leave_somebody_out(made):
    names = named("p", range(1_200))
    run = made(*map(member, names), tags={"T": names[::3]})
    run.plan(*(give(name, "T") for name in names))
    load_audience(run.run)
    found = [state for state, _ in run.results().values()]
    assert (found.count("already_there"), found.count("applied")) == (400, 800)
    assert run.calls("POST", SEGMENT) == 3
    assert run.calls("GET", SEGMENT_MEMBERS) <= 3  # pages of 1,000


def test_x01_a_tag_is_taken_away_five_hundred_members_a_call(made):
    names = [f"m{number}" for number in range(501)]
    run = made(*map(member, [*names, "ann"]), tags={"T": [*names[1:], "ann"]})
    results = run.load(*(take(name, "T") for name in names), take("ann", "Gone"))
    assert run.tagged() == {"T": {"ann"}}
    assert results[f"remove_tag {names[0]} T"] == ("already_there", "has_no_tag")
    assert results[f"remove_tag {names[1]} T"] == ("applied", "")
    assert results["remove_tag ann Gone"] == ("already_there", "no_such_tag")
    assert run.calls("POST", SEGMENT) == 2
