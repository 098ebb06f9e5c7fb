"""How long a full and an incremental extraction of many people take, against the sandbox's org on this machine.

python -m benchmarks.extract_salesforce --people 1000000
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import requests

from include.pipelines.extract_salesforce import extract
from include.warehouse.tables import PEOPLE
from tests.integration.org import ACCOUNT, LAST_WEEK, NOW, Org, contact, lead, make_project
from tests.sandbox_fixture import Sandbox

STAMP = LAST_WEEK.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
STREET = {"MailingStreet": "1 rue de la Paix\nBâtiment B", "MailingCity": "Paris", "MailingPostalCode": "75002"}
ADDRESS = "  ADDRESS: {contact: MailingAddress, lead: Address}\n  FNAME: {contact: FirstName, lead: FirstName}\n"


def state(people: int) -> Iterator[bytes]:
    """The org's state, streamed: nine contacts for each lead."""
    stamped = {"CreatedDate": STAMP, "SystemModstamp": STAMP}
    yield b'{"Account":[' + orjson.dumps(ACCOUNT | {"SystemModstamp": STAMP}) + b'],"Contact":['
    leads = people // 10
    for number in range(people - leads):
        record = contact(number, **stamped, **STREET, FirstName="Ada")
        yield (b"," if number else b"") + orjson.dumps(record)
    yield b'],"Lead":['
    for number in range(leads):
        yield (b"," if number else b"") + orjson.dumps(lead(number, **stamped))
    yield b"]}"


def chunks(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces of about a megabyte."""
    buffer = bytearray()
    for part in parts:
        buffer += part
        if len(buffer) > 1 << 20:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer)


def measure(name: str, run_id: str, project: object) -> None:
    """Run one extraction and print its wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    counts = extract(run_id, project)
    spent = f"{time.perf_counter() - wall:.1f} s, {time.process_time() - cpu:.1f} s of CPU here"
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"{name:<22} {spent}, at most {memory:.1f} GiB; {counts}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    people = parser.parse_args().people
    sandbox = Sandbox(only="salesforce")
    try:
        org = Org(sandbox)
        begin = time.perf_counter()
        requests.put(f"{sandbox.salesforce}/_sandbox/state", data=chunks(state(people)), timeout=600).raise_for_status()
        print(f"{people:,} people put into the org in {time.perf_counter() - begin:.0f} s", flush=True)
        org.set_clock(NOW)
        os.environ["AIRFLOW_CONN_SALESFORCE_DEFAULT"] = org.connection()
        with tempfile.TemporaryDirectory() as folder:
            project = make_project(Path(folder), bulk_above=2000, more=ADDRESS)
            org.client().limits()  # log-in, and the import of Airflow, are not what is measured
            measure("full", "full", project)
            org.set_clock(NOW + timedelta(hours=1))
            measure("nothing changed", "nothing", project)
            for number in range(1, 101):
                org.update("Contact", contact(number)["Id"], FirstName="Augusta")
            measure("100 changed", "some", project)
            assert project.warehouse.read(PEOPLE).num_rows == people
    finally:
        sandbox.stop()


if __name__ == "__main__":
    main()
