"""The console's short pages for what is not there."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template

TEMPLATE = Path(__file__).parent / "templates" / "notice.html"


def no_report(run_id: str) -> str:
    """The run has no report, or not yet."""
    return _page().render(
        title="No quality report yet",
        text=f"Run {run_id} has not come to its task “report”. The report appears here as soon as that task has run; "
        "it also runs after a failure.",
    )


def no_audience(dag_id: str) -> str:
    """The DAG is none that syncs an audience."""
    return _page().render(
        title="No quality report",
        text=f"Reports belong to the runs of the DAGs that sync an audience (sync_…); {dag_id} is none of them.",
    )


def no_file() -> str:
    """The report has no such file."""
    return _page().render(title="Not found", text="The report of this run has no such file.")


@cache
def _page() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(TEMPLATE.read_text("utf-8"))
