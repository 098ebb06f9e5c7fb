"""The errors the Marketing API answers, as problem documents.

Titles and details are those of the recorded exchanges where one exists; the others are quoted from
https://mailchimp.com/developer/marketing/docs/errors/ or from public threads, which are named. Words without a source
are a `Text`, whose switch has them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from include.sandbox.controls import SwitchValue
from include.sandbox.mailchimp.wordings import Text, said, wording

TYPE = "https://mailchimp.com/developer/marketing/docs/errors/"
NOT_VALIDATED = "The resource submitted could not be validated. For field-specific details, see the 'errors' array."
ANY_OF = "Data did not match any of the schemas described in anyOf."
"""Of a merge field whose value is neither text, number nor address (mc-magento issue 497, pull request 704)."""

Switches = Mapping[str, SwitchValue]


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a request."""

    field: str
    message: str | Text


@dataclass(slots=True)
class Problem(Exception):  # noqa: N818 - RFC 7807 calls it a problem
    """An error answer.

    Args:
        typed: recorded Member Exists answers have no `type`, the other recorded ones do; or the switch that decides.
    """

    status: int
    title: str
    detail: str | Text
    errors: Sequence[FieldError] = ()
    headers: dict[str, str] = field(default_factory=dict)
    typed: bool | str = True

    def document(self, instance: str, switches: Switches) -> dict[str, object]:
        """The problem document; `instance` is the request's id."""
        typed = switches[self.typed] if isinstance(self.typed, str) else self.typed
        document: dict[str, object] = {"type": TYPE} if typed else {}
        detail = said(self.detail, switches)
        document |= {"title": self.title, "status": self.status, "detail": detail, "instance": instance}
        if self.errors:
            document["errors"] = [
                {"field": error.field, "message": said(error.message, switches)} for error in self.errors
            ]
        return document


def not_found() -> Problem:
    """404, recorded."""
    return Problem(404, "Resource Not Found", "The requested resource could not be found.")


def invalid(detail: str | Text, *errors: FieldError) -> Problem:
    """400 Invalid Resource, recorded."""
    return Problem(400, "Invalid Resource", detail, errors)


def invalid_fields(*errors: FieldError) -> Problem:
    """400 Invalid Resource with what is wrong per field (drewm/mailchimp-api issue 142)."""
    return invalid(NOT_VALIDATED, *errors)


def busy_address(email: str) -> Problem:
    """400 for an address that was added too often of late; it passes (stackoverflow.com question 41160763)."""
    return invalid(f"{email} has signed up to a lot of lists very recently; we're not allowing more signups for now")


def missing(names: Iterable[str], within: str = "") -> FieldError:
    """What an object lacks; the field named is the object (APIv3-examples issue 42)."""
    return FieldError(within, f"Required fields were not provided: {', '.join(names)}")


def refuse_empty(name: str, value: str | Sequence[object], switches: Switches) -> None:
    """Refuses an empty name or list, where the switch has it so.

    Raises:
        Problem: 400.
    """
    if not value and switches["empty_names_are_refused"]:
        raise invalid_fields(FieldError(name, wording("too_short", least=1)))


def tag_exists() -> Problem:
    """400 for a tag's name that is taken; it has a title of its own (craft-freeform issue 1576)."""
    return Problem(400, "Bad Request", "Sorry, that tag already exists.")


def not_movable(status: str) -> Problem:
    """400 for a member that cannot get another address (mailchimp-user-sync issue 96)."""
    needed = 'You can only update email addresses for members with a status of "subscribed."'
    return invalid(f"""This member's status is "{status}." {needed}""")


def member_exists(email: str) -> Problem:
    """400 Member Exists, recorded (without `type`)."""
    detail = f"{email} is already a list member. Use PUT to insert or update list members."
    return Problem(400, "Member Exists", detail, typed=False)


def forgotten(email: str) -> Problem:
    """400 for an address that was deleted for good (mailchimp-for-wordpress issues 666 and 673)."""
    detail = (
        f"{email} was permanently deleted and cannot be re-imported. "
        "The contact must re-subscribe to get back on the list."
    )
    return Problem(400, "Forgotten Email Not Subscribed", detail, typed="compliance_has_type")


def in_compliance_state(email: str) -> Problem:
    """400 for an address that Mailchimp does not let anyone subscribe again (mailchimp-for-wordpress issue 798)."""
    detail = (
        f"{email} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed."
    )
    return Problem(400, "Member In Compliance State", detail, typed="compliance_has_type")


def cannot_archive() -> Problem:
    """405, recorded, with its Allow header."""
    detail = "This list member cannot be removed. Can not archive a contact that is bounced, pending or archived"
    return Problem(405, "Method Not Allowed", detail, headers={"Allow": "GET, PUT"})


def method_not_allowed(allowed: Sequence[str]) -> Problem:
    """405 for a method that the resource does not have."""
    detail = (
        "The requested method and resource are not compatible. "
        "See the Allow header for this resource's available methods."
    )
    return Problem(405, "Method Not Allowed", detail, headers={"Allow": ", ".join(allowed)})


def bad_json() -> Problem:
    """400 for a body that is not JSON."""
    return Problem(400, "JSON Parse Exception", wording("bad_json"))


def bad_override() -> Problem:
    """422 for X-HTTP-Method-Override on another method than POST."""
    detail = "You can only use the X-HTTP-Method-Override header with the POST method."
    return Problem(422, "InvalidMethodOverride", detail)


def too_many_requests(detail: str | Text) -> Problem:
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
