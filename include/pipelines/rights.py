"""Whether the Salesforce user may write what an audience's sync writes: known before the first write (R19, X08)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.config.check_rights import package_problems, rights_problems
from include.errors import StoppedByCheck
from include.load.mirror import AUDIENCE, SUBSCRIBER, SUBSCRIBER_FIELDS
from include.salesforce.package import package_fields

if TYPE_CHECKING:
    from include.pipelines.run import SyncRun
    from include.schema import SalesforceSchema

MIRRORED = {
    AUDIENCE: frozenset({"List_Id__c", "Status__c", "Member_Count__c", "Last_Sync__c"}),
    SUBSCRIBER: frozenset({"Key__c", *(field.name for field in SUBSCRIBER_FIELDS)}),
}
"""The fields that `load_mirror` writes; those of requests may be missing: then nobody asks."""


def stop_without_rights(run: SyncRun, org: SalesforceSchema) -> None:
    """Raise StoppedByCheck where the sync could not write Leads, people or its mirror rows.

    A field of the mirror that is gone, hidden, of another type or locked counts too. Found by the stage that writes it,
    members would be written already. An audience with `data_sync: off` mirrors its own row alone.
    """
    objects = (AUDIENCE, SUBSCRIBER) if run.audience.data_sync else (AUDIENCE,)
    mirrored = [field for field in package_fields() if field.object in objects and field.name in MIRRORED[field.object]]
    found = [
        *package_problems(mirrored, org, rights=("create", "update")),
        *(finding for finding in rights_problems([run.audience], org) if finding.severity == "error"),
    ]
    if found:
        lines = "\n".join(f"- {finding}" for finding in found)
        raise StoppedByCheck(
            f"audience {run.stem}: the org does not take what it writes; nothing was written:\n{lines}"
        )
