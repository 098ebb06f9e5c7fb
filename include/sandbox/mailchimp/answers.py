"""HTTP answers in the Marketing API's form."""

import uuid

import orjson
from starlette.responses import Response

from include.sandbox.mailchimp.call import Document
from include.sandbox.mailchimp.problems import Problem, Switches

JSON = "application/json; charset=utf-8"
PROBLEM_JSON = "application/problem+json; charset=utf-8"
PROBLEM_SCHEMA = '<https://us1.api.mailchimp.com/schema/3.0/Definitions/ProblemDetailDocument.json>; rel="describedBy"'


def document_response(document: Document | None) -> Response:
    """A resource, or 204 without a body; both with a request id (recorded)."""
    headers = {"X-Request-Id": str(uuid.uuid4()), "Content-Type": JSON}
    if document is None:
        return Response(status_code=204, headers=headers)
    return Response(orjson.dumps(document), headers=headers)


def problem_response(problem: Problem, switches: Switches) -> Response:
    """An error; its request id is also its `instance` (recorded)."""
    instance = str(uuid.uuid4())
    headers = {"X-Request-Id": instance, "Content-Type": PROBLEM_JSON, "Link": PROBLEM_SCHEMA, **problem.headers}
    return Response(orjson.dumps(problem.document(instance, switches)), status_code=problem.status, headers=headers)
