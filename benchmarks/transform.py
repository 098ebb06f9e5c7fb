"""How long it takes to plan one audience, and how much memory: made-up people and members as Parquet.

    python -m benchmarks.transform [people]

Prints seconds of wall clock and CPU per step, peak memory, and what was planned. One person in eight is a Lead; four
in five people are members; one member in five is a stranger; one value in ten differs. Eight fields, five queries.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from duckdb import DuckDBPyConnection

from include.config.models import Audience
from include.schema import (
    AudienceSchema,
    Interest,
    MergeField,
    PicklistValue,
    SalesforceField,
    SalesforceObject,
    SalesforceSchema,
)
from include.transform.inputs import Inputs
from include.transform.plan import make_plan
from include.transform.values import lead_candidates, map_people
from include.warehouse.store import connect

TIERS = (PicklistValue("gold", "Gold"), PicklistValue("silver", "Silver"))
TYPES = {
    "FirstName": "string", "LastName": "string", "Company": "string", "Tier__c": "picklist", "Spend__c": "double",
    "Birthdate": "date", "Interests__c": "multipicklist", "Consent__c": "boolean", "Address": "address",
    "Street": "textarea", "City": "string", "State": "string", "PostalCode": "string", "Country": "string",
}  # fmt: skip
MAPPED = {
    "FNAME": ("FirstName", "text"), "LNAME": ("LastName", "text"), "COMPANY": ("Company", "text"),
    "TIER": ("Tier__c", "dropdown"), "SPEND": ("Spend__c", "number"), "BIRTH": ("Birthdate", "date"),
    "TOPICS": ("Interests__c", "text"), "ADDRESS": ("Address", "address"),
}  # fmt: skip
AUDIENCE = {
    "stem": "newsletter", "audience": "Newsletter", "policy": "legacy_parity",
    "consent": {"contact": "Consent__c", "lead": "Consent__c"},
    "create_leads": {"enabled": True, "defaults": {"Company": "[not provided]", "LastName": "[not provided]"}},
    "fields": {tag: {"contact": path, "lead": path} for tag, (path, _) in MAPPED.items()},
    "queries": [
        {"name": "french", "object": "Contact", "where": {"field": "Country", "equals": "france"},
         "groups": ["Topics / News"], "tags": ["France"]},
        {"name": "gold", "object": "Contact", "where": {"field": "Tier__c", "in": ["gold"]}, "tags": ["Gold"]},
        {"name": "spenders", "object": "Contact", "where": {"any": [
            {"field": "Spend__c", "greater": 900}, {"field": "Birthdate", "before": "today - 40 years"}]}},
        {"name": "events", "object": "Contact", "where": {"field": "Interests__c", "includes": ["Events"]},
         "groups": ["Topics / Events"]},
        {"name": "leads", "object": "Lead", "where": {"not": {"field": "City", "is_blank": True}}, "tags": ["Lead"]},
    ],
}  # fmt: skip

PEOPLE = """
SELECT CASE WHEN i % 8 = 0 THEN 'Lead' ELSE 'Contact' END AS object,
       printf('%018d', i) AS id, printf('p%d@b.example', i) AS email, md5(printf('p%d@b.example', i)) AS email_key,
       TIMESTAMPTZ '2020-01-01 00:00:00Z' + to_seconds(i) AS created_at,
       TIMESTAMPTZ '2026-01-01 00:00:00Z' + to_seconds(i) AS modified_at,
       i % 50 = 49 AS is_deleted, NULL::VARCHAR AS master_record_id, i % 80 = 0 AS is_converted,
       NULL::VARCHAR AS converted_contact_id, NULL::VARCHAR AS account_id, false AS is_person_account,
       i % 30 = 0 AS opted_out, NULL::VARCHAR AS mc_key, 1::BIGINT AS reading,
       'First' || i % 900 AS FirstName, 'Last' || i % 9000 AS LastName, 'Company ' || i % 500 AS Company,
       ['gold', 'silver', NULL][1 + i % 3] AS Tier__c, (i % 1000)::VARCHAR || '.50' AS Spend__c,
       (DATE '1950-01-01' + (i % 18000)::INT)::VARCHAR AS Birthdate, 'News;Events' AS Interests__c,
       (i % 5 > 0)::VARCHAR AS Consent__c, i || ' Main Street' || chr(10) || 'Floor 2' AS Street, 'Lyon' AS City,
       NULL::VARCHAR AS State, '69000' AS PostalCode, ['France', 'Spain'][1 + i % 2] AS Country
FROM range($n) numbers(i)
"""
MEMBERS = """
SELECT 'list' AS list_id, md5(email) AS email_key, 'c' || i AS contact_id, email,
       ['subscribed', 'subscribed', 'subscribed', 'unsubscribed', 'cleaned'][1 + i % 5] AS status,
       now() AS timestamp_opt, now() AS last_changed, 3 AS rating,
       printf('{"ADDRESS":{"addr1":"%d Main Street","addr2":"Floor 2","city":"Lyon","country":"%s","state":"-",'
              '"zip":"69000"},'
              '"BIRTH":"%s","COMPANY":"Company %d","FNAME":"First%d","LNAME":"Last%d","SPEND":%d.5,"TIER":"%s",'
              '"TOPICS":"News, Events"}',
              i, ['France', 'Spain'][1 + i % 2], (DATE '1950-01-01' + (i % 18000)::INT)::VARCHAR, i % 500,
              i % (CASE WHEN i % 10 = 0 THEN 7 ELSE 900 END), i % 9000, i % 1000,
              coalesce(['Gold', 'Silver', NULL][1 + i % 3], '')) AS merge_fields,
       CASE WHEN i % 2 = 0 THEN ['i-news'] ELSE ['i-events', 'i-news'] END AS groups,
       ['France', 'Lead'] AS tags
FROM (SELECT i, printf(CASE WHEN i < $n * 0.8 THEN 'p%d@b.example' ELSE 's%d@b.example' END, i) AS email
      FROM range($n) numbers(i))
"""
SYNCED = """
SELECT 'list' AS list_id, md5(printf('p%d@b.example', i)) AS email_key, printf(
    '{"COMPANY":"Company %d","FNAME":"First%d","LNAME":"Last%d"}', i % 500, i % 900, i % 9000) AS field_values
FROM range(($n * 0.8)::BIGINT) numbers(i)
"""
ASSIGNMENTS = """
SELECT 'list' AS list_id, query, md5(printf('p%d@b.example', i)) AS email_key, 'other' AS targets_hash,
       TIMESTAMPTZ '2026-06-01 00:00:00Z' AS person_modified_at,
       CASE WHEN i % 4 = 0 THEN ['i-news'] ELSE [] END::VARCHAR[] AS owned_groups,
       CASE WHEN i % 4 = 1 THEN ['France'] ELSE [] END::VARCHAR[] AS owned_tags
FROM range(($n * 0.5)::BIGINT) numbers(i), (VALUES ('french'), ('gold'), ('events')) queries(query)
"""
EMAILS = """
SELECT 'salesforce' AS source, printf('%018d', i * 20) AS holder_id, md5(printf('old%d@b.example', i)) AS email_key,
       now() AS until
FROM range(($n * 0.05)::BIGINT) numbers(i)
"""
FINDINGS = """
SELECT 'salesforce' AS side, 'Contact' AS object, printf('%018d', i * 33) AS key, NULL::VARCHAR AS email_key,
       CASE WHEN i % 2 = 0 THEN 'SPEND' END AS field, 'number' AS rule, 'wrong' AS reason,
       CASE WHEN i % 2 = 0 THEN [] ELSE ['add', 'update'] END::VARCHAR[] AS gates
FROM range(($n * 0.03)::BIGINT) numbers(i)
"""
NOBODY = "SELECT '' AS email_key WHERE false"
NOTHING = "SELECT '' AS selection, '' AS id WHERE false"
NO_REQUEST = """
SELECT '' AS row_id, true AS of_audience, '' AS member_key, '' AS contact_id, '' AS person_id, '' AS requested_status,
       '' AS requested_groups
WHERE false
"""
TABLES = {
    "people": PEOPLE, "members": MEMBERS, "synced_values": SYNCED, "assignments": ASSIGNMENTS, "emails": EMAILS,
    "findings": FINDINGS, "elsewhere": NOBODY, "selections": NOTHING, "requests": NO_REQUEST,
}  # fmt: skip


def inputs() -> Inputs:
    """The audience above, against an org and a list that fit it."""
    fields = {
        name: SalesforceField(name, name, kind, picklist=TIERS if kind == "picklist" else ())
        for name, kind in TYPES.items()
    }
    org = SalesforceSchema({name: SalesforceObject(name, fields) for name in ("Contact", "Lead")})
    interests = [Interest(f"i-{name.lower()}", "c", "Topics", name, "checkboxes") for name in ("News", "Events")]
    merge_fields = {tag: MergeField(tag, tag, kind) for tag, (_, kind) in MAPPED.items()}
    schema = AudienceSchema(
        "list", "Newsletter", merge_fields, {i.path: i for i in interests}, {"France": 1, "Lead": 2}
    )
    return Inputs(Audience.model_validate(AUDIENCE), schema, org, date(2026, 11, 22), "Europe/Paris")


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long a step took, the CPU time of all its threads, and the highest memory so far."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"{what:<22}{wall:7.1f} s   CPU {cpu:7.1f} s   peak {peak:5.2f} GiB", flush=True)


def write_sources(folder: Path, people: int, tables: Mapping[str, str] = TABLES) -> None:
    """The tables as Parquet."""
    connection = connect()
    for name, select in tables.items():
        target = str(folder / f"{name}.parquet")
        connection.execute(f"COPY ({select.replace('$n', str(people))}) TO '{target}' (COMPRESSION zstd)")


def show(connection: DuckDBPyConnection, folder: Path, *names: str) -> None:
    """Make Parquet files visible as views."""
    for name in names:
        connection.execute(f"CREATE TEMP VIEW {name} AS FROM read_parquet('{folder / name}.parquet')")


def main(people: int) -> None:
    """Run it."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with timed("make sources"):
            write_sources(folder, people)
        connection = connect()
        show(connection, folder, *TABLES)
        with timed("map_people"):
            map_people(connection, inputs()).write_parquet(str(folder / "mapped.parquet"))
        with timed("lead_candidates"):
            lead_candidates(connection, inputs()).write_parquet(str(folder / "lead_candidates.parquet"))
        show(connection, folder, "mapped", "lead_candidates")
        with timed("make_plan"):
            planned = make_plan(connection, inputs())
        with timed("operations as Arrow"):
            planned.operations.to_arrow_table()
        with timed("ledger as Parquet"):
            planned.ledger.write_parquet(str(folder / "ledger.parquet"))
        print(planned.operations.aggregate("kind, count(*) AS rows").order("kind"))
        print(planned.ledger.aggregate("side, state, reason, count(*) AS rows").order("ALL"))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
