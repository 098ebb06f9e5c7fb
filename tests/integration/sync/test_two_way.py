"""Policy `two_way` (X01), whole syncs: opt-outs flow both ways, members of people who are gone are archived."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.sync.life import NEWSLETTER, Life
from tests.integration.sync.people import NEWS, UPDATES, audience, contact, key, subscriber
from tests.integration.sync.seen import Seen
from tests.integration.sync.small import FILE, Small
from tests.sandbox_fixture import Sandbox

TWO_WAY = (
    NEWSLETTER.replace(
        "policy: legacy_parity",
        "policy: two_way\nemail_change: new_member\nmissing_people: archive\nunsubscribe_sets_opt_out: any",
    )
    .replace("irreversible: 0", "irreversible: 100")
    .replace("{enabled: true,", "{enabled: false,")
)


@dataclass(frozen=True)
class Story:
    """What three syncs left; both vendors changed people before the second."""

    first: Seen
    second: Seen
    third: Seen


@pytest.fixture(scope="module")
def story(connected: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    life = Life(connected, tmp_path_factory.mktemp("two_way"))
    life.configure(TWO_WAY)
    first = life.sync("first")
    life.contact("hal", HasOptedOutOfEmail=True)
    life.member("ida", status="unsubscribed")
    life.member("pia", status="unsubscribed")
    (deleted,) = life.rig.project.salesforce().delete("Contact", [contact("max")["Id"]], bulk_above=1)
    assert deleted.success
    life.mailchimp("POST", f"/members/{key('ida')}/tags", {"tags": [{"name": "Web", "status": "inactive"}]})
    return Story(first, life.sync("second"), life.sync("third"))


def test_x01_who_had_unsubscribed_before_the_first_sync_is_opted_out(story: Story) -> None:
    assert story.first.status("uma") == "unsubscribed"
    assert story.first.person("uma")["HasOptedOutOfEmail"] is True
    assert story.first.operation("uma", "opt_out_person")["state"] == "applied"


def test_x01_an_opt_out_in_salesforce_unsubscribes_the_member(story: Story) -> None:
    assert (story.first.status("hal"), story.second.status("hal")) == ("subscribed", "unsubscribed")
    assert story.second.row("hal") == "unsubscribed"
    assert story.second.mirror("hal")["Status__c"] == "unsubscribed"


@pytest.mark.parametrize("name", ["ida", "pia"])
def test_x01_an_unsubscribe_in_mailchimp_opts_the_person_out(story: Story, name: str) -> None:
    """Also a person account, which is written through its Account."""
    assert story.second.person(name)["HasOptedOutOfEmail"] is True
    assert story.second.row(name) == "opted_out_by_member"


def test_x01_the_member_of_a_person_who_is_gone_is_archived(story: Story) -> None:
    assert (story.first.status("max"), story.second.status("max")) == ("subscribed", "archived")
    assert story.second.row("max") == "archived_with_person"


def test_x01_both_counts_of_disagreement_end_at_none(story: Story) -> None:
    counts = ("opted_out_but_subscribed", "unsubscribed_but_not_opted_out")
    assert [story.second.accounts["transform"][name] for name in counts] == [1, 2]
    assert [story.third.accounts["transform"][name] for name in counts] == [0, 0]


def test_g05_a_second_two_way_sync_without_changes_writes_the_stamp_alone(story: Story) -> None:
    """The flag that the sync has set is no change of the record: a tag that was taken off is not put back."""
    assert story.third.operations == []
    assert story.third.writes == [("PATCH", "/services/data/v{version}/composite/sobjects/{object}/{key}", 1)]
    assert story.third.tags("ida") == set()


def test_x01_with_all_an_audience_that_never_ran_is_asked_and_one_that_is_not_there_holds_nothing_back(
    connected: Sandbox, tmp_path: Path
) -> None:
    small = Small(connected, tmp_path)
    for stem, name in (("newsletter", "Newsletter"), ("updates", "Updates"), ("mistake", "No such audience")):
        small.configure(stem, FILE.format(name=name).replace("legacy_parity", "two_way"))
    news = [subscriber(name, "unsubscribed") for name in ("ann", "bob")]
    there = [subscriber("ann", "pending"), subscriber("bob", "unsubscribed")]
    small.put_mailchimp({}, audience("Newsletter", NEWS, *news), audience("Updates", UPDATES, *there))
    small.rig.extract()
    counts = small.rig.sync("newsletter")
    assert counts["extract"]["subscribed_elsewhere"] == 1
    people = small.rig.state().salesforce["Contact"]
    assert {row["FirstName"]: row["HasOptedOutOfEmail"] for row in people} == {"Ann": False, "Bob": True}
    small.rig.sync("updates")
    assert small.rig.sync("newsletter")["extract"]["subscribed_elsewhere"] == 0
