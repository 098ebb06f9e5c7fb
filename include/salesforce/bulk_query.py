"""Queries through Bulk API 2.0: a job, then its result as CSV pages.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm : no compound fields, no
aggregates; every page repeats the header; the last one answers the word `null` as locator.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests

from include.salesforce.jobs import finished, job_id
from include.salesforce.refusals import unreadable
from include.salesforce.rest import Call, Rest, with_json

if TYPE_CHECKING:
    import pyarrow as pa

PAGE_ROWS = 50_000
"""Rows asked for per page; Salesforce may answer fewer. Some 20 MB of CSV at 30 columns."""
BLOCK_BYTES = 16 * 1024 * 1024
"""pyarrow refuses a row that is longer than a block; Salesforce's longest has 400,000 characters."""


@dataclass(frozen=True, slots=True)
class _Page:
    table: pa.Table
    locator: str | None


def bulk_query(rest: Rest, soql: str, *, include_deleted: bool) -> Iterator[pa.Table]:
    """The result as tables of text columns named as in the query; a blank is null. At least one, maybe empty, table.

    Raises TransientError for a job that failed or an answer that is cut off.
    """
    return results(rest, start(rest, soql, include_deleted=include_deleted))


def start(rest: Rest, soql: str, *, include_deleted: bool) -> str:
    """Make a query job; returns its id, which stays good for seven days."""
    operation = "queryAll" if include_deleted else "query"
    call = with_json("start a query job", "POST", "jobs/query", {"operation": operation, "query": soql})
    return job_id(rest, call)


def results(rest: Rest, job: str) -> Iterator[pa.Table]:
    """Wait for a query job and read its pages; the next one loads while the caller works on this one."""
    finished(rest, f"jobs/query/{job}")
    with ThreadPoolExecutor(max_workers=1) as ahead:
        upcoming = ahead.submit(_page, rest, job, None)
        seen: set[str] = set()
        while True:
            page = upcoming.result()
            if page.locator is None:
                yield page.table
                return
            if page.locator in seen:
                raise unreadable("read a query job", "its pages run in a circle")
            seen.add(page.locator)
            upcoming = ahead.submit(_page, rest, job, page.locator)
            yield page.table


def _page(rest: Rest, job: str, locator: str | None) -> _Page:
    params = {"maxRecords": str(PAGE_ROWS)} | ({"locator": locator} if locator else {})
    call = Call("read a query job", "GET", f"jobs/query/{job}/results", params, {"Accept": "text/csv"})

    def decode(response: requests.Response) -> _Page:
        rows, locator = response.headers.get("Sforce-NumberOfRecords", ""), response.headers.get("Sforce-Locator", "")
        if not rows.isdigit() or not locator:
            raise unreadable(call.action, "its headers don't tell rows and locator")
        table = parse_csv(response.content)
        if table.num_rows != int(rows):
            raise unreadable(call.action, f"{table.num_rows} rows of {rows}")
        return _Page(table, None if locator == "null" else locator)

    return rest.send(call, decode)


def parse_csv(content: bytes) -> pa.Table:
    """A CSV page as text columns, blank cells null. Raises TransientError for one that is cut off."""
    import pyarrow as pa
    from pyarrow import csv

    if not content.endswith((b"\n", b'"')):
        raise unreadable("read a query job", "the CSV is cut off")
    header = content[: content.find(b"\n")].decode().strip().replace('"', "").split(",")
    try:
        return csv.read_csv(
            pa.BufferReader(content),
            read_options=csv.ReadOptions(block_size=BLOCK_BYTES),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        raise unreadable("read a query job", "the CSV is broken") from None
