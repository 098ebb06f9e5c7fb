"""How long twenty queries take over a million people, and that it is one pass over them.

    python -m benchmarks.queries [people]

Prints seconds of wall clock and CPU, and peak memory: of `find_people` (the evaluation) and of the whole plan, with one
query and with twenty, and how often DuckDB scans the people. The people are those of `benchmarks.transform`; the
queries compare text, numbers, days, multi-select picklists, parents' fields and campaign members, nested and negated.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from duckdb import DuckDBPyConnection

from benchmarks import transform
from benchmarks.transform import timed
from include.config.models import Audience
from include.schema import SalesforceField, SalesforceObject
from include.transform.inputs import Inputs
from include.transform.match import find_people
from include.transform.plan import make_plan
from include.transform.values import lead_candidates, map_people
from include.warehouse.store import connect

MORE = """
SELECT *, ['Customer', 'Prospect', NULL][1 + row_number() OVER () % 3] AS "Account.Type",
       'Industry ' || row_number() OVER () % 40 AS "Account.Industry",
       'Owner ' || row_number() OVER () % 200 AS "Owner.Name",
       ['News', 'Events;News', 'Offers;Events', NULL][1 + row_number() OVER () % 4] AS Topics__c,
       CAST(created_at AS VARCHAR) AS CreatedDate
FROM ({people})
"""
SELECTIONS = """
SELECT printf('q%d/0', 17 + i % 3) AS selection, printf('%018d', i * 5) AS id FROM range(($n * 0.2)::BIGINT) numbers(i)
"""


def query(number: int, where: dict[str, Any], kind: str = "Contact") -> dict[str, Any]:
    """Every second one gives a tag, every fifth a group."""
    targets = {"tags": [f"T{number}"] if number % 2 else [], "groups": ["Topics / News"] if number % 5 == 0 else []}
    return {"name": f"q{number}", "object": kind, "where": where} | targets


def field(path: str, operator: str, operand: object) -> dict[str, Any]:
    return {"field": path, operator: operand}


QUERIES = [query(number, where) for number, where in enumerate([
    field("Account.Type", "equals", "customer"),
    field("Account.Industry", "in", [f"Industry {n}" for n in range(12)]),
    {"all": [field("Owner.Name", "starts_with", "owner 1"), {"not": field("City", "equals", "Paris")}]},
    field("LastName", "contains", "77"),
    field("FirstName", "in", [f"First{n}" for n in range(100)]),
    field("Spend__c", "greater", 900),
    field("Spend__c", "between", [100, 250.5]),
    {"any": [field("Birthdate", "before", "today - 60 years"), field("Birthdate", "after", "1998-12-31")]},
    field("CreatedDate", "within", "last 7 years"),
    field("CreatedDate", "between", ["2020-01-05", "2020-01-09"]),
    field("Topics__c", "includes", ["Offers", "Events;News"]),
    {"not": {"any": [field("Topics__c", "includes", ["News"]), field("Country", "equals", "Spain")]}},
    field("State", "is_blank", True),
    {"all": [field("Consent__c", "equals", True), field("Tier__c", "equals", "gold"), field("Spend__c", "less", 500)]},
    {"any": [{"all": [field("Country", "equals", "France"), field("Account.Type", "not_equals", "Customer")]},
             {"not": field("Tier__c", "in", ["gold", "silver"])}]},
    field("PostalCode", "starts_with", "69"),
])] + [
    query(16, field("Company", "contains", "company 4"), "Lead"),
    query(17, {"campaign_member": field("Status", "equals", "Sent")}),
    query(18, {"not": {"campaign_member": field("Status", "equals", "Responded")}}),
    query(19, field("Status", "equals", "Sent"), "CampaignMember"),
]  # fmt: skip


def inputs(queries: list[dict[str, Any]]) -> Inputs:
    """Those of `benchmarks.transform` with other queries, against an org with the fields that they compare."""
    made = transform.inputs()
    parents = {
        "Account": {"Type": "picklist", "Industry": "picklist"},
        "User": {"Name": "string"},
    }
    own = {"Topics__c": "multipicklist", "CreatedDate": "datetime"}
    fields = {name: SalesforceField(name, name, kind) for name, kind in own.items()}
    for relationship, parent in (("Account", "Account"), ("Owner", "User")):
        name = f"{relationship}Id"
        fields[name] = SalesforceField(name, name, "reference", reference_to=(parent,), relationship=relationship)
    objects = {name: SalesforceObject(name, each.fields | fields) for name, each in made.org.objects.items()}
    for parent, described in parents.items():
        objects[parent] = SalesforceObject(parent, {n: SalesforceField(n, n, kind) for n, kind in described.items()})
    audience = Audience.model_validate(transform.AUDIENCE | {"queries": queries})
    return replace(made, audience=audience, org=replace(made.org, objects=objects))


def connection_on(folder: Path, made: Inputs) -> DuckDBPyConnection:
    """A connection with everything that a plan reads."""
    connection = connect()
    transform.show(connection, folder, *(name for name in transform.TABLES if name != "selections"))
    connection.execute(f"CREATE TEMP TABLE selections AS FROM read_parquet('{folder}/selections.parquet')")
    map_people(connection, made).write_parquet(str(folder / "mapped.parquet"))
    lead_candidates(connection, made).write_parquet(str(folder / "lead_candidates.parquet"))
    transform.show(connection, folder, "mapped", "lead_candidates")
    return connection


class Recording:
    """A connection that keeps the statements."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self.connection, self.statements = connection, []

    def execute(self, statement: str) -> DuckDBPyConnection:
        self.statements.append(statement)
        return self.connection.execute(statement)

    def sql(self, statement: str) -> object:
        return self.connection.sql(statement)


def scans(connection: DuckDBPyConnection, made: Inputs) -> int:
    """How often the statement that evaluates all queries reads the people's file, by DuckDB's own account."""
    recording = Recording(connection)
    find_people(cast("DuckDBPyConnection", recording), made)
    (persons,) = (each for each in recording.statements if "TABLE persons" in each)
    ((_, plan),) = connection.execute(f"EXPLAIN {persons[persons.index('SELECT') :]}").fetchall()
    return str(plan).count("READ_PARQUET")


def main(people: int) -> None:
    """Run it."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        more = {"people": MORE.format(people=transform.PEOPLE), "selections": SELECTIONS}
        transform.write_sources(folder, people, transform.TABLES | more)
        for queries in (QUERIES[:1], QUERIES):
            made = inputs(queries)
            connection = connection_on(folder, made)
            with timed(f"find_people, {len(queries)}"):
                find_people(connection, made)
            connection = connection_on(folder, made)
            with timed(f"make_plan, {len(queries)}"):
                planned = make_plan(connection, made)
            print(planned.operations.aggregate("kind, count(*) AS rows").order("kind"))
        print(f"scans of the people: {scans(connection_on(folder, made), made)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
