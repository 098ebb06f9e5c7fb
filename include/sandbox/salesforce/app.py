"""The org as a web application."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from include.sandbox.controls import Controls
from include.sandbox.salesforce.org import Org
from include.sandbox.salesforce.routes.bulk import bulk_routes
from include.sandbox.salesforce.routes.bulk_v1 import bulk_v1_routes
from include.sandbox.salesforce.routes.call import unrouted
from include.sandbox.salesforce.routes.collections import collection_routes
from include.sandbox.salesforce.routes.login import login_routes
from include.sandbox.salesforce.routes.metadata import metadata_routes
from include.sandbox.salesforce.routes.queries import query_routes
from include.sandbox.salesforce.routes.records import record_routes
from include.sandbox.salesforce.store import OrgStore
from include.sandbox.serving import with_controls


def create_app(store: OrgStore, controls: Controls, *, jwt_public_key: str | None = None) -> Starlette:
    """The org's HTTP interface with the control API beside it.

    Args:
        store: the org's data.
        controls: clock, faults, latency, switches.
        jwt_public_key: PEM of the key whose owner may log in by JWT; nobody may if not given.
    """
    org = Org.of(store, controls, jwt_public_key)
    routes = [
        *login_routes(org),
        *metadata_routes(org),
        *query_routes(org),
        *collection_routes(org),
        *bulk_routes(org),
        *bulk_v1_routes(org),
        *record_routes(org),
    ]
    app = with_controls(routes, controls=controls, state=store, is_write=is_write)
    app.add_exception_handler(HTTPException, unrouted(routes))
    return app


def is_write(method: str, path: str) -> bool:
    """Whether a call can change the org's records: not log-in, queries, query jobs and reading by ids."""
    if method == "GET" or path.startswith(("/services/oauth2/", "/services/Soap/")) or "/jobs/query" in path:
        return False
    return not (method == "POST" and path.endswith("/composite/sobjects/{object}"))
