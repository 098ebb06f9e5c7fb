"""What follows from what a run writes to people is done within the same run, and the next one has nothing to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from include.warehouse.tables import ROW_LEDGER
from tests.integration.sync.life import Life
from tests.integration.sync.people import NEWS, audience, contact, key, subscriber
from tests.integration.sync.seen import Seen
from tests.sandbox_fixture import Sandbox

FILE = """\
audience: Newsletter
policy: two_way
unsubscribe_sets_opt_out: any
email_change: new_member
mailchimp_edits: mailchimp
consent: none
first_load: auto
create_leads: {enabled: true, defaults: {LastName: "[none]", Company: "[none]", LeadSource: Mailchimp}}
fields:
  FNAME: {contact: FirstName, lead: FirstName}
  LNAME: {contact: LastName, lead: LastName}
  TITLE: {contact: Title, lead: Title}
queries:
  - {name: made, object: Lead, where: {field: LeadSource, equals: Mailchimp}, groups: [Interests / News], tags: [Made]}
  - {name: sirs, object: Contact, where: {field: Title, equals: Sir}, groups: [Interests / Events], tags: [Sir]}
  - {name: left, object: Contact, where: {field: HasOptedOutOfEmail, equals: true}, tags: [Left]}
circuit_breaker:
  {changed_members: 100%, changed_people: 100%, new_members: 100%, new_leads: 100, irreversible: 100}
"""
STAMP = ("PATCH", "/services/data/v{version}/composite/sobjects/{object}/{key}", 1)


@dataclass(frozen=True)
class Story:
    """What the syncs left; before the second people edited and left in Mailchimp."""

    first: Seen
    second: Seen
    third: Seen


def begin(sandbox: Sandbox, folder: Path, file: str = FILE) -> Life:
    """Ann, Bob and Eve are contacts and members; a stranger is a member alone. Eve's former e-mail is a member, too."""
    life = Life(sandbox, folder)
    life.configure(file)
    people = [contact("ann"), contact("bob"), contact("eve", Email="old@x.example")]
    members = [subscriber("ann"), subscriber("bob"), subscriber("old", values={"FNAME": "Eve"}), subscriber("stranger")]
    sandbox.put_state(
        salesforce={"Contact": people, "Lead": []}, mailchimp={"lists": [audience("Newsletter", NEWS, *members)]}
    )
    return life


def sync(life: Life, run_id: str) -> Seen:
    """A sync, with the row ledger as it ended."""
    seen = life.sync(run_id)
    ledger = life.rig.project.warehouse.read(ROW_LEDGER, run_id=run_id).to_pylist()
    seen.accounts["rows"] = {row["key"]: (row["state"], row["reason"]) for row in ledger}
    return seen


def edit(life: Life) -> None:
    """An edit that makes a query select, and an unsubscribe of somebody with a member under a former e-mail."""
    life.member("ann", merge_fields={"TITLE": "Sir"})
    life.member("eve", status="unsubscribed")


@pytest.fixture(scope="module")
def story(connected: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    life = begin(connected, tmp_path_factory.mktemp("settle"))
    first = sync(life, "first")
    life.contact("eve", Email="eve@x.example")
    life.mailchimp("POST", "", {"members": [subscriber("eve")], "update_existing": False})
    edit(life)
    return Story(first, life.sync("second"), life.sync("third"))


def test_r08_r14_a_lead_that_the_run_makes_gets_what_its_query_gives_in_the_same_run(story: Story) -> None:
    assert len(story.first.leads("stranger")) == 1
    assert story.first.groups("stranger") == {"ane0000001"}
    assert story.first.tags("stranger") == {"Made"}
    assert story.first.mirror("stranger")["Tags__c"] == "Made"


def test_x03_a_person_whom_a_written_value_makes_a_query_select_gets_its_group_and_tag(story: Story) -> None:
    assert story.second.person("ann")["Title"] == "Sir"
    assert story.second.groups("ann") == {"aev0000001"}
    assert story.second.tags("ann") == {"Sir"}


def test_x01_an_opt_out_that_the_run_writes_reaches_the_persons_other_member_and_its_query(story: Story) -> None:
    assert story.second.person("eve")["HasOptedOutOfEmail"] is True
    assert story.second.status("old") == "unsubscribed"
    assert story.second.tags("eve") == {"Left"}


def test_g05_the_next_run_writes_the_stamp_alone(story: Story) -> None:
    assert story.third.operations == []
    assert story.third.writes == [STAMP]


def test_g02_g03_what_was_settled_is_part_of_the_plan_and_of_both_ledgers(story: Story) -> None:
    for seen in (story.first, story.second):
        assert seen.accounts["report"]["balanced"] is True
        settled = [row for row in seen.operations if row["planned_by"] == "settle"]
        assert {row["state"] for row in settled} == {"applied"}
        assert len(settled) == sum(seen.accounts["settle"]["planned"].values())


def test_g03_m02_a_lead_that_the_run_made_has_its_row_and_the_report_tells_what_was_settled(story: Story) -> None:
    rows = story.first.accounts["rows"]
    assert rows[story.first.leads("stranger")[0]["Id"]] == ("changed", "updated")
    assert rows[key("stranger")][0] == "changed"
    page = Path(story.first.accounts["report"]["page"]).read_text("utf-8")
    assert "Of these, 3 follow from what the run wrote to 1 people" in page


def test_m05_the_calls_of_settling_are_estimated(story: Story) -> None:
    assert story.first.accounts["settle"]["estimated_calls"]["mailchimp"]["add_tag"] == 2
    assert key("stranger") in {row["email_key"] for row in story.first.operations if row["kind"] == "add_tag"}


def test_g06_m04_what_exceeds_the_caps_is_left_to_the_next_run_and_a_run_for_one_person_settles_too(
    connected: Sandbox, tmp_path: Path
) -> None:
    life = begin(connected, tmp_path, FILE.replace("irreversible: 100", "irreversible: 1"))
    life.rig.extract()
    alone = life.rig.sync("newsletter", person=key("stranger"))
    assert (alone["settle"]["applied"], alone["report"]["balanced"]) == (3, True)
    life.sync("first")
    life.contact("eve", Email="eve@x.example")
    life.mailchimp("POST", "", {"members": [subscriber("eve")], "update_existing": False})
    edit(life)
    held = life.sync("second")
    left = [(row["kind"], row["state"], row["reason"]) for row in held.operations if row["planned_by"] == "settle"]
    assert ("unsubscribe_member", "deferred", "over_the_circuit_breaker") in left
    assert {state for _, state, _ in left} == {"deferred"}
    assert "over the cap `circuit_breaker.irreversible: 1`" in held.accounts["settle"]["waits"][0]
    assert (held.accounts["report"]["state"], held.accounts["report"]["balanced"]) == ("success", True)
    assert held.status("old") == "subscribed"
    after = life.sync("third")
    assert after.status("old") == "unsubscribed"
    assert after.tags("ann") == {"Sir"}
