"""The Mailchimp server: HTTP in, endpoints, HTTP out."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, compile_path

from include.sandbox.controls import Controls
from include.sandbox.mailchimp.access import check_key, check_role, over_limit
from include.sandbox.mailchimp.account import account
from include.sandbox.mailchimp.answers import document_response, problem_response
from include.sandbox.mailchimp.batch_results import PATH as RESULTS_PATH
from include.sandbox.mailchimp.batch_results import gone, results_answer
from include.sandbox.mailchimp.batches import Operation, Outcome, run_due_batches
from include.sandbox.mailchimp.call import Answer, Call, Document
from include.sandbox.mailchimp.field_names import refuse_unknown_fields
from include.sandbox.mailchimp.problems import Problem, bad_json, bad_override, method_not_allowed, not_found
from include.sandbox.mailchimp.query import Query
from include.sandbox.mailchimp.routes import ENDPOINTS
from include.sandbox.mailchimp.store import AccountStore
from include.sandbox.mailchimp.switches import SWITCHES
from include.sandbox.mailchimp.texts import TEXTS
from include.sandbox.serving import with_controls

ROOT = "/3.0"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
READS = frozenset({"GET", "HEAD", "OPTIONS"})
PATTERNS = {template: compile_path(template)[0] for template in ENDPOINTS}


def is_write(method: str, _path: str) -> bool:
    """Whether a call can change the account."""
    return method not in READS


def create_app(store: AccountStore, controls: Controls) -> Starlette:
    """The account as an ASGI app, under the control API.

    Args:
        store: the account.
        controls: clock, faults and the rest of this server.
    """
    controls.declare_switches({**SWITCHES, **TEXTS})
    server = MailchimpServer(store, controls)
    routes = [Route(f"{ROOT}{path}", server.endpoint(path), methods=list(METHODS)) for path in ENDPOINTS]
    routes.append(Route(ROOT, server.endpoint("/"), methods=list(METHODS)))
    routes.append(Route(RESULTS_PATH, server.batch_results, methods=["GET"]))
    app = with_controls(
        routes,
        controls=controls,
        state=store,
        is_write=is_write,
        admit=lambda in_flight: over_limit(in_flight, controls.switches),
    )
    app.add_exception_handler(
        HTTPException, lambda request, _error: problem_response(unrouted(request.url.path), controls.switches)
    )
    return app


def unrouted(path: str) -> Problem:
    """What a call gets that no route takes: a method that its resource does not have, or no resource."""
    resource = path.removeprefix(ROOT) or "/"
    served = (ENDPOINTS[template] for template, pattern in PATTERNS.items() if pattern.fullmatch(resource))
    methods = next(served, None)
    return not_found() if methods is None else method_not_allowed(sorted(methods))


class MailchimpServer:
    """Turns requests into calls. Endpoints run one after the other, so that each call is atomic."""

    def __init__(self, store: AccountStore, controls: Controls) -> None:
        self._store = store
        self._controls = controls

    def endpoint(self, template: str) -> Any:
        """The handler of one path template."""

        async def handle(request: Request) -> Response:
            body = await request.body()
            try:
                check_key(request.headers.get("authorization"))
                return document_response(self._answer(request, template, body))
            except Problem as problem:
                return problem_response(problem, self._controls.switches)

        return handle

    async def batch_results(self, request: Request) -> Response:
        """The results of a batch, outside the API's root."""
        switches = self._controls.switches
        if switches["batch_results_gone"]:
            return gone()
        return results_answer(
            self._store.database,
            request.path_params["batch_id"],
            dict(request.query_params),
            self._controls.now(),
            key=bool(switches["batch_results_refuse_credentials"]) and "authorization" in request.headers,
            per_file=int(switches["batch_results_per_file"]),
        )

    def _answer(self, request: Request, template: str, body: bytes) -> Document | None:
        method = request.headers.get("x-http-method-override", request.method).upper()
        if request.method not in {method, "POST"}:
            raise bad_override()
        base_url = f"{request.url.scheme}://{request.headers.get('host', 'localhost')}{ROOT}"
        call = self._call(request.path_params, request.query_params, _decoded(method, body), base_url)
        check_role(account(call.database)["role"], method, template, call.switches)
        run_due_batches(call, self._perform)
        return self._carry_out(method, template, call)

    def _call(self, path: Mapping[str, str], query: Mapping[str, str], body: Any, base_url: str) -> Call:
        controls = self._controls
        wanted = Query(query, empty=bool(controls.switches["empty_parameters_are_refused"]))
        return Call(self._store.database, dict(path), wanted, body, controls.now(), base_url, controls.switches)

    def _carry_out(self, method: str, template: str, call: Call) -> Document | None:
        endpoint = ENDPOINTS[template].get(method)
        if endpoint is None:
            raise method_not_allowed(sorted(ENDPOINTS[template]))
        call.query.check_flags()
        if method in READS:
            refuse_unknown_fields(call, template)
            result = endpoint(call)
        else:
            with call.database.transaction():
                result = endpoint(call)
        if result is None or isinstance(result, Answer):
            return result.document if result else None
        projected: Document = call.query.projection().apply(result)
        return projected

    def _perform(self, operation: Operation, params: Mapping[str, str], call: Call) -> Outcome:
        """Carries out one operation of a batch; a problem is its outcome."""
        path, mark, query = operation.path.partition("?")
        path = "/" + path.strip("/")
        try:
            if mark and not call.switches["batch_paths_take_queries"]:
                raise not_found()
            body = _decoded(operation.method, (operation.body or "").encode())
            for template, pattern in PATTERNS.items():
                match = pattern.fullmatch(path)
                if match and template not in {"/batches", "/batches/{batch_id}"}:
                    inner = self._call(match.groupdict(), dict(QueryParams(query)) | dict(params), body, call.base_url)
                    document = self._carry_out(operation.method, template, inner)
                    return Outcome(204, "") if document is None else Outcome(200, orjson.dumps(document).decode())
            raise not_found()
        except Problem as problem:
            instance = f"{call.path.get('batch_id', 'batch')}-{operation.operation_id}"
            return Outcome(problem.status, orjson.dumps(problem.document(instance, call.switches)).decode())


def _decoded(method: str, body: bytes) -> Any:
    if method in READS or not body.strip():
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise bad_json() from None
