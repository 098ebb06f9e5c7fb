"""How long the sandbox takes to have a world and how much memory it holds; how fast it gives members over HTTP.

python -m benchmarks.sandbox_world --people 1000000

Members are read by a process of its own: pages of 1,000, ids, status and time of change alone, ten connections.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import psutil

from include.sandbox.mailchimp.credentials import API_KEY

CONNECTIONS, PAGE, PAGES = 10, 1000, 400
FIELDS = "total_items,members.id,members.status,members.last_changed"
COMMAND = [sys.executable, "-m", "include.sandbox", "--salesforce-port", "0", "--mailchimp-port", "0", "--people"]


def cpu(process: psutil.Process) -> float:
    """CPU seconds of a process so far."""
    times = process.cpu_times()
    return times.user + times.system


def processes(root: int) -> Iterator[tuple[str, psutil.Process]]:
    """The two servers, by name."""
    for child in psutil.Process(root).children(recursive=True):
        line = child.cmdline()
        if "--only" in line:
            yield line[-1], child


class Reader:
    """Reads pages of one audience through a connection of its own."""

    def __init__(self, url: str, audience: str) -> None:
        self._path = f"/3.0/lists/{audience}/members?count={PAGE}&fields={FIELDS}"
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc)

    def read(self, offset: int) -> bytes:
        """One page."""
        headers = {"Authorization": f"Bearer {API_KEY}"}
        self._connection.request("GET", f"{self._path}&offset={offset}", headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{answer.status} {body[:200]!r}")
        return body


def largest_audience(url: str) -> str:
    """The list with most members."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    connection.request("GET", "/3.0/lists?count=1000", headers={"Authorization": f"Bearer {API_KEY}"})
    lists = json.loads(connection.getresponse().read())["lists"]
    return str(max(lists, key=lambda one: int(one["stats"]["member_count"]))["id"])


def read_members(url: str, audience: str) -> int:
    """Reads pages of an audience through ten connections; returns how many members came."""
    readers = [Reader(url, audience) for _ in range(CONNECTIONS)]
    total = json.loads(readers[0].read(0))["total_items"]
    offsets = [number * PAGE for number in range(min(PAGES, total // PAGE))]

    def share(number: int) -> int:
        return sum(readers[number].read(offset).count(b'"id"') for offset in offsets[number::CONNECTIONS])

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return sum(pool.map(share, range(CONNECTIONS)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    people = parser.parse_args().people
    start = time.perf_counter()
    program = subprocess.Popen([*COMMAND, str(people)], stdout=subprocess.PIPE, start_new_session=True)
    try:
        ready = [json.loads(program.stdout.readline()) for _ in range(2)] if program.stdout else []
        print(f"{people:,} people ready after {time.perf_counter() - start:.0f} s")
        servers = dict(processes(program.pid))
        for name, server in servers.items():
            print(f"  {name:<10} {cpu(server):6.1f} s of CPU {server.memory_info().rss / 1e9:6.2f} GB")
        url = next(line["url"] for line in ready if line["server"] == "mailchimp")
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            audience = pool.apply(largest_audience, (url,))
            before, start = cpu(servers["mailchimp"]), time.perf_counter()
            members = pool.apply(read_members, (url, audience))
        wall, served = time.perf_counter() - start, cpu(servers["mailchimp"]) - before
        print(
            f"{members:,} members: {members / served:,.0f} per CPU second of the server, {members / wall:,.0f} a second"
        )
        for name, server in servers.items():
            print(f"  {name:<10} {server.memory_info().rss / 1e9:6.2f} GB")
        print(f"  reader: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime:.1f} s of CPU")
    finally:
        program.terminate()
        program.wait()


if __name__ == "__main__":
    main()
