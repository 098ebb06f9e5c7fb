"""The console's pages, behind Airflow's log-in and its permissions: the quality report of a run, with its Data Docs.

The addresses below `/runs/<dag>/<run>/` are those of the files in the report's folder, so that their links work here
as they do in the folder.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Awaitable, Callable
from functools import cache

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import get_user, requires_access_dag
from fastapi import APIRouter, Depends, FastAPI, Request, Response

from include.config.load import load_pipeline
from include.pipelines.run import report_folder
from include.wiring import open_storage
from plugins.console import notices

AUDIENCE_DAG = re.compile(r"sync_(?P<stem>[A-Za-z0-9_-]+)")
PLAIN_NAME = re.compile(r"(?!\.+$)[^/\\\x00]+")
"""What a file or folder below the report's may be called; never `..`."""
HEADERS = {
    # Great Expectations' pages name scripts and styles of other servers: none of them is loaded.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}

router = APIRouter(dependencies=[Depends(requires_access_dag("GET", DagAccessEntity.RUN))])


@cache
def app() -> FastAPI:
    """The console. Plugin routes are open unless guarded: all of it needs a user, and nothing describes it."""
    console = FastAPI(
        title="Console", dependencies=[Depends(get_user)], docs_url=None, redoc_url=None, openapi_url=None
    )
    console.include_router(router)
    console.middleware("http")(_with_headers)
    return console


async def _with_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await answer(request)
    response.headers.update(HEADERS)
    return response


@router.get("/runs/{dag_id}/{run_id}/")
def show_report(dag_id: str, run_id: str) -> Response:
    """The report's page; where there is none, a page that says why."""
    if AUDIENCE_DAG.fullmatch(dag_id) is None:
        return Response(notices.no_audience(dag_id), 404, media_type="text/html")
    content = _read(dag_id, run_id, "report.html")
    if content is None:
        return Response(notices.no_report(run_id), 404, media_type="text/html")
    return Response(content, media_type="text/html")


@router.get("/runs/{dag_id}/{run_id}/{file:path}")
def show_file(dag_id: str, run_id: str, file: str) -> Response:
    """The report as data (`report.json`), or a file of the Data Docs (`data_docs/...`)."""
    served = file == "report.json" or file.startswith("data_docs/")
    content = _read(dag_id, run_id, *file.split("/")) if served else None
    if content is None:
        return Response(notices.no_file(), 404, media_type="text/html")
    kind, _ = mimetypes.guess_type(file)
    return Response(content, media_type=kind or "application/octet-stream")


def _read(dag_id: str, run_id: str, *names: str) -> bytes | None:
    """A file of a run's report; None where there is none, or where a name leads elsewhere."""
    audience = AUDIENCE_DAG.fullmatch(dag_id)
    if audience is None:
        return None
    parts = (*report_folder(audience["stem"], run_id), *names)
    if not all(PLAIN_NAME.fullmatch(part) for part in parts):
        return None
    storage = open_storage(load_pipeline())
    try:
        content: bytes = storage.filesystem().cat_file(storage.path(*parts))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
    return content
