"""The lists of jobs: page by page, by type, those of Bulk API 1.0 among them."""

from __future__ import annotations

import pytest
import requests

from include.sandbox.salesforce import credentials
from tests.contract.salesforce.conftest import Served

DATA = f"{credentials.INSTANCE_URL}/services/data/v59.0"


@pytest.fixture
def made(org: Served, rest: requests.Session) -> dict[str, list[str]]:
    """The ids of five ingest jobs, a query job and a job of Bulk API 1.0, by type."""
    org.controls.set_switches({"bulk_job_seconds": 0.0, "jobs_per_page": 2})
    asked = {"object": "Lead", "operation": "insert"}
    ingest = [rest.post(f"{DATA}/jobs/ingest", json=asked).json()["id"] for _ in range(5)]
    query = rest.post(f"{DATA}/jobs/query", json={"operation": "query", "query": "SELECT Id FROM Lead"}).json()["id"]
    session = {"X-SFDC-Session": str(rest.headers["Authorization"]).removeprefix("Bearer ")}
    classic = rest.post(
        f"{credentials.INSTANCE_URL}/services/async/59.0/job", json={**asked, "contentType": "JSON"}, headers=session
    )
    return {"V2Ingest": ingest, "V2Query": [query], "Classic": [classic.json()["id"]]}


def listed(rest: requests.Session, kind: str, **asked: str) -> tuple[list[dict], list[int]]:
    """All jobs that a list names, and how many each of its pages has."""
    jobs, sizes = [], []
    answer = rest.get(f"{DATA}/jobs/{kind}", params=asked).json()
    while True:
        jobs += answer["records"]
        sizes.append(len(answer["records"]))
        if answer["done"]:
            assert answer["nextRecordsUrl"] is None
            return jobs, sizes
        answer = rest.get(f"{credentials.INSTANCE_URL}{answer['nextRecordsUrl']}").json()


def test_jobs_are_listed_page_by_page_with_those_of_bulk_api_1(
    rest: requests.Session, made: dict[str, list[str]]
) -> None:
    jobs, sizes = listed(rest, "ingest")
    assert {one["id"] for one in jobs} == {*made["V2Ingest"], *made["Classic"]}
    assert sizes == [2, 2, 2]
    assert {one["id"] for one in listed(rest, "query")[0]} == {*made["V2Query"], *made["Classic"]}


@pytest.mark.parametrize("job_type", ["V2Ingest", "Classic", "V2Query"])
def test_jobs_are_listed_by_type(rest: requests.Session, made: dict[str, list[str]], job_type: str) -> None:
    jobs, _ = listed(rest, "ingest", jobType=job_type)
    assert {one["id"] for one in jobs} == set(made[job_type] if job_type != "V2Query" else [])
    assert {one["jobType"] for one in jobs} <= {job_type}
    assert listed(rest, "ingest", isPkChunkingEnabled="true") == ([], [0])


def test_a_job_made_together_with_its_data_is_refused(rest: requests.Session) -> None:
    """Not served: the multipart call that makes a job and uploads in one."""
    job = ("job", '{"object": "Lead", "operation": "insert"}', "application/json")
    parts = {"job": job, "content": ("content", "LastName,Company\nDoe,Acme\n", "text/csv")}
    refused = rest.post(f"{DATA}/jobs/ingest", files=parts)
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
