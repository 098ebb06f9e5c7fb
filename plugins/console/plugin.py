"""Registers the console with Airflow: its pages, the entry of the menu, and the tab of a DAG run that shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


async def console(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve the pages. Every Airflow process loads plugins; what the pages need is loaded by the first request."""
    from plugins.console.app import app  # noqa: PLC0415 - see above

    await app()(scope, receive, send)


APPS: list[Any] = [{"name": "Console", "app": console, "url_prefix": "/console"}]
# Without a leading slash an address is relative to Airflow's own, which may lie below a path.
REPORT: dict[str, str] = {
    "name": "Report",
    "href": "console/runs/{DAG_ID}/{RUN_ID}/",
    "destination": "dag_run",
    "url_route": "report",
}
INDEX: dict[str, str] = {
    "name": "Sync console",
    "href": "console/",
    "destination": "nav",
    "category": "browse",
    "url_route": "sync_console",
}
VIEWS: list[Any] = [REPORT, INDEX]


class ConsolePlugin(AirflowPlugin):
    """The console."""

    name = "console"
    fastapi_apps = APPS
    external_views = VIEWS
