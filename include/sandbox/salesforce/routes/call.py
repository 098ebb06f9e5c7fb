"""One call of the REST API: what came in, how it is let in, how its answer goes out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from include.sandbox.salesforce.dml.options import SaveOptions
from include.sandbox.salesforce.errors import ApiError, no_such_key, not_found
from include.sandbox.salesforce.org import Org
from include.sandbox.salesforce.schema import Field, SObject
from include.sandbox.salesforce.wordings import assumed

OLDEST, NEWEST = 31, 66
# https://developer.salesforce.com/docs/platform/salesforce-app-limits-cheatsheet
LONGEST_URI = 16_384
DATA = "/services/data/v{version}"


@dataclass(frozen=True, slots=True)
class Call:
    """A request with its body read."""

    org: Org
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def base(self) -> str:
        """The path before the resource, like `/services/data/v59.0`."""
        return f"/services/data/v{self.path['version']}"

    @property
    def version(self) -> float:
        """The API version."""
        return float(self.path["version"])

    @property
    def sobject(self) -> SObject:
        """The object named in the path.

        Raises:
            ApiError: NOT_FOUND.
        """
        found = self.org.store.schema.find(self.path["object"])
        if found is None:
            raise not_found()
        return found

    @property
    def options(self) -> SaveOptions:
        """What the headers ask of a save.

        Raises:
            ApiError: MALFORMED_ID.
        """
        return SaveOptions.of(self.headers, self.base)

    @property
    def key(self) -> Field:
        """The field named in the path, by which records are found.

        Raises:
            ApiError: NOT_FOUND.
        """
        field = self.sobject.find(self.path["key"])
        if field is None or not field.lookup_key:
            raise no_such_key(self.path["key"])
        return field

    def json(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            ApiError: JSON_PARSER_ERROR; or UNSUPPORTED_MEDIA_TYPE: it says that it is something else.
        """
        content_type = self.headers.get("content-type", "application/json")
        if "json" not in content_type.lower():
            raise ApiError.assumed(415, assumed("media_type", value=content_type))
        try:
            body = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            said = assumed("json_unread", fault=error.msg, line=error.lineno, column=error.colno)
            raise ApiError.assumed(400, said) from error
        if not isinstance(body, dict):
            raise ApiError.assumed(400, assumed("no_object"))
        return body


Handler = Callable[[Call], Response]


class AnySlashRoute(Route):
    """A route that also takes its path with a slash at the end, as Salesforce does, and with several at its beginning.

    The Salesforce CLI keeps an org's address with the slash behind the host and puts `/services/...` after that.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Matches with one slash at the beginning and none at the end."""
        return super().matches({**scope, "path": "/" + scope["path"].strip("/")})


def json_answer(content: object, status: int = 200) -> Response:
    """An answer in JSON, with the vendor's content type (recordings)."""
    return Response(orjson.dumps(content), status, {"Content-Type": "application/json;charset=UTF-8"})


def resource(org: Org, method: str, path: str, handler: Handler) -> Route:
    """A route of the REST API: needs a session, counts against the daily limit, answers errors in the vendor's form.

    Args:
        org: that answers.
        method: of the calls.
        path: after `/services/data/v..`; or the whole path if it begins with `/services/` or `/id/`.
        handler: makes the answer; runs in a thread of its own.
    """

    async def endpoint(request: Request) -> Response:
        body = await request.body()
        if len(request.scope["raw_path"]) + len(request.scope["query_string"]) >= LONGEST_URI:
            return Response("URI Too Long", 414, {"Content-Type": "text/plain"})
        call = Call(org, request.path_params, request.query_params, request.headers, body)
        answer = await run_in_threadpool(_handled, call, handler)
        if answer.status_code != HTTPStatus.UNAUTHORIZED:  # https://github.com/jsforce/jsforce/pull/1301
            answer.headers["Sforce-Limit-Info"] = org.limits.header()
        return answer

    whole = path if path.startswith(("/services/", "/id/")) else DATA + path
    return AnySlashRoute(whole, endpoint, methods=[method])


def _handled(call: Call, handler: Handler) -> Response:
    try:
        call.org.sessions.check(call.headers.get("authorization", ""))
        call.org.limits.count()
        _check_version(call)
        return handler(call)
    except ApiError as error:
        return json_answer(error.body(call.org.controls.switches), error.status)


def _check_version(call: Call) -> None:
    version = call.path.get("version")
    if version is not None and version not in {f"{number}.0" for number in range(OLDEST, NEWEST + 1)}:
        raise not_found()


def unrouted(routes: Sequence[Route]) -> Callable[[Request, Exception], Response]:
    """Answers calls that no route takes: 404, or 405 with the methods that the path does take."""

    def answer(request: Request, _error: Exception) -> Response:
        matching = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
        allowed = sorted({method for route in matching for method in route.methods or ()})
        if not allowed:
            error = not_found()
        else:
            message = f"HTTP Method '{request.method}' not allowed. Allowed are {','.join(allowed)}"
            error = ApiError(405, "METHOD_NOT_ALLOWED", message)
        return json_answer(error.body({}), error.status)

    return answer
