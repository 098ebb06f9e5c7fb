"""Members a second from Mailchimp's pages into Parquet: `python -m benchmarks.extract_members [--members N]`.

Client and sandbox share the machine; "pages alone" is what the sandbox takes by itself. Each line is the best of three.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import requests

from include.mailchimp.client import MailchimpClient
from include.mailchimp.endpoints import MEMBERS
from include.mailchimp.member_table import STATE_FIELDS
from include.mailchimp.transport import Backoff, Transport
from include.sandbox.mailchimp.app import create_app
from include.sandbox.mailchimp.credentials import API_KEY
from include.sandbox.mailchimp.store import AccountStore
from include.sandbox.serving import Controls, serve

LIST_ID = "bench00001"
FIELDS = ("FNAME", "LNAME", "COMPANY", "ADDRESS", "BIRTHDATE", "TIER", "SPEND")
INTERESTS = tuple(f"interest{number:02d}" for number in range(5))


def member(number: int) -> dict[str, object]:
    """A member with seven merge fields and five groups."""
    email = f"person{number}@corp{number % 997}.example"
    address = {"addr1": f"{number} rue A", "addr2": "", "city": "Paris", "state": "-", "zip": "75001", "country": "FR"}
    values = ("Ann", f"Bell{number}", "Corp", address if number % 3 else "", "1980-05-06", "Gold", number * 1.5)
    return {
        "id": hashlib.md5(email.encode()).hexdigest(),
        "email_address": email,
        "contact_id": hashlib.md5(f"contact{number}".encode()).hexdigest(),
        "status": "subscribed",
        "timestamp_opt": "2026-01-02T03:04:05+00:00",
        "last_changed": f"2026-{1 + number % 9:02d}-{1 + number % 28:02d}T10:00:00+00:00",
        "member_rating": 2,
        "merge_fields": dict(zip(FIELDS, values, strict=True)),
        "interests": {interest: number % (place + 2) == 0 for place, interest in enumerate(INTERESTS)},
    }


def state(members: int) -> Iterator[bytes]:
    """The account's state, streamed."""
    types = {"ADDRESS": "address", "BIRTHDATE": "date", "SPEND": "number"}
    head = {
        "id": LIST_ID,
        "name": "Benchmark",
        "merge_fields": [{"tag": tag, "name": tag, "type": types.get(tag, "text")} for tag in FIELDS],
        "interest_categories": [
            {"id": "cat1", "title": "Interests", "interests": [{"id": i, "name": i} for i in INTERESTS]}
        ],
    }
    yield b'{"lists":[' + orjson.dumps(head)[:-1] + b',"members":['
    for number in range(members):
        yield (b"," if number else b"") + orjson.dumps(member(number))
    yield b"]}]}"


def serve_account(port: multiprocessing.Queue, members: int) -> None:
    """The sandbox's Mailchimp server, in a process of its own."""
    store = AccountStore(None)
    store.replace(io.BytesIO(b"".join(state(members))))
    serve(create_app(store, Controls()), "127.0.0.1", 0, listening=port.put)


def best(name: str, members: int, action: Callable[[], None]) -> None:
    """Run three times and print the best."""
    walls, cpus = [], []
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        action()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    print(f"{name:34} {members / min(walls):>9,.0f} members/s   {min(cpus) / members * 1e5:5.2f} CPU-s per 100,000")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=200_000)
    parser.add_argument("--connections", type=int, default=3)
    arguments = parser.parse_args()
    processes = multiprocessing.get_context("spawn")
    ports = processes.Queue()
    server = processes.Process(target=serve_account, args=(ports, arguments.members), daemon=True)
    server.start()
    base = f"http://127.0.0.1:{ports.get(timeout=600)}/3.0"
    try:
        measure(base, API_KEY, arguments.members, arguments.connections)
    finally:
        server.terminate()
        server.join()


def measure(base: str, api_key: str, members: int, connections: int) -> None:
    """Print the lines."""
    transport = Transport(base, api_key, connections=connections, connection_name="benchmark", backoff=Backoff())
    client = MailchimpClient(transport, connections)

    def pages_alone() -> None:
        session = requests.Session()
        session.auth = ("user", api_key)
        fields = ",".join(f"members.{field}" for field in STATE_FIELDS)
        for offset in range(0, members, 1000):
            params = {"fields": fields, "count": 1000, "offset": offset, **dict(MEMBERS.params)}
            session.get(f"{base}/lists/{LIST_ID}/members", params=params, timeout=60).raise_for_status()

    def to_parquet() -> None:
        rows = 0
        with tempfile.TemporaryDirectory() as folder:
            writer = None
            for table in client.members(LIST_ID, fields=STATE_FIELDS):
                writer = writer or pq.ParquetWriter(
                    Path(folder) / "members.parquet", table.schema, compression="zstd", compression_level=1
                )
                writer.write_table(table)
                rows += table.num_rows
            if writer:
                writer.close()
        assert rows >= members

    best("pages alone, one connection", members, pages_alone)
    best(f"into Parquet, {connections} connections", members, to_parquet)
    print(f"peak memory of the client: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
