"""`/query`, `/queryAll` and the pages after the first; the same for the Tooling API."""

import re

from starlette.responses import Response
from starlette.routing import Route

from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.org import Org
from include.sandbox.salesforce.queries import PAGE
from include.sandbox.salesforce.routes.call import Call, json_answer, resource

SMALLEST_PAGE = 200
_BATCH_SIZE = re.compile(r"batchSize\s*=\s*(\d+)")


def query_routes(org: Org) -> list[Route]:
    """The routes of queries."""
    return [
        resource(org, "GET", "/query", lambda call: _first(call, deleted=False)),
        resource(org, "GET", "/queryAll", lambda call: _first(call, deleted=True)),
        resource(org, "GET", "/query/{locator}", _more),
        resource(org, "GET", "/queryAll/{locator}", _more),
        resource(org, "GET", "/tooling/query", lambda call: _first(call, deleted=False, tooling=True)),
        resource(org, "GET", "/tooling/query/{locator}", _more),
    ]


def _first(call: Call, *, deleted: bool, tooling: bool = False) -> Response:
    if "q" not in call.query:
        raise ApiError(400, "MALFORMED_QUERY", "SOQL statement cannot be empty.")
    if call.query.get("columns") == "true":
        return json_answer(call.org.queries.columns(call.query["q"], tooling=tooling))
    base = call.base + "/tooling" * tooling
    size = _page_size(call)
    return json_answer(call.org.queries.run(call.query["q"], base, deleted=deleted, size=size, tooling=tooling))


def _more(call: Call) -> Response:
    return json_answer(call.org.queries.more(call.path["locator"], call.base))


def _page_size(call: Call) -> int:
    asked = _BATCH_SIZE.search(call.headers.get("sforce-query-options", ""))
    return min(PAGE, max(SMALLEST_PAGE, int(asked[1]))) if asked else PAGE
