"""Whether the org's mirror objects take what a sync writes into them: known before the first write (X08, detail 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.config.check_rights import package_problems
from include.errors import StoppedByCheck
from include.load.mirror import AUDIENCE, SUBSCRIBER, SUBSCRIBER_FIELDS
from include.salesforce.package import package_fields

if TYPE_CHECKING:
    from include.pipelines.run import SyncRun
    from include.schema import SalesforceSchema

WRITTEN = {
    AUDIENCE: frozenset({"List_Id__c", "Status__c", "Member_Count__c", "Last_Sync__c"}),
    SUBSCRIBER: frozenset({"Key__c", *(field.name for field in SUBSCRIBER_FIELDS)}),
}
"""The fields that `load_mirror` writes; those of requests may lack: then nobody asks."""


def stop_without_mirror(run: SyncRun, org: SalesforceSchema) -> None:
    """Raise StoppedByCheck where a field of the mirror is gone, hidden, of another type, or can't be written.

    Where it were found by the stage `load_mirror`, the members would be written already. An audience with `data_sync:
    off` has the audience's row alone.
    """
    objects = (AUDIENCE, SUBSCRIBER) if run.audience.data_sync else (AUDIENCE,)
    needed = [field for field in package_fields() if field.object in objects and field.name in WRITTEN[field.object]]
    found = list(package_problems(needed, org, rights=("create", "update")))
    if found:
        lines = "\n".join(f"- {finding}" for finding in found)
        raise StoppedByCheck(f"audience {run.stem}: the org does not take its mirror; nothing was written:\n{lines}")
