"""`docs/dags.md`: every DAG as Airflow reads it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import DAG

HEAD = """# DAGs

Made by `make docs` from the DAG files. An audience's DAG exists once for each file in `include/config/audiences`.
"""


def text(project: Path) -> str:
    """Return the document; ValueError when a DAG file cannot be read."""
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"AIRFLOW_HOME": home, "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING"}
        from airflow.dag_processing.dagbag import DagBag

        bag = DagBag(str(project / "dags"))
    if bag.import_errors:
        raise ValueError(f"DAG files that cannot be read: {', '.join(bag.import_errors)}")
    by_file: dict[str, list[DAG]] = {}
    for dag in bag.dags.values():
        by_file.setdefault(Path(dag.fileloc).name, []).append(dag)
    return HEAD + "".join(_section(name, dags) for name, dags in sorted(by_file.items()))


def _section(file: str, dags: list[DAG]) -> str:
    dag = dags[0]
    ids = ", ".join(f"`{dag.dag_id}`" for dag in sorted(dags, key=lambda dag: dag.dag_id))
    tasks = dag.topological_sort()  # type: ignore[no-untyped-call]  # Airflow lacks the type
    rows = [_row(dag, task.task_id) for task in tasks]
    return f"""
## {ids}

`dags/{file}`, tags {", ".join(sorted(dag.tags))}, runs {_schedule(dag)}.

{(dag.doc_md or "").strip()}

| task | waits for | pool |
|---|---|---|
{"".join(rows)}"""


def _schedule(dag: DAG) -> str:
    timetable: Any = dag.timetable
    if getattr(timetable, "asset_condition", None):
        names = ", ".join(f"`{asset.name}`" for asset in timetable.asset_condition.objects)
        return f"whenever there is a new version of {names}"
    if not hasattr(timetable, "expression"):
        return "when it is triggered"
    return f"at `{timetable.expression}`, {timetable.timezone}"


def _row(dag: DAG, task_id: str) -> str:
    task = dag.get_task(task_id)
    slots = f" ({task.pool_slots} slots)" if task.pool_slots > 1 else ""
    rule = "" if task.trigger_rule == "all_success" else f" ({task.trigger_rule})"
    return f"| {task_id} | {', '.join(sorted(task.upstream_task_ids))}{rule} | {task.pool}{slots} |\n"
