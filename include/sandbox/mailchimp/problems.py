"""The errors the Marketing API answers, as problem documents.

Titles and details are those of the recorded exchanges where one exists; the others are quoted from
https://mailchimp.com/developer/marketing/docs/errors/ or from public threads, as docs/sandbox-mailchimp.md lists.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

TYPE = "https://mailchimp.com/developer/marketing/docs/errors/"
NOT_VALIDATED = "The resource submitted could not be validated. For field-specific details, see the 'errors' array."


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a request."""

    field: str
    message: str


@dataclass(slots=True)
class Problem(Exception):  # noqa: N818 - RFC 7807 calls it a problem
    """An error answer.

    Args:
        typed: recorded Member Exists answers have no `type`; every other one does.
    """

    status: int
    title: str
    detail: str
    errors: Sequence[FieldError] = ()
    headers: dict[str, str] = field(default_factory=dict)
    typed: bool = True

    def document(self, instance: str) -> dict[str, object]:
        """The problem document; `instance` is the request's id."""
        document: dict[str, object] = {"type": TYPE} if self.typed else {}
        document |= {"title": self.title, "status": self.status, "detail": self.detail, "instance": instance}
        if self.errors:
            document["errors"] = [{"field": error.field, "message": error.message} for error in self.errors]
        return document


def not_found() -> Problem:
    """404, recorded."""
    return Problem(404, "Resource Not Found", "The requested resource could not be found.")


def invalid(detail: str, *errors: FieldError) -> Problem:
    """400 Invalid Resource, recorded."""
    return Problem(400, "Invalid Resource", detail, errors)


def invalid_fields(*errors: FieldError) -> Problem:
    """400 Invalid Resource with what is wrong per field."""
    return invalid(NOT_VALIDATED, *errors)


def member_exists(email: str) -> Problem:
    """400 Member Exists, recorded (without `type`)."""
    detail = f"{email} is already a list member. Use PUT to insert or update list members."
    return Problem(400, "Member Exists", detail, typed=False)


def forgotten(email: str) -> Problem:
    """400 for an address that was deleted for good."""
    detail = (
        f"{email} was permanently deleted and cannot be re-imported. "
        "The contact must re-subscribe to get back on the list."
    )
    return Problem(400, "Forgotten Email Not Subscribed", detail)


def in_compliance_state(email: str) -> Problem:
    """400 for an address that Mailchimp does not let anyone subscribe again."""
    detail = (
        f"{email} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed."
    )
    return Problem(400, "Member In Compliance State", detail)


def cannot_archive() -> Problem:
    """405, recorded, with its Allow header."""
    detail = "This list member cannot be removed. Can not archive a contact that is bounced, pending or archived"
    return Problem(405, "Method Not Allowed", detail, headers={"Allow": "GET, PUT"})


def method_not_allowed(allowed: Sequence[str]) -> Problem:
    """405 for a method that the resource does not have."""
    detail = "The requested method and resource are not compatible. See the Allow header for this resource's methods."
    return Problem(405, "Method Not Allowed", detail, headers={"Allow": ", ".join(allowed)})


def bad_json() -> Problem:
    """400 for a body that is not JSON."""
    return Problem(400, "JSON Parse Error", "We encountered an unspecified JSON parsing error.")


def too_many_requests(detail: str) -> Problem:
    """429."""
    return Problem(429, "Too Many Requests", detail)


def key_missing() -> Problem:
    """401 without credentials."""
    return Problem(401, "API Key Missing", "Your request did not include an API key.")


def key_invalid() -> Problem:
    """401 with wrong credentials."""
    detail = "Your API key may be invalid, or you've attempted to access the wrong datacenter."
    return Problem(401, "API Key Invalid", detail)


def forbidden() -> Problem:
    """403 for a user whose role does not allow the call."""
    return Problem(403, "Forbidden", "You don't have permission to access the requested resource.")
