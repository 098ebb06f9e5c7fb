"""Who is who: survivors of shared e-mails, members of people that are gone, moved members (details 1, 2, 8, 9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from include.config.policies import PRESETS
from include.keys import email_key
from tests.unit.transform.worlds import BORN, LIST, World, audience, plan

NAMES = {"FirstName": "Ann", "LastName": "Lee"}
BOTH: dict[str, Any] = {"queries": [{"name": "contacts", "object": "Contact"}, {"name": "leads", "object": "Lead"}]}


@pytest.mark.parametrize("present", [("winner", "second", "third", "fourth"), ("second", "third", "fourth"),
                                     ("third", "fourth"), ("fourth",)])  # fmt: skip
def test_detail_2_contact_before_lead_then_the_oldest_then_the_lowest_id_survives(present: tuple[str, ...]) -> None:
    """One step of the order at a time, the winner removed each time."""
    world = World()
    candidates: dict[str, dict[str, Any]] = {
        "fourth": {"kind": "Lead", "created_at": BORN - timedelta(days=9)},
        "third": {"id": "003000000000000CCC", "created_at": BORN + timedelta(days=1)},
        "second": {"id": "003000000000000BBB", "created_at": BORN},
        "winner": {"id": "003000000000000AAA", "created_at": BORN},
    }
    ids = {
        name: world.person("Shared@x.example", **candidates[name], FirstName=name, LastName="x")
        for name in candidates
        if name in present
    }
    outcome = plan(world, audience(**BOTH))
    (added,) = outcome.of("add_member")
    assert added["person_id"] == ids[present[0]]
    assert added["after"]["merge_fields"]["FNAME"] == present[0]
    assert [outcome.reason(ids[name]) for name in present] == ["added"] + ["shared_email"] * (len(present) - 1)


def test_detail_2_any_person_with_the_e_mail_selects_it_and_the_survivor_gives_the_values() -> None:
    world = World()
    survivor = world.person("ann@x.example", FirstName="Ann", LastName="Contact")
    world.person("ANN@x.example ", "Lead", FirstName="Annie", LastName="Lead")
    (added,) = plan(world, audience(queries=[BOTH["queries"][1]])).of("add_member")
    assert (added["person_id"], added["after"]["merge_fields"]["LNAME"]) == (survivor, "Contact")


def test_detail_2_nobody_is_promoted_while_the_survivor_is_quarantined() -> None:
    world = World()
    survivor = world.person("ann@x.example", **NAMES)
    other = world.person("ann@x.example", **NAMES)
    world.finding(survivor, "contact_last_name", "add", "update")
    outcome = plan(world)
    assert outcome.operations == []
    assert (outcome.reason(survivor), outcome.state(survivor)) == ("failed_rule", "quarantined")
    assert outcome.reason(other) == "shared_email"


@pytest.mark.parametrize("written", ["ANN@X.example", " ann@x.example\t", "\u00a0Ann@x.example"])
@pytest.mark.parametrize("policy", PRESETS)
def test_detail_1_a_member_is_matched_however_its_e_mail_is_written(written: str, policy: str) -> None:
    world = World()
    person = world.person(written, FirstName="Ann", LastName="New")
    key = world.member("ann@x.example", merge_fields={"FNAME": "Ann", "LNAME": "Lee"})
    (update,) = plan(world, audience(policy=policy, create_leads={"enabled": True})).operations
    assert (update["kind"], update["email_key"], update["person_id"]) == ("update_member", key, person)


def test_detail_1_the_match_does_not_depend_on_syntax_and_nobody_is_added_without_it() -> None:
    world = World()
    for email in ("no address", "jose\u0301@x.example"):
        person = world.person(email, **NAMES)
        world.finding(person, "invalid_email", "add")
    key = world.member("no address", merge_fields={"FNAME": "Old", "LNAME": "Lee"})
    world.member("jos\u00e9@x.example", merge_fields={"FNAME": "Other"})  # another e-mail: Mailchimp hashes the bytes
    outcome = plan(world)
    assert [(row["kind"], row["email_key"]) for row in outcome.operations] == [("update_member", key)]
    assert (outcome.reason(person), outcome.state(person)) == ("invalid_email", "quarantined")


@pytest.mark.parametrize("policy", PRESETS)
def test_detail_9_a_lead_and_a_contact_of_one_e_mail_that_become_one_keep_their_member(policy: str) -> None:
    """Before, the Contact stands for the e-mail, also where the Lead alone is selected; after, it is the only one."""
    world = World()
    lead = world.person("ann@x.example", "Lead", FirstName="Annie", LastName="Lee")
    contact = world.person("ann@x.example", **NAMES)
    key = world.member("ann@x.example", merge_fields={"FNAME": "Ann", "LNAME": "Lee"})
    configured = audience(policy=policy, create_leads={"enabled": True}, **BOTH)
    before = plan(world, configured)
    assert (before.operations, before.reason(lead), before.reason(contact)) == ([], "shared_email", "up_to_date")
    world.people[0] |= {"is_converted": True, "converted_contact_id": contact}
    after = plan(world, configured)
    assert after.operations == []
    assert [after.reason(one) for one in (lead, contact, key)] == ["converted", "up_to_date", "up_to_date"]


@pytest.mark.parametrize("policy", PRESETS)
def test_detail_9_the_member_of_a_lead_gets_the_values_of_the_contact_that_it_became(policy: str) -> None:
    world = World()
    contact = world.person("ann@x.example", FirstName="Anna", LastName="Lee")
    world.person("ann@x.example", "Lead", is_converted=True, converted_contact_id=contact, **NAMES)
    key = world.member("ann@x.example", merge_fields={"FNAME": "Ann", "LNAME": "Lee"})
    (update,) = plan(world, audience(policy=policy, queries=[])).operations
    assert (update["email_key"], update["person_id"], update["after"]) == (
        key, contact, {"merge_fields": {"FNAME": "Anna"}},
    )  # fmt: skip


@pytest.mark.parametrize("policy", PRESETS)
def test_detail_9_who_is_undeleted_has_the_member_again(policy: str) -> None:
    world = World()
    person = world.person("ann@x.example", is_deleted=True, **NAMES)
    key = world.member("ann@x.example", merge_fields={"FNAME": "Old", "LNAME": "Lee"})
    gone = plan(world, audience(policy=policy, create_leads={"enabled": True}))
    assert (gone.operations, gone.reason(key)) == ([], "orphan_member")
    world.people[0]["is_deleted"] = False
    (update,) = plan(world, audience(policy=policy)).operations
    assert (update["kind"], update["person_id"]) == ("update_member", person)


def test_r02_a_person_account_takes_part_as_its_contact() -> None:
    world = World()
    person = world.person("ann@x.example", is_person_account=True, account_id="001000000000000AAA", **NAMES)
    assert [operation["person_id"] for operation in plan(world).of("add_member")] == [person]


def test_detail_9_a_member_follows_a_merge_and_a_conversion_over_several_steps() -> None:
    """Lead, converted into a Contact, merged into another one with another e-mail."""
    world = World()
    heir = world.person("new@x.example", FirstName="Heir", LastName="Lee")
    middle = world.person("mid@x.example", is_deleted=True, master_record_id=heir, **NAMES)
    world.person("old@x.example", "Lead", is_converted=True, converted_contact_id=middle, **NAMES)
    key = world.member("old@x.example", merge_fields={"FNAME": "Ann", "LNAME": "Lee"})
    outcome = plan(world, audience(queries=[]))
    (update,) = outcome.operations
    assert (update["email_key"], update["person_id"]) == (key, heir)
    assert update["after"] == {"merge_fields": {"FNAME": "Heir"}}
    assert outcome.reason(key) == "updated"


def test_detail_9_who_has_the_e_mail_now_comes_before_the_heir_of_who_had_it() -> None:
    world = World()
    heir = world.person("new@x.example", FirstName="Heir", LastName="Lee")
    world.person("old@x.example", is_deleted=True, master_record_id=heir, **NAMES)
    now = world.person("old@x.example", FirstName="Now", LastName="Lee")
    world.member("old@x.example")
    assert [row["person_id"] for row in plan(world, audience(queries=[])).of("update_member")] == [now]


@pytest.mark.parametrize("gone", [{}, {"master_record_id": "003000000000000LOO"}, {"master_record_id": "nobody"}])
def test_detail_9_a_member_whose_person_is_gone_stays_as_an_orphan(gone: dict[str, Any]) -> None:
    """Deleted; merged in a circle; merged into a record that is not visible."""
    world = World()
    world.person("ann@x.example", id="003000000000000LOO", is_deleted=True, **gone, **NAMES)
    key = world.member("ann@x.example")
    outcome = plan(world, audience(create_leads={"enabled": True}))
    assert outcome.operations == []
    assert outcome.reason(key) == "orphan_member"


def test_r07_an_e_mail_changed_in_mailchimp_leaves_the_old_one_free_to_be_added_again() -> None:
    world = World()
    world.person("old@x.example", **NAMES)
    world.member("new@x.example", contact_id="c-1")
    world.former_email("c-1", "old@x.example", LIST)
    (added,) = plan(world).of("add_member")
    assert (added["email_key"], added["note"]) == (email_key("old@x.example"), "email_changed")


def test_r03_a_forgotten_member_without_another_e_mail_is_not_brought_back() -> None:
    world = World()
    person = world.person("old@x.example", **NAMES)
    world.member("old@x.example", "forgotten", contact_id="c-1")
    world.former_email("c-1", "old@x.example", LIST)
    outcome = plan(world)
    assert outcome.operations == []
    assert outcome.reason(person) == "forgotten"
