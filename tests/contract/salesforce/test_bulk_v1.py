"""Bulk API 1.0 over HTTP, in its three formats."""

from __future__ import annotations

import json
import time
from xml.etree import ElementTree as ET

import pytest
import requests

from include.sandbox.salesforce import credentials
from tests.contract.salesforce.conftest import Served

JOB = f"{credentials.INSTANCE_URL}/services/async/59.0/job"
NAMESPACE = "{http://www.force.com/2009/06/asyncapi/dataload}"
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
LONGEST_BATCH = 20.0
JSON, CSV, XML = ({"Content-Type": one} for one in ("application/json", "text/csv", "application/xml"))


@pytest.fixture
def bulk(org: Served) -> requests.Session:
    """A session that shows its session id as Bulk API 1.0 wants it."""
    org.controls.set_switches({"bulk_job_seconds": 0.02})
    session = org.rest()
    session.headers["X-SFDC-Session"] = session.headers.pop("Authorization").removeprefix("Bearer ")
    return session


def job(bulk: requests.Session, operation: str, name: str, content_type: str, **more: object) -> str:
    asked = {"operation": operation, "object": name, "contentType": content_type, **more}
    made = bulk.post(JOB, json.dumps(asked), headers=JSON)
    assert (made.status_code, made.json()["state"], made.json()["apiVersion"]) == (201, "Open", 59.0), made.text
    return f"{JOB}/{made.json()['id']}"


def told(answer: requests.Response, name: str) -> str:
    """A value of an answer; it is in JSON where the call was, else in XML."""
    if "json" in answer.headers["Content-Type"]:
        return answer.json()[name]
    return ET.fromstring(answer.text).findtext(f"{NAMESPACE}{name}")


def run(bulk: requests.Session, address: str, body: str, content: dict[str, str]) -> tuple[str, dict]:
    """Adds a batch and waits for its end."""
    made = bulk.post(f"{address}/batch", body.encode(), headers=content)
    assert (made.status_code, told(made, "state")) == (201, "Queued"), made.text
    batch = f"{address}/batch/{told(made, 'id')}"
    until = time.monotonic() + LONGEST_BATCH
    while time.monotonic() < until:
        info = bulk.get(batch, headers=JSON).json()
        if info["state"] not in {"Queued", "InProgress"}:
            return batch, info
        time.sleep(0.01)
    raise AssertionError(info)


def state(org: Served, name: str) -> dict[str, dict]:
    query = f"SELECT Id, LastName FROM {name}"
    answer = org.rest().get(f"{credentials.INSTANCE_URL}/services/data/v59.0/query", params={"q": query})
    return {one["LastName"]: one for one in answer.json()["records"]}


def test_json_tells_each_record_in_order(org: Served, bulk: requests.Session) -> None:
    address = job(bulk, "insert", "Lead", "JSON", concurrencyMode=0)
    rows = [{"LastName": "One", "Company": "A"}, {"LastName": "Two"}, {"LastName": "Three", "Company": "C"}]
    batch, info = run(bulk, address, json.dumps(rows), JSON)
    assert (info["state"], info["numberRecordsProcessed"], info["numberRecordsFailed"]) == ("Completed", 3, 1)
    one, two, three = bulk.get(f"{batch}/result", headers=JSON).json()
    known = state(org, "Lead")
    assert [one["id"], three["id"]] == [known["One"]["Id"], known["Three"]["Id"]]
    assert (one["success"], one["created"], one["errors"]) == (True, True, [])
    assert (two["success"], two["created"], two["id"]) == (False, False, None)
    assert (two["errors"][0]["statusCode"], two["errors"][0]["fields"]) == ("REQUIRED_FIELD_MISSING", ["Company"])
    assert bulk.get(f"{batch}/request", headers=JSON).json() == rows


def test_csv_leaves_empty_cells_and_empties_by_a_mark(org: Served, bulk: requests.Session) -> None:
    org.store.load([("Contact", [{"LastName": "Kept", "Email": "kept@sandbox.example", "Phone": "1"}])])
    record_id = state_contact(org)["Id"]
    batch, info = run(bulk, job(bulk, "update", "Contact", "CSV"), f"Id,LastName,Email\n{record_id},,#N/A\n", CSV)
    assert info["state"] == "Completed"
    expected = f'"Id","Success","Created","Error"\n"{record_id}","true","false",""\n'
    assert bulk.get(f"{batch}/result").text == expected
    assert (state_contact(org)["LastName"], state_contact(org)["Email"]) == ("Kept", None)


def state_contact(org: Served) -> dict:
    query = {"q": "SELECT Id, LastName, Email FROM Contact"}
    (found,) = org.rest().get(f"{credentials.INSTANCE_URL}/services/data/v59.0/query", params=query).json()["records"]
    return found


def test_xml_is_the_default_and_upserts_with_a_lookup(org: Served, bulk: requests.Session) -> None:
    asked = (
        f'<jobInfo xmlns="{NAMESPACE[1:-1]}"><operation>upsert</operation><object>MC_Audience__c</object>'
        "<externalIdFieldName>List_Id__c</externalIdFieldName></jobInfo>"
    )
    made = bulk.post(JOB, asked, headers=XML)
    assert (made.status_code, made.headers["Content-Type"]) == (201, "application/xml")
    shown = {one.tag.removeprefix(NAMESPACE): one.text for one in ET.fromstring(made.content)}
    assert (shown["contentType"], shown["concurrencyMode"], shown["createdDate"][-1]) == ("XML", "Parallel", "Z")
    rows = "".join(f"<sObject><Name>{n}</Name><List_Id__c>{n}</List_Id__c></sObject>" for n in ("a1", "a2"))
    address = f"{JOB}/{shown['id']}"
    batch, _ = run(bulk, address, f'<sObjects xmlns="{NAMESPACE[1:-1]}" {XSI}>{rows}</sObjects>', XML)
    results = ET.fromstring(bulk.get(f"{batch}/result").content)
    assert [one.findtext(f"{NAMESPACE}created") for one in results] == ["true", "true"]
    again, _ = run(bulk, address, f'<sObjects xmlns="{NAMESPACE[1:-1]}">{rows}</sObjects>', XML)
    results = ET.fromstring(bulk.get(f"{again}/result").content)
    assert [one.findtext(f"{NAMESPACE}created") for one in results] == ["false", "false"]
    job_now = ET.fromstring(bulk.get(address).content)
    assert job_now.findtext(f"{NAMESPACE}numberBatchesCompleted") == "2"


def test_an_unknown_field_fails_the_whole_batch(bulk: requests.Session) -> None:
    batch, info = run(bulk, job(bulk, "insert", "Lead", "JSON"), json.dumps([{"LastName": "X", "Nope": 1}]), JSON)
    assert (info["state"], info["stateMessage"]) == ("Failed", "InvalidBatch : Field name not found : Nope")
    refused = bulk.get(f"{batch}/result", headers=JSON)
    assert (refused.status_code, refused.json()["exceptionCode"]) == (400, "InvalidBatch")


def test_a_closed_job_takes_no_more_and_an_aborted_one_leaves_batches_out(org: Served, bulk: requests.Session) -> None:
    address = job(bulk, "insert", "Lead", "JSON")
    closed = bulk.post(address, json.dumps({"state": "Closed"}), headers=JSON)
    assert closed.json()["state"] == "Closed"
    late = bulk.post(f"{address}/batch", "[]", headers=JSON)
    assert (late.status_code, late.json()["exceptionCode"]) == (400, "InvalidJobState")

    org.controls.set_switches({"bulk_job_seconds": 0.5})
    address = job(bulk, "insert", "Lead", "JSON")
    rows = json.dumps([{"LastName": "L", "Company": "C"}])
    for _ in range(4):  # two are worked on, two wait
        bulk.post(f"{address}/batch", rows, headers=JSON)
    assert bulk.post(address, json.dumps({"state": "Aborted"}), headers=JSON).json()["state"] == "Aborted"
    states = [one["state"] for one in bulk.get(f"{address}/batch", headers=JSON).json()["batchInfo"]]
    assert states[-2:] == ["Not Processed", "Not Processed"]
    time.sleep(0.6)  # the two under way end while the org is still there


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"operation": "query", "object": "Lead", "contentType": "JSON"}, "InvalidJob"),
        ({"operation": "insert", "object": "Nothing", "contentType": "JSON"}, "InvalidJob"),
        ({"operation": "insert", "object": "Lead", "contentType": "ZIP_CSV"}, "InvalidJob"),
        (
            {"operation": "upsert", "object": "Lead", "externalIdFieldName": "Company", "contentType": "JSON"},
            "InvalidJob",
        ),
    ],
)
def test_a_wrong_job_is_refused(bulk: requests.Session, asked: dict[str, str], code: str) -> None:
    refused = bulk.post(JOB, json.dumps(asked), headers=JSON)
    assert (refused.status_code, refused.json()["exceptionCode"]) == (400, code)


def test_a_batch_of_another_format_or_job_is_refused(bulk: requests.Session) -> None:
    address = job(bulk, "insert", "Lead", "CSV")
    assert bulk.post(f"{address}/batch", "[]", headers=JSON).json()["exceptionCode"] == "InvalidBatch"
    batch, _ = run(bulk, address, "LastName,Company\nA,B\n", CSV)
    other = job(bulk, "insert", "Lead", "CSV")
    assert bulk.get(batch.replace(address, other), headers=JSON).json()["exceptionCode"] == "InvalidBatch"


def test_a_bad_session_is_refused_in_the_vendors_form(bulk: requests.Session) -> None:
    bulk.headers["X-SFDC-Session"] = "00D!bad"
    refused = bulk.get(f"{JOB}/750000000000001")
    assert refused.status_code == 400
    assert ET.fromstring(refused.content).findtext(f"{NAMESPACE}exceptionCode") == "InvalidSessionId"
