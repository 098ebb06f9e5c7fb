"""What a preview says of a query adds up, and is what the plan does, in any world (X02)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.transform.plan import make_plan
from include.transform.preview import QueryPreview, planned_changes, preview_queries
from include.transform.values import lead_candidates, map_people
from tests.unit.transform.worlds import World, audience, inputs_for

NAMES = ("ann", "bob", "cyd", "dan", "eve")
QUERIES: list[dict[str, Any]] = [
    {"name": "lees", "object": "Contact", "where": {"field": "LastName", "equals": "Lee"}, "tags": ["Customer"]},
    {"name": "all", "object": "Contact", "groups": ["Topics / News"], "tags": ["Customer", "New"]},
    {"name": "leads", "object": "Lead", "groups": ["Topics / News", "Topics / Events"]},
]
PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(NAMES), st.sampled_from(["Contact", "Lead"]), st.sampled_from(["Lee", "Roe"]), st.booleans()
    ),
    max_size=8,
)
MEMBERS = st.dictionaries(
    st.sampled_from(NAMES),
    st.tuples(
        st.sampled_from(["subscribed", "pending", "unsubscribed", "cleaned", "archived", "forgotten"]),
        st.sampled_from([[], ["Customer"]]),
    ),
    max_size=5,
)


def world_of(people: list[tuple[str, str, str, bool]], members: dict[str, tuple[str, list[str]]]) -> World:
    world = World()
    for name, kind, last_name, opted_out in people:
        world.person(f"{name}@x.example", kind, FirstName=name, LastName=last_name, opted_out=opted_out)
    for name, (status, tags) in members.items():
        world.member(f"{name}@x.example", status, tags=tags)
    return world


def previews(world: World) -> tuple[dict[str, QueryPreview], dict[str, int], list[dict[str, Any]]]:
    """The previews by query, all changes by kind, and the plan's operations."""
    connection, inputs = world.connection(), inputs_for(audience(queries=QUERIES))
    connection.register("mapped", map_people(connection, inputs).to_arrow_table())
    connection.register("lead_candidates", lead_candidates(connection, inputs).to_arrow_table())
    planned = make_plan(connection, inputs)
    shown = {each.query.name: each for each in preview_queries(connection, inputs)}
    return shown, planned_changes(connection), planned.operations.to_arrow_table().to_pylist()


@settings(max_examples=12)
@given(PEOPLE, MEMBERS)
def test_x02_a_preview_adds_up_and_is_what_the_plan_does(
    people: list[tuple[str, str, str, bool]], members: dict[str, tuple[str, list[str]]]
) -> None:
    world = world_of(people, members)
    shown, changes, operations = previews(world)
    ids = {row["id"]: row for row in world.people}
    added = {row["email_key"] for row in operations if row["kind"] == "add_member"}
    selects = {
        "lees": lambda row: row["object"] == "Contact" and row["LastName"] == "Lee",
        "all": lambda row: row["object"] == "Contact",
        "leads": lambda row: row["object"] == "Lead",
    }
    for name, each in shown.items():
        selected = [row for row in world.people if selects[name](row)]
        keys = {row["email_key"] for row in selected}
        assert (each.people, each.emails) == (len(selected), len(keys))
        assert each.emails == each.members + each.new_members + sum(each.not_added.values())
        assert each.new_members == len(keys & added)
        assert each.changes == Counter(row["kind"] for row in operations if row["query"] == name)
        assert len(each.sample) == min(5, len(selected))
        newcomers = [identity for identity in each.sample if ids[identity]["email_key"] in added]
        assert list(each.sample[: len(newcomers)]) == newcomers
        assert {ids[identity]["email_key"] for identity in each.sample} <= keys
    assert changes == Counter(row["kind"] for row in operations)


@pytest.mark.parametrize("status", ["cleaned", "archived", "forgotten"])
def test_x02_an_e_mail_that_is_left_alone_is_told_with_its_reason(status: str) -> None:
    shown, _, _ = previews(world_of([("ann", "Contact", "Lee", False)], {"ann": (status, [])}))
    assert shown["all"].not_added == {status: 1}
