"""What the newest full comparison found, for the reports of the runs after it."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

from include.pipelines import runs
from include.quality.divergence import CAUSES
from include.quality.document import CauseLine, Comparison
from include.quality.figures import SHOWN_KEYS
from include.warehouse.store import connect
from include.warehouse.tables import DIVERGENCES

if TYPE_CHECKING:
    from include.wiring import Project

PIPELINE = "reconcile"


def newest_comparison(project: Project, stem: str) -> Comparison | None:
    """Of people and of one audience, by the newest comparison that came to an end of both; None where there is none."""
    ended = [row for row in runs.find(project, PIPELINE) if row["state"] in runs.SUCCESSFUL]
    of_people = {row["run_id"]: row for row in ended if row["audience"] is None}
    found = next((row for row in ended if row["audience"] == stem and row["run_id"] in of_people), None)
    if found is None:
        return None
    run_id = found["run_id"]
    counts = json.loads(of_people[run_id]["counts"]) | json.loads(found["counts"])
    compared = {name: of_object["rows"] for name, of_object in counts.items() if name != "api"}
    return Comparison(run_id, found["ended_at"], compared, _lines(project, run_id, stem))


def _lines(project: Project, run_id: str, stem: str) -> tuple[CauseLine, ...]:
    with closing(connect()) as connection:
        project.warehouse.view(connection, "divergences", DIVERGENCES, run_id=run_id)
        rows = connection.execute(
            f"""SELECT object, cause, count(*), list(key ORDER BY key)[:{SHOWN_KEYS}] FROM divergences
                WHERE audience IS NULL OR audience = $stem GROUP BY ALL ORDER BY object, count(*) DESC, cause""",
            {"stem": stem},
        ).fetchall()
    return tuple(CauseLine(name, cause, CAUSES[cause], count, tuple(keys)) for name, cause, count, keys in rows)
