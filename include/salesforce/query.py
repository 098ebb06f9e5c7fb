"""Queries through REST: pages of up to 2,000 rows, parents flattened to paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote_plus

import requests

from include.salesforce.refusals import unreadable
from include.salesforce.rest import Call, Rest, decoded

Record = dict[str, object]
_ADDRESS = re.compile(r"[\w.+-]@")
"""In an e-mail address; a domain alone, as in `LIKE '%@acme.example'`, has none."""
_LONGEST = 16_000
"""Characters of a query in a URL, which takes 16,384 in all:
https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_api.htm"""


def may_stand_in_a_url(soql: str) -> bool:
    """Whether REST may send a query: no e-mail address is in it, and it is not too long. A bulk job takes any."""
    return not _ADDRESS.search(soql) and len(quote_plus(soql)) <= _LONGEST


def query(rest: Rest, soql: str, *, include_deleted: bool = False, tooling: bool = False) -> Iterator[Record]:
    """Each row as path to value (`Account.Name`); a parent that is not set leaves its paths out.

    `tooling` asks the Tooling API, which shows how the org is set up.

    A page may hold fewer rows than allowed: `done` alone tells the end. Raises TransientError where the rows don't add
    up to the total that Salesforce announced.
    """
    call = _first(soql, "tooling/query" if tooling else _resource(include_deleted))
    seen, read = {call.path}, 0
    while True:
        page = _page(rest, call)
        read += len(page["records"])
        yield from (flat(record) for record in page["records"])
        if page["done"]:
            break
        path = str(page["nextRecordsUrl"])
        if path in seen:
            raise unreadable(call.action, "its pages run in a circle")
        seen.add(path)
        call = Call(call.action, "GET", path)
    if read != page["totalSize"]:
        raise unreadable(call.action, f"{read} rows of {page['totalSize']}")


def count(rest: Rest, soql: str, *, include_deleted: bool) -> int:
    """The answer of a `SELECT COUNT()`."""
    return int(_page(rest, _first(soql, _resource(include_deleted)))["totalSize"])


def flat(record: Mapping[str, Any], prefix: str = "") -> Record:
    """A row without `attributes`, the fields of its parents as paths. Compound addresses stay objects."""
    result: Record = {}
    for name, value in record.items():
        if name == "attributes":
            continue
        if isinstance(value, dict) and "attributes" in value:
            result.update(flat(value, f"{prefix}{name}."))
        else:
            result[prefix + name] = value
    return result


def _resource(include_deleted: bool) -> str:
    return "queryAll" if include_deleted else "query"


def _first(soql: str, resource: str) -> Call:
    return Call(f"query {_object(soql)}", "GET", resource, params={"q": soql})


def _object(soql: str) -> str:
    return soql.partition(" FROM ")[2].partition(" ")[0]


def _page(rest: Rest, call: Call) -> dict[str, Any]:
    def decode(response: requests.Response) -> dict[str, Any]:
        page = decoded(call, response)
        complete = isinstance(page, dict) and isinstance(page.get("records"), list) and "totalSize" in page
        if not complete or (page.get("done") is not True and not page.get("nextRecordsUrl")):
            raise unreadable(call.action, "no page of records")
        return dict(page)

    return rest.send(call, decode)
