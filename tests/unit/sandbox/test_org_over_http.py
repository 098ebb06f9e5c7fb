"""The org over HTTP: it survives a restart, and its connections break on demand as the account's do."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from include.sandbox.salesforce import credentials
from include.sandbox.salesforce.ids import make_id
from tests.sandbox_fixture import Sandbox

ANN = make_id("003", 1)
PATH = f"/services/data/v59.0/sobjects/Contact/{ANN}"
STATE = {"Contact": [{"Id": ANN, "FirstName": "Ann", "LastName": "Ode"}]}
LOGIN = {
    "grant_type": "client_credentials",
    "client_id": credentials.CONSUMER_KEY,
    "client_secret": credentials.CONSUMER_SECRET,
}


class Org:
    """A logged-in user of one server."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        answer = requests.post(f"{sandbox.salesforce}/services/oauth2/token", LOGIN, timeout=10)
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def __call__(self, method: str = "GET", path: str = PATH, **more: Any) -> requests.Response:
        return requests.request(method, self.sandbox.salesforce + path, headers=self.headers, timeout=10, **more)

    def rename(self) -> requests.Response:
        return self("PATCH", json={"FirstName": "New"})

    def first_name(self) -> str:
        return self().json()["FirstName"]

    def fault(self, **rule: Any) -> None:
        self.sandbox.faults("salesforce", rule)


@contextmanager
def running(arguments: Sequence[str] = ("--empty",)) -> Iterator[Sandbox]:
    sandbox = Sandbox(arguments, only="salesforce")
    try:
        yield sandbox
    finally:
        sandbox.stop()


@pytest.fixture(scope="module")
def one_org() -> Iterator[Sandbox]:
    with running() as sandbox:
        yield sandbox


@pytest.fixture
def org(one_org: Sandbox) -> Org:
    one_org.reset()
    one_org.put_state(salesforce=STATE)
    return Org(one_org)


def test_a_state_folder_is_resumed_with_what_was_written(tmp_path: Path) -> None:
    def digest(sandbox: Sandbox) -> str:
        return sandbox.control("salesforce", "GET", "digest").json()["sha256"]

    arguments = ["--state", str(tmp_path / "state"), "--people", "20"]
    with running(arguments) as first:
        seeded = digest(first)
        first.put_state(salesforce=STATE)
        assert Org(first).rename().status_code == 204
        before = digest(first)
        first.process.kill()
    with running(arguments) as second:
        assert Org(second).first_name() == "New"
        assert digest(second) == before != seeded


@pytest.mark.parametrize(("when", "name"), [("before", "Ann"), ("after", "New")])
def test_a_reset_connection_comes_before_or_after_the_effect(org: Org, when: str, name: str) -> None:
    org.fault(kind="reset", method="PATCH", when=when)
    with pytest.raises(requests.ConnectionError):
        org.rename()
    assert org.first_name() == name


@pytest.mark.parametrize(("when", "name"), [("before", "Ann"), ("after", "New")])
def test_a_status_comes_before_or_after_the_effect(org: Org, when: str, name: str) -> None:
    body = '[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]'
    org.fault(kind="status", status=403, body=body, content_type="application/json", method="PATCH", when=when)
    answer = org.rename()
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert org.first_name() == name


def test_a_gateway_answers_html(org: Org) -> None:
    org.fault(kind="html_502")
    answer = org()
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "truncate"}, requests.exceptions.ChunkedEncodingError),
        ({"kind": "truncate", "length": "matching"}, ValueError),
        ({"kind": "malformed"}, ValueError),
    ],
)
def test_an_answer_can_be_broken(org: Org, fault: dict[str, Any], error: type[Exception]) -> None:
    org.fault(**fault)
    with pytest.raises(error):
        org().json()


@pytest.mark.parametrize("kind", ["delay", "drip"])
def test_an_answer_can_be_slow(org: Org, kind: str) -> None:
    org.fault(kind=kind, seconds=0.3)
    began = time.monotonic()
    assert org.first_name() == "Ann"
    assert time.monotonic() - began >= 0.25


def test_a_call_can_be_delivered_twice(org: Org) -> None:
    org.fault(kind="twice", method="DELETE")
    answer = org("DELETE")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")


def test_the_orgs_state_is_exported_replaced_and_compared(org: Org) -> None:
    """Equal states have equal digests, whatever became of them between."""
    sandbox = org.sandbox

    def digest() -> str:
        return requests.get(f"{sandbox.salesforce}/_sandbox/digest", timeout=10).json()["sha256"]

    before, exported = digest(), requests.get(f"{sandbox.salesforce}/_sandbox/state", timeout=10).content
    assert org.rename().status_code == 204
    assert digest() != before
    put = requests.put(f"{sandbox.salesforce}/_sandbox/state", exported, timeout=10)
    assert put.status_code < 300
    assert digest() == before
    assert requests.get(f"{sandbox.salesforce}/_sandbox/state", timeout=10).content == exported


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "REQUEST_LIMIT_EXCEEDED"), (401, "INVALID_SESSION_ID"), (400, "UNABLE_TO_LOCK_ROW")],
)
def test_the_orgs_own_refusals_come_on_demand(org: Org, status: int, code: str) -> None:
    body = json.dumps([{"message": "on demand", "errorCode": code}])
    rule = {"kind": "status", "status": status, "body": body, "content_type": "application/json", "times": 1}
    org.fault(method="PATCH", path="*", **rule)
    refused = org.rename()
    assert (refused.status_code, refused.json()[0]["errorCode"], org.first_name()) == (status, code, "Ann")
    assert org.rename().status_code == 204


def test_somebody_elses_write_comes_just_before_the_call(org: Org) -> None:
    theirs = {"method": "PATCH", "path": PATH, "body": {"FirstName": "Theirs"}}
    org.fault(kind="meanwhile", method="GET", times=1, calls=[theirs])
    assert org.first_name() == "Theirs"


def test_a_record_can_be_locked(org: Org) -> None:
    org.fault(kind="row_error", method="update", path="Contact", times=1)
    refused = org.rename()
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "UNABLE_TO_LOCK_ROW")
    assert org.first_name() == "Ann"
    assert org.rename().status_code == 204


def test_a_session_can_expire_between_two_calls(org: Org) -> None:
    body = '[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]'
    org.fault(kind="status", status=401, body=body, content_type="application/json", first=2, times=1)
    assert [org().status_code for _ in range(3)] == [200, 401, 200]
