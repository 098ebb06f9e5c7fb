"""Which operations of a run are refused again without asking the vendor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.load.pending import held_back

if TYPE_CHECKING:
    from collections.abc import Mapping

    from include.load.pending import Refusal
    from include.pipelines.run import SyncRun


def held_of(run: SyncRun) -> Mapping[str, Refusal]:
    """Those that the cap on attempts holds, by op_id; none in a run for some people: it is asked to try again."""
    if run.rerun.restricted:
        return {}
    return held_back(run.project.warehouse, run.stem, run.project.configuration.pipeline.limits.attempts)
