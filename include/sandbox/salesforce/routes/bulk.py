"""Bulk API 2.0: `/jobs/query` and `/jobs/ingest`."""

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from include.sandbox.salesforce.bulk.jobs import ENDED, JOB_TYPES, Job, Kind, invalid_state
from include.sandbox.salesforce.errors import ApiError, not_found
from include.sandbox.salesforce.org import Org
from include.sandbox.salesforce.routes.call import Call, Handler, json_answer, resource
from include.sandbox.salesforce.wordings import assumed

MOST_UPLOAD_BYTES = 150_000_000
# Without a charset, so that a client which guesses guesses wrong (simple-salesforce pull request 688).
CSV = {"Content-Type": "text/csv"}


def bulk_routes(org: Org) -> list[Route]:
    """The routes of both kinds of job."""
    return [
        resource(org, "POST", "/jobs/query", _create_query),
        resource(org, "GET", "/jobs/query/{id}/results", _results),
        resource(org, "GET", "/jobs/query/{id}/resultPages", _result_pages),
        resource(org, "POST", "/jobs/ingest", _create_ingest),
        resource(org, "PUT", "/jobs/ingest/{id}/batches", _upload),
        resource(org, "GET", "/jobs/ingest/{id}/{rows}", _ingest_results),
        *_common(org, "query"),
        *_common(org, "ingest"),
    ]


def _common(org: Org, kind: Kind) -> list[Route]:
    def handler(work: Callable[[Call, Job], Response]) -> Handler:
        return lambda call: work(call, _job(call, kind))

    return [
        resource(org, "GET", f"/jobs/{kind}", lambda call: _list(call, kind)),
        resource(org, "GET", f"/jobs/{kind}/{{id}}", handler(lambda _call, job: json_answer(job.json()))),
        resource(org, "PATCH", f"/jobs/{kind}/{{id}}", handler(_close)),
        resource(org, "DELETE", f"/jobs/{kind}/{{id}}", handler(_delete)),
    ]


def _list(call: Call, kind: Kind) -> Response:
    """The jobs of a kind and those of Bulk API 1.0, page by page.

    https://developer.salesforce.com/docs/atlas.en-us.264.0.api_asynch.meta/api_asynch/query_get_all_jobs.htm
    """
    kinds: list[Kind] = [
        one for one in (kind, "batch job") if call.query.get("jobType", JOB_TYPES[one]) == JOB_TYPES[one]
    ]
    if call.query.get("isPkChunkingEnabled", "").lower() == "true":
        kinds = []
    jobs, following = call.org.jobs.page(kinds, call.query.get("queryLocator", ""))
    further = f"{call.base}/jobs/{kind}?{urlencode({**call.query, 'queryLocator': following})}" if following else None
    return json_answer({"done": not following, "records": [job.json() for job in jobs], "nextRecordsUrl": further})


def _job(call: Call, kind: Kind) -> Job:
    return call.org.jobs.get(kind, call.path["id"])


def _create_query(call: Call) -> Response:
    job = call.org.query_jobs.create(call.json(), call.version)
    call.org.runner.start(job)
    return json_answer(job.json(progress=False))


def _create_ingest(call: Call) -> Response:
    return json_answer(call.org.ingest_jobs.create(call.json(), call.version).json(progress=False))


def _close(call: Call, job: Job) -> Response:
    closed = call.org.jobs.close(job, str(call.json().get("state")))
    if closed.state == "UploadComplete":
        call.org.runner.start(closed)
    return json_answer(closed.json(progress=False))


def _delete(call: Call, job: Job) -> Response:
    call.org.jobs.delete(job)
    return Response(status_code=204)


def _upload(call: Call) -> Response:
    if len(call.body) > MOST_UPLOAD_BYTES:
        raise ApiError.assumed(413, assumed("upload_size", most=MOST_UPLOAD_BYTES))
    if not call.headers.get("content-type", "").lower().startswith("text/csv"):
        raise ApiError.assumed(415, assumed("media_type", value=call.headers.get("content-type", "")))
    call.org.ingest_jobs.upload(_job(call, "ingest"), call.body)
    return Response(status_code=201)


def _results(call: Call) -> Response:
    job = call.org.jobs.get("query", call.path["id"], call.version)
    most = call.query.get("maxRecords")
    if most is not None and not most.isdigit():
        raise ApiError.assumed(400, assumed("max_records", value=most))
    result = call.org.query_jobs.result(job, call.query.get("locator"), int(most) if most else None)
    headers = {**CSV, "Sforce-Locator": result.locator, "Sforce-NumberOfRecords": str(result.records)}
    return StreamingResponse(result.body, headers=headers)


def _result_pages(call: Call) -> Response:
    job = call.org.jobs.get("query", call.path["id"], call.version)
    return json_answer(call.org.query_jobs.result_pages(job, call.query.get("locator")))


def _ingest_results(call: Call) -> Response:
    jobs = call.org.ingest_jobs
    kinds: dict[str, Callable[[Job], Iterator[str]]] = {
        "successfulresults": jobs.successful,
        "failedresults": jobs.failed,
        "unprocessedrecords": jobs.unprocessed,
    }
    # Clients write these names in different case.
    rows = kinds.get(call.path["rows"].lower())
    if rows is None:
        raise not_found()
    job = _job(call, "ingest")
    if job.state not in ENDED:
        raise invalid_state(job)
    return StreamingResponse(rows(job), headers=CSV)
