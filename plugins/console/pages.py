"""The console's pages as HTML: records of the warehouse in the report's style."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from include.pipelines import query_state
from include.pipelines.overview import CHECK, COMPARE, NOTED, PREVIEW, overview, recorded
from include.pipelines.records import check_record, differences, flat, policy_record, preview_record
from include.quality.page import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jinja2 import Environment

    from include.pipelines.overview import Made
    from include.warehouse.store import Warehouse
    from include.wiring import Project

TEMPLATES = Path(__file__).parent / "templates"
FROM_A_RUN, FROM_AN_AUDIENCE = "../../../", "../../"
"""Where the console's first page lies, seen from `runs/<dag>/<run>/` and from `queries/<dag>/`."""


def index(warehouse: Warehouse, stems: Iterable[str], visible: Callable[[str], bool]) -> str:
    """The first page: of the newest of everything, what a user may see."""
    return _page("index.html", "Salesforce and Mailchimp", it=overview(warehouse, stems, visible))


def of_run(warehouse: Warehouse, dag_id: str, run_id: str) -> str | None:
    """The page of a run that syncs no audience; None where it left nothing."""
    if dag_id == CHECK:
        checked = check_record(warehouse, run_id)
        return _page("check.html", "Connection check", FROM_A_RUN, it=checked) if checked else None
    if dag_id == PREVIEW:
        shown = preview_record(warehouse, run_id)
        title = f"Preview of the queries of {shown.audience}" if shown else ""
        return _page("preview.html", title, FROM_A_RUN, it=shown) if shown else None
    rows = recorded(warehouse, dag_id, run_id)
    if not rows:
        return None
    if dag_id == COMPARE:
        found = differences(warehouse, run_id)
        parts = sorted(rows, key=lambda row: row[0].audience or "")
        return _page("comparison.html", "Full comparison", FROM_A_RUN, run_id=run_id, parts=parts, differences=found)
    return _page("record.html", f"Run of {dag_id}", FROM_A_RUN, rows=rows)


def queries(warehouse: Warehouse, project: Project | None, problem: str, stem: str, preview: Made | None) -> str:
    """An audience's queries: their state, and the newest preview.

    Without a project the configuration can't be read, because of the `problem`.
    """
    known = project and stem in project.configuration.audiences
    if project is not None and not known:
        problem = f"there is no file {stem}.yaml in audiences/ any more"
    return _page(
        "queries.html",
        f"Queries of {stem}",
        FROM_AN_AUDIENCE,
        stem=stem,
        dag_id=f"sync_{stem}",
        problem=problem,
        queries=query_state.listing(project, stem) if project and known else [],
        config_hash=project.configuration.hash if project else None,
        preview=preview_record(warehouse, preview.run_id) if preview else None,
    )


def policies(warehouse: Warehouse, stem: str) -> str:
    """An audience's newest comparison of the policies."""
    it = policy_record(warehouse, stem)
    return _page(
        "policies.html", f"Policies of {stem} compared", FROM_AN_AUDIENCE, stem=stem, dag_id=f"sync_{stem}", it=it
    )


def no_report(run_id: str) -> str:
    """The run of an audience has no report, or not yet."""
    text = (
        f"Run {run_id} has not come to its task “report”. The report appears here as soon as that task has run; it "
        "also runs after a failure."
    )
    return _page("notice.html", "No quality report yet", FROM_A_RUN, text=text)


def no_record(dag_id: str, run_id: str) -> str:
    """The run of another DAG left nothing to show, or the DAG leaves nothing."""
    if dag_id in {*NOTED, CHECK, PREVIEW}:
        text = f"Run {run_id} of {dag_id} left no record yet. It appears here when the run's task has ended."
        return _page("notice.html", "No record yet", FROM_A_RUN, text=text)
    text = f"Reports belong to the runs of this project's DAGs; {dag_id} is none of them."
    return _page("notice.html", "No report", FROM_A_RUN, text=text)


def no_audience(dag_id: str) -> str:
    """The DAG is none that syncs an audience."""
    text = f"Queries and policies belong to the DAGs that sync an audience (sync_…); {dag_id} is none of them."
    return _page("notice.html", "No audience", FROM_AN_AUDIENCE, text=text)


def no_file() -> str:
    """The report has no such file."""
    return _page("notice.html", "Not found", None, text="The report of this run has no such file.")


def _page(template: str, title: str, console: str | None = None, /, **values: Any) -> str:
    return _templates().get_template(template).render(title=title, console=console, **values)


@cache
def _templates() -> Environment:
    templates = environment(TEMPLATES)
    templates.filters |= {"address": lambda text: quote(text, safe=""), "flat": flat}
    return templates
