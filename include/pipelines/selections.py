"""Reads whom those parts of queries select that Salesforce alone can judge: campaign members and raw SOQL (X02).

They are read in each run, and not kept: a campaign member that is deleted leaves no trace to follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.config.check import check
from include.config.sources import Problem, Way, shown
from include.errors import ConfigError, PermanentError
from include.pipelines.plan_inputs import calendar_of
from include.salesforce.conditions import SoqlCompiler
from include.salesforce.query import may_stand_in_a_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from include.config.queries import Query, Selection
    from include.pipelines.run import SyncRun
    from include.salesforce.client import SalesforceClient
    from include.schema import AudienceSchema

PARTITION = "selections"


def read_selections(run: SyncRun, schema: AudienceSchema) -> int:
    """Stage the partition `selections` (selection, id) of the run; returns how many Ids were read.

    The configuration is checked first, so that a mistake is told in our words. Raises ConfigError with the vendor's
    message, file and line where Salesforce refuses a condition.
    """
    parts = [(n, query, each) for n, query in enumerate(run.audience.queries) for each in query.selections()]
    partition = run.partition(PARTITION)
    if not parts:
        return run.project.staging.write(partition, iter(()), _schema())
    org = run.salesforce_schema()
    check(run.project.configuration, run.stem, schema, org)
    compiler, client = SoqlCompiler(org, calendar_of(run)), run.project.salesforce()

    def tables() -> Iterator[pa.Table]:
        for number, query, selection in parts:
            try:
                yield from _read(run, client, compiler, query, selection)
            except PermanentError as error:
                kind = "soql" if selection.condition.soql else "campaign_member"
                way: Way = ("audiences", run.stem, "queries", number, *selection.way, kind)
                place = run.project.configuration.sources.place(way)
                raise ConfigError(str(Problem(place, shown(way[2:]), f"query {query.name}: {error}"))) from None

    return run.project.staging.write(partition, tables(), _schema())


def _read(
    run: SyncRun, client: SalesforceClient, compiler: SoqlCompiler, query: Query, selection: Selection
) -> Iterator[pa.Table]:
    import pyarrow as pa

    text, fields = compiler.selection(query, selection)
    counting = f"SELECT COUNT() FROM{text.partition(' FROM')[2]}"
    most = run.project.configuration.pipeline.limits.bulk_query_above
    if not may_stand_in_a_url(text) or client.count(counting) > most:
        pages: Iterator[pa.Table] = client.bulk_query(text)
    else:
        rows = [{field: row.get(field) for field in fields} for row in client.query(text)]
        pages = iter([pa.Table.from_pylist(rows, pa.schema([(field, pa.string()) for field in fields]))])
    for page in pages:
        for field in fields:
            ids = page.column(field).drop_null()
            yield pa.table([pa.repeat(selection.key, len(ids)), ids], schema=_schema())


def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema([("selection", pa.string()), ("id", pa.string())])
