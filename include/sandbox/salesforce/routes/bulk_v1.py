"""Bulk API 1.0: `/services/async/{version}/job`. Errors are 400 with an exceptionCode, an expired session too."""

import gzip
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from include.sandbox.salesforce.bulk.jobs import Job
from include.sandbox.salesforce.bulk_v1.batch_data import CONTENT_TYPES, write_results
from include.sandbox.salesforce.bulk_v1.batch_jobs import batch_info
from include.sandbox.salesforce.bulk_v1.documents import BulkError, Language
from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.org import Org
from include.sandbox.salesforce.routes.call import AnySlashRoute, Call
from include.sandbox.salesforce.wordings import Said, assumed

PATH = "/services/async/{version}/job"
Handler = Callable[[Call, Language], Response]


def bulk_v1_routes(org: Org) -> list[Route]:
    """The routes of jobs and of their batches."""
    return [
        _route(org, "POST", "", _create),
        _route(org, "GET", "/{job}", _show),
        _route(org, "POST", "/{job}", _move),
        _route(org, "POST", "/{job}/batch", _add),
        _route(org, "GET", "/{job}/batch", _batches),
        _route(org, "GET", "/{job}/batch/{batch}", _batch_info),
        _route(org, "GET", "/{job}/batch/{batch}/request", _request),
        _route(org, "GET", "/{job}/batch/{batch}/result", _result),
    ]


def _route(org: Org, method: str, path: str, handler: Handler) -> Route:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        call = Call(org, request.path_params, request.query_params, request.headers, body)
        return await run_in_threadpool(_handled, call, handler)

    return AnySlashRoute(PATH + path, endpoint, methods=[method])


def _handled(call: Call, handler: Handler) -> Response:
    language = Language.of(call.headers)
    try:
        try:
            call.org.sessions.check(f"Bearer {call.headers.get('x-sfdc-session', '')}")
        except ApiError:
            raise BulkError(Said("InvalidSessionId", "Invalid session id")) from None
        return handler(call, language)
    except BulkError as error:
        said = error.told(call.org.controls.switches)
        refusal = {"exceptionCode": said.code, "exceptionMessage": said.text}
        return _answer(language, language.write("error", refusal), 400)


def _answer(language: Language, text: str, status: int = 200) -> Response:
    return Response(text, status, {"Content-Type": language.content_type})


def _create(call: Call, language: Language) -> Response:
    job = call.org.batch_jobs.create(language.read(call.body), call.version)
    return _answer(language, language.write("jobInfo", call.org.batch_jobs.job_info(job)), 201)


def _show(call: Call, language: Language) -> Response:
    return _answer(language, language.write("jobInfo", call.org.batch_jobs.job_info(_job(call))))


def _move(call: Call, language: Language) -> Response:
    moved = call.org.batch_jobs.move(_job(call), str(language.read(call.body).get("state")))
    return _answer(language, language.write("jobInfo", call.org.batch_jobs.job_info(moved)))


def _add(call: Call, language: Language) -> Response:
    job = _job(call)
    sent, wanted = call.headers.get("content-type", "").partition(";")[0], CONTENT_TYPES[job.spec["contentType"]]
    if sent.strip().lower() != wanted:
        raise BulkError(assumed("v1_media_type", wanted=wanted, value=sent))
    body = gzip.decompress(call.body) if call.headers.get("content-encoding") == "gzip" else call.body
    batch = call.org.batch_jobs.add(job, body)
    call.org.runner.start(batch)
    return _answer(language, language.write("batchInfo", batch_info(batch)), 201)


def _batches(call: Call, language: Language) -> Response:
    infos = [batch_info(one) for one in call.org.batch_jobs.batches(_job(call))]
    return _answer(language, language.write_all("batchInfoList", "batchInfo", infos))


def _batch_info(call: Call, language: Language) -> Response:
    return _answer(language, language.write("batchInfo", batch_info(_batch(call))))


def _request(call: Call, _language: Language) -> Response:
    batch = _batch(call)
    content_type = CONTENT_TYPES[batch.spec["contentType"]]
    return Response(call.org.batch_jobs.request(batch), headers={"Content-Type": content_type})


def _result(call: Call, _language: Language) -> Response:
    batch = _batch(call)
    content_type = batch.spec["contentType"]
    text = write_results(content_type, call.org.batch_jobs.results(batch))
    return Response(text, headers={"Content-Type": CONTENT_TYPES[content_type]})


def _job(call: Call) -> Job:
    try:
        return call.org.jobs.get("batch job", call.path["job"])
    except ApiError:
        raise BulkError(assumed("v1_no_job", value=call.path["job"])) from None


def _batch(call: Call) -> Job:
    job = _job(call)
    try:
        batch = call.org.jobs.get("batch", call.path["batch"])
    except ApiError:
        batch = None
    if batch is None or batch.spec["job"] != job.id:
        raise BulkError(assumed("v1_no_batch", value=call.path["batch"]))
    return batch
