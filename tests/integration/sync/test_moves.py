"""E-mails that change where members move (X01), whole syncs: in Salesforce, in Mailchimp, in both, and back."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.integration.sync.life import NEWSLETTER, Life
from tests.integration.sync.people import NEWS, UPDATES, WEB, audience, contact, subscriber
from tests.integration.sync.seen import Seen
from tests.sandbox_fixture import Sandbox

MOVE = NEWSLETTER.replace("policy: legacy_parity", "policy: two_way\nunsubscribe_sets_opt_out: any").replace(
    "irreversible: 0", "irreversible: 100, changed_people: 100%"
)
STAMP = [("PATCH", "/services/data/v{version}/composite/sobjects/{object}/{key}", 1)]
NAMES = ("ann", "bob", "pen", "two", "thr", "fay", "gil")


@dataclass(frozen=True)
class Story:
    """What five syncs left: people changed before the second and the fourth."""

    first: Seen
    second: Seen
    third: Seen
    fourth: Seen
    fifth: Seen


@pytest.fixture(scope="module")
def story(connected: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    life = Life(connected, tmp_path_factory.mktemp("moves"))
    statuses = {"bob": "unsubscribed", "pen": "pending", "two": "unsubscribed"}
    members = [subscriber(name, statuses.get(name, "subscribed")) for name in NAMES]
    members += [subscriber("two2"), subscriber("thr2", "unsubscribed")]
    lists = [audience("Newsletter", NEWS, *members), audience("Updates", UPDATES, subscriber("ann"))]
    people = [contact(name, **WEB, HasOptedOutOfEmail=name in {"bob", "two"}) for name in NAMES]
    connected.put_state(salesforce={"Contact": people}, mailchimp={"lists": lists})
    life.configure(MOVE)
    first = life.sync("first")
    for name in ("ann", "pen", "thr"):
        life.contact(name, Email=f"{name}2@x.example", LastName="Stone")
    for name in ("bob", "two"):  # who opted out by that, and opts in again
        life.contact(name, Email=f"{name}2@x.example", HasOptedOutOfEmail=False)
    for name in ("fay", "gil"):
        life.member(name, email_address=f"{name}2@x.example")
    life.contact("fay", LastName="Stone")
    life.contact("gil", Email="gil3@x.example")
    second, third = life.sync("second"), life.sync("third")
    life.contact("ann", Email="ann@x.example")
    life.contact("fay", Email="fay2@x.example")
    return Story(first, second, third, life.sync("fourth"), life.sync("fifth"))


def test_x01_an_email_changed_in_salesforce_moves_the_subscribed_member(story: Story) -> None:
    before, after = story.first.member("ann"), story.second.member("ann2")
    assert (story.second.status("ann"), after["status"]) == (None, "subscribed")
    assert after["contact_id"] == before["contact_id"]
    assert story.second.operation("ann", "move_member")["state"] == "applied"
    assert story.second.operation("ann2", "add_member") is None
    assert story.second.row("ann") == story.second.row("ann2") == "moved"


def test_x01_values_groups_and_tags_are_kept_up_to_date_through_the_move(story: Story) -> None:
    assert story.second.values("ann2")["LNAME"] == "Stone"
    assert story.second.groups("ann2") == story.first.groups("ann") == {"ane0000001", "awe0000001"}
    assert story.second.tags("ann2") == {"Web"}


def test_detail7_the_row_of_a_member_that_moved_goes_on_under_its_new_key(story: Story) -> None:
    assert story.second.mirror("ann") is None
    assert story.second.mirror("ann2")["Id"] == story.first.mirror("ann")["Id"]
    assert story.second.mirror("ann2")["Email__c"] == "ann2@x.example"
    assert story.second.mirror("fay2")["Id"] == story.first.mirror("fay")["Id"]


def test_g01_who_unsubscribed_is_not_moved_and_not_added_under_the_new_email(story: Story) -> None:
    assert (story.second.status("bob"), story.second.status("bob2")) == ("unsubscribed", None)
    assert (story.second.row("bob2"), story.second.row("bob")) == ("consent_held", "unmovable")


def test_x01_a_pending_member_is_not_moved_and_listed(story: Story) -> None:
    assert (story.second.status("pen"), story.second.row("pen")) == ("pending", "unmovable")
    assert story.second.status("pen2") == "subscribed"  # a query selects the person (R01)


@pytest.mark.parametrize("name", ["two", "thr"])
def test_x01_where_both_emails_are_members_nothing_moves_and_the_stricter_status_wins(story: Story, name: str) -> None:
    assert story.second.status(name) == story.second.status(f"{name}2") == "unsubscribed"


def test_x01_an_email_changed_in_mailchimp_keeps_its_person_who_is_not_added_again(story: Story) -> None:
    assert (story.second.status("fay"), story.second.status("fay2")) == (None, "subscribed")
    assert story.second.leads("fay2") == []
    assert story.second.person("fay")["Email"] == "fay@x.example"
    assert (story.second.row("fay"), story.second.row("fay2")) == ("email_changed", "updated")
    assert story.second.values("fay2")["LNAME"] == "Stone"
    assert story.second.mirror("fay2")["Contact__c"] == contact("fay")["Id"]


def test_x01_changed_on_both_sides_the_member_stays_where_mailchimp_has_it(story: Story) -> None:
    assert [story.second.status(name) for name in ("gil", "gil2", "gil3")] == [None, "subscribed", None]
    assert (story.second.row("gil3"), story.second.row("gil2")) == ("email_changed", "up_to_date")
    assert story.second.mirror("gil2")["Contact__c"] == contact("gil")["Id"]


def test_x01_an_email_that_changes_back_moves_the_member_back(story: Story) -> None:
    assert (story.fourth.status("ann"), story.fourth.status("ann2")) == ("subscribed", None)
    assert story.fourth.member("ann")["contact_id"] == story.first.member("ann")["contact_id"]
    assert story.fourth.mirror("ann")["Id"] == story.first.mirror("ann")["Id"]


def test_x01_who_has_the_email_of_mailchimp_in_salesforce_too_is_matched_by_it(story: Story) -> None:
    assert story.fourth.row("fay2") in {"up_to_date", "updated"}
    assert story.fourth.person("fay2")["Id"] == contact("fay")["Id"]


@pytest.mark.parametrize("sync", ["third", "fifth"])
def test_g05_a_sync_after_moves_writes_the_stamp_alone(story: Story, sync: str) -> None:
    seen: Seen = getattr(story, sync)
    assert [(row["kind"], row["before"], row["after"]) for row in seen.operations] == []
    assert seen.writes == STAMP
