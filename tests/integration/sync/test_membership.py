"""Who becomes a member, who becomes a Lead, and whom consent keeps out; over `story` (life.py)."""

from __future__ import annotations

import pytest

from tests.integration.sync.life import Story
from tests.integration.sync.people import UPDATES, contact, key

# --- who becomes a member


def test_r01_a_selected_person_who_agreed_becomes_a_subscribed_member(story: Story) -> None:
    assert story.first.status("ann") == "subscribed"
    assert story.first.values("ann") == {"FNAME": "Ann", "LNAME": "Lee"}
    assert story.first.operation("ann", "add_member")["behaviour"] == "R01"
    assert story.first.status("noc") is None
    assert story.first.row("noc") == "no_consent"


def test_r01_new_members_wait_for_their_own_yes_where_the_audience_says_pending(story: Story) -> None:
    assert story.updates.status("ann", UPDATES) == "pending"
    assert story.updates.status("noc", UPDATES) == "pending"  # `consent: none`


def test_r02_a_person_account_is_added_and_kept_in_step_like_a_contact(story: Story) -> None:
    assert story.first.status("pia") == "subscribed"
    assert story.first.mirror("pia")["Contact__c"] == contact("pia")["Id"]
    assert story.second.values("pia") == {"FNAME": "Pia", "LNAME": "Wood", "TITLE": "Dr"}


def test_r03_an_archived_or_forgotten_member_stays_away_and_its_person_as_it_is(story: Story) -> None:
    for seen in (story.first, story.second, story.third):
        assert seen.status("arc") == "archived"
        assert seen.values("arc")["LNAME"] == "Old"
    assert (story.first.status("ned"), story.second.status("ned"), story.third.status("ned")) == (
        "subscribed", "archived", "archived"
    )  # fmt: skip
    assert (story.first.status("ola"), story.second.status("ola"), story.third.status("ola")) == (
        "subscribed", None, None
    )  # fmt: skip
    assert (story.second.row("ned"), story.second.row("ola")) == ("archived", "forgotten")
    assert story.second.mirror("ola")["Status__c"] == "forgotten"
    for name in ("arc", "ned", "ola"):
        assert story.third.person(name) == story.first.person(name)


def test_r05_an_opted_out_person_is_not_added_and_a_member_who_opts_out_stays(story: Story) -> None:
    assert story.first.status("opt") is None
    assert story.first.row("opt") == "opted_out"
    assert story.second.status("hal") == "subscribed"
    assert story.second.accounts["transform"]["opted_out_but_subscribed"] == 1


def test_r06_an_unsubscribe_shows_in_the_mirror_and_changes_nothing_else_in_salesforce(story: Story) -> None:
    assert story.second.mirror("ida")["Status__c"] == "unsubscribed"
    assert story.second.person("ida")["HasOptedOutOfEmail"] is False
    assert story.third.status("ida") == "unsubscribed"


def test_r07_an_email_changed_in_salesforce_makes_a_new_member_and_the_old_one_stays(story: Story) -> None:
    assert story.second.status("eve") == story.second.status("eve2") == "subscribed"
    added = story.second.operation("eve2", "add_member")
    assert (added["behaviour"], added["note"]) == ("R07", "email_changed")
    assert story.second.row("eve") == "former_email"


def test_r07_an_email_changed_in_mailchimp_makes_a_lead_and_the_person_is_added_again(story: Story) -> None:
    assert story.second.status("fay") == story.second.status("fay2") == "subscribed"
    assert story.second.member("fay2")["contact_id"] == story.first.member("fay")["contact_id"]
    assert len(story.second.leads("fay2")) == 1
    assert story.second.person("fay")["Id"] == contact("fay")["Id"]


# --- consent


@pytest.mark.parametrize(("name", "old"), [("gil2", "gil"), ("mer", "merged"), ("con", "before")])
def test_g01_who_left_under_another_email_is_not_added(story: Story, name: str, old: str) -> None:
    """Own history, a merged record, a converted lead."""
    assert story.second.status(old) in {"unsubscribed", "archived"}
    assert story.second.status(name) is None
    assert story.second.row(name) == "consent_held"


def test_g01_a_status_that_changed_after_the_plan_is_not_overwritten(story: Story) -> None:
    add, update = story.second.operation("quy", "add_member"), story.second.operation("ron", "update_member")
    assert (add["state"], add["reason"]) == ("precondition_gone", "member_is_unsubscribed")
    assert (update["state"], update["reason"]) == ("precondition_gone", "member_is_archived")
    assert (story.second.status("quy"), story.second.status("ron")) == ("unsubscribed", "archived")
    assert story.second.values("ron")["LNAME"] == "Lee"


def test_g01_no_sync_makes_anybody_subscribed_who_was_a_member_already(story: Story) -> None:
    for before, after in ((story.first, story.second), (story.second, story.third)):
        statuses = {who: (status, after.state.statuses().get(who)) for who, status in before.state.statuses().items()}
        risen = {who for who, pair in statuses.items() if pair[1] == "subscribed" != pair[0]}
        by_others = {("Newsletter", key("fay")), ("Newsletter", key("tia"))}  # a new e-mail, a confirmed one
        assert risen <= by_others


# --- leads


def test_r08_a_stranger_becomes_one_lead_and_never_a_second_one(story: Story) -> None:
    """Not on another run, not from a second audience that the stranger belongs to."""
    (made,) = story.first.leads("stranger")
    assert (made["LastName"], made["Company"], made["LeadSource"]) == ("Lee", "[none]", "Mailchimp")
    assert made["MC_Key__c"] == key("stranger")
    for seen in (story.updates, story.second, story.third):
        assert [each["Id"] for each in seen.leads("stranger")] == [made["Id"]]
    assert story.first.leads("nolead") == []
    assert story.first.mirror("stranger")["Lead__c"] == made["Id"]


def test_r08_a_default_is_not_written_back_to_mailchimp(story: Story) -> None:
    """What we filled in for want of a value counts as never filled."""
    assert "COMPANY" not in story.third.values("stranger")


def test_r08_what_happened_since_the_plan_counts(story: Story) -> None:
    sam, tia = story.second.operation("sam", "create_lead"), story.second.operation("tia", "create_lead")
    assert (sam["state"], sam["reason"]) == ("precondition_gone", "member_is_unsubscribed")
    assert (tia["state"], tia["reason"]) == ("precondition_gone", "person_exists")
    assert story.third.leads("sam") == story.third.leads("tia") == []


def test_detail6_a_former_or_converted_email_makes_no_lead(story: Story) -> None:
    for seen in (story.first, story.second, story.third):
        assert seen.leads("merged") == seen.leads("eve") == []
        assert len(seen.leads("before")) == 1
