"""G01: no path brings back somebody who left, under whatever e-mail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.transform.worlds import LIST, World, audience, plan

NAMES = {"FirstName": "Ann", "LastName": "Lee"}
EVERY_STATUS = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived", "forgotten")
LEFT = ("unsubscribed", "archived", "forgotten")


def former(world: World, person: str) -> None:
    world.former_email(person, "other@x.example")


def merged(world: World, person: str) -> None:
    world.person("other@x.example", is_deleted=True, master_record_id=person, **NAMES)


def formerly_merged(world: World, person: str) -> None:
    """The merged record had the e-mail before it was merged."""
    gone = world.person("third@x.example", is_deleted=True, master_record_id=person, **NAMES)
    world.former_email(gone, "other@x.example")


def converted(world: World, person: str) -> None:
    world.person("other@x.example", "Lead", is_converted=True, converted_contact_id=person, **NAMES)


def renamed_in_mailchimp(world: World, _: str) -> None:
    """The Mailchimp contact had the person's e-mail before it took the other one."""
    world.former_email("contact-other@x.example", "new@x.example", LIST)


def renamed_on_both_sides(world: World, person: str) -> None:
    """The person's former e-mail was changed in Mailchimp into the other one."""
    world.former_email(person, "third@x.example")
    world.former_email("contact-other@x.example", "third@x.example", LIST)


PATHS = (former, merged, formerly_merged, converted, renamed_in_mailchimp, renamed_on_both_sides)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("status", LEFT)
def test_g01_who_left_under_another_e_mail_is_held(path: Callable[[World, str], None], status: str) -> None:
    world = World()
    person = world.person("new@x.example", **NAMES)
    path(world, person)
    world.member("other@x.example", status)
    outcome = plan(world)
    assert outcome.of("add_member") == []
    assert (outcome.reason(person), outcome.state(person)) == ("consent_held", "on_hold")


@pytest.mark.parametrize("path", PATHS)
def test_g01_without_that_member_the_same_person_is_added(path: Callable[[World, str], None]) -> None:
    world = World()
    person = world.person("new@x.example", **NAMES)
    path(world, person)
    world.member("unrelated@x.example", "unsubscribed")
    assert [operation["person_id"] for operation in plan(world).of("add_member")] == [person]


def test_g01_anyone_with_the_e_mail_counts_also_who_does_not_stand_for_it() -> None:
    world = World()
    survivor = world.person("new@x.example", **NAMES)
    other = world.person("new@x.example", "Lead", **NAMES)
    world.former_email(other, "other@x.example")
    world.member("other@x.example", "unsubscribed")
    assert plan(world).reason(survivor) == "consent_held"


@pytest.mark.parametrize("status", ["cleaned", "subscribed", "pending", "transactional"])
def test_g01_an_address_that_bounced_or_stayed_holds_nobody(status: str) -> None:
    world = World()
    person = world.person("new@x.example", **NAMES)
    world.former_email(person, "other@x.example")
    world.member("other@x.example", status)
    assert plan(world).reason(person) == "added"


def test_g01_an_e_mail_with_a_member_in_any_status_is_never_added() -> None:
    world = World()
    people = {}
    for status in EVERY_STATUS:
        people[status] = world.person(f"{status}@x.example", **NAMES)
        world.member(f"{status}@x.example", status)
    outcome = plan(world)
    assert outcome.of("add_member") == []
    assert {status: outcome.reason(people[status]) for status in ("archived", "forgotten", "cleaned")} == {
        "archived": "archived", "forgotten": "forgotten", "cleaned": "cleaned",
    }  # fmt: skip


def test_g01_only_new_members_get_a_status_and_it_is_the_configured_one() -> None:
    world = World()
    world.person("new@x.example", **NAMES)
    for status in EVERY_STATUS:
        world.person(f"{status}@x.example", **NAMES)
        world.member(f"{status}@x.example", status)
    query = {"name": "everyone", "object": "Contact", "groups": ["Topics / News"], "tags": ["Hot"]}
    outcome = plan(world, audience(queries=[query], new_members={"status": "pending"}))
    assert [o["after"]["status"] for o in outcome.of("add_member")] == ["pending"]
    assert all("status" not in o["after"] for o in outcome.operations if o["kind"] != "add_member")
    assert len(outcome.of("update_member")) == 4


def test_g01_who_is_unsubscribed_in_this_run_is_not_added_under_another_e_mail() -> None:
    """The contact took on an e-mail whose person has opted out: it leaves, so its former e-mail stays out."""
    world = World()
    person = world.person("new@x.example", **NAMES)
    renamed_in_mailchimp(world, person)
    world.member("other@x.example")
    assert [row["person_id"] for row in plan(world).of("add_member")] == [person]
    world.person("other@x.example", opted_out=True, **NAMES)
    outcome = plan(world, audience(opt_out="both"))
    assert (len(outcome.of("unsubscribe_member")), outcome.of("add_member")) == (1, [])
    assert outcome.reason(person) == "consent_held"
