"""What the command line prints of a comparison of policies: a plain text table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from include.config.policies import PRESETS
from include.kinds import OPERATION_NAMES, in_order
from include.text_table import text_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from include.pipelines.run import SyncRun

SHOWN = 20
"""How many of the differing operations are listed."""


def policy_table(run: SyncRun, compared: Mapping[str, Mapping[str, Any]], some: Sequence[Mapping[str, str]]) -> str:
    """What `compare_policies` answered: a line per kind of operation; then `some` of those that one policy plans."""
    counts = {policy: cast("Mapping[str, int]", compared[policy]) for policy in PRESETS}
    kinds = in_order(dict.fromkeys((kind for each in counts.values() for kind in each), 0))
    rows = [(_name(kind), *(str(counts[policy].get(kind, "-")) for policy in PRESETS)) for kind in kinds]
    parts = [
        f"what each policy would do with audience {run.stem}; its file says {run.audience.policy}; nothing was written",
        text_table(("planned", *PRESETS), rows, right=PRESETS),
    ]
    total = int(compared["differ"]["operations"])
    if not total:
        return "\n\n".join([*parts, "both plan the same"])
    lines = [(row["policy"], _name(row["kind"]), row["who"], row["behaviour"]) for row in some]
    files = ", ".join(compared["differ"]["files"])
    told = f"{total} operations of one policy alone" + (f", the first {len(some)}" if total > len(some) else "")
    return "\n\n".join(
        [*parts, told, text_table(("policy", "what", "who", "behaviour"), lines), f"all of them: {files}"]
    )


def _name(kind: str) -> str:
    return OPERATION_NAMES.get(kind, kind)
