"""Carries out `create_lead`: inserts through Collections, with a unique key that makes a second create fail (R08)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.load.operations import Operation, Plan, in_chunks
from include.load.results import reason, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set

    from include.config.models import CreateLeads
    from include.load.ground import Ground
    from include.load.results import ResultLog
    from include.salesforce.client import SalesforceClient

INSERT_CHUNK = 200
"""Records per Collections call: the vendor's maximum."""


@dataclass(frozen=True, slots=True)
class LeadLoad:
    """Creates the planned Leads. `known` are the e-mail keys that belong to a person since extraction."""

    client: SalesforceClient
    settings: CreateLeads
    plan: Plan
    ground: Ground
    known: Set[str]
    log: ResultLog

    def create(self) -> None:
        """Create what still has its ground; a duplicate key means that the Lead is there already."""
        for chunk in in_chunks(self._standing(), INSERT_CHUNK):
            self._create(chunk)

    def _standing(self) -> Iterator[Operation]:
        for operation in self.plan.operations("create_lead", but=self.log.finished()):
            gone = "person_exists" if operation.email_key in self.known else self.ground.gone(operation)
            if gone is None:
                yield operation
            else:
                self.log.record(operation.op_id, "precondition_gone", gone)

    def _create(self, chunk: Sequence[Operation]) -> None:
        answers = self.client.insert("Lead", [operation.after for operation in chunk], headers=headers(self.settings))
        for operation, answer in zip(chunk, answers, strict=True):
            self.log.record(
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
