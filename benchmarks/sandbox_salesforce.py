"""How fast the sandbox's org answers over HTTP: a bulk query of all contacts, and the same by pages of SOQL.

python -m benchmarks.sandbox_salesforce --contacts 1000000
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable, Iterator

import orjson
import psutil
import requests

from include.sandbox.salesforce import credentials
from include.sandbox.salesforce.ids import make_id
from tests.sandbox_fixture import Sandbox

DATA = "/services/data/v59.0"
STAMP = "2026-11-13T09:00:00.000Z"
ACCOUNTS = 1000
FIELDS = (
    *("Id", "FirstName", "LastName", "Email", "Phone", "Title", "Department", "Birthdate", "HasOptedOutOfEmail"),
    *("MailingStreet", "MailingCity", "MailingState", "MailingPostalCode", "MailingCountry", "AccountId"),
    *("Account.Name", "Annual_Spend__c", "Interests__c", "CreatedDate", "SystemModstamp"),
)
"""What the pipeline's audiences ask for, roughly."""
READ_BYTES = 1 << 20
POLL_SECONDS = 0.05


def state(contacts: int) -> Iterator[bytes]:
    """The org's state, streamed."""
    accounts = [{"Id": make_id("001", number), "Name": f"Company {number}"} for number in range(1, ACCOUNTS + 1)]
    yield b'{"Account":' + orjson.dumps(accounts) + b',"Contact":['
    for number in range(1, contacts + 1):
        yield (b"," if number > 1 else b"") + orjson.dumps(contact(number, accounts))
    yield b"]}"


def contact(number: int, accounts: list[dict[str, str]]) -> dict[str, object]:
    """A contact with all that is asked for."""
    return {
        "Id": make_id("003", number),
        "FirstName": "Ada",
        "LastName": f"Lovelace{number}",
        "Email": f"ada{number}@company{number % ACCOUNTS}.example",
        "Phone": "+33 1 23 45 67 89",
        "Title": "Head of Analysis",
        "Department": "Engines",
        "Birthdate": "1980-12-10",
        "HasOptedOutOfEmail": number % 50 == 0,
        "MailingStreet": f"{number} rue de la Paix\nBâtiment B",
        "MailingCity": "Paris",
        "MailingPostalCode": "75002",
        "MailingCountry": "France",
        "AccountId": accounts[number % ACCOUNTS]["Id"],
        "Annual_Spend__c": number % 10_000 + 0.5,
        "Interests__c": "Events;Offers",
        "CreatedDate": STAMP,
        "SystemModstamp": STAMP,
    }


def chunks(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Pieces of about a megabyte."""
    buffer = bytearray()
    for part in parts:
        buffer += part
        if len(buffer) > READ_BYTES:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer)


class Meter:
    """Tells what a piece of work took of the clock and of the processors, in the server and here."""

    def __init__(self, server: int) -> None:
        root = psutil.Process(server)
        self._servers = [root, *root.children(recursive=True)]

    def measure(self, name: str, work: Callable[[], object]) -> None:
        """Do the work and print one line; what it returns says what was done."""
        wall, served, here = time.perf_counter(), self._served(), time.process_time()
        done = work()
        wall, served, here = time.perf_counter() - wall, self._served() - served, time.process_time() - here
        print(f"{name:<20} {wall:6.1f} s; CPU: server {served:5.1f} s, client {here:5.1f} s; {done}", flush=True)

    def _served(self) -> float:
        return sum(sum(one.cpu_times()[:2]) for one in self._servers)


class Client:
    """A logged-in client of the org, no smarter than it must be."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._session = requests.Session()
        form = {
            "grant_type": "client_credentials",
            "client_id": credentials.CONSUMER_KEY,
            "client_secret": credentials.CONSUMER_SECRET,
        }
        token = self._call("POST", "/services/oauth2/token", data=form).json()["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"

    def load(self, contacts: int) -> str:
        """Replaces the org's state."""
        self._call("PUT", "/_sandbox/state", data=chunks(state(contacts)))
        return f"{contacts:,} contacts made up, sent and loaded"

    def bulk_query(self) -> str:
        """One query job, and its result read from the first byte to the last."""
        asked = {"operation": "query", "query": f"SELECT {', '.join(FIELDS)} FROM Contact"}
        job = self._call("POST", f"{DATA}/jobs/query", json=asked).json()["id"]
        while (info := self._call("GET", f"{DATA}/jobs/query/{job}").json())["state"] != "JobComplete":
            if info["state"] in {"Failed", "Aborted"}:
                raise RuntimeError(info)
            time.sleep(POLL_SECONDS)
        records, size, locator = 0, 0, None
        while locator != "null":
            url = f"{DATA}/jobs/query/{job}/results"
            with self._call("GET", url, params={"locator": locator} if locator else {}, stream=True) as page:
                size += sum(map(len, page.iter_content(READ_BYTES)))
                records += int(page.headers["Sforce-NumberOfRecords"])
                locator = page.headers["Sforce-Locator"]
        return f"{records:,} records, {size / 1e6:,.0f} MB"

    def page_through(self, limit: int) -> str:
        """The same query by pages of 2,000."""
        soql = f"SELECT {', '.join(FIELDS)} FROM Contact LIMIT {limit}"
        url, params, records = f"{DATA}/query", {"q": soql}, 0
        while url:
            page = orjson.loads(self._call("GET", url, params=params).content)
            records += len(page["records"])
            url, params = page.get("nextRecordsUrl"), {}
        return f"{records:,} records"

    def _call(self, method: str, path: str, **more: object) -> requests.Response:
        answer = self._session.request(method, self._sandbox.salesforce + path, timeout=600, **more)
        answer.raise_for_status()
        return answer


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--paged", type=int, default=200_000, help="how many of them by pages of SOQL")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    sandbox = Sandbox(only="salesforce")
    try:
        meter, client = Meter(sandbox.process.pid), Client(sandbox)
        meter.measure("load", lambda: client.load(arguments.contacts))
        for _ in range(2):
            meter.measure("bulk query", client.bulk_query)
        meter.measure("SOQL pages", lambda: client.page_through(arguments.paged))
    finally:
        sandbox.stop()
    print(f"peak memory of the server: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2:.2f} GB")


if __name__ == "__main__":
    main()
