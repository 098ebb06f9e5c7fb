"""Carries out `create_lead`: inserts through Collections, with a unique key that makes a second create fail (R08)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.load.operations import Operation, in_chunks
from include.load.results import reason, written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from include.config.models import CreateLeads
    from include.load.pending import Pending
    from include.salesforce.client import SalesforceClient

INSERT_CHUNK = 200
"""Records per Collections call: the vendor's maximum."""


@dataclass(frozen=True, slots=True)
class LeadLoad:
    """Creates the planned Leads."""

    client: SalesforceClient
    settings: CreateLeads
    pending: Pending

    def create(self) -> None:
        """Create what still has its ground; a duplicate key means that the Lead is there already."""
        for chunk in in_chunks(self.pending.operations("create_lead"), INSERT_CHUNK):
            self._create(chunk)

    def _create(self, chunk: Sequence[Operation]) -> None:
        answers = self.client.insert("Lead", [operation.after for operation in chunk], headers=headers(self.settings))
        for operation, answer in zip(chunk, answers, strict=True):
            self.pending.log.record(
                operation.op_id, written(answer), reason(answer), code=answer.code, vendor_id=answer.id or None
            )


def headers(settings: CreateLeads) -> Mapping[str, str]:
    """Assignment rule and duplicate rules, said explicitly: the org's defaults do not decide.

    Source: REST API headers `Sforce-Auto-Assign` and `Sforce-Duplicate-Rule-Header` (v52 and newer). Rules that only
    alert are obeyed too: a hit quarantines the Lead with the matched Id.
    """
    return {
        "Sforce-Auto-Assign": settings.assignment_rule or "FALSE",
        "Sforce-Duplicate-Rule-Header": "allowSave=false; includeRecordDetails=false; runAsCurrentUser=true",
    }
