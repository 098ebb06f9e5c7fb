"""The console's pages, behind Airflow's log-in and its permissions: who may see a DAG's runs sees what they left.

`/` has the newest of everything. The addresses below `/runs/sync_<audience>/<run>/` are those of the files in the
report's folder, so that their links work here as they do in the folder; other DAGs' runs have a page of their own.
`/queries/<dag>/` and `/policies/<dag>/` are about an audience. All of it is read from the warehouse; nothing writes.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Awaitable, Callable
from functools import cache

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep, get_user, requires_access_dag
from airflow.models.dag import DagModel
from fastapi import APIRouter, Depends, FastAPI, Request, Response

from include.config.load import audience_stems, load_pipeline
from include.errors import ConfigError
from include.pipelines.overview import PREVIEW, newest_previews
from include.pipelines.run import report_folder
from include.warehouse.store import Warehouse
from include.wiring import load_project, open_storage
from plugins.console import pages

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
    console.add_api_route("/", show_index, methods=["GET"])
    console.middleware("http")(_with_headers)
    return console


async def _with_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await answer(request)
    response.headers.update(HEADERS)
    return response


def show_index(user: GetUserDep) -> Response:
    """The first page: of everything the newest, as far as the user may see it."""
    return _html(pages.index(_warehouse(), audience_stems(), lambda dag_id: _may_see(user, dag_id)))


@router.get("/runs/{dag_id}/{run_id}/")
def show_run(dag_id: str, run_id: str) -> Response:
    """What a run left: an audience's quality report, else its record; where there is none, a page that says why."""
    if AUDIENCE_DAG.fullmatch(dag_id):
        report = _read(dag_id, run_id, "report.html")
        return _html(pages.no_report(run_id), 404) if report is None else _html(report)
    page = pages.of_run(_warehouse(), dag_id, run_id)
    return _html(pages.no_record(dag_id, run_id), 404) if page is None else _html(page)


@router.get("/queries/{dag_id}/")
def show_queries(dag_id: str, user: GetUserDep) -> Response:
    """An audience's queries, with the newest preview where the user may see previews."""
    audience = AUDIENCE_DAG.fullmatch(dag_id)
    if audience is None:
        return _html(pages.no_audience(dag_id), 404)
    project, problem = None, ""
    try:
        project = load_project()
    except ConfigError as error:
        problem = str(error)
    preview = newest_previews(_warehouse()).get(audience["stem"]) if _may_see(user, PREVIEW) else None
    return _html(pages.queries(_warehouse(), project, problem, audience["stem"], preview))


@router.get("/policies/{dag_id}/")
def show_policies(dag_id: str) -> Response:
    """An audience's newest comparison of the policies."""
    audience = AUDIENCE_DAG.fullmatch(dag_id)
    if audience is None:
        return _html(pages.no_audience(dag_id), 404)
    return _html(pages.policies(_warehouse(), audience["stem"]))


@router.get("/runs/{dag_id}/{run_id}/{file:path}")
def show_file(dag_id: str, run_id: str, file: str) -> Response:
    """The report as data (`report.json`), or a file of the Data Docs (`data_docs/...`)."""
    served = file == "report.json" or file.startswith("data_docs/")
    content = _read(dag_id, run_id, *file.split("/")) if served else None
    if content is None:
        return _html(pages.no_file(), 404)
    kind, _ = mimetypes.guess_type(file)
    return Response(content, media_type=kind or "application/octet-stream")


def _may_see(user: BaseUser, dag_id: str) -> bool:
    """Whether a user may see a DAG's runs: what `requires_access_dag` asks for."""
    details = DagDetails(id=dag_id, team_name=DagModel.get_team_name(dag_id))
    return get_auth_manager().is_authorized_dag(
        method="GET", access_entity=DagAccessEntity.RUN, details=details, user=user
    )


def _warehouse() -> Warehouse:
    return Warehouse(open_storage(load_pipeline()))


def _html(content: str | bytes, status: int = 200) -> Response:
    return Response(content, status, media_type="text/html")


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
