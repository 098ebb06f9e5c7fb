"""A plan for one person is the part of the whole plan that is about that person, in any world (M04, G03)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.errors import ConfigError
from include.keys import email_key
from include.transform.inputs import Inputs
from include.transform.neighbours import keep_neighbours
from include.transform.plan import make_plan
from include.transform.values import lead_candidates, map_people
from tests.unit.transform.worlds import LIST, World, audience, inputs_for

NAMES = ("ann", "bob", "cyd", "dan")
QUERIES: list[dict[str, Any]] = [
    {"name": "lees", "object": "Contact", "where": {"field": "LastName", "equals": "Lee"}, "tags": ["Customer", "New"]},
]
STATUSES = ("subscribed", "pending", "unsubscribed", "cleaned", "archived")
PEOPLE = st.lists(
    st.fixed_dictionaries({
        "name": st.sampled_from([*NAMES, None]), "kind": st.sampled_from(["Contact", "Contact", "Lead"]),
        "last_name": st.sampled_from(["Lee", "Roe"]), "opted_out": st.booleans(), "gone": st.booleans(),
        "before": st.sampled_from([*NAMES, None]), "heir": st.booleans(),
    }),
    min_size=1, max_size=6,
)  # fmt: skip
MEMBERS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(STATUSES), max_size=4)


def world_of(people: list[dict[str, Any]], members: dict[str, str]) -> World:
    """People, some deleted or merged into the first, some with a former e-mail; members whom a query gave a tag."""
    world = World()
    for each in people:
        email = f"{each['name']}@x.example" if each["name"] else None
        merged = {"master_record_id": world.people[0]["id"]} if each["gone"] and each["heir"] and world.people else {}
        columns = {"LastName": each["last_name"], "opted_out": each["opted_out"], "is_deleted": each["gone"]} | merged
        person = world.person(email, each["kind"], FirstName="new", **columns)
        if each["before"] and each["before"] != each["name"]:
            world.former_email(person, f"{each['before']}@x.example")
    for name, status in members.items():
        key = world.member(f"{name}@x.example", status, tags=["Customer"])
        gave = {"query": "gone", "email_key": key, "targets_hash": "t", "owned_groups": [], "owned_tags": ["Customer"]}
        world.assignments.append({"list_id": LIST} | gave)
    return world


def rows(
    world: World, inputs: Inputs, asked: str | None = None, *, neighbours: bool = False
) -> dict[str, list[dict[str, Any]]]:
    """The plan's parts as rows; for one person where one is asked for, made from everybody or from `neighbours`."""
    connection = world.connection()
    if asked is not None:
        inputs = replace(inputs, restricted=True, person=asked)
        connection.execute(f"CREATE TEMP VIEW asked AS SELECT '{asked}' AS key")
    if neighbours:
        keep_neighbours(connection, inputs.schema.list_id)
    connection.register("mapped", map_people(connection, inputs).to_arrow_table())
    connection.register("lead_candidates", lead_candidates(connection, inputs).to_arrow_table())
    planned = make_plan(connection, inputs)
    parts = ("operations", "ledger", "assignments", "synced_values")
    found: dict[str, list[dict[str, Any]]] = {
        part: getattr(planned, part).to_arrow_table().to_pylist() for part in parts
    }
    for row in (row for part in found.values() for row in part if "op_ids" in row):
        row["op_ids"] = sorted(row["op_ids"])
    return {part: sorted(of, key=str) for part, of in found.items()}


@settings(max_examples=6)
@given(people=PEOPLE, members=MEMBERS, policy=st.sampled_from(["legacy_parity", "two_way"]))
def test_m04_g03_a_plan_for_one_person_is_its_part_of_the_whole_plan(
    people: list[dict[str, Any]], members: dict[str, str], policy: str
) -> None:
    world = world_of(people, members)
    inputs = inputs_for(audience(policy=policy, queries=QUERIES))
    whole, asked = rows(world, inputs), world.people[-1]
    part = rows(world, inputs, asked["id"])
    for name in whole:
        assert all(row in whole[name] for row in part[name])
    assert asked["is_deleted"] or asked["id"] in {row["key"] for row in part["ledger"]}
    covered = {row["email_key"] for row in part["ledger"]} - {None}
    for name in ("assignments", "synced_values"):  # of nobody else, and of them all
        assert [row for row in whole[name] if row["email_key"] in covered] == part[name]
    planned = {row["op_id"] for row in part["operations"]}
    assert {op_id for row in part["ledger"] for op_id in row["op_ids"]} <= planned
    for row in whole["ledger"]:
        assert row in part["ledger"] or not planned & set(row["op_ids"])
    given_tags = {row["op_id"] for row in whole["operations"] if row["kind"] == "add_tag"} & planned
    creates = [row for row in part["operations"] if row["kind"] == "create_tag"]
    assert bool(creates) == bool(given_tags & _of_new_tags(whole))


@settings(max_examples=6)
@given(people=PEOPLE, members=MEMBERS, policy=st.sampled_from(["legacy_parity", "two_way"]))
def test_g05_a_plan_for_some_needs_to_look_at_their_neighbours_alone(
    people: list[dict[str, Any]], members: dict[str, str], policy: str
) -> None:
    world = world_of(people, members)
    inputs = inputs_for(audience(policy=policy, queries=QUERIES, create_leads={"enabled": True}))
    asked = world.people[-1]["id"]
    from_all, from_some = (rows(world, inputs, asked, neighbours=some) for some in (False, True))
    for part in from_all:
        assert _sorted(from_some[part]) == _sorted(from_all[part])


def _sorted(rows_of_part: list[dict[str, Any]]) -> list[str]:
    return sorted(str(sorted(row.items(), key=str)) for row in rows_of_part)


def _of_new_tags(whole: dict[str, list[dict[str, Any]]]) -> set[str]:
    """The operations that give a tag which the audience lacks."""
    created = {row["after"] for row in whole["operations"] if row["kind"] == "create_tag"}
    return {
        row["op_id"]
        for row in whole["operations"]
        if row["kind"] == "add_tag" and any(tag.strip("{}") in row["after"] for tag in created)
    }


@pytest.mark.parametrize("asked", ["003000000000000999", "f" * 32])
def test_m04_nobody_of_that_name_is_an_error(asked: str) -> None:
    world = world_of([], {"ann": "subscribed"})
    with pytest.raises(ConfigError, match="knows nobody with this Id or hash"):
        rows(world, inputs_for(audience(queries=QUERIES)), asked)


def test_m04_a_member_that_nobody_in_salesforce_knows_is_named_by_its_hash() -> None:
    world = world_of([], {"ann": "subscribed", "bob": "subscribed"})
    part = rows(world, inputs_for(audience(queries=QUERIES)), email_key("ann@x.example"))
    assert [row["key"] for row in part["ledger"]] == [email_key("ann@x.example")]
