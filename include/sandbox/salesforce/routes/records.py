"""Single records: `/sobjects/{object}` and below it."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from include.sandbox.salesforce.dml.changes import Saved
from include.sandbox.salesforce.errors import ApiError, no_such_key, not_found
from include.sandbox.salesforce.ids import canonical_id
from include.sandbox.salesforce.org import Org
from include.sandbox.salesforce.routes.call import Call, json_answer, resource
from include.sandbox.salesforce.routes.json_types import check_types
from include.sandbox.salesforce.schema import Field, SObject
from include.sandbox.salesforce.soql.parser import quote
from include.sandbox.salesforce.wordings import assumed

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
        resource(org, "DELETE", "/sobjects/{object}/{key}/{value:path}", delete_by_key),
    ]


def create(call: Call) -> Response:
    """Makes a record."""
    (saved,) = call.org.writer.save(call.sobject, "insert", [_sent(call, "Id")], options=call.options)
    return json_answer(_accepted(saved).json(), 201)


def read(call: Call) -> Response:
    """A record with all its fields, or with those asked for."""
    return json_answer(record(call, call.sobject, "Id", _record_id(call)))


def read_by_key(call: Call) -> Response:
    """A record found by an external id; 300 with the URLs of all where there are several."""
    key = call.key
    urls = _urls(call, key)
    if len(urls) > 1:
        return json_answer(urls, 300)
    return json_answer(record(call, call.sobject, key.name, call.path["value"]))


def record(call: Call, sobject: SObject, key: str, value: str, *, tooling: bool = False) -> dict[str, Any]:
    """The one record whose key has the value, as REST shows it.

    Raises:
        ApiError: NOT_FOUND.
    """
    names = call.query["fields"].split(",") if "fields" in call.query else list(sobject.fields)
    soql = f"SELECT {', '.join(names)} FROM {sobject.name} WHERE {key} = {quote(value)}"
    records = call.org.queries.run(soql, call.base, deleted=False, tooling=tooling)["records"]
    if not records:
        raise not_found()
    found: dict[str, Any] = records[0]
    return found


def update(call: Call) -> Response:
    """Changes a record."""
    row = {**_sent(call, "Id"), "Id": _record_id(call)}
    (saved,) = call.org.writer.save(call.sobject, "update", [row], options=call.options)
    _accepted(saved)
    return Response(status_code=204)


def delete(call: Call) -> Response:
    """Puts a record into the recycle bin."""
    (saved,) = call.org.writer.delete(call.sobject, [_record_id(call)])
    _accepted(saved)
    return Response(status_code=204)


def delete_by_key(call: Call) -> Response:
    """Puts the record with an external id into the recycle bin; 300 with the URLs of all where there are several."""
    urls = _urls(call, call.key)
    if len(urls) > 1:
        return json_answer(urls, 300)
    if not urls:
        raise not_found()
    (saved,) = call.org.writer.delete(call.sobject, [urls[0].rpartition("/")[2]])
    _accepted(saved)
    return Response(status_code=204)


def upsert(call: Call) -> Response:
    """Makes or changes the record with an external id: 201, 200 (204 in old versions), or 300 if there are several.

    With `updateOnly=true` none is made.
    """
    sobject, key = call.sobject, call.key
    if key.name == "Id":
        row = {**_sent(call, "Id"), "Id": call.path["value"]}
        (saved,) = call.org.writer.save(sobject, "update", [row], options=call.options)
    else:
        row = {**_sent(call, "Id", key.name), key.name: call.path["value"]}
        if call.query.get("updateOnly", "").lower() == "true" and not _urls(call, key):
            raise ApiError.assumed(404, assumed("nothing_to_update"))
        (saved,) = call.org.writer.save(sobject, "upsert", [row], key=key, options=call.options)
    if saved.error and saved.error.code == "DUPLICATE_EXTERNAL_ID":
        return json_answer(_urls(call, key), 300)
    body = {**_accepted(saved).json(), "created": saved.created}
    if saved.created or call.version >= UPSERT_TELLS_SINCE:
        return json_answer(body, 201 if saved.created else 200)
    return Response(status_code=204)


def _urls(call: Call, key: Field) -> list[str]:
    """Of all records whose key has the value in the path."""
    soql = f"SELECT Id FROM {call.sobject.name} WHERE {key.name} = {quote(call.path['value'])}"
    records = call.org.queries.run(soql, call.base, deleted=False)["records"]
    return [one["attributes"]["url"] for one in records]


def _record_id(call: Call) -> str:
    record_id = canonical_id(call.path["id"])
    if record_id is None:
        raise no_such_key(call.path["id"])
    return record_id


def _sent(call: Call, *named_in_path: str) -> Mapping[str, Any]:
    """The record in the body of a call, in which what the path names must not stand again.

    https://developer.salesforce.com/docs/platform/api-rest/guide/resources-sobject-upsert-patch.html
    """
    sent = call.json()
    for name in named_in_path:
        if name.lower() in map(str.lower, sent):
            raise ApiError(400, "INVALID_FIELD", f"The {name} field should not be specified in the sobject data.")
    check_types(call.org.store.schema, [(call.sobject, sent)], call.body)
    return sent


def _accepted(saved: Saved) -> Saved:
    error = saved.error
    if error is None:
        return saved
    if error.code in _MISSING and error.fields in {(), ("Id",)}:
        raise not_found()
    if error.code == "ENTITY_IS_DELETED" and not error.fields:
        raise ApiError(404, error.code, error.message)
    raise ApiError(400, error.code, error.message, error.fields, tuple(one.entry() for one in saved.errors))
