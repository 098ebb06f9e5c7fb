"""A condition selects the same people over staging, in the org, and as the guide says (X02, R01)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.config.conditions import Condition
from include.config.dates import Calendar
from include.config.queries import Query
from include.salesforce import soql
from include.salesforce.client import SalesforceClient
from include.salesforce.conditions import SoqlCompiler
from include.sandbox.salesforce.ids import make_id
from include.schema import SalesforceSchema
from include.transform.queries import matches
from tests.integration.org import ACCOUNT, TAKEN, Org, contact
from tests.model.conditions import selects
from tests.sandbox_fixture import Sandbox
from tests.unit.transform.worlds import World, audience, inputs_for

TODAY, ZONE = date(2026, 11, 22), "Europe/Paris"
HOSTILE = (
    "O'Neil", "' OR Id != null --", "\\' OR 1=1", "50%", "a_b", "axb", "x\\%y", "x\\y", "ann", "ANN", "Zoë", "ZOË", '"',
    "x') OR (Id != '", "null", "\t tab", "new\nline",
)  # fmt: skip
MOMENTS = (
    "2026-11-21T22:59:59.000+0000", "2026-11-21T23:00:00.000+0000", "2026-11-22T22:59:59.000+0000",
    "2026-11-22T23:00:00.000+0000", "2026-03-28T23:30:00.000+0000", "2026-10-01T00:00:00.000+0000",
    "2025-11-22T12:00:00.000+0000", "2026-09-30T21:59:00.000+0000",
)  # fmt: skip
DAYS = ("2026-11-22", "2026-11-15", "2026-11-14", "2026-10-31", "2026-12-01", "2025-12-31", "2024-02-29", None)
PATHS = (
    "Department", "Annual_Spend__c", "Birthdate", "CreatedDate", "Interests__c", "Newsletter_Consent__c",
    "Account.Name", "AccountId",
)  # fmt: skip
CHOSEN = ("Events", "Offers", "Events;Offers", "Product news;Events", None)


def people() -> list[dict[str, Any]]:
    """Contacts that differ in every field that the conditions look at."""
    return [
        contact(
            number,
            Department=text or None,
            Annual_Spend__c=(None, 0.0, 9.5, 10.0, 100.0)[number % 5],
            Birthdate=DAYS[number % len(DAYS)],
            CreatedDate=MOMENTS[number % len(MOMENTS)],
            Interests__c=CHOSEN[number % len(CHOSEN)],
            Newsletter_Consent__c=number % 2 == 0,
            AccountId=ACCOUNT["Id"] if number % 3 else None,
        )
        for number, text in enumerate(["", *(text.strip() for text in HOSTILE)])
    ]


class Everyone:
    """The people in all three shapes, and the connection to ask for each."""

    def __init__(self, client: SalesforceClient) -> None:
        self.client = client
        self.schema = SalesforceSchema({name: client.describe(name) for name in ("Contact", "Account")})
        rows = list(client.query(soql.select("Contact", ["Id", "CreatedDate", *PATHS[:3], *PATHS[4:]])))
        self.records = [{path: row.get(path) for path in ("Id", *PATHS)} | {"object": "Contact"} for row in rows]
        world = World()
        for row in self.records:
            text = {path: None if row[path] is None else _text(row[path]) for path in PATHS}
            world.person(f"{row['Id']}@x.example", id=row["Id"], **text)
        self.connection = world.connection()

    def in_staging(self, query: Query) -> set[str]:
        """Ids that the query selects over the table `people`."""
        inputs = inputs_for(audience())
        inputs = type(inputs)(inputs.audience, inputs.schema, self.schema, TODAY, ZONE)
        rows = self.connection.execute(f"SELECT id FROM people WHERE {matches(query, inputs)}").fetchall()
        return {row[0] for row in rows}

    def in_salesforce(self, condition: Condition) -> set[str]:
        """Ids that the same condition selects in the org."""
        where = SoqlCompiler(self.schema, Calendar(TODAY, ZONE)).where(condition, "Contact")
        return {str(row["Id"]) for row in self.client.query(soql.select("Contact", ["Id"], where))}

    def by_the_guide(self, query: dict[str, Any]) -> set[str]:
        """Ids that the evaluator of the tests selects."""
        return {row["Id"] for row in self.records if selects(query, row, TODAY, ZoneInfo(ZONE))}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.fixture(scope="module")
def world(sandbox_servers: Sandbox) -> Iterator[Everyone]:
    sandbox_servers.reset()
    org = Org(sandbox_servers)
    org.put(Account=[ACCOUNT], Contact=people())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", org.connection())
        yield Everyone(org.client())
    sandbox_servers.reset()


TEXTS = st.sampled_from([*(text.strip() for text in HOSTILE), "%", "_", "\\", "'", "a", "n"])
SPANS = st.sampled_from([
    "today", "yesterday", "today - 1 year", "this week", "last week", "this month", "last 2 months", "this quarter",
    "last quarter", "this year", "last 10 days", "next 10 days", "next month", "1 year ago", "2026-11-15",
])  # fmt: skip
CHOICES = st.sampled_from(["Events", "events;OFFERS", "Offers", "Product news", "Event"])
DAYS_OPERATORS = st.sampled_from(["equals", "not_equals", "before", "after", "within"])
COMPARISONS = st.one_of(
    st.builds(lambda op, text: {"field": "Department", op: text},
              st.sampled_from(["equals", "not_equals", "contains", "starts_with"]), TEXTS),
    st.lists(TEXTS | st.just(""), min_size=1, max_size=3).map(lambda each: {"field": "Department", "in": each}),
    st.sampled_from(PATHS[:5]).flatmap(lambda path: st.booleans().map(lambda yes: {"field": path, "is_blank": yes})),
    st.builds(lambda op, number: {"field": "Annual_Spend__c", op: number},
              st.sampled_from(["less", "greater", "equals", "not_equals"]), st.sampled_from([0, 9.5, 10, 1e15, 0.1])),
    st.just({"field": "Annual_Spend__c", "between": [0.5, 10]}),
    st.lists(st.sampled_from([0, 9.5, 10, 77]), min_size=1, max_size=3).map(
        lambda each: {"field": "Annual_Spend__c", "in": each}),
    st.builds(lambda path, spans: {"field": path, "in": spans},
              st.sampled_from(["Birthdate", "CreatedDate"]), st.lists(SPANS | st.just(""), min_size=1, max_size=2)),
    st.builds(lambda path, op, span: {"field": path, op: span},
              st.sampled_from(["Birthdate", "CreatedDate"]), DAYS_OPERATORS, SPANS),
    st.just({"field": "CreatedDate", "between": ["today - 1 year", "this month"]}),
    st.lists(CHOICES | TEXTS, min_size=1, max_size=2).map(lambda each: {"field": "Interests__c", "includes": each}),
    st.builds(lambda op, yes: {"field": "Newsletter_Consent__c", op: yes},
              st.sampled_from(["equals", "not_equals"]), st.booleans()),
    st.builds(lambda op, text: {"field": "Account.Name", op: text},
              st.sampled_from(["equals", "not_equals", "contains", "starts_with"]),
              st.sampled_from(["acme", "c", "_"])),
    st.just({"field": "AccountId", "equals": make_id("001", TAKEN)}),
)  # fmt: skip
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda each: {"all": each}),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: {"any": each}),
        inner.map(lambda each: {"not": each}),
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CONDITIONS)
def test_x02_a_condition_selects_the_same_in_staging_in_the_org_and_by_the_guide(
    world: Everyone, where: dict[str, Any]
) -> None:
    query = {"name": "q", "object": "Contact", "where": where}
    condition = Condition.model_validate(where)
    staging = world.in_staging(Query.model_validate(query))
    assert staging == world.in_salesforce(condition)
    assert staging == world.by_the_guide(query)
