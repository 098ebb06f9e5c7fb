"""Carries out `create_lead`: inserts through Collections, with a unique key that makes a second create fail (R08)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from include.config.create_leads import ACTIVE_RULE
from include.errors import PermanentError
from include.load.chunks import in_chunks, send
from include.load.operations import Operation
from include.salesforce.rows import DUPLICATE, ROWS_PER_CALL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from include.config.create_leads import CreateLeads
    from include.load.pending import Pending
    from include.load.rule_names import RuleNames
    from include.salesforce.client import SalesforceClient
    from include.salesforce.results import WriteResult

UNIQUE_KEY = "MC_Key__c"
ADDRESS = frozenset({"Street", "City", "State", "StateCode", "PostalCode", "Country", "CountryCode"})
"""A Lead's postal address, which goes as a whole."""
BAD_ADDRESS = "FIELD_INTEGRITY_EXCEPTION"
"""Said of a state or country that is not on the org's State and Country picklists."""
UNREADABLE_VALUE = "JSON_PARSER_ERROR"
"""One value of the wrong type makes Salesforce refuse the whole call."""


@dataclass(frozen=True, slots=True)
class LeadLoad:
    """Creates the planned Leads."""

    client: SalesforceClient
    settings: CreateLeads
    pending: Pending
    rules: RuleNames

    def create(self) -> None:
        """Create what still has its ground; a duplicate key means that the Lead is there already."""
        for chunk in in_chunks(self.pending.operations("create_lead"), ROWS_PER_CALL):
            for part, answers in send(chunk, self._insert, lambda error: error.code == UNREADABLE_VALUE):
                if isinstance(answers, PermanentError):
                    self.pending.log.record(part[0], "refused", str(answers), code=answers.code)
                else:
                    self._record(part, answers)

    def _insert(self, chunk: Sequence[Operation]) -> list[WriteResult]:
        records = [operation.after for operation in chunk]
        return list(self.client.insert("Lead", records, headers=headers(self.settings)))

    def _record(self, chunk: Sequence[Operation], answers: Sequence[WriteResult]) -> None:
        """Answers are known by position: rows that were sent again, after a lock, come after all others."""
        for answer in self._without_bad_addresses(chunk, answers):
            found = f"; it matches {answer.id}" if answer.code == DUPLICATE and answer.id else ""
            told = self.rules.named("Lead", replace(answer, message=answer.message + found))
            self.pending.log.record_row(chunk[int(answer.key)], told, unique_key=UNIQUE_KEY)

    def _without_bad_addresses(
        self, chunk: Sequence[Operation], answers: Sequence[WriteResult]
    ) -> Iterator[WriteResult]:
        """The answers; a lead whose state or country Salesforce does not know is sent again without its address."""
        bad = [answer for answer in answers if answer.code == BAD_ADDRESS and {*answer.fields} <= ADDRESS]
        yield from (answer for answer in answers if answer not in bad)
        if not bad:
            return
        afters = [chunk[int(answer.key)].after for answer in bad]
        rows = [{name: value for name, value in after.items() if name not in ADDRESS} for after in afters]
        again = self.client.insert("Lead", rows, headers=headers(self.settings))
        for answer in again:
            first = bad[int(answer.key)]
            message = f"without its postal address: {first.message}" if answer.success else answer.message
            yield replace(answer, key=first.key, message=message)


def headers(settings: CreateLeads) -> Mapping[str, str]:
    """Assignment rule and duplicate rules, said explicitly: the org's defaults do not decide.

    Source: REST API headers `Sforce-Auto-Assign` and `Sforce-Duplicate-Rule-Header` (v52 and newer). Rules that only
    alert are obeyed too: a hit quarantines the Lead with the matched Id.
    """
    assignment = "TRUE" if settings.assignment_rule == ACTIVE_RULE else settings.assignment_rule or "FALSE"
    return {
        "Sforce-Auto-Assign": assignment,
        "Sforce-Duplicate-Rule-Header": "allowSave=false; includeRecordDetails=false; runAsCurrentUser=true",
    }
