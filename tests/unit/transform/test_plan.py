"""What holds for every plan, whatever the world (G01, G03, G05)."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from include.config.models import Query
from include.keys import email_key
from include.transform.reasons import MEANINGS, Reason
from tests.unit.transform.carrying_out import PARTS, carry_out
from tests.unit.transform.worlds import BORN, LIST, World, audience, plan

EMAILS = [f"p{number}@x.example" for number in range(9)]
STATUSES = ("subscribed", "subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived", "forgotten")
FIELDS = {
    "FNAME": {"contact": "FirstName", "lead": "FirstName"},
    "TIER": {"contact": "Tier__c", "lead": "Tier__c", "blank": "overwrite"},
    "SPEND": {"contact": "Spend__c", "lead": "Spend__c"},
    "AGREED": {"contact": "Agreed__c", "lead": "Agreed__c", "blank": "keep"},
    "ADDRESS": {"contact": "MailingAddress", "lead": "Address"},
}
CONFIGURED = audience(
    fields=FIELDS,
    consent={"contact": "Agreed__c", "lead": "Agreed__c"},
    create_leads={"enabled": True, "defaults": {"LastName": "[unknown]", "Company": "[none]", "City": "[nowhere]"}},
    queries=[
        {"name": "contacts", "object": "Contact", "groups": ["Topics / News", "Pace / Daily"], "tags": ["Customer"]},
        {"name": "rich", "object": "Contact", "where": {"field": "Spend__c", "greater": 5},
         "groups": ["Pace / Weekly"], "tags": ["Hot"]},
    ],
)  # fmt: skip
CITY = st.sampled_from([None, "Bath"])
COLUMNS = st.fixed_dictionaries({
    "FirstName": st.sampled_from([None, "Ann", " Ann "]), "LastName": st.just("Lee"),
    "Tier__c": st.sampled_from([None, "gold", "silver"]), "Spend__c": st.sampled_from([None, "7.0", "1"]),
    "Agreed__c": st.sampled_from(["true", "true", "false"]), "opted_out": st.sampled_from([False, False, True]),
    "MailingStreet": st.sampled_from([None, "1 High St\nFlat 2"]), "MailingCity": CITY, "City": CITY,
})  # fmt: skip
PERSON = st.fixed_dictionaries({
    "email": st.sampled_from([*EMAILS, None]), "kind": st.sampled_from(["Contact", "Contact", "Lead"]),
    "fate": st.sampled_from(["current", "current", "current", "deleted", "merged", "converted"]),
    "former": st.sampled_from([None, None, *EMAILS]), "columns": COLUMNS,
    "finding": st.sampled_from([None, None, None, "add", "update", "TIER"]),
})  # fmt: skip
STORED = st.fixed_dictionaries({
    "FNAME": st.sampled_from(["", "Ann", "Rob"]), "TIER": st.sampled_from(["", "Gold"]),
    "SPEND": st.sampled_from(["", 7, 8.5]), "AGREED": st.sampled_from(["", "true"]),
    "ADDRESS": st.sampled_from(["", {"addr1": "1 High St", "city": "Bath", "zip": "", "state": "-"}]),
})  # fmt: skip
MEMBER = st.fixed_dictionaries({
    "status": st.sampled_from(STATUSES), "merge_fields": STORED, "contact": st.integers(0, 3),
    "groups": st.sampled_from([[], ["i-news"], ["i-weekly"]]), "tags": st.sampled_from([[], ["Customer"]]),
    "synced": st.sampled_from([None, {"FNAME": "Rob"}, {"SPEND": "7", "TIER": "Gold"}]),
    "assigned": st.booleans(), "former": st.sampled_from([None, None, *EMAILS]),
})  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A few people and members that share a handful of e-mails."""
    world = World()
    for person in draw(st.lists(PERSON, min_size=3, max_size=14)):
        _add_person(world, person)
    members = draw(st.dictionaries(st.sampled_from(EMAILS), MEMBER, min_size=2, max_size=8))
    for email, member in members.items():
        _add_member(world, email, member)
    return world


def _add_person(world: World, drawn: dict[str, Any]) -> None:
    earlier = [person["id"] for person in world.people]
    fate: dict[str, Any] = {
        "current": {},
        "deleted": {"is_deleted": True},
        "merged": {"is_deleted": True, "master_record_id": earlier[0] if earlier else None},
        "converted": {"is_converted": True, "converted_contact_id": earlier[-1] if earlier else None},
    }[drawn["fate"]]
    kind = "Lead" if drawn["fate"] == "converted" else drawn["kind"]
    identity = world.person(drawn["email"], kind, **(dict.fromkeys(PARTS) | drawn["columns"] | fate))
    if drawn["former"]:
        world.former_email(identity, drawn["former"])
    if drawn["finding"] == "TIER":
        world.finding(identity, "not_a_choice", field="TIER")
    elif drawn["finding"]:
        world.finding(identity, "some_rule", drawn["finding"])


def _add_member(world: World, email: str, drawn: dict[str, Any]) -> None:
    columns = {name: drawn[name] for name in ("merge_fields", "groups", "tags")}
    key = world.member(email, drawn["status"], contact_id=f"c{drawn['contact']}", **columns)
    if drawn["synced"] is not None:
        world.synced[key] = drawn["synced"]
    if drawn["assigned"]:
        world.assignments.append({"list_id": LIST, "query": "contacts", "email_key": key, "targets_hash": "other",
                                  "person_modified_at": BORN})  # fmt: skip
    if drawn["former"]:
        world.former_email(f"c{drawn['contact']}", drawn["former"], LIST)


EXAMPLES = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a plan takes too long to shrink by hundreds of them
)


@given(worlds(), st.randoms(use_true_random=False))
@EXAMPLES
def test_the_plan_does_not_depend_on_the_order_of_rows(world: World, shuffler: random.Random) -> None:
    first = plan(world, CONFIGURED)
    for rows in (world.people, world.members, world.emails, world.findings, world.assignments):
        shuffler.shuffle(rows)
    second = plan(world, CONFIGURED)

    def ordered(rows: list[dict[str, Any]]) -> list[str]:
        return sorted(repr({name: sorted(v) if isinstance(v, list) else v for name, v in row.items()}) for row in rows)

    for one, other in zip(
        (first.operations, first.ledger, first.assignments, first.synced_values),
        (second.operations, second.ledger, second.assignments, second.synced_values),
        strict=True,
    ):
        assert ordered(one) == ordered(other)


@given(worlds())
@EXAMPLES
def test_g05_a_plan_that_was_carried_out_leaves_nothing_to_plan(world: World) -> None:
    carry_out(world, plan(world, CONFIGURED))
    again = plan(world, CONFIGURED)
    assert again.operations == []
    assert [row for row in again.assignments if row["stops"]] == []
    assert again.synced_values == [] or all(row["op_ids"] == [] for row in again.synced_values)


@given(worlds())
@EXAMPLES
def test_g01_g03_the_ledger_balances_and_nobody_who_was_a_member_or_left_is_added(world: World) -> None:
    outcome = plan(world, CONFIGURED)
    rows = Counter((row["side"], row["key"]) for row in outcome.ledger)
    current = {("salesforce", person["id"]) for person in world.people if not person["is_deleted"]}
    assert rows == Counter(current | {("mailchimp", member["email_key"]) for member in world.members})
    assert all(row["state"] == MEANINGS[Reason(row["reason"])].state for row in outcome.ledger)
    planned = {operation["op_id"] for operation in outcome.operations}
    linked = {op_id for row in outcome.ledger for op_id in row["op_ids"]}
    assert len(planned) == len(outcome.operations)
    assert linked == {operation["op_id"] for operation in outcome.operations if operation["email_key"]}
    present = {member["email_key"] for member in world.members}
    for operation in outcome.operations:
        if operation["kind"] == "add_member":
            assert operation["email_key"] not in present
            assert operation["email_key"] == email_key(operation["after"]["email_address"])
        else:
            assert "status" not in operation["after"]


def test_the_same_change_planned_again_has_the_same_id_and_another_one_another() -> None:
    world = World()
    world.person("ann@x.example", FirstName="Ann", LastName="Lee")
    (first,) = plan(world).operations
    (same,) = plan(world).operations
    world.people[0]["FirstName"] = "Anna"
    (other,) = plan(world).operations
    (elsewhere,) = plan(world, audience(stem="customers")).operations
    assert first["op_id"] == same["op_id"]
    assert len({first["op_id"], other["op_id"], elsewhere["op_id"]}) == 3


def test_r08_g05_a_lead_that_was_created_gets_what_its_queries_give_with_the_run_after() -> None:
    """Whether a query selects a Lead is known once Salesforce has made it."""
    lead_query = Query.model_validate({"name": "leads", "object": "Lead", "tags": ["Customer"]})
    configured = CONFIGURED.model_copy(update={"queries": (lead_query,)})
    world = World()
    world.person("ann@x.example", **dict.fromkeys(PARTS), FirstName="Ann", LastName="Lee", Tier__c=None, Spend__c=None,
                 Agreed__c="true", modified_at=BORN + timedelta(days=1))  # fmt: skip
    world.member("stranger@x.example")
    kinds = []
    for _ in range(3):
        outcome = plan(world, configured)
        kinds.append([operation["kind"] for operation in outcome.operations])
        carry_out(world, outcome)
    assert kinds == [["create_lead"], ["add_tag"], []]
