"""Bulk API 2.0, step by step over HTTP and through simple-salesforce."""

from __future__ import annotations

import csv
import io
import time
from datetime import timedelta

import pytest
import requests
from simple_salesforce import Salesforce

from include.sandbox.salesforce import credentials
from tests.contract.salesforce.conftest import RULES, Served

DATA = f"{credentials.INSTANCE_URL}/services/data/v59.0"
JOBS = f"{DATA}/jobs"
LONGEST_JOB = 20.0
CSV = {"Content-Type": "text/csv"}


@pytest.fixture
def rest(org: Served) -> requests.Session:
    org.controls.set_switches({"bulk_job_seconds": 0.02})
    return org.rest()


def ended(rest: requests.Session, kind: str, job: str) -> dict:
    until = time.monotonic() + LONGEST_JOB
    while time.monotonic() < until:
        info = rest.get(f"{JOBS}/{kind}/{job}").json()
        if info["state"] in {"JobComplete", "Failed", "Aborted"}:
            return info
        time.sleep(0.01)
    raise AssertionError(info)


def query(rest: requests.Session, soql: str, operation: str = "query", **more: str) -> dict:
    made = rest.post(f"{JOBS}/query", json={"operation": operation, "query": soql, **more})
    assert (made.status_code, made.json()["state"]) == (200, "UploadComplete"), made.text
    return ended(rest, "query", made.json()["id"])


def ingest(rest: requests.Session, name: str, operation: str, body: str, **more: str) -> dict:
    made = rest.post(f"{JOBS}/ingest", json={"object": name, "operation": operation, "contentType": "CSV", **more})
    assert (made.status_code, made.json()["state"]) == (200, "Open"), made.text
    put = rest.put(f"{credentials.INSTANCE_URL}/{made.json()['contentUrl']}", body.encode(), headers=CSV)
    assert (put.status_code, put.content) == (201, b"")
    closed = rest.patch(f"{JOBS}/ingest/{made.json()['id']}", json={"state": "UploadComplete"})
    assert closed.json()["state"] == "UploadComplete"
    return ended(rest, "ingest", made.json()["id"])


def rows(rest: requests.Session, job: dict, kind: str) -> list[dict[str, str]]:
    answer = rest.get(f"{JOBS}/ingest/{job['id']}/{kind}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def test_query_result_comes_in_pages_with_a_header_on_each(org: Served, rest: requests.Session) -> None:
    org.store.load([("Contact", [{"LastName": f'N"{one}\n,é', "Annual_Spend__c": one} for one in range(25)])])
    header = ["Id", "LastName", "Annual_Spend__c", "HasOptedOutOfEmail", "CreatedDate", "Account.Name"]
    job = query(rest, f"SELECT {', '.join(header)} FROM Contact")
    assert (job["state"], job["numberRecordsProcessed"], job["jobType"]) == ("JobComplete", 25, "V2Query")

    locator, read, counts = None, [], []
    while locator != "null":
        answer = rest.get(f"{JOBS}/query/{job['id']}/results", params={"maxRecords": 10, "locator": locator})
        assert answer.headers["Content-Type"] == "text/csv"
        page = list(csv.reader(io.StringIO(answer.content.decode(), newline="")))
        assert page[0] == header
        read += page[1:]
        counts.append(int(answer.headers["Sforce-NumberOfRecords"]))
        locator = answer.headers["Sforce-Locator"]

    assert counts == [10, 10, 5]
    assert {row[1] for row in read} == {f'N"{one}\n,é' for one in range(25)}
    by_name = {row[1]: row for row in read}
    assert by_name['N"3\n,é'][2:4] == ["3.0", "false"]
    assert by_name['N"3\n,é'][4].endswith("Z")
    assert by_name['N"3\n,é'][5] == ""


def test_empty_query_result_is_a_header(rest: requests.Session) -> None:
    job = query(rest, "SELECT Id FROM Contact", columnDelimiter="PIPE", lineEnding="CRLF")
    answer = rest.get(f"{JOBS}/query/{job['id']}/results")
    assert (answer.content, answer.headers["Sforce-Locator"]) == (b'"Id"\r\n', "null")
    assert answer.headers["Sforce-NumberOfRecords"] == "0"


def test_query_all_shows_deleted_records(org: Served, rest: requests.Session) -> None:
    org.store.load([("Lead", [{"LastName": "a", "Company": "c", "IsDeleted": True}])])
    assert query(rest, "SELECT Id FROM Lead")["numberRecordsProcessed"] == 0
    for soql in ("SELECT Id FROM Lead", "SELECT Id FROM Lead ALL ROWS"):
        assert query(rest, soql, "queryAll")["numberRecordsProcessed"] == 1


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELECT MailingAddress FROM Contact", "API_ERROR", "Selecting compound data not supported in Bulk Query"),
        ("SELECT COUNT(Id) FROM Contact", "API_ERROR", "Aggregate"),
        ("SELECT Id FROM Contact OFFSET 5", "API_ERROR", "OFFSET"),
        ("SELECT Nothing FROM Contact", "INVALID_FIELD", "No such column 'Nothing' on entity 'Contact'"),
        ("SELECT FROM", "MALFORMED_QUERY", "unexpected token"),
        ("SELECT Id FROM Contact ALL ROWS", "MALFORMED_QUERY", "ALL ROWS not allowed in this context"),
    ],
)
def test_query_that_bulk_does_not_take_is_refused(rest: requests.Session, soql: str, code: str, message: str) -> None:
    answer = rest.post(f"{JOBS}/query", json={"operation": "query", "query": soql})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)
    assert message in answer.json()[0]["message"]


def test_results_need_the_version_of_the_job(rest: requests.Session) -> None:
    job = query(rest, "SELECT Id FROM Contact")
    assert rest.get(f"{JOBS}/query/{job['id']}/results".replace("59.0", "58.0")).status_code == 409


def test_result_pages_link_the_parts(rest: requests.Session) -> None:
    job = query(rest, "SELECT Id FROM Organization")
    pages = rest.get(f"{JOBS}/query/{job['id']}/resultPages").json()
    (page,) = pages["resultPages"]
    assert (pages["done"], rest.get(credentials.INSTANCE_URL + page["resultUrl"]).text.count("\n")) == (True, 2)


def test_upsert_job_tells_each_rows_outcome(rest: requests.Session) -> None:
    ingest(rest, "MC_Audience__c", "upsert", "List_Id__c\nl1\n", externalIdFieldName="List_Id__c")
    body = (
        'Key__c,Audience__r.List_Id__c,Status__c,Tags__c\nl1:a,l1,subscribed,"x, ""y"""\nl1:b,l1,nonsense,\nl1:c,l9,,\n'
    )
    job = ingest(rest, "MC_Subscriber__c", "upsert", body, externalIdFieldName="Key__c")
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == ("JobComplete", 3, 2)

    (done,) = rows(rest, job, "successfulResults")
    assert (done["sf__Created"], done["Key__c"], done["Tags__c"]) == ("true", "l1:a", 'x, "y"')
    refused = {row["Key__c"]: row["sf__Error"] for row in rows(rest, job, "failedResults")}
    assert refused["l1:b"] == (
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST:Status: bad value for restricted picklist field: nonsense:Status__c --"
    )
    assert refused["l1:c"].startswith("INVALID_FIELD:Foreign key external ID: l9 not found for field List_Id__c")
    assert rows(rest, job, "unprocessedrecords") == []

    again = ingest(rest, "MC_Subscriber__c", "upsert", "Key__c\nl1:a\n", externalIdFieldName="Key__c")
    (updated,) = rows(rest, again, "successfulResults")
    assert (updated["sf__Created"], updated["sf__Id"]) == ("false", done["sf__Id"])


def test_empty_cell_keeps_and_na_empties(org: Served, rest: requests.Session) -> None:
    org.store.load([("Contact", [{"LastName": "a", "Title": "t", "Department": "d", "AccountId": None}])])
    contact = next(iter(rest.get(f"{JOBS}/../query", params={"q": "SELECT Id FROM Contact"}).json()["records"]))["Id"]
    job = ingest(rest, "Contact", "update", f"Id,Title,Department\n{contact},,#N/A\n")
    assert job["numberRecordsFailed"] == 0
    fields = "SELECT Title, Department FROM Contact"
    (found,) = rest.get(f"{JOBS}/../query", params={"q": fields}).json()["records"]
    assert (found["Title"], found["Department"]) == ("t", None)


@pytest.mark.parametrize(
    ("body", "ending", "message"),
    [
        ("LastName,Nothing\na,b\n", "LF", "InvalidBatch : InvalidBatch : Field name not found : Nothing"),
        ("LastName\r\na\r\n", "LF", "LineEnding is invalid on user data. Current LineEnding setting is LF"),
        ("LastName\na\n", "CRLF", "LineEnding is invalid on user data. Current LineEnding setting is CRLF"),
    ],
)
def test_file_that_cannot_be_read_fails_the_job(rest: requests.Session, body: str, ending: str, message: str) -> None:
    job = ingest(rest, "Contact", "insert", body, lineEnding=ending)
    assert job["state"] == "Failed"
    assert message in job["errorMessage"]
    assert len(rows(rest, job, "unprocessedrecords")) == 1


def test_delete_and_hard_delete(org: Served, rest: requests.Session) -> None:
    org.store.load([("Lead", [{"LastName": name, "Company": "c"} for name in ("a", "b")])])
    ids = [one["Id"] for one in rest.get(f"{JOBS}/../query", params={"q": "SELECT Id FROM Lead"}).json()["records"]]
    deleted = ingest(rest, "Lead", "delete", f"Id\n{ids[0]}\n003000000000000\n{ids[0][:15]}\n")
    ingest(rest, "Lead", "hardDelete", f"Id\n{ids[1]}\n")
    left = rest.get(f"{JOBS}/../queryAll", params={"q": "SELECT Id, IsDeleted FROM Lead"}).json()["records"]
    assert [(one["Id"], one["IsDeleted"]) for one in left] == [(ids[0], True)]
    assert (deleted["numberRecordsProcessed"], deleted["numberRecordsFailed"]) == (3, 2)
    assert {row["sf__Error"] for row in rows(rest, deleted, "failedResults")} == {
        "MALFORMED_ID:malformed id 003000000000000:--",
        "ENTITY_IS_DELETED:entity is deleted:--",
    }


@pytest.mark.parametrize("operation", ["delete", "hardDelete"])
def test_delete_job_takes_ids_only(rest: requests.Session, operation: str) -> None:
    job = ingest(rest, "Lead", operation, "Id,LastName\n00Q000000000000,x\n")
    message = f"InvalidBatch : InvalidBatch : The '{operation}' batch must contain only ids"
    assert (job["state"], job["errorMessage"], job["numberRecordsProcessed"]) == ("Failed", message, 0)


def test_hard_delete_needs_a_permission(org: Served, rest: requests.Session) -> None:
    org.controls.set_switches({"bulk_hard_delete": False})
    asked = {"object": "Lead", "operation": "hardDelete", "contentType": "CSV"}
    answer = rest.post(f"{JOBS}/ingest", json=asked)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "FEATURENOTENABLED")
    assert rest.post(f"{JOBS}/ingest", json=asked | {"operation": "delete"}).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"operation": "merge"},
        {"object": "Nothing"},
        {"contentType": "JSON"},
        {"lineEnding": "CR"},
        {"columnDelimiter": "COLON"},
        {"operation": "upsert"},
        {"operation": "upsert", "externalIdFieldName": "LastName"},
    ],
)
def test_ingest_job_that_cannot_be_is_refused(rest: requests.Session, wrong: dict[str, str]) -> None:
    asked = {"object": "Lead", "operation": "insert", "contentType": "CSV"} | wrong
    assert rest.post(f"{JOBS}/ingest", json=asked).status_code == 400
    assert rest.get(f"{JOBS}/ingest").json() == {"done": True, "records": [], "nextRecordsUrl": None}


@pytest.mark.parametrize(
    ("name", "delimiter"),
    [("COMMA", ","), ("TAB", "\t"), ("PIPE", "|"), ("SEMICOLON", ";"), ("CARET", "^"), ("BACKQUOTE", "`")],
)
def test_results_have_the_delimiter_and_line_ending_of_the_job(
    rest: requests.Session, name: str, delimiter: str
) -> None:
    declared = {"columnDelimiter": name, "lineEnding": "CRLF"}
    body = f'LastName{delimiter}Company\r\n"a{delimiter}b"{delimiter}c\r\n{delimiter}d\r\n'
    job = ingest(rest, "Lead", "insert", body, **declared)
    assert (job["columnDelimiter"], job["lineEnding"], job["numberRecordsFailed"]) == (name, "CRLF", 1)

    made = rest.get(f"{JOBS}/ingest/{job['id']}/successfulResults").text
    header = delimiter.join(f'"{one}"' for one in ("sf__Id", "sf__Created", "LastName", "Company"))
    assert made.startswith(f"{header}\r\n")
    assert made.endswith(f'"true"{delimiter}"a{delimiter}b"{delimiter}"c"\r\n')
    failed = rest.get(f"{JOBS}/ingest/{job['id']}/failedResults").text
    error = "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"
    assert failed.split("\r\n")[1:] == [delimiter.join(f'"{one}"' for one in ("", error, "", "d")), ""]

    found = query(rest, "SELECT LastName, Company FROM Lead", **declared)
    read = rest.get(f"{JOBS}/query/{found['id']}/results").content.decode()
    assert read == f'"LastName"{delimiter}"Company"\r\n"a{delimiter}b"{delimiter}"c"\r\n'


def test_query_job_goes_through_its_states(org: Served, rest: requests.Session) -> None:
    url = f"{JOBS}/query/{query(rest, 'SELECT Id FROM Contact')['id']}"
    with org.store.database.writing() as connection:
        # Held under way, with nobody working on it.
        connection.execute("UPDATE _jobs SET state = 'InProgress'")
    early = rest.get(f"{url}/results")
    assert (early.status_code, early.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")
    running = rest.delete(url)
    assert running.json() == [
        {
            "message": "Error encountered when deleting the job because the job is not terminated",
            "errorCode": "API_ERROR",
        }
    ]
    wrong = rest.patch(url, json={"state": "UploadComplete"})
    assert (wrong.status_code, wrong.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")
    assert rest.patch(url, json={"state": "Aborted"}).json()["state"] == "Aborted"
    assert rest.get(f"{url}/results").status_code == 400
    assert (rest.delete(url).status_code, rest.get(url).status_code) == (204, 404)


def test_ingest_job_goes_through_its_states(rest: requests.Session) -> None:
    asked = {"object": "Contact", "operation": "insert", "contentType": "CSV"}
    url = f"{JOBS}/ingest/{rest.post(f'{JOBS}/ingest', json=asked).json()['id']}"

    def refused(answer: requests.Response) -> bool:
        return (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")

    assert refused(rest.get(f"{url}/successfulResults"))
    assert refused(rest.delete(url))
    assert rest.patch(url, json={"state": "JobComplete"}).status_code == 400
    rest.put(f"{url}/batches", "LastName\na\n", headers=CSV)
    rest.patch(url, json={"state": "UploadComplete"})
    assert refused(rest.put(f"{url}/batches", "LastName\nb\n", headers=CSV))
    assert refused(rest.patch(url, json={"state": "UploadComplete"}))
    assert ended(rest, "ingest", url.rpartition("/")[2])["state"] == "JobComplete"
    assert rest.patch(url, json={"state": "Aborted"}).json() == [
        {"message": "Aborting already Completed Job not allowed", "errorCode": "INVALIDJOBSTATE"}
    ]
    assert (rest.delete(url).status_code, rest.get(url).status_code) == (204, 404)


@pytest.mark.parametrize("locator", ["nonsense", "MTAw", "LTE"])
def test_locator_that_is_none_is_refused(rest: requests.Session, locator: str) -> None:
    job = query(rest, "SELECT Id FROM Contact")
    answer = rest.get(f"{JOBS}/query/{job['id']}/results", params={"locator": locator})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_aborted_job_leaves_its_rows_unprocessed_and_can_be_deleted(rest: requests.Session) -> None:
    made = rest.post(f"{JOBS}/ingest", json={"object": "Contact", "operation": "insert", "contentType": "CSV"}).json()
    url = f"{JOBS}/ingest/{made['id']}"
    rest.put(f"{url}/batches", "LastName\na\nb\n", headers=CSV)
    again = rest.put(f"{url}/batches", "LastName\nc\n", headers=CSV)
    assert again.status_code == 400
    assert rest.patch(url, json={"state": "Aborted"}).json()["state"] == "Aborted"
    assert [row["LastName"] for row in rows(rest, made, "unprocessedrecords")] == ["a", "b"]
    assert rest.delete(url).status_code == 204
    assert rest.get(url).status_code == 404


def test_unfinished_job_goes_on_after_a_restart(org: Served, rest: requests.Session) -> None:
    from include.sandbox.controls import Controls
    from include.sandbox.salesforce.org import Org

    body = "LastName\n" + "".join(f"n{one}\n" for one in range(500))
    made = rest.post(f"{JOBS}/ingest", json={"object": "Contact", "operation": "insert", "contentType": "CSV"}).json()
    rest.put(f"{JOBS}/ingest/{made['id']}/batches", body, headers=CSV)
    with org.store.database.writing() as connection:
        # As a stop in the middle leaves it: under way, with nobody working on it.
        connection.execute("UPDATE _jobs SET state = 'InProgress' WHERE id = ?", (made["id"],))
    Org.of(org.store, Controls(), None)

    assert ended(rest, "ingest", made["id"])["numberRecordsProcessed"] == 500
    count = rest.get(f"{JOBS}/../query", params={"q": "SELECT COUNT() FROM Contact"}).json()["totalSize"]
    assert count == 500


def test_simple_salesforce_runs_both_kinds_of_job(org: Served) -> None:
    client = Salesforce(
        consumer_key=credentials.CONSUMER_KEY,
        consumer_secret=credentials.CONSUMER_SECRET,
        domain="sandbox.my",
        session=org.session(),
    )
    (result,) = client.bulk2.Lead.insert(
        records=[{"LastName": f"N{one}", "Company": "ü"} for one in range(300)], wait=0
    )
    assert (result["numberRecordsProcessed"], result["numberRecordsFailed"]) == (300, 0)
    pages = list(client.bulk2.Lead.query("SELECT LastName, Company FROM Lead", max_records=200, wait=0))
    assert [page.count("\n") for page in pages] == [201, 101]
    assert '"ü"' in pages[1]


def test_rows_that_break_rules_fail_in_an_ingest_job_and_the_others_go_on(org: Served, rest: requests.Session) -> None:
    org.store.load([("ValidationRule", list(RULES)), ("Contact", [{"LastName": "Doe", "Email": "ann@a.example"}])])
    match = [{"matchRuleSObjectType": "Contact", "matchingRule": "Exact_Email"}]
    block = {"actionOnInsert": "Block", "alertText": "Known", "duplicateRuleMatchRules": match}
    org.store.load(
        [("DuplicateRule", [{"DeveloperName": "D", "SobjectType": "Lead", "IsActive": True, "Metadata": block}])]
    )
    body = (
        "LastName,Company,Title,City,Email\na,C,Dr,Bonn,\nb,C,,,\nc,C,Dr,,\n"
        "d,C,,Bonn,ann@a.example\ne,C,,Bonn,e@a.example\n"
    )
    job = ingest(rest, "Lead", "insert", body)
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == ("JobComplete", 5, 4)
    assert [one["LastName"] for one in rows(rest, job, "successfulResults")] == ["e"]
    assert {one["LastName"]: one["sf__Error"] for one in rows(rest, job, "failedResults")} == {
        "a": "FIELD_CUSTOM_VALIDATION_EXCEPTION:No doctors:Title --",
        "b": "FIELD_CUSTOM_VALIDATION_EXCEPTION:Where?:--",
        "c": "FIELD_CUSTOM_VALIDATION_EXCEPTION:No doctors:Title --FIELD_CUSTOM_VALIDATION_EXCEPTION:Where?:--",
        "d": "DUPLICATES_DETECTED:Known:--",
    }


def test_an_ingest_job_runs_the_assignment_rule_that_it_names(org: Served, rest: requests.Session) -> None:
    entry = {"ruleEntry": [{"assignedTo": credentials.SALES_USER_ID}]}
    rule = {"Id": "01Q5g0000000001EAA", "Name": "A", "SobjectType": "Lead", "Active": True, "Metadata": entry}
    org.store.load([("AssignmentRule", [rule])])
    ingest(rest, "Lead", "insert", "LastName,Company\na,C\n")
    ingest(rest, "Lead", "insert", "LastName,Company\nb,C\n", assignmentRuleId=rule["Id"])
    found = rest.get(f"{DATA}/query", params={"q": "SELECT LastName, OwnerId FROM Lead"}).json()["records"]
    owners = {one["LastName"]: one["OwnerId"] for one in found}
    assert owners == {"a": credentials.USER_ID, "b": credentials.SALES_USER_ID}


def test_job_is_forgotten_seven_days_after_it_was_made(org: Served, rest: requests.Session) -> None:
    org.controls.set_switches({"session_seconds": 10 * 24 * 3600})
    made = query(rest, "SELECT Id FROM User"), ingest(rest, "Lead", "insert", "LastName,Company\na,b\n")
    begun = org.controls.now()
    kinds = dict(zip(("query", "ingest"), made, strict=True))
    org.controls.clock.set(begun + timedelta(days=6, hours=23))
    assert [rest.get(f"{JOBS}/{kind}/{job['id']}").status_code for kind, job in kinds.items()] == [200, 200]
    org.controls.clock.set(begun + timedelta(days=7, minutes=1))
    assert [rest.get(f"{JOBS}/{kind}/{job['id']}").status_code for kind, job in kinds.items()] == [404, 404]
    assert rest.get(f"{JOBS}/query").json()["records"] == []

    query(rest, "SELECT Id FROM Contact")
    with org.store.database.reading() as connection:
        kept = [connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("_jobs", "_job_pages")]
    assert kept == [1, 0]


def test_a_formula_field_is_read_by_a_query_job(org: Served, rest: requests.Session) -> None:
    account = org.rest().post(f"{DATA}/sobjects/Account", json={"Name": "A", "Type": "Customer"}).json()["id"]
    org.store.load([("Contact", [{"LastName": "In", "AccountId": account}, {"LastName": "Out"}])])
    job = query(rest, "SELECT LastName, Customer_Score__c FROM Contact WHERE Customer_Score__c > 1 ORDER BY LastName")
    body = rest.get(f"{JOBS}/query/{job['id']}/results").text
    assert body == '"LastName","Customer_Score__c"\n"In","100.0"\n"Out","50.0"\n'


def test_the_server_chooses_how_large_a_part_is_where_the_client_does_not(org: Served, rest: requests.Session) -> None:
    org.store.load([("Contact", [{"LastName": f"N{one}"} for one in range(5)])])
    job = query(rest, "SELECT Id FROM Contact")
    assert rest.get(f"{JOBS}/query/{job['id']}/results").headers["Sforce-NumberOfRecords"] == "5"
    org.controls.set_switches({"bulk_result_records": 2})
    part = rest.get(f"{JOBS}/query/{job['id']}/results")
    assert part.headers["Sforce-NumberOfRecords"] == "2"
    most = {"maxRecords": "3", "locator": part.headers["Sforce-Locator"]}
    rest_of_it = rest.get(f"{JOBS}/query/{job['id']}/results", params=most)
    assert (rest_of_it.headers["Sforce-NumberOfRecords"], rest_of_it.headers["Sforce-Locator"]) == ("3", "null")


@pytest.mark.parametrize("told", [True, False])
def test_a_row_tells_all_its_errors_or_the_first(org: Served, rest: requests.Session, told: bool) -> None:
    org.store.load([("ValidationRule", RULES)])
    org.controls.set_switches({"bulk_job_seconds": 0.02, "bulk_rows_tell_all_errors": told})
    job = ingest(rest, "Lead", "insert", "LastName,Company,Title\nDoe,Acme,Dr\n")
    (row,) = rows(rest, job, "failedResults")
    both = "FIELD_CUSTOM_VALIDATION_EXCEPTION:No doctors:Title --", "FIELD_CUSTOM_VALIDATION_EXCEPTION:Where?:--"
    assert row["sf__Error"] == "".join(both[: 2 if told else 1])


def test_a_failed_job_and_its_rows_have_the_words_of_the_switches(org: Served, rest: requests.Session) -> None:
    words = {"error_row_misfit": "WRONG_ROW: {cells} of {columns}", "error_no_header": "EMPTY: nothing there"}
    org.controls.set_switches({"bulk_job_seconds": 0.02, **words})
    (row,) = rows(rest, ingest(rest, "Lead", "insert", "LastName,Company\nDoe\n"), "failedResults")
    assert row["sf__Error"] == "WRONG_ROW:1 of 2:--"
    assert ingest(rest, "Lead", "insert", "")["errorMessage"] == "EMPTY : nothing there"


@pytest.mark.parametrize(
    ("version", "header", "locator"),
    [("59.0", '"LastName","FirstName"', "MQ"), ("49.0", '"FirstName","LastName"', "MQ"), ("48.0", None, "1")],
)
def test_older_versions_sort_columns_and_count_in_locators(
    org: Served, rest: requests.Session, version: str, header: str | None, locator: str
) -> None:
    org.store.load([("Contact", [{"LastName": name, "FirstName": "x"} for name in "ab"])])
    jobs = f"{credentials.INSTANCE_URL}/services/data/v{version}/jobs/query"
    asked = {"operation": "query", "query": "SELECT LastName, FirstName FROM Contact ORDER BY LastName"}
    job = rest.post(jobs, json=asked).json()["id"]
    ended(rest, "query", job)
    first = rest.get(f"{jobs}/{job}/results", params={"maxRecords": "1"})
    assert first.headers["Sforce-Locator"] == locator
    assert first.text.splitlines()[0] == (header or '"FirstName","LastName"')
    second = rest.get(f"{jobs}/{job}/results", params={"locator": locator})
    assert (second.text.splitlines()[1].replace('"', ""), second.headers["Sforce-Locator"]) == (
        "b,x" if header and header.startswith('"L') else "x,b",
        "null",
    )


def test_result_rows_come_in_another_order_than_the_uploads(rest: requests.Session) -> None:
    names = [f"n{one:03}" for one in range(150)]
    job = ingest(rest, "Contact", "insert", "LastName\n" + "".join(f"{name}\n" for name in names))
    told = [row["LastName"] for row in rows(rest, job, "successfulResults")]
    assert sorted(told) == names != told


def test_limits_show_what_jobs_have_used_within_a_day(org: Served, rest: requests.Session) -> None:
    query(rest, "SELECT Id FROM Contact")
    ingest(rest, "Contact", "insert", "LastName\nDoe\n")

    def remaining() -> list[int]:
        limits = rest.get(f"{DATA}/limits").json()
        return [limits[name]["Remaining"] for name in ("DailyBulkV2QueryJobs", "DailyBulkApiBatches")]

    assert remaining() == [9_999, 14_999]
    org.controls.set_switches({"session_seconds": 3 * 24 * 3600})
    org.controls.clock.set(org.controls.now() + timedelta(hours=25))
    assert remaining() == [10_000, 15_000]
