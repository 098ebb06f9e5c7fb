"""What both servers have in common: faults, latency, clock, switches, call counts, and who is turned away."""

import gzip
import json
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

from include.sandbox.mailchimp.credentials import API_KEY
from tests.contract.mailchimp.account_state import ANN, LIST, account_state, member_id
from tests.sandbox_fixture import Sandbox

MEMBER = "/3.0/lists/{list_id}/members/{subscriber_hash}"
PATH = f"/3.0/lists/{LIST}/members/{member_id(ANN)}"


def call(server: Sandbox, method: str = "GET", path: str = PATH, **more: Any) -> requests.Response:
    return requests.request(method, server.mailchimp + path, auth=("x", API_KEY), timeout=10, **more)


def rename(server: Sandbox) -> requests.Response:
    return call(server, "PATCH", json={"merge_fields": {"FNAME": "New"}})


def first_name(server: Sandbox) -> str:
    return call(server).json()["merge_fields"]["FNAME"]


@pytest.mark.parametrize(("when", "name"), [("before", "Ann"), ("after", "New")])
def test_a_reset_connection_comes_before_or_after_the_effect(server: Sandbox, when: str, name: str) -> None:
    server.faults("mailchimp", {"kind": "reset", "method": "PATCH", "when": when})
    # Where the RST arrives while the body is still being sent, urllib3 goes on to read, and sees the end instead.
    with pytest.raises(requests.ConnectionError, match=r"reset|closed connection without response"):
        rename(server)
    assert first_name(server) == name


@pytest.mark.parametrize(("when", "name"), [("before", "Ann"), ("after", "New")])
def test_a_status_comes_before_or_after_the_effect(server: Sandbox, when: str, name: str) -> None:
    rule = {"kind": "status", "status": 429, "method": "PATCH", "when": when, "headers": {"Retry-After": "7"}}
    server.faults("mailchimp", rule)
    answer = rename(server)
    assert (answer.status_code, answer.headers["Retry-After"], answer.content) == (429, "7", b"")
    assert first_name(server) == name


def test_a_status_can_have_a_body_and_a_content_type(server: Sandbox) -> None:
    body = json.dumps({"title": "Too Many Requests"})
    rule = {"kind": "status", "status": 429, "body": body, "content_type": "application/problem+json"}
    server.faults("mailchimp", rule)
    answer = call(server)
    assert (answer.json()["title"], answer.headers["Content-Type"]) == ("Too Many Requests", "application/problem+json")


@pytest.mark.parametrize(
    ("status", "headers"), [(429, {}), (429, {"Retry-After": "7"}), (500, {}), (403, {}), (503, {"Retry-After": "1"})]
)
def test_a_status_comes_without_a_body_and_with_the_headers_that_are_set_only(
    server: Sandbox, status: int, headers: dict[str, str]
) -> None:
    server.faults("mailchimp", {"kind": "status", "status": status, "headers": headers})
    answer = call(server)
    assert (answer.status_code, answer.content) == (status, b"")
    own = {name: value for name, value in answer.headers.items() if name not in {"date", "content-length"}}
    assert own == {name.lower(): value for name, value in headers.items()}


def test_a_gateway_answers_html(server: Sandbox) -> None:
    server.faults("mailchimp", {"kind": "html_502"})
    answer = call(server)
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
    assert "<h" in answer.text


def test_a_body_can_be_cut_with_either_length(server: Sandbox) -> None:
    server.faults("mailchimp", {"kind": "truncate", "times": 1})
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        call(server)
    server.faults("mailchimp", {"kind": "truncate", "length": "matching", "times": 1})
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        call(server).json()


def test_an_archive_can_be_cut(server: Sandbox) -> None:
    server.switches("mailchimp", batch_seconds=0.0)
    operation = {"method": "GET", "path": PATH.removeprefix("/3.0"), "operation_id": "1"}
    batch = call(server, "POST", "/3.0/batches", json={"operations": [operation]}).json()
    url = call(server, path=f"/3.0/batches/{batch['id']}").json()["response_body_url"]
    path = "/batch-results/{batch_id}-response.tar.gz"
    server.faults("mailchimp", {"kind": "truncate", "length": "matching", "path": path, "keep": 0.6})
    content = requests.get(url, timeout=10).content
    with pytest.raises(EOFError):
        gzip.decompress(content)


def test_a_compressed_answer_can_be_cut(server: Sandbox) -> None:
    server.faults("mailchimp", {"kind": "truncate", "gzip": True, "length": "matching", "times": 1})
    answer = call(server, stream=True)
    assert answer.headers["Content-Encoding"] == "gzip"
    with pytest.raises(EOFError):
        gzip.decompress(answer.raw.read(decode_content=False))


def test_somebody_elses_write_shifts_the_pages(server: Sandbox) -> None:
    def page(offset: int) -> tuple[list[str], int]:
        found = call(server, path=f"/3.0/lists/{LIST}/members?count=2&offset={offset}").json()
        return [member["email_address"] for member in found["members"]], found["total_items"]

    before = [page(0), page(2)]
    rule = {"kind": "meanwhile", "path": "/3.0/lists/{list_id}/members", "first": 2, "times": 1}
    server.faults("mailchimp", rule | {"calls": [{"method": "DELETE", "path": PATH}]})
    server.reset_calls()
    after = [page(0), page(2)]
    assert after[0] == before[0]
    assert after[1][0][0] == before[1][0][1]  # one was passed over
    assert after[1][1] == before[1][1] - 1
    assert server.calls("mailchimp")["count"] == 2


def test_a_write_meanwhile_that_is_refused_is_told(server: Sandbox) -> None:
    server.faults("mailchimp", {"kind": "meanwhile", "calls": [{"method": "DELETE", "path": PATH + "0"}]})
    answer = call(server)
    assert (answer.status_code, "was refused: 404" in answer.text) == (500, True)


def test_the_date_of_an_answer_can_be_off_the_stamps(server: Sandbox) -> None:
    server.set_clock("2027-03-01T00:00:00+00:00", frozen=True)
    server.faults("mailchimp", {"kind": "clock_skew", "seconds": -600})
    answer = rename(server)
    assert parsedate_to_datetime(answer.headers["Date"]).isoformat() == "2027-02-28T23:50:00+00:00"
    assert answer.json()["last_changed"] == "2027-03-01T00:00:00+00:00"


def test_equal_states_have_equal_digests(server: Sandbox) -> None:
    def digest() -> str:
        return server.control("mailchimp", "GET", "digest").json()["sha256"]

    first = digest()
    rename(server)
    assert digest() != first
    server.put_state(mailchimp=account_state())
    assert digest() == first


def test_a_whole_state_is_exported_and_put_back(server: Sandbox) -> None:
    before = server.state("mailchimp")
    rename(server)
    changed = server.state("mailchimp")
    assert changed != before
    server.put_state(mailchimp=before)
    assert (server.state("mailchimp"), first_name(server)) == (before, "Ann")


def test_json_can_be_malformed_and_content_types_wrong(server: Sandbox) -> None:
    server.faults("mailchimp", {"kind": "malformed", "times": 1})
    with pytest.raises(ValueError, match=r"char \d+"):
        call(server).json()
    server.faults("mailchimp", {"kind": "content_type"})
    answer = call(server)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.json()["email_address"] == ANN


@pytest.mark.parametrize("fault", [{"kind": "delay"}, {"kind": "delay", "p99": 0.3001}, {"kind": "drip"}])
def test_an_answer_can_be_slow(server: Sandbox, fault: dict[str, Any]) -> None:
    server.faults("mailchimp", fault | {"seconds": 0.3})
    began = time.monotonic()
    assert call(server).json()["email_address"] == ANN
    assert time.monotonic() - began >= 0.25


def test_a_connection_can_hang_after_the_effect(server: Sandbox) -> None:
    server.faults("mailchimp", {"kind": "hang", "seconds": 0.2, "method": "PATCH"})
    with pytest.raises(requests.ConnectionError):
        rename(server)
    assert first_name(server) == "New"


def test_a_call_can_be_delivered_twice(server: Sandbox) -> None:
    server.faults("mailchimp", {"kind": "twice", "method": "POST"})
    body = {"email_address": "new@mail.example", "status": "subscribed"}
    answer = call(server, "POST", f"/3.0/lists/{LIST}/members", json=body)
    assert answer.json()["title"] == "Member Exists"  # the second delivery finds the first one's member


def test_a_delivery_that_is_repeated_takes_effect_twice(server: Sandbox) -> None:
    server.faults("mailchimp", {"kind": "twice", "method": "POST", "times": 1})
    call(server, "POST", "/3.0/batches", json={"operations": [{"method": "GET", "path": "/ping"}]})
    assert call(server, path="/3.0/batches").json()["total_items"] == 2


def test_rules_hit_the_calls_they_say(server: Sandbox) -> None:
    rule = {"kind": "status", "status": 500, "method": "GET", "path": MEMBER, "first": 2, "every": 3, "times": 2}
    server.faults("mailchimp", rule)
    assert call(server, path="/3.0/ping").status_code == 200
    assert [call(server).status_code for _ in range(10)] == [200, 500, 200, 200, 500, 200, 200, 200, 200, 200]
    report = server.control("mailchimp", "GET", "faults").json()
    assert (report[0]["matched"], report[0]["injected"]) == (10, 2)


def test_a_share_of_calls_is_hit_the_same_each_time(server: Sandbox) -> None:
    def run() -> list[int]:
        server.faults("mailchimp", {"kind": "status", "status": 503, "share": 0.5, "seed": 4})
        return [call(server).status_code for _ in range(20)]

    first = run()
    assert set(first) == {200, 503}
    assert run() == first


@pytest.mark.parametrize(
    ("control", "body"),
    [
        ("faults", [{"kind": "nope"}]),
        ("faults", [{"kind": "status"}]),
        ("faults", [{"kind": "delay", "seconds": 2, "p99": 1}]),
        ("latency", {"seconds": -1}),
        ("latency", {"seconds": 2, "p99": 1}),
        ("clock", {"now": "2026-01-01T00:00:00"}),
        ("switches", {"nope": True}),
        ("switches", {"batch_never_finishes": "yes"}),
    ],
)
def test_a_wrong_setting_is_refused_with_its_reason(server: Sandbox, control: str, body: Any) -> None:
    with pytest.raises(ValueError, match="422"):
        server.control("mailchimp", "PUT", control, json=body)


def test_latency_holds_every_call_back_and_can_have_a_tail(server: Sandbox) -> None:
    server.control("mailchimp", "PUT", "latency", json={"seconds": 0.1})
    began = time.monotonic()
    call(server)
    assert time.monotonic() - began >= 0.1
    server.control("mailchimp", "PUT", "latency", json={"seconds": 0.001, "p99": 0.002})
    assert call(server).status_code == 200


def test_the_clock_is_in_every_date_and_can_stand_still(server: Sandbox) -> None:
    server.set_clock("2027-03-01T00:00:00+00:00", frozen=True)
    answer = rename(server)
    assert parsedate_to_datetime(answer.headers["Date"]).isoformat() == "2027-03-01T00:00:00+00:00"
    assert answer.json()["last_changed"] == "2027-03-01T00:00:00+00:00"


def test_calls_are_counted_by_template_and_kind(server: Sandbox) -> None:
    server.reset_calls()
    call(server)
    call(server, path=f"/3.0/lists/{LIST}/members/nobody")
    rename(server)
    report = server.calls("mailchimp")
    assert (report["count"], report["writes"], report["errors"]) == (3, 1, 1)
    assert {(row["method"], row["path"], row["count"], row["write"]) for row in report["calls"]} == {
        ("GET", MEMBER, 2, False),
        ("PATCH", MEMBER, 1, True),
    }


def test_a_call_that_its_client_gave_up_keeps_its_connection_and_takes_effect(server: Sandbox) -> None:
    server.switches("mailchimp", max_connections=1)
    server.faults("mailchimp", {"kind": "delay", "seconds": 1.0, "method": "PATCH"})
    with pytest.raises(requests.ReadTimeout):
        requests.patch(
            server.mailchimp + PATH, json={"merge_fields": {"FNAME": "New"}}, auth=("x", API_KEY), timeout=0.2
        )
    assert call(server).status_code == 429
    while call(server).status_code == 429:
        time.sleep(0.05)
    assert first_name(server) == "New"


@pytest.mark.parametrize(
    ("answer", "status", "has_body"),
    [("problem", 429, True), ("bodyless_429", 429, False), ("bodyless_403", 403, False)],
)
def test_an_eleventh_connection_is_turned_away(server: Sandbox, answer: str, status: int, has_body: bool) -> None:
    server.switches("mailchimp", over_limit_answer=answer)
    server.control("mailchimp", "PUT", "latency", json={"seconds": 0.4})
    server.reset_calls()
    with ThreadPoolExecutor(11) as pool:
        answers = list(pool.map(lambda _: call(server), range(11)))
    assert sorted(one.status_code for one in answers) == [200] * 10 + [status]
    refused = next(one for one in answers if one.status_code == status)
    assert bool(refused.content) == has_body
    assert server.calls("mailchimp")["peak_concurrency"] == 11
