"""Unsubscribes, archivings and opt-outs against the sandbox (X01): only what still has its ground, once."""

from __future__ import annotations

import pytest

from include.pipelines.load import load_audience, load_people
from tests.integration.loading import MEMBER, archive, happened, opt_out, unsubscribe
from tests.integration.mailchimp_account import member
from tests.integration.org import ACCOUNT, NOW, contact
from tests.integration.sync.people import person_account
from tests.unit.pipelines.killing import Killed

JUST_NOW = NOW.isoformat()
STATUSES = ("subscribed", "pending", "transactional", "unsubscribed", "cleaned", "archived")


@pytest.mark.parametrize("batch_above", [0, 500])
def test_x01_members_are_unsubscribed_and_archived(made, batch_above):
    run = made(*map(member, ("ann", "bob", "cat")), limits={"batch_above": batch_above})
    results = run.load(unsubscribe("ann"), archive("bob"))
    assert set(results.values()) == {("applied", "")}
    assert run.statuses() == {"ann": "unsubscribed", "bob": "archived", "cat": "subscribed"}


@pytest.mark.parametrize("status", STATUSES)
def test_g01_a_status_that_changed_since_extraction_is_respected(made, status):
    run = made(member("ann"), member("bob"))
    happened(run, member("ann", status, last_changed=JUST_NOW), member("bob", status, last_changed=JUST_NOW))
    results = run.load(unsubscribe("ann"), archive("bob"))
    of_unsubscribe = {"subscribed": "applied", "pending": "applied", "unsubscribed": "already_there"}
    of_archive = dict.fromkeys(("subscribed", "unsubscribed", "transactional"), "applied") | {
        "archived": "already_there"
    }
    assert results["unsubscribe_member ann"][0] == of_unsubscribe.get(status, "precondition_gone")
    assert results["archive_member bob"][0] == of_archive.get(status, "precondition_gone")
    ends = run.statuses()
    assert ends["ann"] == ("unsubscribed" if status in of_unsubscribe else status)
    assert ends["bob"] == ("archived" if status in of_archive else status)


def test_g04_killed_after_the_calls_the_next_try_finds_them_done(made):
    run = made(member("ann"), member("bob"))
    run.plan(unsubscribe("ann"), archive("bob"))
    for written, end in ((0, "subscribed"), (1, "archived")):
        with pytest.raises(Killed):
            load_audience(run.dying(written))
        assert run.statuses() == {"ann": "unsubscribed", "bob": end}
    load_audience(run.run)
    assert {state for state, _ in run.results().values()} == {"already_there"}
    assert run.calls("DELETE", MEMBER) == 1


def test_x01_people_are_opted_out_and_a_person_account_through_its_account(made, org):
    account_row, shadow = person_account("pia")
    ann, bob = contact(1, Email="ann@x.example"), contact(2, Email="bob@x.example")
    org.put(Account=[ACCOUNT, account_row], Contact=[ann, bob, shadow])
    run = made(member("ann", "unsubscribed"), member("pia", "unsubscribed"))
    run.plan(
        opt_out("ann", ann["Id"], ann["Id"]),
        opt_out("pia", account_row["Id"], shadow["Id"], of="Account"),
    )
    load_people(run.run)
    assert set(run.results().values()) == {("applied", "")}
    flagged = {row["Id"] for row in org.records("Contact") if row["HasOptedOutOfEmail"]}
    assert flagged == {ann["Id"], shadow["Id"]}


def test_x01_an_opt_out_is_dropped_where_its_ground_is_gone(made, org):
    people = {name: contact(n, Email=f"{name}@x.example") for n, name in enumerate(("ann", "bob", "cat", "dan"))}
    org.put(Account=[ACCOUNT], Contact=[*people.values()])
    run = made(*(member(name, "unsubscribed") for name in people))
    run.plan(*(opt_out(name, row["Id"], row["Id"]) for name, row in people.items()))
    org.update("Contact", people["ann"]["Id"], Email="another@x.example")
    org.delete("Contact", people["bob"]["Id"])
    others = (member(name, "unsubscribed") for name in ("ann", "bob", "dan"))
    happened(run, member("cat", "subscribed", last_changed=JUST_NOW), *others)
    load_people(run.run)
    assert run.results() == {
        "opt_out_person ann": ("precondition_gone", "another_email"),
        "opt_out_person bob": ("precondition_gone", "another_email"),
        "opt_out_person cat": ("precondition_gone", "member_is_subscribed"),
        "opt_out_person dan": ("applied", ""),
    }
    assert {row["Id"] for row in org.records("Contact") if row["HasOptedOutOfEmail"]} == {people["dan"]["Id"]}
