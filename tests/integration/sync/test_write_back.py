"""Per-field conflict policies (X03), whole syncs: what is edited in Mailchimp reaches the person, nothing else does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from include.warehouse.tables import QUARANTINE
from tests.integration.sync.cast import starting_world
from tests.integration.sync.life import NEWSLETTER, Life
from tests.integration.sync.people import key
from tests.integration.sync.seen import Seen
from tests.sandbox_fixture import Sandbox

CONFLICTS = (
    NEWSLETTER.replace("first_load: auto", "first_load: auto\nmailchimp_edits: mailchimp")
    .replace("{enabled: true,", "{enabled: false,")
    .replace("lead: Company}", "lead: Company, conflict: fill_blank}")
    .replace("queries:", "  TITLE: {contact: Title, lead: Title, conflict: newest}\nqueries:")
    .replace("changed_members: 100%,", "changed_members: 100%, changed_people: 100%,")
)
RULE = {
    "ValidationName": "No_Sirs",
    "Active": True,
    "EntityDefinitionId": "Contact",
    "ErrorMessage": "Nobody is called so here",
    "ErrorDisplayField": "Title",
    "Metadata": {"errorConditionFormula": 'Title = "Sir"'},
}
STAMP = ("PATCH", "/services/data/v{version}/composite/sobjects/{object}/{key}", 1)


@dataclass(frozen=True)
class Story:
    """What three syncs left; people edited both sides before the second."""

    first: Seen
    second: Seen
    third: Seen
    quarantine: list[dict[str, object]]


@pytest.fixture(scope="module")
def story(connected: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    life = Life(connected, tmp_path_factory.mktemp("write_back"))
    connected.put_state(salesforce=starting_world()[0] | {"ValidationRule": [RULE]})
    life.configure(CONFLICTS)
    first = life.sync("first")
    for name in ("ann", "hal", "lou"):
        life.member(name, merge_fields={"LNAME": "Edited"})
    for name in ("hal", "ida"):
        life.contact(name, LastName="Stone")
    life.member("pia", merge_fields={"TITLE": "Lady"})
    life.member("bob", merge_fields={"TITLE": "Sir", "LNAME": "Ross"})
    life.member("lea", merge_fields={"COMPANY": "Edited"})
    life.member("max", merge_fields={"LNAME": ""})
    life.member("jon", merge_fields={"TITLE": "Count"})
    life.contact("kim", Title="Duke")
    connected.set_clock((life.now + timedelta(minutes=5)).isoformat())
    life.contact("jon", Title="Duke")
    life.member("kim", merge_fields={"TITLE": "Count"})
    life.mailchimp("POST", f"/members/{key('ann')}/tags", {"tags": [{"name": "Web", "status": "inactive"}]})
    second = life.sync("second")
    quarantine = life.rig.project.warehouse.read(QUARANTINE, audience="newsletter").to_pylist()
    return Story(first, second, life.sync("third"), quarantine)


def test_x03_first_contact_fills_a_blank_and_overwrites_nothing_in_salesforce(story: Story) -> None:
    assert story.first.person("max")["Department"] == "Theirs"
    assert story.first.person("uma")["LastName"] == story.first.values("uma")["LNAME"] == "Roe"


@pytest.mark.parametrize("name", ["ann", "hal", "lou"])
def test_x03_an_edit_in_mailchimp_is_written_to_contacts_and_leads_also_over_one_in_salesforce(
    story: Story, name: str
) -> None:
    assert story.second.person(name)["LastName"] == story.second.values(name)["LNAME"] == "Edited"
    assert story.second.operation(name, "update_person")["state"] == "applied"
    assert story.second.row(name) == "person_updated"
    assert story.second.operation(name, "update_member") is None


def test_x03_an_edit_in_salesforce_alone_goes_to_mailchimp(story: Story) -> None:
    assert story.second.person("ida")["LastName"] == story.second.values("ida")["LNAME"] == "Stone"


def test_x03_r02_a_person_account_is_written_through_its_account(story: Story) -> None:
    assert story.second.person("pia")["Title"] == "Lady"
    (account,) = story.second.state.salesforce["Account"]
    assert account["PersonTitle"] == "Lady"


def test_x03_the_newer_record_decides(story: Story) -> None:
    assert story.second.person("jon")["Title"] == story.second.values("jon")["TITLE"] == "Duke"
    assert story.second.person("kim")["Title"] == story.second.values("kim")["TITLE"] == "Count"


def test_x03_fill_blank_overwrites_an_edit_where_salesforce_has_a_value_and_lists_it(story: Story) -> None:
    assert story.second.values("lea")["COMPANY"] == story.second.person("lea")["Department"] == "Sales"
    assert story.second.operation("lea", "update_member")["note"] == "mailchimp_edit_overwritten"
    assert story.second.operation("lea", "update_person") is None


def test_x03_a_field_that_salesforce_requires_is_filled_again(story: Story) -> None:
    assert story.second.values("max")["LNAME"] == story.second.person("max")["LastName"] == "Lee"


def test_x03_r17_what_a_rule_of_the_org_refuses_is_quarantined_with_its_name_and_mailchimp_keeps_it(
    story: Story,
) -> None:
    refused = story.second.operation("bob", "update_person")
    assert (refused["state"], refused["reason"]) == ("refused", "No_Sirs: Nobody is called so here (Title)")
    assert story.second.person("bob")["Title"] == "Prof"
    assert story.second.values("bob")["TITLE"] == "Sir"
    (held,) = [row for row in story.quarantine if row["key"] == key("bob")]
    assert (held["rule"], held["gates"]) == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", ["update_person"])
    assert held["reason"] == refused["reason"]


def test_x03_g05_a_second_sync_writes_the_stamp_and_tries_what_was_refused(story: Story) -> None:
    """The record that the sync has written to did not change by that: a tag that was taken off is not put back."""
    assert [each["email_key"] for each in story.third.operations] == [key("bob")]
    assert story.third.writes.count(STAMP) == 1
    assert len(story.third.writes) == 2
    assert story.third.tags("ann") == set()


def test_g03_every_ledger_balances_with_values_written_to_people(story: Story) -> None:
    for seen in (story.first, story.second, story.third):
        assert seen.accounts["report"]["balanced"] is True


def test_m05_calls_to_people_are_estimated(story: Story) -> None:
    assert story.second.accounts["transform"]["estimated_calls"]["salesforce"]["update_person"] == 2


def test_x03_the_policy_of_single_fields_is_part_of_the_audiences(story: Story) -> None:
    policy = story.first.accounts["transform"]["policy"]
    assert policy["mailchimp_edits"] == "mailchimp; COMPANY: fill_blank; TITLE: newest"
