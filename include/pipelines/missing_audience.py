"""An audience that was deleted in Mailchimp: its row in Salesforce says so; nothing is ever deleted (R04)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.errors import FatalError
from include.load.mirror import AUDIENCE

if TYPE_CHECKING:
    from include.pipelines.run import SyncRun

MISSING = "missing"


def mark_missing(run: SyncRun, list_id: str) -> None:
    """Set the status of the audience's row to `missing`, once; the next sync that finds the audience sets it back.

    Raises FatalError where Salesforce refuses.
    """
    client = run.project.salesforce()
    rows = client.query(f"SELECT Id, Status__c FROM {AUDIENCE} WHERE List_Id__c = '{list_id}'")
    changes = [{"Id": row["Id"], "Status__c": MISSING} for row in rows if row["Status__c"] != MISSING]
    for answer in client.update(AUDIENCE, changes, bulk_above=1) if changes else ():
        if not answer.success:
            raise FatalError(f"{AUDIENCE} of list {list_id} could not be marked {MISSING}: {answer.code}")
