"""Conditions of queries, with SOQL's meaning of null and case (X02)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from include.config.models import Query
from include.transform.queries import matches
from tests.unit.transform.worlds import World, audience, inputs_for

PATHS = (
    "Id", "FirstName", "Tier__c", "Interests__c", "Agreed__c", "Spend__c", "Birthdate", "CreatedDate", "OwnerId",
    "Account.Name",
)  # fmt: skip


def selected(where: dict[str, Any] | None, *people: dict[str, Any], kind: str = "Contact") -> list[bool]:
    """Whether a query selects each of some people."""
    world = World()
    blank = dict.fromkeys(PATHS)
    for number, columns in enumerate(people):
        world.person(f"{number}@x.example", kind, **(blank | columns))
    query = Query.model_validate({"name": "q", "object": "Contact", "where": where})
    condition = matches(query, inputs_for(audience()))
    rows = world.connection().execute(f"SELECT {condition} FROM people ORDER BY created_at").fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    ("where", "field", "matching", "others"),
    [
        ({"equals": "ann"}, "FirstName", ["Ann", "ANN"], ["Anna", None, ""]),
        ({"equals": "O'Neil; --"}, "FirstName", ["o'neil; --"], ["x"]),
        ({"equals": ""}, "FirstName", [None, ""], ["x"]),
        ({"not_equals": "ann"}, "FirstName", ["Bob", None, ""], ["Ann", "ANN"]),
        ({"in": ["ann", "bob"]}, "FirstName", ["Bob"], ["Cleo", None]),
        ({"contains": "n_"}, "FirstName", ["AN_N"], ["Ann", None]),
        ({"starts_with": "a%"}, "FirstName", ["A%b"], ["Ann", "xa%", None]),
        ({"is_blank": True}, "FirstName", [None, ""], ["x"]),
        ({"is_blank": False}, "FirstName", ["x"], [None, ""]),
        ({"equals": "gold"}, "Tier__c", ["gold", "Gold"], ["silver", None]),
        ({"equals": "acme"}, "Account.Name", ["Acme"], [None]),
        ({"includes": ["a;b", "c"]}, "Interests__c", ["b;A;x", "C"], ["a", "ab", None]),
        ({"equals": True}, "Agreed__c", ["true"], ["false", None]),
        ({"not_equals": True}, "Agreed__c", ["false", None], ["true"]),
        ({"equals": 10}, "Spend__c", ["10", "10.0"], ["10.5", None]),
        ({"less": 10}, "Spend__c", ["9.99", "-1"], ["10", "100", None]),
        ({"greater": 9}, "Spend__c", ["10"], ["9", None]),
        ({"between": [1, 2.5]}, "Spend__c", ["1", "2.5"], ["0.9", "2.6", None]),
        ({"equals": "1990-02-28"}, "Birthdate", ["1990-02-28"], ["1990-03-01", None]),
        ({"before": "today - 30 years"}, "Birthdate", ["1996-11-21"], ["1996-11-22", None]),
        ({"after": "2000-01-01"}, "Birthdate", ["2000-01-02"], ["2000-01-01", None]),
        ({"between": ["2000-01-01", "today"]}, "Birthdate", ["2000-01-01", "2026-11-22"], ["2026-11-23", None]),
        ({"within": "last 2 days"}, "Birthdate", ["2026-11-20", "2026-11-22"], ["2026-11-19", "2026-11-23"]),
        # 23:30 UTC on the 21st is the 22nd in Paris, the run's day.
        ({"equals": "today"}, "CreatedDate", ["2026-11-21T23:30:00.000Z", "2026-11-22T22:59:00.000+0000"],
         ["2026-11-21T22:59:00.000Z", "2026-11-22T23:00:00.000Z"]),
        ({"equals": "005000000000001"}, "OwnerId", ["005000000000001AAA", "005000000000001"], ["005000000000002AAA"]),
        ({"equals": "00500000000000a"}, "OwnerId", ["00500000000000aAAA"], ["00500000000000AAAA"]),
    ],
)  # fmt: skip
def test_a_comparison_means_what_soql_means(
    where: dict[str, Any], field: str, matching: list[str | None], others: list[str | None]
) -> None:
    answers = selected({"field": field} | where, *({field: value} for value in [*matching, *others]))
    assert answers == [True] * len(matching) + [False] * len(others)


def test_groups_nest_and_a_blank_is_not_neither_of_two_values_but_the_opposite_of_each() -> None:
    ann, bob = ({"field": "FirstName", "equals": name} for name in ("ann", "bob"))
    rich = {"field": "Spend__c", "greater": 100}
    people: list[dict[str, Any]] = [
        {"FirstName": "Ann"}, {"FirstName": "Bob", "Spend__c": "200"}, {"FirstName": "Bob", "Spend__c": "1"}, {},
    ]  # fmt: skip
    assert selected({"any": [ann, {"all": [bob, rich]}]}, *people) == [True, True, False, False]
    assert selected({"not": {"any": [ann, bob]}}, *people) == [False, False, False, True]
    assert selected({"all": [{"not": ann}, {"not": rich}]}, *people) == [False, False, True, True]


def test_a_query_selects_its_own_object_only() -> None:
    assert selected(None, {}) == [True]
    assert selected(None, {}, kind="Lead") == [False]


NAMES = st.sampled_from(["ann", "bob", "x"])
COMPARISONS = st.one_of(
    NAMES.map(lambda name: {"field": "FirstName", "equals": name}),
    NAMES.map(lambda name: {"field": "FirstName", "not_equals": name}),
    st.booleans().map(lambda blank: {"field": "FirstName", "is_blank": blank}),
    st.integers(0, 3).map(lambda number: {"field": "Spend__c", "less": number}),
)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda members: {"all": members}),
        st.lists(inner, min_size=1, max_size=3).map(lambda members: {"any": members}),
        inner.map(lambda member: {"not": member}),
    ),
    max_leaves=6,
)
PERSONS = [{"FirstName": name, "Spend__c": spend} for name in ("ANN", "Bob", None) for spend in ("0", "2", None)]


@given(CONDITIONS)
@settings(max_examples=40, deadline=None)
def test_not_selects_exactly_the_others(where: dict[str, Any]) -> None:
    positive, negative = selected(where, *PERSONS), selected({"not": where}, *PERSONS)
    assert [not answer for answer in positive] == negative
