"""How long it takes to carry out large plans, and how much memory, against the sandbox on this machine.

    python -m benchmarks.load [--operations 100000]

Updates through batches, new members, tags, and mirror rows through Bulk API 2.0; so many of each. Client and sandbox
share the machine: the time is that of both, the processor time is the client's alone.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator

import orjson
import requests

from include.config.models import Configuration, Pipeline
from include.pipelines.load import load_audience
from include.pipelines.mirror import load_mirror
from include.pipelines.run import Pins, SyncRun
from include.storage import Storage
from include.warehouse.store import connect
from include.warehouse.tables import MEMBERS, PLANS
from include.wiring import Project
from tests.integration.mailchimp_account import LIST, audience
from tests.integration.sync.rig import connections
from tests.sandbox_fixture import Sandbox
from tests.unit.transform.worlds import audience as configured

ADDRESS = "printf('p%d@b.example', i)"
ACTIVE = '{"status":["subscribed","pending","unsubscribed","transactional"]}'
OPERATIONS = {
    "update_member": ("""'{"merge_fields":{"FNAME":"New' || i || '","TIER":"Gold"}}'""", ACTIVE, 0),
    "add_member": (
        f"""'{{"email_address":"' || {ADDRESS} || '","interests":{{"news000001":true}},'
            || '"merge_fields":{{"FNAME":"Ann"}},"status":"subscribed"}}'""",
        '{"member":"absent"}',
        1,
    ),
    "add_tag": (
        f"""'{{"email_address":"' || {ADDRESS} || '","tag":"' || ['Red', 'Blue'][1 + i % 2] || '"}}'""",
        ACTIVE,
        0,
    ),
}
"""By kind: SQL of `after`, the precondition, and where in the numbers of people its own begin (in plans)."""
MEMBER = f"""
SELECT '{LIST}' AS list_id, md5({ADDRESS}) AS email_key, 'c' || i AS contact_id, {ADDRESS} AS email,
       'subscribed' AS status, TIMESTAMPTZ '2026-01-01 00:00:00Z' AS timestamp_opt,
       TIMESTAMPTZ '2026-02-01 00:00:00Z' AS last_changed, 3 AS rating, '{{}}' AS merge_fields,
       ['news000001'] AS groups, ['Red', 'Blue'] AS tags
FROM range($count) numbers(i)
"""


def state(members: int) -> Iterator[bytes]:
    """The account's state, streamed."""
    account = audience([])
    del account["members"]
    yield b'{"lists":[' + orjson.dumps(account)[:-1] + b',"members":['
    known = connect().execute(f"SELECT md5({ADDRESS}), {ADDRESS} FROM range($count) numbers(i)", {"count": members})
    first = True
    while rows := known.fetchmany(10_000):
        people = (
            {
                "id": key,
                "email_address": email,
                "contact_id": key[::-1],
                "status": "subscribed",
                "timestamp_opt": "2026-01-01T00:00:00+00:00",
                "last_changed": "2026-02-01T00:00:00+00:00",
                "member_rating": 2,
                "merge_fields": {"FNAME": "Ann"},
            }
            for key, email in rows
        )
        yield (b"" if first else b",") + b",".join(orjson.dumps(person) for person in people)
        first = False
    yield b"]}]}"


def plan(run: SyncRun, kind: str, count: int) -> None:
    """Plan so many operations of a kind."""
    after, precondition, place = OPERATIONS[kind]
    rows = connect().sql(
        f"""
        SELECT $run_id AS run_id, sha256($kind || i)[:32] AS op_id, $kind AS kind, 'newsletter' AS audience,
               md5({ADDRESS}) AS email_key, NULL AS person_id, NULL AS "before", {after} AS "after",
               $precondition AS precondition, 'R15' AS behaviour, NULL AS query, NULL AS note, now() AS planned_at
        FROM range($first, $last) numbers(i)
        """,
        params={
            "run_id": run.run_id, "kind": kind, "precondition": precondition, "first": place * count,
            "last": (place + 1) * count,
        },
    )  # fmt: skip
    run.project.warehouse.replace(PLANS, rows.to_arrow_table(), run_id=run.run_id)


def measure(name: str, count: int, sandbox: Sandbox, action: Callable[[], dict[str, object]]) -> None:
    """Carry out one stage and print what it took."""
    sandbox.reset_calls()
    wall, cpu = time.perf_counter(), time.process_time()
    counts = action()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    calls = sum(sandbox.calls(server)["count"] for server in sandbox.servers)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{name:<28} {wall:6.1f} s ({count / wall:7,.0f}/s)  {cpu:5.1f} s of CPU  {calls:5,} calls  "
        f"peak so far {peak:5,} MB  {counts}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=100_000)
    count = parser.parse_args().operations
    sandbox = Sandbox()
    try:
        requests.put(f"{sandbox.mailchimp}/_sandbox/state", data=state(count), timeout=600).raise_for_status()
        os.environ |= connections(sandbox)
        setting = configured(mirror="all")
        configuration = Configuration(Pipeline(time_zone="Europe/Paris"), {setting.stem: setting})
        with tempfile.TemporaryDirectory() as folder:
            measure_all(Project(configuration, Storage(folder)), sandbox, count)
    finally:
        sandbox.stop()


def measure_all(project: Project, sandbox: Sandbox, count: int) -> None:
    """Print the lines."""
    client = project.mailchimp()
    for tag in ("Red", "Blue"):
        client.create_segment(LIST, tag)
    list(project.salesforce().query("SELECT Id FROM User"))  # log-in, and the import of Airflow, are not measured
    for kind in OPERATIONS:
        run = made_run(project, kind)
        plan(run, kind, count)
        measure(kind, count, sandbox, lambda run=run: load_audience(run))
    members = connect().sql(MEMBER, params={"count": count}).to_arrow_table()
    project.warehouse.replace(MEMBERS, members, list_id=LIST)
    for name in ("upsert_mirror, first", "upsert_mirror, no change"):
        run = made_run(project, name)
        measure(name, count, sandbox, lambda run=run: load_mirror(run))


def made_run(project: Project, name: str) -> SyncRun:
    """A run whose extraction is done."""
    run, client = SyncRun(project, "newsletter", f"run of {name}"), project.mailchimp()
    run.save_schema(client.audience_schema(LIST))
    run.save_pins(Pins(-1, -1, -1, -1, -1, extracted_at=client.server_time(), people_until=client.server_time()))
    return run


if __name__ == "__main__":
    main()
