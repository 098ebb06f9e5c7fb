"""Members that move, against the sandbox (X01): only what Mailchimp allows, once, whatever answer is lost (G04)."""

from __future__ import annotations

import pytest

from include.errors import TransientError
from include.pipelines.load import load_audience
from tests.integration.loading import MEMBER, create_tag, give, move, update
from tests.integration.mailchimp_account import account, audience, member
from tests.integration.org import NOW
from tests.unit.pipelines.killing import Killed

JUST_NOW = NOW.isoformat()
OTHERS = ("pending", "transactional", "unsubscribed", "cleaned", "archived")


def test_x01_a_member_moves_after_its_other_changes_and_stays_the_same_contact(made):
    run = made(member("ann", tags=["Old"]), member("bob"))
    before = run.members()["ann"]
    results = run.load(move("ann", "anna"), update("ann", FNAME="Anna"), create_tag("T"), give("ann", "T"))
    assert set(results.values()) == {("applied", "")}
    assert run.statuses() == {"anna": "subscribed", "bob": "subscribed"}
    after = run.members()["anna"]
    assert (after["contact_id"], after["merge_fields"]["FNAME"]) == (before["contact_id"], "Anna")
    assert run.tagged() == {"Old": {"anna"}, "T": {"anna"}}


def test_g04_a_move_whose_answer_was_lost_is_there_already(made):
    """The repeated call finds nobody under the former hash."""
    run = made(member("ann"))
    run.sandbox.faults("mailchimp", {"kind": "reset", "when": "after", "method": "PATCH", "path": MEMBER, "times": 1})
    assert run.load(move("ann", "anna")) == {"move_member ann": ("already_there", "moved")}
    assert run.statuses() == {"anna": "subscribed"}


def test_g04_a_move_whose_result_was_not_written_is_there_already(made):
    run = made(member("ann"))
    run.plan(move("ann", "anna"))
    with pytest.raises(Killed):
        load_audience(run.dying(0))
    assert run.statuses() == {"anna": "subscribed"}
    load_audience(run.run)
    assert run.results() == {"move_member ann": ("already_there", "moved")}
    assert run.calls("PATCH", MEMBER) == 1


@pytest.mark.parametrize(("status", "changed", "reason"), [
    *((status, {"last_changed": JUST_NOW}, f"member_is_{status}") for status in OTHERS),
    *((status, {}, "not_subscribed") for status in ("pending", "unsubscribed", "cleaned")),
])  # fmt: skip
def test_g02_a_member_that_is_not_subscribed_any_more_stays(made, status, changed, reason):
    """Seen before, or told by Mailchimp where it changed after that."""
    run = made(member("ann"))
    run.sandbox.put_state(mailchimp=account(audience([member("ann", status, **changed)])))
    assert run.load(move("ann", "anna")) == {"move_member ann": ("precondition_gone", reason)}
    assert run.statuses() == {"ann": status}


@pytest.mark.parametrize("status", ["subscribed", "archived"])
@pytest.mark.parametrize("changed", [{}, {"last_changed": JUST_NOW}])
def test_g02_an_email_that_a_member_has_is_not_taken(made, status, changed):
    """Who came since extraction is seen before; who was not seen at all is refused by Mailchimp."""
    run = made(member("ann"))
    run.sandbox.put_state(mailchimp=account(audience([member("ann"), member("anna", status, **changed)])))
    reason = f"member_is_{status}" if changed else "member_exists"
    assert run.load(move("ann", "anna")) == {"move_member ann": ("precondition_gone", reason)}
    assert run.statuses() == {"ann": "subscribed", "anna": status}


def test_g02_a_member_that_is_gone_is_no_error(made):
    assert made().load(move("ann", "anna")) == {"move_member ann": ("precondition_gone", "no_such_member")}


def test_g07_an_address_that_mailchimp_refuses_is_told_in_a_word(made):
    run = made(member("ann"), member("bob"))
    refused = move("ann", "anna") | {"after": '{"email_address":"anna@example.com"}'}
    assert run.load(refused, move("bob", "bobby")) == {
        "move_member ann": ("refused", "looks_fake"),
        "move_member bob": ("applied", ""),
    }


def test_g04_a_member_does_not_move_before_its_other_changes_are_made(made):
    """They go by the former hash."""
    run = made(member("ann"), member("bob"))
    failing = {"kind": "status", "status": 500, "method": "PATCH", "path": MEMBER, "times": 4}
    run.sandbox.faults("mailchimp", failing)
    run.plan(update("ann", FNAME="Anna"), move("ann", "anna"), move("bob", "bobby"))
    with pytest.raises(TransientError):
        load_audience(run.run)
    assert run.results()["move_member ann"] == ("failed", "other_changes_first")
    assert run.statuses() == {"ann": "subscribed", "bobby": "subscribed"}
    load_audience(run.run)
    assert {state for state, _ in run.results().values()} == {"applied"}
    assert run.members()["anna"]["merge_fields"]["FNAME"] == "Anna"
