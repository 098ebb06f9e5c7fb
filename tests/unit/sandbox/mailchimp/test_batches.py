"""Operations that are carried out later."""

import io
import json
import tarfile
import time
from datetime import timedelta
from typing import Any

import pytest

from tests.contract.mailchimp.account_state import ANN, BOB, FAY, LIST, member, member_id
from tests.unit.sandbox.mailchimp.conftest import Api


@pytest.fixture(autouse=True)
def at_once(api: Api) -> None:
    api.controls.set_switches({"batch_seconds": 0.0})


def patch(email: str, **body: Any) -> dict[str, Any]:
    path = f"/lists/{LIST}/members/{member_id(email)}"
    return {"method": "PATCH", "path": path, "operation_id": email, "body": json.dumps(body)}


def start(api: Api, *operations: dict[str, Any]) -> dict[str, Any]:
    started = api("POST", "/batches", {"operations": list(operations)}).json()
    return api("GET", f"/batches/{started['id']}").json()


def results(api: Api, batch: dict[str, Any]) -> list[dict[str, Any]]:
    content = fetch(api, batch["response_body_url"]).content
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        return [row for entry in archive if entry.isfile() for row in json.load(archive.extractfile(entry))]


def fetch(api: Api, url: str) -> Any:
    return api.request("GET", url, key=False)


def files(api: Api, batch: dict[str, Any]) -> list[int]:
    """How many results each file of the archive holds."""
    content = fetch(api, batch["response_body_url"]).content
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        return [len(json.load(archive.extractfile(entry))) for entry in archive if entry.isfile()]


def test_how_many_results_a_file_holds_is_a_switch(api: Api) -> None:
    batch = start(api, *[patch(email, vip=True) for email in (ANN, BOB, FAY)])
    assert files(api, batch) == [1, 1, 1]
    api.controls.set_switches({"batch_results_per_file": 2})
    assert files(api, batch) == [2, 1]


def tag(name: str) -> dict[str, Any]:
    body = json.dumps({"tags": [{"name": name, "status": "active"}]})
    path = f"/lists/{LIST}/members/{member_id(ANN)}/tags"
    return {"method": "POST", "path": path, "operation_id": name, "body": body}


def test_whether_an_answer_without_a_body_counts_as_an_error_is_a_switch(api: Api) -> None:
    batch = start(api, tag("One"), patch(ANN, vip=True), patch("nobody@mail.example", vip=True))
    assert batch["errored_operations"] == 2
    api.controls.set_switches({"batch_seconds": 0.0, "batch_errors_are_not_200": False})
    batch = start(api, tag("Two"), patch(ANN, vip=False), patch("nobody@mail.example", vip=True))
    assert batch["errored_operations"] == 1
    assert {result["status_code"] for result in results(api, batch)} == {204, 200, 404}


@pytest.mark.parametrize(
    ("switch", "where"),
    [
        ("batch_params_of_writes", {"params": {"skip_merge_validation": True}}),
        ("batch_paths_take_queries", {"path": f"/lists/{LIST}/members/{member_id(ANN)}?skip_merge_validation=true"}),
    ],
)
def test_whether_a_write_in_a_batch_has_parameters_is_a_switch(api: Api, switch: str, where: dict[str, Any]) -> None:
    operation = patch(ANN, merge_fields={"TIER": "Platinum"}) | where
    assert start(api, operation)["errored_operations"] == 1
    api.controls.set_switches({"batch_seconds": 0.0, switch: True})
    assert start(api, operation)["errored_operations"] == 0
    assert api.member(ANN)["merge_fields"]["TIER"] == "Platinum"


def test_a_finished_batch_can_hold_failed_operations(api: Api) -> None:
    batch = start(api, patch(ANN, merge_fields={"FNAME": "A"}), patch(FAY, merge_fields={"SPEND": "much"}))
    assert (batch["status"], batch["finished_operations"], batch["errored_operations"]) == ("finished", 2, 1)
    assert api.member(ANN)["merge_fields"]["FNAME"] == "A"


def test_results_do_not_come_in_the_order_of_the_operations(api: Api) -> None:
    emails = [f"m{number}@mail.example" for number in range(30)]
    batch = start(api, *[patch(email, vip=True) for email in emails])
    order = [result["operation_id"] for result in results(api, batch)]
    assert sorted(order) == sorted(emails)
    assert order != emails


def test_results_expire_after_ten_minutes_and_a_new_address_is_given(api: Api) -> None:
    began = api.controls.now()
    api.controls.clock.set(began, frozen=True)
    batch = start(api, patch(ANN, vip=True))
    api.controls.clock.set(began + timedelta(minutes=9, seconds=59), frozen=True)
    assert fetch(api, batch["response_body_url"]).status_code == 200
    api.controls.clock.set(began + timedelta(minutes=10, seconds=1), frozen=True)
    expired = fetch(api, batch["response_body_url"])
    assert (expired.status_code, "expired" in expired.text) == (403, True)
    again = api("GET", f"/batches/{batch['id']}").json()["response_body_url"]
    assert fetch(api, again).status_code == 200


def test_the_address_takes_no_credentials_and_no_forged_signature(api: Api) -> None:
    url = start(api, patch(ANN, vip=True))["response_body_url"]
    assert api.request("GET", url).status_code == 400
    assert fetch(api, url[:-1] + ("0" if url[-1] != "0" else "1")).status_code == 403
    assert fetch(api, url).status_code == 200
    api.controls.set_switches({"batch_results_refuse_credentials": False})
    assert api.request("GET", url).status_code == 200


def test_a_batch_can_hang_and_its_results_can_be_lost(api: Api) -> None:
    api.controls.set_switches({"batch_seconds": 0.0, "batch_never_finishes": True})
    batch = start(api, patch(ANN, merge_fields={"FNAME": "A"}))
    assert (batch["status"], api.member(ANN)["merge_fields"]["FNAME"]) == ("finalizing", "Ann")
    api.controls.set_switches({"batch_seconds": 0.0, "batch_results_gone": True})
    done = api("GET", f"/batches/{batch['id']}").json()
    assert done["status"] == "finished"
    assert fetch(api, done["response_body_url"]).status_code == 404


def when(api: Api, batch: dict[str, Any], passed: float) -> dict[str, Any]:
    """The batch when this share of its time, 1000 s, has passed."""
    sql = "UPDATE batches SET due = ? WHERE id = ?"
    api.store.database.execute(sql, (time.time() + 1000 * (1 - passed), batch["id"]))
    return api("GET", f"/batches/{batch['id']}").json()


PASSED = {"pending": 0.1, "preprocessing": 0.3, "started": 0.6, "finalizing": 0.8, "finished": 1.1}


def test_a_batch_passes_through_its_states(api: Api) -> None:
    api.controls.set_switches({"batch_seconds": 1000.0})
    batch = start(api, patch(ANN, merge_fields={"FNAME": "A"}))
    shown = [when(api, batch, passed) for passed in PASSED.values()]
    assert [one["status"] for one in shown] == list(PASSED)
    assert [one["total_operations"] for one in shown] == [0, 0, 1, 1, 1]
    assert [one["finished_operations"] for one in shown] == [0, 0, 0, 0, 1]
    assert [bool(one["response_body_url"]) for one in shown] == [False] * 4 + [True]


def test_whether_operations_take_effect_at_once_is_a_switch(api: Api) -> None:
    api.controls.set_switches({"batch_seconds": 1000.0, "batch_operations_at_once": False})
    emails = [f"m{number}@mail.example" for number in range(4)]
    for email in emails:
        api.add(email)
    batch = start(api, *[patch(email, vip=True) for email in emails], patch("nobody@mail.example", vip=True))
    done = []
    for passed in (0.4, 0.56, 0.64, 0.8, 1.1):
        shown = when(api, batch, passed)
        done.append(shown["finished_operations"])
        changed = sum(api.member(email)["vip"] for email in emails)
        assert changed == shown["finished_operations"] - shown["errored_operations"]
    assert (done, shown["errored_operations"]) == ([0, 1, 2, 5, 5], 1)
    assert sorted(result["operation_id"] for result in results(api, shown)) == [*emails, "nobody@mail.example"]


def test_at_most_500_batches_are_pending(api: Api) -> None:
    api.controls.set_switches({"batch_seconds": 0.0, "batch_never_finishes": True})
    for _ in range(500):
        assert api("POST", "/batches", {"operations": [patch(ANN)]}).status_code == 200
    assert api("POST", "/batches", {"operations": [patch(ANN)]}).status_code == 429


def test_results_are_gone_after_seven_days(api: Api) -> None:
    batch = start(api, patch(ANN, vip=True))
    assert api("GET", "/batches").json()["total_items"] == 1
    api.controls.clock.set(api.controls.now() + timedelta(days=7, seconds=1))
    assert api("GET", f"/batches/{batch['id']}").status_code == 404
    assert api("GET", "/batches").json()["total_items"] == 0


@pytest.mark.parametrize(("all_pages", "answers", "members"), [(True, 3, 2500), (False, 1, 10)])
def test_reading_operations_without_count_read_all_pages(api: Api, all_pages: bool, answers: int, members: int) -> None:
    api.load({"lists": [{"id": LIST, "members": [member(f"m{number}@mail.example") for number in range(2500)]}]})
    api.controls.set_switches({"batch_seconds": 0.0, "batch_gets_read_all_pages": all_pages})
    operation = {"method": "GET", "path": f"/lists/{LIST}/members", "params": {"fields": "members.id,total_items"}}
    batch = start(api, operation | {"operation_id": "read"})
    pages = [json.loads(result["response"])["members"] for result in results(api, batch)]
    assert (len(pages), len({row["id"] for page in pages for row in page})) == (answers, members)


def test_the_rules_hold_inside_a_batch(api: Api) -> None:
    batch = start(api, patch(BOB, status="subscribed"))
    assert batch["errored_operations"] == 1
    assert api.member(BOB)["status"] == "unsubscribed"


def test_a_body_has_to_be_a_string(api: Api) -> None:
    operation = {"method": "PATCH", "path": "/x", "body": {"vip": True}}
    assert api("POST", "/batches", {"operations": [operation]}).status_code == 400
