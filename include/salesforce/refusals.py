"""Reads Salesforce's error answers: which class of error, which code and fields, and a message without personal data.

Error bodies are JSON arrays of `{message, errorCode, fields}`; save results say `statusCode` instead of `errorCode`;
failed rows of Bulk API 2.0 carry `CODE:message:FieldA FieldB --`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from include.errors import DeferredError, FatalError, PermanentError, SyncError, TransientError

VENDOR = "salesforce"
LIMIT_CODE = "REQUEST_LIMIT_EXCEEDED"
TRANSIENT_CODES = frozenset({
    "UNABLE_TO_LOCK_ROW", "API_TEMPORARILY_UNAVAILABLE", "SERVER_UNAVAILABLE", "REQUEST_RUNNING_TOO_LONG",
    "QUERY_TIMEOUT", "INVALID_QUERY_LOCATOR", "LIMIT_EXCEEDED", "TXN_SECURITY_METERING_ERROR",
})  # fmt: skip
"""Worth another try; an expired query locator means reading again from the start."""
FATAL_CODES = frozenset({
    "INVALID_SESSION_ID", "API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED", "INSUFFICIENT_ACCESS",
    "FUNCTIONALITY_NOT_ENABLED", "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "USER_NOT_API_ENABLED",
})  # fmt: skip
TRANSIENT_STATUSES = frozenset({408, 420, 429, 500, 502, 503, 504})

MEANINGS = {
    "INVALID_EMAIL_ADDRESS": "not an e-mail address Salesforce accepts",
    "STRING_TOO_LONG": "longer than the field allows",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "not a value of the restricted picklist",
    "NUMBER_OUTSIDE_VALID_RANGE": "outside the field's range",
    "INVALID_FIELD": "a field is unknown or hidden from the connected user",
    "INVALID_TYPE": "the object is unknown or hidden from the connected user",
    "MALFORMED_ID": "not a Salesforce id",
    "JSON_PARSER_ERROR": "a value has the wrong type",
    "MALFORMED_QUERY": "the SOQL is not valid",
}
"""Said instead of Salesforce's message, which would repeat the value."""
VALUES = (
    re.compile(r"\S*@\S*"),
    re.compile(r"\"[^\"]*\"|'[^']*'|\u201c[^\u201d]*\u201d"),
    re.compile(r"\+?\d[\d\s()./-]{6,}\d"),
)
"""E-mail addresses, whatever is quoted, phone numbers."""
QUERY_ERROR = re.compile(r"ERROR at Row:(\d+):Column:(\d+)\n(?P<message>.+)", re.DOTALL)
"""How the message of a refused query ends, after the query itself."""
IDENTIFIER = re.compile(r"'[A-Za-z_][A-Za-z0-9_.]{0,120}'")
RECORD_ID = re.compile(r"\bid: ?([A-Za-z0-9]{18}|[A-Za-z0-9]{15})\b")
BULK_ERROR = re.compile(r"(?P<code>[A-Z][A-Z0-9_]+):(?P<message>.*?)(?::(?P<fields>[\w .,]*?) ?--)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One error entry: Salesforce's code, its message without values, the fields, the record that stands in the way."""

    code: str
    message: str
    fields: tuple[str, ...] = ()
    record_id: str | None = None

    @property
    def transient(self) -> bool:
        """Whether the same request may succeed later."""
        return self.code in TRANSIENT_CODES

    def __str__(self) -> str:
        named = f" ({', '.join(self.fields)})" if self.fields else ""
        return f"{self.code}{named}: {self.message}" if self.message else f"{self.code}{named}"


def from_entry(entry: Mapping[str, Any]) -> Refusal:
    """An entry of an error answer or of a save result."""
    code = str(entry.get("errorCode") or entry.get("statusCode") or "UNKNOWN")
    message = str(entry.get("message") or "")
    fields = tuple(str(field) for field in entry.get("fields") or ())
    return Refusal(code, without_values(code, message), fields, _matched_record(entry) or _record_id(message))


def from_bulk(text: str) -> Refusal:
    """The `sf__Error` cell of a failed row."""
    match = BULK_ERROR.fullmatch(text.strip())
    if match is None:
        return Refusal("UNKNOWN", without_values("", text))
    code, message = match["code"], match["message"]
    fields = tuple(name for name in re.split(r"[ ,]+", match["fields"] or "") if name)
    return Refusal(code, without_values(code, message), fields, _record_id(message))


def error_for(status: int, refusal: Refusal, action: str, retry_after: float | None = None) -> SyncError:
    """The error to raise for a refused call; `action` says what was tried, without values."""
    text = f"Salesforce refused to {action}: {refusal}"
    if refusal.code == LIMIT_CODE and "concurrent" not in refusal.message.lower():
        return DeferredError(
            f"Salesforce's daily limit of API calls is used up (tried to {action}); the next run goes on"
        )
    if status in TRANSIENT_STATUSES or refusal.transient or refusal.code == LIMIT_CODE:
        return TransientError(text, vendor=VENDOR, code=refusal.code, retry_after=retry_after)
    if status in {401, 403} or refusal.code in FATAL_CODES:
        return FatalError(f"{text}. The user of the connection lacks a right or may not use the API")
    return PermanentError(text, vendor=VENDOR, code=refusal.code, record_id=refusal.record_id)


def unreadable(action: str, why: str) -> TransientError:
    """An answer that is cut off, empty, or not what was asked for."""
    return TransientError(f"Salesforce's answer to {action!r} can't be used: {why}", vendor=VENDOR, code="UNREADABLE")


def without_values(code: str, message: str) -> str:
    """What may be told of a message: nothing that looks like an address, a phone number or a quoted value."""
    if code in MEANINGS:
        return f"{MEANINGS[code]}{_of_query(code, message)}"
    for pattern in VALUES:
        message = pattern.sub("...", message)
    return message.strip()[:500]


def _of_query(code: str, message: str) -> str:
    """What a refused query's message says after the query: where, and what; of quoted text only names of the schema."""
    found = QUERY_ERROR.search(message)
    if found is None:
        return ""
    said = found["message"]
    names = IDENTIFIER.findall(said) if code in {"INVALID_FIELD", "INVALID_TYPE"} else []
    for pattern in VALUES:
        said = pattern.sub(lambda match: match[0] if match[0] in names else "...", said)
    return f": {said.strip()[:300]} (row {found[1]}, column {found[2]})"


def _record_id(message: str) -> str | None:
    found = RECORD_ID.search(message)
    return found[1] if found else None


def _matched_record(entry: Mapping[str, Any]) -> str | None:
    """The first record that a duplicate rule matched, where the answer carries its details.

    Answers of versions 48 to 54 were seen with the key misspelt (in public code that reads them), others with it right.
    """
    details = entry.get("duplicateResult") or entry.get("duplicateResut") or {}
    for result in details.get("matchResults") or ():
        for match in result.get("matchRecords") or ():
            found = (match.get("record") or {}).get("Id")
            if found:
                return str(found)
    return None
