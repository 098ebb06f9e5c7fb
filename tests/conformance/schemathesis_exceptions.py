"""Where Mailchimp, and so the sandbox, does other than schemathesis expects from the OpenAPI document alone.

Calls that the document's schemas allow and that are refused all the same, for a reason that the document tells in words
or that is recorded; and one answer that is not as the document says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

REJECTED, ACCEPTED, SCHEMA = "RejectedPositiveData", "AcceptedNegativeData", "JsonSchemaError"


@dataclass(frozen=True)
class Objection:
    """What schemathesis objects to: the kind of its failure, and the document that was answered."""

    failure: str
    answer: dict[str, Any]

    @classmethod
    def of(cls, failure: object, response: Any) -> Objection:
        document = json.loads(response.content or b"{}")
        return cls(type(failure).__name__, document)

    def reasons(self) -> set[str] | None:
        """The listed reasons for all that the answer objects to; None where one thing has none."""
        found = [
            next((one.reason for one in EXCEPTIONS if one.covers(self.failure, *told)), None) for told in self._told
        ]
        return None if None in found or not found else set(filter(None, found))

    @property
    def _told(self) -> list[tuple[str, str]]:
        """Field and message of what the answer objects to; in the batch call, of what it did not take."""
        errors = self.answer.get("errors")
        if errors:
            return [(error["field"], error.get("message") or error["field_message"]) for error in errors]
        return [("", self.answer["detail"])] if "detail" in self.answer else []


@dataclass(frozen=True)
class Known:
    """A difference, with its source; it explains an objection in these words.

    Args:
        reason: what is refused, and where the vendor says so.
        words: of the problem's detail, or of a field error's message.
        fields: only these (the last part of their dotted names); any if empty.
        failure: the kind of failure.
    """

    reason: str
    words: str
    fields: frozenset[str] = frozenset()
    failure: str = REJECTED

    def covers(self, failure: str, field: str, message: str) -> bool:
        named = not self.fields or field.rsplit(".", maxsplit=1)[-1] in self.fields
        return failure == self.failure and self.words in message and named


def known(reason: str, words: str, fields: Iterable[str] = (), failure: str = REJECTED) -> Known:
    return Known(reason, words, frozenset(fields), failure)


POSITIONS = [f"item:{number}" for number in range(20)]
EXCEPTIONS: tuple[Known, ...] = (
    known("Member Exists has no `type` (recorded)", "is already a list member", failure=SCHEMA),
    known("an address that is taken (recorded)", "is already a list member"),
    known("a member that is cleaned, pending or archived cannot be archived (recorded)", "cannot be removed"),
    known("an address that is none (recorded)", "Please provide a valid email address."),
    known("the batch call tells of each member that it does not take (answer's `errors`)", "", failure=ACCEPTED),
    known("a name or tag that the list has already (threads)", "already exists"),
    known("fields together with exclude_fields (documentation)", "cannot be used together", {"exclude_fields"}),
    known("fields that the resource does not have (documentation; a switch)", "is not a field", {"fields"}),
    known("a count or offset below 0, a count above 1,000 (descriptions)", "Value must be", {"count", "offset"}),
    known("the three interest filters are only used together (descriptions)", "used together", {"interest_ids"}),
    known("changes since something, without a status (descriptions)", "needs a status", {"since_last_campaign"}),
    known("an interest that the list does not have (threads)", "Invalid interest ID"),
    known("an e-mail type other than html and text (description)", "accepted values: html, text", {"email_type"}),
    known("a time that is none: their descriptions say ISO 8601 where the format does not", "ISO 8601"),
    known("kinds that are not in the list that the description or the resource has", "allowed values", {"type"}),
    known("a segment is static or saved: addresses or options (descriptions)", "has to be given", {"static_segment"}),
    known("a segment without a name, a batch without operations (a switch)", "at least 1", {"name", "operations"}),
    known("a whole number with a fraction or beyond 64 bits", "Schema describes integer"),
    known("a condition that is no object, which schemathesis takes for valid", "Schema describes object", POSITIONS),
    known("tags of merge fields: ten characters of A-Z, 0-9 and _ (documentation)", "up to 10", {"tag"}),
)
