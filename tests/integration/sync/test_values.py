"""Values, groups and tags of members, and what a run without changes does; over `story` (life.py)."""

from __future__ import annotations

import pytest

from tests.integration.sync.life import Story
from tests.integration.sync.people import NEWS, contact

# --- values


def test_r15_salesforce_wins_and_what_is_not_mapped_stays(story: Story) -> None:
    assert story.second.values("ann")["LNAME"] == "Stone"
    assert story.second.values("bob")["LNAME"] == "Lee"
    assert story.second.values("bob")["POINTS"] == 7
    assert story.second.person("bob")["LastName"] == "Lee"


def test_r15_a_reverted_edit_is_listed(story: Story) -> None:
    reverted = story.second.operation("bob", "update_member")
    assert reverted["note"] == "mailchimp_edit_overwritten"
    assert (reverted["before"]["merge_fields"]["LNAME"], reverted["after"]["merge_fields"]["LNAME"]) == (
        "Edited",
        "Lee",
    )
    assert story.second.operation("ann", "update_member")["note"] is None


@pytest.mark.parametrize("name", ["uma", "pen", "tra"])
def test_detail3_members_in_every_live_status_are_kept_up_to_date_and_keep_it(story: Story, name: str) -> None:
    assert story.first.values(name)["LNAME"] == "Roe"
    assert story.first.status(name) == {"uma": "unsubscribed", "pen": "pending", "tra": "transactional"}[name]


def test_detail3_a_member_that_no_query_selects_is_kept_up_to_date_and_a_cleaned_one_is_not(story: Story) -> None:
    assert story.first.values("lou") == {"FNAME": "Lou", "LNAME": "Roe", "COMPANY": "Acme"}
    assert story.first.values("cle")["LNAME"] == "Lee"
    assert story.first.tags("cle") == set()


def test_r16_a_newly_mapped_field_is_filled_for_every_member(story: Story) -> None:
    assert story.first.values("bob").get("TITLE") is None
    assert story.second.values("bob")["TITLE"] == "Prof"


def test_detail10_a_value_that_was_filled_is_blanked_and_one_that_never_was_is_left_alone(story: Story) -> None:
    assert story.first.values("lea")["COMPANY"] == "Sales"
    assert "COMPANY" not in story.second.values("lea")
    assert story.third.values("max")["COMPANY"] == "Theirs"


def test_detail2_the_survivor_gives_the_values_and_any_sharer_is_enough_for_a_query(story: Story) -> None:
    assert story.first.values("shared")["FNAME"] == "Sha"
    assert story.first.mirror("shared")["Contact__c"] == contact("sha")["Id"]


# --- groups and tags


def test_r14_a_tag_is_made_once_and_given_to_those_who_match(story: Story) -> None:
    assert story.first.tags("ann") == story.first.tags("bob") == story.first.tags("uma") == {"Web"}
    (found,) = (each for each in story.first.state.mailchimp["lists"] if each["id"] == NEWS)
    assert [segment["name"] for segment in found["segments"]] == ["Web"]
    assert story.first.groups("ann") == {"ane0000001", "awe0000001"}


def test_r14_who_stops_matching_keeps_everything(story: Story) -> None:
    assert (story.second.status("jon"), story.second.tags("jon")) == ("subscribed", {"Web"})
    assert story.second.groups("jon") == {"ane0000001", "awe0000001"}


def test_detail5_what_somebody_removed_in_mailchimp_is_not_put_back(story: Story) -> None:
    for seen in (story.second, story.third):
        assert seen.tags("kim") == set()
        assert seen.groups("kim") == {"awe0000001"}


def test_r12_a_single_choice_takes_the_first_querys_group(story: Story) -> None:
    assert story.first.groups("pia") == {"amo0000001"}


def test_r17_a_field_that_mailchimp_would_refuse_is_left_out_and_the_rest_goes_on(story: Story) -> None:
    assert story.first.values("bad") == {"FNAME": "Bad", "LNAME": "Lee"}
    assert story.first.row("bad") == "field_left_out"


# --- runs


def test_g05_a_sync_without_changes_writes_one_stamp(story: Story) -> None:
    assert story.fourth.writes == [("PATCH", "/services/data/v{version}/composite/sobjects/{object}/{key}", 1)]
    assert story.fourth.operations == []


def test_g02_what_lost_its_ground_is_planned_anew_from_what_is_there_now(story: Story) -> None:
    assert story.third.tags("quy") == {"Web"}
    assert story.third.status("quy") == "unsubscribed"
    assert story.third.mirror("tia")["Contact__c"] == story.third.person("tia")["Id"]


def test_g03_every_ledger_balances(story: Story) -> None:
    for seen in (story.first, story.updates, story.second, story.third, story.fourth):
        assert seen.accounts["report"]["balanced"] is True
