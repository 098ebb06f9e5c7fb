"""Queries page by page, and what of the deleted they still show."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import requests
from simple_salesforce import Salesforce

from include.sandbox.controls import Controls
from include.sandbox.salesforce import credentials
from include.sandbox.salesforce.queries import Queries
from include.sandbox.salesforce.store import OrgStore
from include.sandbox.salesforce.switches import SWITCHES
from tests.contract.salesforce.conftest import Served

DATA = f"{credentials.INSTANCE_URL}/services/data/v59.0"


def test_query_pages_through_locators(org: Served, client: Salesforce, rest: requests.Session) -> None:
    org.store.load([("Contact", [{"LastName": f"N{one:04}"} for one in range(4500)])])
    query = "SELECT LastName FROM Contact ORDER BY LastName"

    first = client.query(query)
    assert (first["totalSize"], first["done"], len(first["records"])) == (4500, False, 2000)
    assert [one["LastName"] for one in client.query_all_iter(query)] == [f"N{one:04}" for one in range(4500)]

    small = rest.get(f"{DATA}/query", params={"q": query}, headers={"Sforce-Query-Options": "batchSize=250"}).json()
    assert len(small["records"]) == 250
    bad = rest.get(f"{DATA}/query/0r8000000000000000-2000")
    assert (bad.status_code, bad.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_page_leaves_out_what_was_deleted_meanwhile(org: Served, rest: requests.Session) -> None:
    org.store.load([("Contact", [{"LastName": f"N{one:04}"} for one in range(2100)])])
    first = rest.get(f"{DATA}/query", params={"q": "SELECT Id FROM Contact ORDER BY LastName"}).json()
    with org.store.database.writing() as connection:
        connection.execute("DELETE FROM Contact WHERE LastName = 'N2050'")
    second = rest.get(credentials.INSTANCE_URL + first["nextRecordsUrl"]).json()
    assert (second["done"], len(second["records"])) == (True, 99)


def test_all_rows_goes_through_query_all_page_by_page(org: Served, rest: requests.Session) -> None:
    org.store.load([("Contact", [{"LastName": "x", "IsDeleted": True} for _ in range(250)])])
    params, headers = {"q": "SELECT Id FROM Contact ALL ROWS"}, {"Sforce-Query-Options": "batchSize=200"}
    first = rest.get(f"{DATA}/queryAll", params=params, headers=headers).json()
    second = rest.get(credentials.INSTANCE_URL + first["nextRecordsUrl"]).json()
    assert [len(page["records"]) for page in (first, second)] == [200, 50]
    refused = rest.get(f"{DATA}/query", params=params)
    assert (refused.status_code, refused.json()) == (
        400,
        [{"message": "ALL ROWS not allowed in this context", "errorCode": "MALFORMED_QUERY"}],
    )


@pytest.mark.parametrize(
    ("options", "records"),
    [
        ("batchSize=200", 200),
        ("batchSize=2000", 2000),
        ("batchSize=1", 200),
        ("batchSize=5000", 2000),
        ("nonsense", 2000),
        ("", 2000),
    ],
)
def test_batch_size_is_kept_between_200_and_2000(
    org: Served, rest: requests.Session, options: str, records: int
) -> None:
    org.store.load([("Contact", [{"LastName": "x"} for _ in range(2001)])])
    params, headers = {"q": "SELECT Id FROM Contact"}, {"Sforce-Query-Options": options}
    page = rest.get(f"{DATA}/query", params=params, headers=headers).json()
    name, _, start = page["nextRecordsUrl"].rpartition("/")[2].partition("-")
    assert (len(page["records"]), start, name[:3], len(name)) == (records, str(records), "0r8", 18)
    read = len(page["records"])
    while not page["done"]:
        page = rest.get(credentials.INSTANCE_URL + page["nextRecordsUrl"]).json()
        read += len(page["records"])
        assert page["totalSize"] == 2001
    assert (read, "nextRecordsUrl" in page) == (2001, False)


def test_locator_lives_two_days_however_many_are_open(org: Served, rest: requests.Session) -> None:
    org.store.load([("Contact", [{"LastName": "x"} for _ in range(201)])])
    params, headers = {"q": "SELECT Id FROM Contact"}, {"Sforce-Query-Options": "batchSize=200"}
    begun = org.controls.now()
    org.controls.set_switches({"session_seconds": 3 * 24 * 3600})
    urls = [
        credentials.INSTANCE_URL + rest.get(f"{DATA}/query", params=params, headers=headers).json()["nextRecordsUrl"]
        for _ in range(60)
    ]
    assert {rest.get(url).status_code for url in urls[:2]} == {200}

    org.controls.clock.set(begun + timedelta(days=2, minutes=1))
    over = rest.get(urls[-1])
    assert (over.status_code, over.json()) == (
        400,
        [{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}],
    )


def test_older_orgs_let_go_of_the_oldest_of_ten_locators(org: Served, rest: requests.Session) -> None:
    org.store.load([("Contact", [{"LastName": "x"} for _ in range(201)])])
    org.controls.set_switches({"open_query_locators": 10})
    params, headers = {"q": "SELECT Id FROM Contact"}, {"Sforce-Query-Options": "batchSize=200"}
    urls = [
        credentials.INSTANCE_URL + rest.get(f"{DATA}/query", params=params, headers=headers).json()["nextRecordsUrl"]
        for _ in range(11)
    ]
    assert [rest.get(url).status_code for url in urls] == [400] + [200] * 10


def test_deleted_records_show_until_the_bin_is_emptied(org: Served, client: Salesforce) -> None:
    org.controls.set_switches({"session_seconds": 30 * 24 * 3600})
    kept, gone = (client.Contact.create({"LastName": name})["id"] for name in ("A", "B"))
    client.Contact.delete(gone)
    begun = org.controls.now()

    def seen() -> tuple[list[str], list[str], list[str]]:
        shown = client.query_all("SELECT Id, IsDeleted FROM Contact", include_deleted=True)["records"]
        binned = client.query_all("SELECT Id FROM Contact WHERE IsDeleted = true", include_deleted=True)["records"]
        window = org.controls.now() - timedelta(days=20), org.controls.now() + timedelta(hours=1)
        logged = client.Contact.deleted(*window)["deletedRecords"]
        return [one["Id"] for one in shown], [one["Id"] for one in binned], [one["id"] for one in logged]

    assert seen() == ([kept, gone], [gone], [gone])
    org.controls.clock.set(begun + timedelta(days=14, hours=23))
    assert seen() == ([kept, gone], [gone], [gone])
    org.controls.clock.set(begun + timedelta(days=15, minutes=1))
    assert seen() == ([kept], [], [])


def test_deleted_and_updated_list_ids_between_two_times(org: Served, client: Salesforce) -> None:
    kept, gone = (client.Contact.create({"LastName": name})["id"] for name in ("A", "B"))
    client.Contact.delete(gone)
    window = org.controls.now() - timedelta(hours=1), org.controls.now() + timedelta(hours=1)
    assert [one["id"] for one in client.Contact.deleted(*window)["deletedRecords"]] == [gone]
    assert client.Contact.updated(*window)["ids"] == [kept]


def test_locators_outlive_a_restart(tmp_path: Path) -> None:
    query = "SELECT LastName, Account.Name FROM Contact ORDER BY LastName"
    store = OrgStore(tmp_path / "org.sqlite")
    store.load([("Contact", [{"LastName": f"N{one:04}"} for one in range(4100)])])
    first = Queries(store, controls()).run(query, "/services/data/v59.0", deleted=False)
    locator = first["nextRecordsUrl"].rpartition("/")[2]
    store.close()

    again = OrgStore(tmp_path / "org.sqlite")
    queries = Queries(again, controls())
    second = queries.more(locator, "/services/data/v59.0")
    third = queries.more(second["nextRecordsUrl"].rpartition("/")[2], "/services/data/v59.0")
    assert [one["LastName"] for one in (*first["records"], *second["records"], *third["records"])] == [
        f"N{one:04}" for one in range(4100)
    ]
    again.close()


def controls() -> Controls:
    """Controls of an org."""
    made = Controls()
    made.declare_switches(SWITCHES)
    return made


def test_locators_and_the_recycle_bin_last_as_long_as_the_switches_say(org: Served, rest: requests.Session) -> None:
    org.controls.set_switches({"query_locator_seconds": 60, "recycle_bin_days": 1})
    org.store.load([("Contact", [{"LastName": "x"} for _ in range(201)])])
    params, headers = {"q": "SELECT Id FROM Contact"}, {"Sforce-Query-Options": "batchSize=200"}
    page = rest.get(f"{DATA}/query", params=params, headers=headers).json()
    rest.delete(f"{credentials.INSTANCE_URL}{page['records'][0]['attributes']['url']}")
    shown = {"q": "SELECT COUNT() FROM Contact WHERE IsDeleted = true"}
    assert rest.get(f"{DATA}/queryAll", params=shown).json()["totalSize"] == 1

    org.controls.clock.set(org.controls.now() + timedelta(minutes=2))
    assert rest.get(f"{credentials.INSTANCE_URL}{page['nextRecordsUrl']}").status_code == 400
    org.controls.set_switches({"recycle_bin_days": 1, "session_seconds": 3 * 24 * 3600})
    org.controls.clock.set(org.controls.now() + timedelta(days=1))
    assert rest.get(f"{DATA}/queryAll", params=shown).json()["totalSize"] == 0
