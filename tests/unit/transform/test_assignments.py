"""Groups and tags are assigned once per query and person: R10, R12, R14, detail 5."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from include.config.models import Query
from include.errors import ConfigError
from include.transform.assignments import targets_hash
from tests.unit.transform.worlds import BORN, LIST, Outcome, World, audience, plan

NAMES = {"FirstName": "Ann", "LastName": "Lee"}
SAME = {"FNAME": "Ann", "LNAME": "Lee"}
LATER = BORN + timedelta(days=1)
QUERY: dict[str, Any] = {"name": "q", "object": "Contact", "groups": ["Topics / News"], "tags": ["Customer"]}


def assigned(outcome: Outcome) -> tuple[list[str], list[str]]:
    """Group ids and tags that the plan gives, sorted."""
    changes = [*outcome.of("add_member"), *outcome.of("update_member")]
    groups = sorted(interest for change in changes for interest in change["after"].get("interests", {}))
    return groups, sorted(operation["after"]["tag"] for operation in outcome.of("add_tag"))


def one_member(**member: Any) -> World:
    world = World()
    world.person("ann@x.example", **NAMES)
    world.member("ann@x.example", merge_fields=SAME, **member)
    return world


def remembered(world: World, query: dict[str, Any], **row: Any) -> World:
    """The query has assigned its targets to every member before."""
    for member in world.members:
        past = {"list_id": LIST, "query": query["name"], "email_key": member["email_key"], "person_modified_at": BORN,
                "targets_hash": targets_hash(Query.model_validate(query))}  # fmt: skip
        world.assignments.append(past | row)
    return world


def test_r12_r14_who_starts_to_match_gets_groups_and_tags_and_the_plan_says_for_which_query() -> None:
    outcome = plan(one_member(), audience(queries=[QUERY]))
    (update,), (tag,) = outcome.of("update_member"), outcome.of("add_tag")
    assert (update["after"], update["before"]) == ({"interests": {"i-news": True}}, {"interests": {"i-news": False}})
    assert (update["behaviour"], update["query"]) == ("R12", "q")
    assert tag["after"] == {"tag": "Customer", "email_address": "ann@x.example"}
    assert (tag["behaviour"], tag["query"]) == ("R14", "q")


def test_detail_5_what_was_removed_in_mailchimp_is_not_put_back() -> None:
    outcome = plan(remembered(one_member(), QUERY), audience(queries=[QUERY]))
    assert (outcome.operations, outcome.assignments) == ([], [])


def test_detail_5_other_groups_or_tags_of_the_query_assign_anew() -> None:
    changed = QUERY | {"tags": ["Customer", "Hot"]}
    assert assigned(plan(remembered(one_member(), QUERY), audience(queries=[changed]))) == (
        ["i-news"], ["Customer", "Hot"],
    )  # fmt: skip


def test_detail_5_the_order_of_groups_and_tags_means_nothing() -> None:
    one = QUERY | {"tags": ["Customer", "Hot"]}
    other = QUERY | {"tags": ["Hot", "Customer"]}
    assert plan(remembered(one_member(), one), audience(queries=[other])).operations == []


def test_detail_5_a_change_of_any_matching_record_assigns_anew() -> None:
    world = remembered(one_member(), QUERY)
    world.person("ann@x.example", modified_at=LATER, **NAMES)
    assert assigned(plan(world, audience(queries=[QUERY]))) == (["i-news"], ["Customer"])


def test_what_the_member_has_already_is_not_written_but_remembered() -> None:
    outcome = plan(one_member(groups=["i-news"], tags=["Customer"]), audience(queries=[QUERY]))
    assert outcome.operations == []
    assert [(row["query"], row["op_ids"], row["stops"]) for row in outcome.assignments] == [("q", [], False)]


def test_r14_who_stops_matching_keeps_all_and_matches_anew_later() -> None:
    """The memory goes, so that starting to match again assigns again."""
    nobody = QUERY | {"where": {"field": "FirstName", "equals": "Zoe"}}
    outcome = plan(remembered(one_member(), nobody), audience(queries=[nobody]))
    assert outcome.operations == []
    assert [(row["query"], row["stops"]) for row in outcome.assignments] == [("q", True)]


def test_the_memory_of_a_query_that_is_gone_goes_but_not_in_a_run_for_another_query() -> None:
    world = remembered(one_member(), QUERY | {"name": "gone"})
    configured = audience(queries=[QUERY | {"groups": [], "tags": []}])
    assert {row["query"]: row["stops"] for row in plan(world, configured).assignments} == {"gone": True, "q": False}
    assert {row["query"] for row in plan(world, configured, only_query="q").assignments} == {"q"}


def test_the_memory_waits_for_the_operations_that_assign() -> None:
    outcome = plan(one_member(), audience(queries=[QUERY]))
    (row,) = outcome.assignments
    assert sorted(row["op_ids"]) == sorted(operation["op_id"] for operation in outcome.operations)
    assert (row["targets_hash"], row["person_modified_at"]) == (targets_hash(Query.model_validate(QUERY)), BORN)


def test_r14_a_missing_tag_is_created_once_and_a_known_one_never() -> None:
    world = one_member()
    world.person("bob@x.example", **NAMES)
    world.member("bob@x.example", merge_fields=SAME)
    queries = [QUERY | {"name": name, "tags": ["Customer", "Hot"]} for name in ("one", "two")]
    outcome = plan(world, audience(queries=queries))
    assert [operation["after"] for operation in outcome.of("create_tag")] == [{"tag": "Hot"}]
    assert len(outcome.of("add_tag")) == 4


@pytest.mark.parametrize(
    ("has", "gets"),
    [([], ["i-daily"]), (["i-weekly"], []), (["i-daily"], [])],
)
def test_detail_5_a_single_choice_category_takes_the_first_query_of_the_file_and_is_never_replaced(
    has: list[str], gets: list[str]
) -> None:
    queries = [QUERY | {"name": name, "groups": [f"Pace / {pace}"], "tags": []}
               for name, pace in (("one", "Daily"), ("two", "Weekly"))]  # fmt: skip
    assert assigned(plan(one_member(groups=has), audience(queries=queries)))[0] == gets


def test_a_new_member_gets_the_groups_and_tags_of_all_its_queries_whatever_is_remembered() -> None:
    world = remembered(one_member(), QUERY)
    world.members.clear()
    second = QUERY | {"name": "second", "groups": ["Topics / News", "Pace / Daily"], "tags": ["Hot"]}
    outcome = plan(world, audience(queries=[QUERY, second]))
    assert assigned(outcome) == (["i-daily", "i-news"], ["Customer", "Hot"])
    assert [len(row["op_ids"]) for row in outcome.assignments] == [3, 3]


@pytest.mark.parametrize("status", ["cleaned", "archived", "forgotten"])
def test_members_that_are_left_alone_get_nothing(status: str) -> None:
    outcome = plan(one_member(status=status), audience(queries=[QUERY]))
    assert (outcome.operations, outcome.assignments) == ([], [])


def test_r15_data_sync_off_leaves_groups_and_tags_to_the_queries() -> None:
    outcome = plan(one_member(), audience(queries=[QUERY], data_sync="off"))
    assert assigned(outcome) == (["i-news"], ["Customer"])


MANUAL = QUERY | {"run": "manual"}


def test_r10_a_manual_query_takes_part_only_where_the_run_names_it() -> None:
    world = World()
    world.person("new@x.example", **NAMES)
    configured = audience(queries=[MANUAL])
    assert plan(world, configured).operations == []
    assert assigned(plan(world, configured, only_query="q")) == (["i-news"], ["Customer"])


@pytest.mark.parametrize(("known", "given"), [(None, []), (2, []), (1, ["Customer"]), (0, ["Customer"])])
def test_r10_a_manual_query_changes_members_whose_record_was_read_as_modified_since_it_last_ran(
    known: int | None, given: list[str]
) -> None:
    world = World()
    world.person("ann@x.example", modified_at=LATER, reading=2, FirstName="Changed", LastName="Lee")
    world.member("ann@x.example", merge_fields=SAME)
    outcome = plan(world, audience(queries=[MANUAL]), only_query="q", known_reading=known)
    assert assigned(outcome)[1] == given
    assert all("merge_fields" not in update["after"] for update in outcome.of("update_member"))
    assert outcome.assignments == []


def test_r12_a_group_that_mailchimp_lacks_is_named_with_those_that_exist() -> None:
    lost = QUERY | {"groups": ["Topics / Nothing"]}
    with pytest.raises(
        ConfigError, match=r"query q: audience Newsletter has no group `Topics / Nothing`.*Topics / News"
    ):
        plan(one_member(), audience(queries=[lost]))
