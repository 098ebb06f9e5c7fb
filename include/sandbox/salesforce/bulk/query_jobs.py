"""Query jobs: the whole result is written to pages of CSV, from which it can be read again and again.

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_get_job_results.htm
Of older versions: https://developer.salesforce.com/docs/atlas.ja-jp.228.0.api_bulk_v2.meta/api_bulk_v2/query_get_job_results.htm
"""

import base64
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from include.sandbox.controls import Controls, Switch
from include.sandbox.salesforce.bulk.csv_format import Dialect, batches
from include.sandbox.salesforce.bulk.jobs import Job, Jobs, invalid_state
from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.localization import Locale
from include.sandbox.salesforce.recycle_bin import shown_since
from include.sandbox.salesforce.soql.compiler import Compiled, Output, compile_query
from include.sandbox.salesforce.soql.parser import parse
from include.sandbox.salesforce.soql.tree import Query
from include.sandbox.salesforce.store import OrgStore
from include.sandbox.salesforce.values import csv_cell
from include.sandbox.salesforce.wordings import assumed

ROWS_PER_PAGE = 10_000
CELLS_PER_PRINTF = 100  # SQLite takes 127 arguments
SWITCHES = {
    "bulk_result_records": Switch(
        50_000,
        "records of a query job's result in one part where `maxRecords` is not given: the server chooses (Bulk guide)",
    ),
}
MOST_RESULT_PAGES = 5
# Versions since which columns come in the order of the query, not of the alphabet, and locators are no numbers.
COLUMNS_AS_SELECTED, OPAQUE_LOCATORS = 50.0, 49.0


@dataclass(frozen=True, slots=True)
class Result:
    """A part of a job's result.

    Attributes:
        records: how many.
        locator: of the part after it, `null` if it is the last.
        body: CSV, header included.
    """

    records: int
    locator: str
    body: Iterator[bytes]


class QueryJobs:
    """What a query job does, and its results."""

    def __init__(self, store: OrgStore, controls: Controls, jobs: Jobs) -> None:
        self._store = store
        self._controls = controls
        self._jobs = jobs

    def create(self, asked: dict[str, Any], version: float) -> Job:
        """A new query job.

        Raises:
            ApiError: the query is wrong, or one that Bulk API 2.0 does not take.
        """
        soql = asked.get("query")
        if asked.get("operation") not in {"query", "queryAll"} or not isinstance(soql, str):
            raise ApiError.assumed(400, assumed("job_request", name="operation or query", value=asked.get("operation")))
        compiled = self._compiled(soql, str(asked["operation"]), version)
        spec = {
            "operation": asked["operation"],
            "object": compiled.root.name,
            "query": soql,
            "lineEnding": asked.get("lineEnding") or "LF",
            "columnDelimiter": asked.get("columnDelimiter") or "COMMA",
            "apiVersion": version,
        }
        Dialect.of(spec["columnDelimiter"], spec["lineEnding"])
        return self._jobs.create("query", "UploadComplete", spec)

    def run(self, job: Job) -> None:
        """Writes the result's pages; anew from the start if the org was stopped in the middle."""
        compiled = self._compiled(job.spec["query"], job.spec["operation"], job.spec["apiVersion"])
        line = _line_expression(compiled, job.dialect)
        with self._store.database.writing() as connection:
            connection.execute("DELETE FROM _job_pages WHERE job = ?", (job.id,))
        first = 0
        with self._store.database.reading() as reader:
            rows = reader.execute(f"SELECT {line} {compiled.tail}", compiled.values)
            while batch := rows.fetchmany(ROWS_PER_PAGE):
                lines = [row[0] for row in batch]
                ends = array("I", accumulate(map(len, lines)))
                with self._store.database.writing() as connection:
                    page = (job.id, first, ends.tobytes(), b"".join(lines))
                    connection.execute("INSERT INTO _job_pages VALUES (?, ?, ?, ?)", page)
                    first += len(lines)
                    if not self._jobs.move(connection, job, "InProgress", processed=first):
                        return

    def result(self, job: Job, locator: str | None, most: int | None) -> Result:
        """The part of the result at a locator, or the first.

        Raises:
            ApiError: the job is not complete, or the locator is none.
        """
        if job.state != "JobComplete":
            raise invalid_state(job)
        start = _start_of(job, locator)
        if start > job.processed or (most is not None and most < 1):
            raise ApiError.assumed(400, assumed("locator"))
        end = min(job.processed, start + (most or self._part))
        following = "null" if end >= job.processed else _locator(job, end)
        return Result(end - start, following, self._body(job, start, end))

    def result_pages(self, job: Job, locator: str | None) -> dict[str, Any]:
        """The links of up to five parts, for reading them at the same time."""
        if job.state != "JobComplete":
            raise invalid_state(job)
        start = _start_of(job, locator)
        starts = list(range(start, max(job.processed, start + 1), self._part))
        base = f"/services/data/v{job.spec['apiVersion']}/jobs/query/{job.id}"
        answer: dict[str, Any] = {
            "resultPages": [
                {"resultUrl": f"{base}/results?locator={_locator(job, one)}"} for one in starts[:MOST_RESULT_PAGES]
            ],
            "done": len(starts) <= MOST_RESULT_PAGES,
        }
        if not answer["done"]:
            answer["nextRecordsUrl"] = f"{base}/resultPages?locator={_locator(job, starts[MOST_RESULT_PAGES])}"
        return answer

    @property
    def _part(self) -> int:
        return int(self._controls.switches["bulk_result_records"])

    def _body(self, job: Job, start: int, end: int) -> Iterator[bytes]:
        compiled = self._compiled(job.spec["query"], job.spec["operation"], job.spec["apiVersion"])
        yield job.dialect.line(map(_column_name, compiled.outputs)).encode()
        for first in range(start - start % ROWS_PER_PAGE, end, ROWS_PER_PAGE):
            with self._store.database.reading() as connection:
                row = connection.execute(
                    "SELECT ends, body FROM _job_pages WHERE job = ? AND first = ?", (job.id, first)
                ).fetchone()
            ends = array("I", row[0])
            begin = ends[start - first - 1] if start > first else 0
            yield row[1][begin : ends[min(end - first, len(ends)) - 1]]

    def _compiled(self, soql: str, operation: str, version: float) -> Compiled:
        query = parse(soql)
        since = shown_since(query, self._controls, everything=operation == "queryAll")
        compiled = compile_query(self._store.schema, query, locale=Locale.of(self._controls), deleted_since=since)
        _refuse_unsupported(query, compiled)
        if version >= COLUMNS_AS_SELECTED:
            return compiled
        return replace(compiled, outputs=tuple(sorted(compiled.outputs, key=_column_name)))


def _refuse_unsupported(query: Query, compiled: Compiled) -> None:
    """Only the first message is known (airbytehq/airbyte pull request 8206).

    https://developer.salesforce.com/docs/platform/api-asynch/guide/queries.html
    """
    if any(output.field and not output.field.stored for output in compiled.outputs):
        raise ApiError(400, "API_ERROR", "Selecting compound data not supported in Bulk Query")
    if compiled.counted or compiled.grouped:
        raise ApiError.assumed(400, assumed("job_query", clause="Aggregate functions and GROUP BY are"))
    if query.offset:
        raise ApiError.assumed(400, assumed("job_query", clause="OFFSET is"))


def _line_expression(compiled: Compiled, dialect: Dialect) -> str:
    """One line of CSV, as bytes, made by the database itself: that is several times faster than in Python."""
    cells = [csv_cell(output.field, output.sql[0]) for output in compiled.outputs if output.field]
    parts = []
    for some in batches(iter(cells), CELLS_PER_PRINTF):
        conversions = dialect.delimiter.join(f'"{conversion}"' for conversion, _ in some).replace("'", "''")
        parts.append(f"printf('{conversions}', {', '.join(argument for _, argument in some)})")
    ending = " || ".join(f"char({ord(char)})" for char in dialect.ending)
    line = f" || '{dialect.delimiter}' || ".join(parts)
    return f"CAST({line} || {ending} AS BLOB)"


def _column_name(output: Output) -> str:
    parents = [parent.name for parent in output.column.parents] if output.column else []
    return ".".join([*parents, output.name])


def _locator(job: Job, start: int) -> str:
    if job.spec["apiVersion"] < OPAQUE_LOCATORS:
        return str(start)
    return base64.urlsafe_b64encode(str(start).encode()).decode().rstrip("=")


def _start_of(job: Job, locator: str | None) -> int:
    if not locator or locator == "null":
        return 0
    try:
        plain = job.spec["apiVersion"] < OPAQUE_LOCATORS
        start = int(locator) if plain else int(base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)))
    except ValueError:
        start = -1
    if start < 0:
        raise ApiError.assumed(400, assumed("locator"))
    return start
