"""Single records: `/sobjects/{object}` and below it."""

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from include.sandbox.salesforce.dml.changes import Saved
from include.sandbox.salesforce.errors import ApiError, not_found
from include.sandbox.salesforce.ids import canonical_id
from include.sandbox.salesforce.org import Org
from include.sandbox.salesforce.routes.call import Call, json_answer, resource
from include.sandbox.salesforce.schema import Field, SObject
from include.sandbox.salesforce.soql.parser import quote

UPSERT_TELLS_SINCE = 46.0
_MISSING = frozenset({"INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"})


def record_routes(org: Org) -> list[Route]:
    """The routes of single records; the literal paths below `{object}` must come before these."""
    return [
        resource(org, "POST", "/sobjects/{object}", create),
        resource(org, "GET", "/sobjects/{object}/{id}", read),
        resource(org, "PATCH", "/sobjects/{object}/{id}", update),
        resource(org, "DELETE", "/sobjects/{object}/{id}", delete),
        resource(org, "GET", "/sobjects/{object}/{key}/{value:path}", read_by_key),
        resource(org, "PATCH", "/sobjects/{object}/{key}/{value:path}", upsert),
    ]


def create(call: Call) -> Response:
    """Makes a record."""
    (saved,) = call.org.writer.save(call.sobject, "insert", [call.json()], options=call.options)
    return json_answer(_accepted(saved).json(), 201)


def read(call: Call) -> Response:
    """A record with all its fields, or with those asked for."""
    record_id = canonical_id(call.path["id"])
    if record_id is None:
        raise not_found()
    return json_answer(record(call, call.sobject, "Id", record_id))


def read_by_key(call: Call) -> Response:
    """A record found by an external id."""
    key = _key(call)
    return json_answer(record(call, call.sobject, key.name, call.path["value"]))


def record(call: Call, sobject: SObject, key: str, value: str, *, tooling: bool = False) -> dict[str, Any]:
    """The one record whose key has the value, as REST shows it.

    Raises:
        ApiError: NOT_FOUND; or 300 with the URLs of all where there are several.
    """
    names = call.query["fields"].split(",") if "fields" in call.query else list(sobject.fields)
    soql = f"SELECT {', '.join(names)} FROM {sobject.name} WHERE {key} = {quote(value)}"
    records = call.org.queries.run(soql, call.base, deleted=False, tooling=tooling)["records"]
    if not records:
        raise not_found()
    if len(records) > 1:
        raise ApiError(300, "DUPLICATE_EXTERNAL_ID", f"more than one record found for {key}")
    found: dict[str, Any] = records[0]
    return found


def update(call: Call) -> Response:
    """Changes a record."""
    sent = {name: value for name, value in call.json().items() if name.lower() != "id"}
    (saved,) = call.org.writer.save(call.sobject, "update", [{**sent, "Id": call.path["id"]}], options=call.options)
    _accepted(saved)
    return Response(status_code=204)


def delete(call: Call) -> Response:
    """Puts a record into the recycle bin."""
    (saved,) = call.org.writer.delete(call.sobject, [call.path["id"]])
    _accepted(saved)
    return Response(status_code=204)


def upsert(call: Call) -> Response:
    """Makes or changes the record with an external id: 201, 200 (204 in old versions), or 300 if there are several."""
    sobject, key = call.sobject, _key(call)
    if key.name == "Id":
        row = {**call.json(), "Id": call.path["value"]}
        (saved,) = call.org.writer.save(sobject, "update", [row], options=call.options)
    else:
        sent = {name: value for name, value in call.json().items() if name.lower() != key.name.lower()}
        row = {**sent, key.name: call.path["value"]}
        (saved,) = call.org.writer.save(sobject, "upsert", [row], key=key, options=call.options)
    if saved.error and saved.error.code == "DUPLICATE_EXTERNAL_ID":
        return json_answer(_several(call, sobject, key), 300)
    body = {**_accepted(saved).json(), "created": saved.created}
    if saved.created or call.version >= UPSERT_TELLS_SINCE:
        return json_answer(body, 201 if saved.created else 200)
    return Response(status_code=204)


def _several(call: Call, sobject: SObject, key: Field) -> list[str]:
    soql = f"SELECT Id FROM {sobject.name} WHERE {key.name} = {quote(call.path['value'])}"
    records = call.org.queries.run(soql, call.base, deleted=False)["records"]
    return [one["attributes"]["url"] for one in records]


def _key(call: Call) -> Field:
    field = call.sobject.find(call.path["key"])
    if field is None or not field.lookup_key:
        message = f"Provided external ID field does not exist or is not accessible: {call.path['key']}"
        raise ApiError(404, "NOT_FOUND", message)
    return field


def _accepted(saved: Saved) -> Saved:
    error = saved.error
    if error is None:
        return saved
    if error.code in _MISSING and error.fields in {(), ("Id",)}:
        raise not_found()
    if error.code == "ENTITY_IS_DELETED" and not error.fields:
        raise ApiError(404, error.code, error.message)
    raise ApiError(400, error.code, error.message, error.fields, tuple(one.entry() for one in saved.errors))
