"""Bulk jobs: every row gets one result, whatever became of the job."""

import pytest

from include.errors import TransientError
from include.salesforce import bulk_ingest, bulk_query
from include.salesforce.bulk_ingest import Ingest
from tests.unit.salesforce.scripted import scripted

JOB = Ingest("MC_Subscriber__c", "upsert", "Key__c")
ROWS = [(key, {"Key__c": key}) for key in "abc"]
WRITTEN = '"sf__Id","sf__Created","Key__c"\n'
FAILED = '"sf__Id","sf__Error","Key__c"\n'


def run(state, written=(), failed=(), message=None):
    """The answers of one job: create, upload, close, poll, successful and failed rows."""
    return [
        {"id": "750A", "state": "Open"},
        (201, "", {}),
        {"state": "UploadComplete"},
        {"state": "InProgress"},
        {"state": state, "errorMessage": message},
        WRITTEN + "".join(f'"id-{key}","true","{key}"\n' for key in written),
        FAILED + "".join(f'"","{error}","{key}"\n' for key, error in failed),
    ]


def write(*jobs):
    rest, script = scripted(*(answer for job in jobs for answer in job))
    results = list(bulk_ingest.ingest(rest, JOB, ROWS))
    assert sorted(result.key for result in results) == ["a", "b", "c"]
    assert not script.answers
    uploads = [body.decode().split("\n")[1:-1] for method, _, body in script.asked if method == "PUT"]
    return {result.key: result for result in results}, uploads


def test_g07_rows_left_unprocessed_or_locked_are_submitted_again():
    results, uploads = write(
        run("Failed", written="a", failed=[("b", "UNABLE_TO_LOCK_ROW:unable to obtain exclusive access:--")]),
        run("JobComplete", written="bc"),
    )
    assert all(result.success for result in results.values())
    assert uploads == [['"a"', '"b"', '"c"'], ['"b"', '"c"']]


def test_rows_that_are_never_processed_say_so_with_the_jobs_reason():
    failed = run("Failed", message="InvalidBatch : Field name not found : Nonsense__c")
    results, uploads = write(failed, failed, failed)
    assert {result.code for result in results.values()} == {"UNPROCESSED"}
    assert "Field name not found" in results["a"].message
    assert len(uploads) == bulk_ingest.ROUNDS


def test_refused_row_is_not_submitted_again():
    error = "FIELD_CUSTOM_VALIDATION_EXCEPTION:Rating needs a status:Rating__c --"
    results, uploads = write(run("JobComplete", written="ab", failed=[("c", error)]))
    assert (results["c"].message, results["c"].fields) == ("Rating needs a status", ("Rating__c",))
    assert len(uploads) == 1


PAGE = {"Sforce-NumberOfRecords": "1", "Sforce-Locator": "null"}


def query(*answers):
    rest, script = scripted({"id": "750Q"}, {"state": "JobComplete"}, *answers)
    return [
        row for table in bulk_query.bulk_query(rest, "SELECT Id", include_deleted=False) for row in table.to_pylist()
    ], script


def test_pages_are_followed_to_the_locator_null():
    rows, script = query(
        (200, '"Id"\n"1"\n', PAGE | {"Sforce-Locator": "MTAw"}),
        (200, '"Id"\n"2"\n', PAGE),
    )
    assert rows == [{"Id": "1"}, {"Id": "2"}]
    assert [url.partition("?")[2] for _, url, _ in script.asked[2:]] == [
        "maxRecords=50000",
        "maxRecords=50000&locator=MTAw",
    ]


@pytest.mark.parametrize(
    "headers",
    [PAGE | {"Sforce-NumberOfRecords": "2"}, {"Sforce-NumberOfRecords": "1"}, {"Sforce-Locator": "null"}],
    ids=["another number of rows", "no locator", "no number"],
)
def test_page_that_does_not_add_up_is_asked_for_again(headers):
    rows, _ = query((200, '"Id"\n"1"\n', headers), (200, '"Id"\n"1"\n', PAGE))
    assert rows == [{"Id": "1"}]


def test_pages_in_a_circle_are_noticed():
    page = (200, '"Id"\n"1"\n', PAGE | {"Sforce-Locator": "MTAw"})
    with pytest.raises(TransientError, match="circle"):
        query(page, page, page)


def test_job_that_failed_is_told_with_its_code():
    rest, _ = scripted({"id": "750Q"}, {"state": "Failed", "errorMessage": "INVALIDQUERY: row 1 Lovelace"})
    with pytest.raises(TransientError, match="ended as Failed: INVALIDQUERY") as told:
        list(bulk_query.bulk_query(rest, "SELECT Id", include_deleted=False))
    assert "Lovelace" not in str(told.value)


def test_job_that_never_ends_is_given_up():
    rest, script = scripted({"id": "750Q"}, *[{"state": "InProgress"}] * 100)
    with pytest.raises(TransientError, match="did not end in time"):
        list(bulk_query.bulk_query(rest, "SELECT Id", include_deleted=False))
    assert len(script.asked) < 30
