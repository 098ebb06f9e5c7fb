"""The use case `preview`: what the configuration's queries would do now (X02).

Both vendors are read as the next sync would read them, onto a copy of what is known; nothing is written to them, and of
the warehouse the table `query_previews` alone.
"""

from __future__ import annotations

import json
import logging
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from include.errors import PermanentError
from include.pipelines import extract_salesforce
from include.pipelines.extract_audience import extract
from include.pipelines.plan_inputs import plan_inputs
from include.pipelines.query_state import unknown_query
from include.pipelines.run import SyncRun
from include.pipelines.scratch import scratch_project
from include.pipelines.sources import show_sources
from include.pipelines.validate import validate
from include.salesforce.conditions import SoqlCompiler
from include.salesforce.query import may_stand_in_a_url
from include.transform.plan import make_plan
from include.transform.preview import planned_changes, preview_queries
from include.warehouse.store import connect
from include.warehouse.tables import QUERY_PREVIEWS
from include.wiring import load_project

if TYPE_CHECKING:
    import pyarrow as pa

    from include.salesforce.client import SalesforceClient
    from include.transform.preview import QueryPreview
    from include.wiring import Project

log = logging.getLogger(__name__)
Row = dict[str, Any]
"""A row of `query_previews`; `not_added` and `changes` are mappings."""


def preview(project: Project, stem: str, run_id: str, query: str | None = None) -> list[Row]:
    """Preview every query of an audience, or one; returns the rows that `query_previews` keeps of it.

    The row without a query is what the next sync would do in all; it is left out for one query. Raises as the stages
    `extract` and `validate` do, and ConfigError for a query that the audience does not have.
    """
    with scratch_project(project) as scratch:
        run = SyncRun(_without_docs(scratch), stem, run_id, dry_run=True)
        manual = _manual(run, query)
        extract_salesforce.extract(run_id, scratch)
        extract(run)
        validate(run)
        rows = []
        client = run.project.salesforce()
        for only in [query] if query in manual else [None, *manual]:
            rows += _planned(replace(run, query=only), client, query)
    _save(project, stem, run_id, rows)
    log.info("preview of audience %s: %s", stem, {row["query"]: row["new_members"] for row in rows})
    return rows


def preview_stage(audience: str, run_id: str, query: str | None = None) -> dict[str, object]:
    """The task: preview, and return for XCom what each query selects and would add."""
    rows = preview(load_project(), audience, run_id, query or None)
    return {row["query"] or audience: {"people": row["people"], "new_members": row["new_members"]} for row in rows}


def _without_docs(project: Project) -> Project:
    pipeline = project.configuration.pipeline
    quality = pipeline.quality.model_copy(update={"data_docs": False})
    configuration = replace(project.configuration, pipeline=pipeline.model_copy(update={"quality": quality}))
    return replace(project, configuration=configuration)


def _manual(run: SyncRun, query: str | None) -> list[str]:
    """The manual queries to preview: each has a plan of its own."""
    names = [each.name for each in run.audience.queries]
    if query is not None and query not in names:
        raise unknown_query(run.stem, query, names)
    return [each.name for each in run.audience.queries if each.run == "manual" and query in {None, each.name}]


def _planned(run: SyncRun, client: SalesforceClient, wanted: str | None) -> list[Row]:
    """The rows of one plan, of the next sync or of a manual query's run; where one query is wanted, its row alone."""
    with closing(connect()) as connection:
        show_sources(run, connection)
        inputs = plan_inputs(run)
        make_plan(connection, inputs)
        shown = preview_queries(connection, inputs)
        changes = planned_changes(connection)
    compiler = SoqlCompiler(inputs.org, inputs.calendar)
    rows = [
        _row(each) | _counted(client, list(compiler.counts(each.query)))
        for each in shown
        if wanted in {None, each.query.name}
    ]
    if run.query is None and wanted is None:
        added = {"new_members": changes.get("add_member", 0), "changes": changes}
        rows.append(dict.fromkeys(QUERY_PREVIEWS.schema().names) | added)
    return rows


def _row(shown: QueryPreview) -> Row:
    columns = ("people", "emails", "members", "new_members", "not_added", "changes")
    of_query = {"query": shown.query.name, "object": shown.query.object, "run": shown.query.run}
    return of_query | {name: getattr(shown, name) for name in columns} | {"sample": list(shown.sample)}


def _counted(client: SalesforceClient, questions: list[str]) -> Row:
    """What the org counts now, the sum of some counts; one refused, or that no URL may carry, makes it none."""
    if not all(map(may_stand_in_a_url, questions)):
        told = "the condition holds an e-mail address, or is too long: no URL may carry it"
        return {"in_salesforce": None, "not_counted": told}
    try:
        return {"in_salesforce": sum(map(client.count, questions)), "not_counted": None}
    except PermanentError as error:
        return {"in_salesforce": None, "not_counted": f"Salesforce can't count it in one query: {error}"}


def _save(project: Project, stem: str, run_id: str, rows: list[Row]) -> None:
    """Keep the rows; a preview made again replaces its own."""
    import pyarrow as pa

    of_preview = {
        "run_id": run_id,
        "audience": stem,
        "at": datetime.now(UTC),
        "config_hash": project.configuration.hash,
    }
    for row in rows:
        row.update(of_preview)
    texts = [
        row | {name: json.dumps(row[name] or {}, sort_keys=True) for name in ("not_added", "changes")} for row in rows
    ]

    def compute(version: int) -> pa.Table:
        known = project.warehouse.read(QUERY_PREVIEWS, version, audience=stem).to_pylist()
        kept = [row for row in known if row["run_id"] != run_id]
        return pa.Table.from_pylist(kept + texts, schema=QUERY_PREVIEWS.schema())

    project.warehouse.update(QUERY_PREVIEWS, compute, audience=stem)
