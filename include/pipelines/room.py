"""Whether a plan's new rows fit into the org, before its first write (G08)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from include.load.mirror import SUBSCRIBER
from include.pipelines import watermarks
from include.salesforce.storage import MAKE_ROOM, megabytes, too_little_left
from include.transform.breaker import Objection

if TYPE_CHECKING:
    from include.pipelines.run import SyncRun
    from include.salesforce.client import SalesforceClient


def no_room(run: SyncRun) -> Objection | None:
    """Why a plan waits whose new rows need more data storage than the org has left; asks where there are any."""
    planned = run.outcome("transform")
    new = cast("dict[str, int]", planned.counts.get("new_rows", {})) if planned else {}
    if not new:
        return None
    client = run.project.salesforce()
    left = too_little_left(client, sum(new.values()))
    if left is not None:
        new = _without_those_there(run, client, new)
    rows = sum(new.values())
    if left is None or megabytes(rows) <= left:
        return None
    objects = " and ".join(f"{number:,} of {name}" for name, number in new.items() if number)
    return Objection(
        "no_room",
        f"about {rows:,} new rows ({objects}) need {megabytes(rows):,} MB of Salesforce's data storage, and {left:,} "
        f"MB are left. {MAKE_ROOM}; approved, the plan is carried out but for what does not fit",
    )


def _without_those_there(run: SyncRun, client: SalesforceClient, new: dict[str, int]) -> dict[str, int]:
    """The new rows, less the mirror rows that the org has already and that no run of ours has read yet."""
    list_id = run.schema().list_id
    if SUBSCRIBER not in new or watermarks.latest(run.project, list_id, SUBSCRIBER) is not None:
        return new
    there = client.count(f"SELECT COUNT() FROM {SUBSCRIBER} WHERE Key__c LIKE '{list_id}:%'")
    return new | {SUBSCRIBER: max(0, new[SUBSCRIBER] - there)}
