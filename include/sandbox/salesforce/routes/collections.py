"""Up to 200 records a call: `/composite/sobjects`. The answer is 200 even if every row is refused (recordings).

Reading takes the ids in the URL, or up to 2,000 in a body:
https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-retrieve-post.html
"""

import sqlite3
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from include.sandbox.salesforce.dml.changes import Saved
from include.sandbox.salesforce.dml.writer import Operation
from include.sandbox.salesforce.errors import ApiError, RowError
from include.sandbox.salesforce.ids import canonical_id
from include.sandbox.salesforce.org import Org
from include.sandbox.salesforce.routes.call import Call, json_answer, resource
from include.sandbox.salesforce.routes.json_types import check_types
from include.sandbox.salesforce.schema import SObject
from include.sandbox.salesforce.soql.parser import quote
from include.sandbox.salesforce.wordings import assumed

MOST_RECORDS, MOST_READ = 200, 2000
MOST_CHUNKS = 10
Sent = Mapping[str, Any]


def collection_routes(org: Org) -> list[Route]:
    """The routes of collections."""
    return [
        resource(org, "POST", "/composite/sobjects", lambda call: _save(call, "insert")),
        resource(org, "PATCH", "/composite/sobjects", lambda call: _save(call, "update")),
        resource(org, "DELETE", "/composite/sobjects", _delete),
        resource(org, "GET", "/composite/sobjects/{object}", _read_by_url),
        resource(org, "POST", "/composite/sobjects/{object}", _read_by_body),
        resource(org, "PATCH", "/composite/sobjects/{object}/{key}", _upsert),
    ]


def _save(call: Call, operation: Operation) -> Response:
    body = call.json()
    records = _records(body)
    chunks = [(name, list(rows)) for name, rows in groupby(records, key=_type_of)]
    if len(chunks) > MOST_CHUNKS:
        raise ApiError.assumed(400, assumed("chunks", most=MOST_CHUNKS))

    _check_types(call, records)

    def work(_connection: sqlite3.Connection) -> list[Saved]:
        return [saved for name, rows in chunks for saved in _save_type(call, name, operation, rows)]

    results = call.org.writer.together(work, all_or_none=bool(body.get("allOrNone")))
    return json_answer([one.json() for one in results])


def _save_type(call: Call, name: str, operation: Operation, rows: Sequence[Sent]) -> list[Saved]:
    sobject = call.org.store.schema.find(name)
    if sobject is None:
        error = RowError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return [Saved("", created=False, errors=(error,)) for _ in rows]
    return call.org.writer.save(sobject, operation, rows, options=call.options)


def _upsert(call: Call) -> Response:
    body = call.json()
    sobject, key = call.sobject, call.key
    records = _records(body)
    if any(_type_of(one).lower() != sobject.name.lower() for one in records):
        raise ApiError.assumed(400, assumed("other_types"))
    _check_types(call, records)
    all_or_none = bool(body.get("allOrNone"))
    results = call.org.writer.save(sobject, "upsert", records, key=key, all_or_none=all_or_none, options=call.options)
    return json_answer([one.json() if one.error else {**one.json(), "created": one.created} for one in results])


def _delete(call: Call) -> Response:
    ids = [one.strip() for one in call.query.get("ids", "").split(",") if one.strip()]
    if not ids:
        raise ApiError.assumed(400, assumed("no_ids"))
    _check_number(ids)

    def work(_connection: sqlite3.Connection) -> list[Saved]:
        results: list[Saved] = []
        for sobject, group in groupby(ids, key=call.org.store.schema.by_prefix):
            results += _delete_type(call.org, sobject, list(group))
        return results

    results = call.org.writer.together(work, all_or_none=call.query.get("allOrNone", "").lower() == "true")
    return json_answer([one.json() for one in results])


def _delete_type(org: Org, sobject: SObject | None, ids: list[str]) -> list[Saved]:
    if sobject is None:
        errors = (RowError.assumed(assumed("wrong_id_deleted", value=one)) for one in ids)
        return [Saved("", created=False, errors=(error,)) for error in errors]
    return org.writer.delete(sobject, ids)


def _read_by_url(call: Call) -> Response:
    return _read(call, call.query.get("ids", "").split(","), call.query.get("fields", "").split(","))


def _read_by_body(call: Call) -> Response:
    body = call.json()
    return _read(call, _texts(body, "ids"), _texts(body, "fields"))


def _texts(body: Mapping[str, Any], name: str) -> list[str]:
    texts = body.get(name)
    if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
        raise ApiError.assumed(400, assumed("no_array", name=name))
    return texts


def _read(call: Call, asked: Sequence[str], fields: Sequence[str]) -> Response:
    """The records in the order of their ids, null for what is not there."""
    _check_number(asked, MOST_READ)
    ids = [canonical_id(one.strip()) for one in asked]
    wanted = ", ".join(quote(one) for one in ids if one)
    named = {one.strip().lower(): one.strip() for one in fields if one.strip()}
    named.pop("id", None)
    found: dict[str, Any] = {}
    if wanted:
        soql = f"SELECT {', '.join(['Id', *named.values()])} FROM {call.sobject.name} WHERE Id IN ({wanted})"
        answer = call.org.queries.run(soql, call.base, deleted=False)
        found = {one["Id"]: one for one in answer["records"]}
    return json_answer([found.get(one or "") for one in ids])


def _records(body: Mapping[str, Any]) -> list[Sent]:
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
        raise ApiError.assumed(400, assumed("no_array", name="records"))
    _check_number(records)
    return records


def _check_types(call: Call, records: Sequence[Sent]) -> None:
    if call.org.controls.switches["wrong_types_refuse_collections"]:
        schema = call.org.store.schema
        typed = ((schema.find(_type_of(one)), one) for one in records)
        check_types(schema, [(sobject, one) for sobject, one in typed if sobject], call.body)


def _check_number(rows: Sequence[object], most: int = MOST_RECORDS) -> None:
    if len(rows) > most:
        raise ApiError.assumed(400, assumed("too_many", most=most))


def _type_of(record: Sent) -> str:
    attributes = record.get("attributes")
    return str(attributes.get("type", "")) if isinstance(attributes, dict) else ""
