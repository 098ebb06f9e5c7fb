"""Stories in which a naive reader of changes ends wrong and ours does not (G10).

The naive readers do what a first draft does: everything newer than the last reading by the scheduler's own clock, in
pages by offset or from the last row's time stamp on, live rows only. They stay here to show that each story is a trap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
import requests

from include.config.load import load_configuration
from include.pipelines import runs
from include.pipelines.extract_salesforce import extract
from include.pipelines.reconcile import PIPELINE, reconcile_people
from include.sandbox.mailchimp.credentials import API_KEY
from include.storage import Storage
from include.warehouse.tables import DIVERGENCES, PEOPLE
from include.wiring import Project
from tests.integration.mailchimp_account import LIST, member
from tests.integration.mailchimp_account import MEMBERS as MEMBERS_PATH
from tests.integration.mailchimp_reading import START, Account
from tests.integration.org import ACCOUNT, LAST_WEEK, NOW, Org, contact, lead, make_project
from tests.sandbox_fixture import Sandbox, connections
from tests.unit.config.worlds import write_configuration
from tests.unit.pipelines.killing import Killed, KillingProject

SOME = 5
MANY_PEOPLE, MANY_MEMBERS = 2_100, 1_100
"""More than a page of the vendor's own."""
QUERY, MORE = "/services/data/v{version}/query", "/services/data/v{version}/query/{locator}"
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# --- Salesforce


@dataclass
class NaivePeople:
    """Reads Contacts in windows of the scheduler's clock, which is `ahead` of Salesforce's."""

    org: Org
    ahead: timedelta = timedelta()
    page: int = 2
    since: datetime = LAST_WEEK - HOUR
    names: dict[str, str] = field(default_factory=dict)

    def read(self, now: datetime) -> None:
        """Pages by offset."""
        until = now + self.ahead
        window = f"SystemModstamp > {instant(self.since)} AND SystemModstamp <= {instant(until)}"
        for offset in range(0, MANY_PEOPLE, self.page):
            if not self._page(f"{window} ORDER BY SystemModstamp, Id LIMIT {self.page} OFFSET {offset}"):
                break
        self.since = until

    def read_by_stamps(self) -> None:
        """Pages from the last row's stamp on."""
        while page := self._page(f"SystemModstamp > {instant(self.since)} ORDER BY SystemModstamp LIMIT {self.page}"):
            self.since = datetime.fromisoformat(str(page[-1]["SystemModstamp"]))

    def _page(self, where: str) -> list[dict[str, object]]:
        page = list(self.org.client().query(f"SELECT Id, LastName, SystemModstamp FROM Contact WHERE {where}"))
        self.names |= {str(row["Id"]): str(row["LastName"]) for row in page}
        return page


@dataclass
class People:
    """The org, both readers, and Salesforce's clock."""

    org: Org
    project: Project
    naive: NaivePeople
    now: datetime = NOW
    runs: int = 0

    def read(self) -> None:
        """Both read."""
        self.naive.read(self.now)
        self.extract()

    def extract(self) -> None:
        self.runs += 1
        extract(f"run{self.runs}", self.project)

    def wait(self, duration: timedelta) -> None:
        self.now += duration
        self.org.set_clock(self.now)

    def put(self, *contacts: dict[str, object]) -> None:
        self.org.put(Account=[ACCOUNT], Contact=list(contacts), Lead=[lead(1)])

    @property
    def truth(self) -> dict[str, str]:
        """The live Contacts: Id to last name."""
        return {row["Id"]: row["LastName"] for row in self.org.records("Contact") if not row["IsDeleted"]}

    @property
    def ours(self) -> dict[str, str]:
        rows = self.project.warehouse.read(PEOPLE).to_pylist()
        return {row["id"]: row["LastName"] for row in rows if row["object"] == "Contact" and not row["is_deleted"]}

    def assert_only_the_naive_reader_is_wrong(self) -> None:
        assert self.naive.names != self.truth
        assert self.ours == self.truth


@pytest.fixture
def people(tmp_path, org) -> People:
    return People(org, make_project(tmp_path, bulk_above=1_000_000), NaivePeople(org))


def test_g10_people_with_equal_stamps_lie_on_several_pages(people: People) -> None:
    people.put(*map(contact, range(MANY_PEOPLE)))
    people.naive.page = 1_000
    people.naive.read_by_stamps()
    people.extract()
    assert len(people.naive.names) == 1_000
    people.assert_only_the_naive_reader_is_wrong()


def test_g10_a_person_is_committed_after_a_reading_with_an_earlier_stamp(people: People) -> None:
    people.put(contact(1))
    people.read()
    people.put(contact(1), contact(2, SystemModstamp=NOW - 5 * MINUTE))
    people.wait(HOUR)
    people.read()
    people.assert_only_the_naive_reader_is_wrong()


def test_g10_people_move_up_a_place_while_pages_are_read(people: People) -> None:
    """Somebody deletes the first one between two pages."""
    people.put(*map(contact, range(MANY_PEOPLE)))
    people.naive.page = 1_000
    deletions = (
        {"method": "DELETE", "path": f"/services/data/v60.0/sobjects/Contact/{contact(number)['Id']}"}
        for number in range(2)
    )
    once = {"kind": "meanwhile", "times": 1}
    people.org.faults(once | {"path": QUERY, "first": 2, "calls": [next(deletions)]})
    people.naive.read(people.now)
    people.org.faults(once | {"path": MORE, "calls": [next(deletions)]})
    people.extract()
    assert people.org.injected() == 1
    people.wait(HOUR)
    people.read()
    assert not people.truth.keys() <= people.naive.names.keys()
    people.assert_only_the_naive_reader_is_wrong()


@pytest.mark.parametrize("ahead", [HOUR, -HOUR], ids=["scheduler ahead", "scheduler behind"])
def test_g10_the_schedulers_clock_is_off_salesforces(people: People, ahead: timedelta) -> None:
    people.naive.ahead = ahead
    people.put(contact(1), contact(2))
    people.read()
    people.wait(30 * MINUTE)
    people.org.update("Contact", contact(1)["Id"], LastName="Changed")
    people.wait(5 * MINUTE)
    people.read()
    people.assert_only_the_naive_reader_is_wrong()


@pytest.mark.parametrize("seconds", [300, -300])
def test_g10_salesforces_answers_are_off_the_clock_that_stamps_records(people: People, seconds: int) -> None:
    """The overlap covers it, and a late commit in the same minutes."""
    people.naive.ahead = timedelta(seconds=seconds)
    people.org.faults({"kind": "clock_skew", "path": "*", "seconds": seconds})
    people.put(contact(1), contact(2))
    people.read()
    people.wait(MINUTE)
    people.org.update("Contact", contact(1)["Id"], LastName="Changed")
    people.wait(MINUTE)
    people.read()
    people.assert_only_the_naive_reader_is_wrong()


def test_g10_people_are_deleted_merged_and_undeleted(people: People) -> None:
    people.put(*map(contact, range(SOME)))
    people.read()
    people.wait(HOUR)
    people.org.delete("Contact", str(contact(0)["Id"]))
    gone = {"IsDeleted": True, "SystemModstamp": people.now}
    merged = contact(1, MasterRecordId=contact(2)["Id"], **gone)
    people.put(contact(0, **gone), merged, *map(contact, range(2, SOME)))
    people.wait(HOUR)
    people.read()
    people.assert_only_the_naive_reader_is_wrong()
    people.put(contact(0, SystemModstamp=people.now), merged, *map(contact, range(2, SOME)))
    people.wait(HOUR)
    people.read()
    people.assert_only_the_naive_reader_is_wrong()


@pytest.fixture
def scored(org: Org, tmp_path) -> Project:
    """A contact whose formula field changed from 100 to 10, which a reading of changes did not see."""
    fields = "fields:\n  SCORE: {contact: Customer_Score__c}\n"
    audience = f"audience: Newsletter\npolicy: legacy_parity\nconsent: none\n{fields}"
    configuration = load_configuration(write_configuration(tmp_path / "config", audience, "time_zone: Europe/Paris\n"))
    project = Project(configuration, Storage(str(tmp_path / "root")))
    org.put(Account=[ACCOUNT | {"Type": "Customer"}], Contact=[contact(1)], Lead=[lead(1)])
    extract("first", project)
    org.set_clock(NOW + HOUR)
    org.update("Account", ACCOUNT["Id"], Type="Prospect")
    org.set_clock(NOW + 2 * HOUR)
    extract("second", project)
    assert score_of(project) == 100
    return project


def score_of(project: Project) -> float:
    (found,) = (row for row in project.warehouse.read(PEOPLE).to_pylist() if row["object"] == "Contact")
    return float(found["Customer_Score__c"])


def test_g10_a_formula_field_changes_without_a_stamp(scored: Project) -> None:
    """Only the full comparison sees it."""
    assert reconcile_people("full", scored)["Contact"] == {"rows": 1, "formula_changed": 1}
    assert score_of(scored) == 10
    (found,) = scored.warehouse.read(DIVERGENCES).to_pylist()
    assert (found["key"], found["cause"], found["fields"]) == (
        contact(1)["Id"], "formula_changed", ["Customer_Score__c"],
    )  # fmt: skip


def test_g04_a_full_comparison_killed_before_any_of_its_writes_names_the_same(scored: Project) -> None:
    killed_before: list[str] = []
    for survives in range(20):
        try:
            reconcile_people("full", KillingProject.of(scored, survives))
        except Killed as killed:
            killed_before.append(str(killed))
        else:
            break
    assert {"runs", "watermarks", "divergences"} <= set(killed_before)
    (found,) = scored.warehouse.read(DIVERGENCES).to_pylist()
    assert found["cause"] == "formula_changed"
    assert {row["state"] for row in runs.find(scored, PIPELINE)} == {"success"}


# --- Mailchimp


@dataclass
class NaiveMembers:
    """Reads members in windows of the scheduler's clock, which is `ahead` of Mailchimp's."""

    sandbox: Sandbox
    ahead: timedelta = timedelta()
    page: int = 2
    since: datetime = START - timedelta(days=365)
    shown: dict[str, str] = field(default_factory=dict)

    def read(self, now: datetime) -> None:
        """Pages by offset."""
        until = now + self.ahead
        offset = 0
        window = {"since_last_changed": self.since.isoformat(), "before_last_changed": until.isoformat()}
        while page := self._page(offset=offset, **window):
            offset += len(page)
        self.since = until

    def read_by_stamps(self) -> None:
        """Pages from the last row's stamp on, until there is nothing new."""
        while page := [row for row in self._page(since_last_changed=self.since.isoformat()) if row]:
            newest = datetime.fromisoformat(str(page[-1]["last_changed"]))
            if newest == self.since:
                break
            self.since = newest

    def _page(self, **params: object) -> list[dict[str, str]]:
        order = {"sort_field": "last_changed", "sort_dir": "ASC", "count": self.page}
        answer = requests.get(
            f"{self.sandbox.mailchimp}/3.0/lists/{LIST}/members",
            params={**order, **params},
            auth=("any", API_KEY),
            timeout=20,
        )
        assert answer.ok, answer.text
        page = answer.json()["members"]
        self.shown |= {row["email_address"].split("@")[0]: row["status"] for row in page}
        return page


@dataclass
class Members:
    """The account, and both readers."""

    account: Account
    naive: NaiveMembers

    def read(self) -> None:
        """Both read."""
        self.naive.read(self.account.now)
        self.account.extract()

    @property
    def truth(self) -> dict[str, str]:
        """Name to status; who is forgotten is so."""
        (state,) = self.account.sandbox.state("mailchimp")["lists"]
        return {row["email_address"].split("@")[0]: row["status"] for row in state["members"]}

    def assert_only_the_naive_reader_is_wrong(self) -> None:
        assert self.naive.shown != self.truth
        ours = {name: status for name, status in self.account.shown().items() if status != "forgotten"}
        assert ours == self.truth


@pytest.fixture
def members(sandbox, tmp_path, monkeypatch) -> Iterator[Members]:
    for name, value in connections(sandbox).items():
        monkeypatch.setenv(name, value)
    account = Account.on(sandbox, tmp_path / "root")
    return Members(account, NaiveMembers(sandbox))


def test_g10_members_with_equal_stamps_lie_on_several_pages(members: Members) -> None:
    members.account.put(*(member(f"p{number}") for number in range(MANY_MEMBERS)))
    members.naive.page = 1_000
    members.naive.read_by_stamps()
    members.account.extract()
    assert len(members.naive.shown) == 1_000
    members.assert_only_the_naive_reader_is_wrong()


def test_g10_a_member_becomes_visible_after_a_reading_with_an_earlier_stamp(members: Members) -> None:
    members.account.put(member("ann"), member("bob"))
    members.read()
    members.account.put(member("ann", "unsubscribed", last_changed=(START - 5 * MINUTE).isoformat()), member("bob"))
    members.account.wait(hours=1)
    members.read()
    members.assert_only_the_naive_reader_is_wrong()


def test_g10_members_move_up_a_place_while_pages_are_read(members: Members) -> None:
    """Somebody archives the first one between two pages."""
    members.account.put(*(member(f"p{number:04}") for number in range(MANY_MEMBERS)))
    members.naive.page = 1_000
    first = [row["id"] for row in members.account.sandbox.state("mailchimp")["lists"][0]["members"]][:2]
    for reader, hash_ in ((lambda: members.naive.read(START), first[0]), (members.account.extract, first[1])):
        archive = {"method": "DELETE", "path": f"/3.0/lists/{LIST}/members/{hash_}"}
        rule = {"kind": "meanwhile", "path": MEMBERS_PATH, "method": "GET", "first": 2, "times": 1, "calls": [archive]}
        members.account.sandbox.faults("mailchimp", rule)
        reader()
    members.account.sandbox.faults("mailchimp")
    members.account.wait(hours=1)
    members.read()
    assert not members.truth.keys() <= members.naive.shown.keys()
    members.assert_only_the_naive_reader_is_wrong()


@pytest.mark.parametrize("ahead", [HOUR, -HOUR], ids=["scheduler ahead", "scheduler behind"])
def test_g10_the_schedulers_clock_is_off_mailchimps(members: Members, ahead: timedelta) -> None:
    members.naive.ahead = ahead
    members.account.put(member("ann"), member("bob"))
    members.read()
    members.account.wait(minutes=30)
    members.account.call("PATCH", f"/members/{member('ann')['id']}", {"status": "unsubscribed"})
    members.account.wait(minutes=5)
    members.read()
    members.assert_only_the_naive_reader_is_wrong()


@pytest.mark.parametrize("seconds", [300, -300])
def test_g10_mailchimps_answers_are_off_the_clock_that_stamps_members(members: Members, seconds: int) -> None:
    members.naive.ahead = timedelta(seconds=seconds)
    members.account.sandbox.faults("mailchimp", {"kind": "clock_skew", "path": "*", "seconds": seconds})
    members.account.put(member("ann"), member("bob"))
    members.read()
    members.account.wait(minutes=1)
    members.account.call("PATCH", f"/members/{member('ann')['id']}", {"status": "unsubscribed"})
    members.account.wait(minutes=1)
    members.read()
    members.assert_only_the_naive_reader_is_wrong()


def test_g10_members_are_archived_and_forgotten(members: Members) -> None:
    members.account.put(*map(member, ("ann", "bob", "cid")))
    members.read()
    members.account.wait(hours=1)
    members.account.call("DELETE", f"/members/{member('ann')['id']}")
    members.account.call("POST", f"/members/{member('bob')['id']}/actions/delete-permanent")
    members.account.wait(hours=1)
    members.read()
    assert members.truth == {"ann": "archived", "cid": "subscribed"}
    members.assert_only_the_naive_reader_is_wrong()
