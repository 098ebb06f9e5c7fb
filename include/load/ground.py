"""What happened to members between extraction and load: operations whose ground is gone are dropped (G01, G02)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.mailchimp.member_table import KEY_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Set
    from datetime import datetime

    from include.load.operations import Operation
    from include.mailchimp.client import MailchimpClient


@dataclass(frozen=True, slots=True)
class Ground:
    """What happened since extraction.

    Attributes:
        status: member hash to current status, of the members that changed, and of all archived ones.
        people: e-mail keys of the people that changed in Salesforce.
        not_added: e-mail keys of planned new members that this run could not add.
    """

    status: Mapping[str, str]
    people: Set[str] = frozenset()
    not_added: Set[str] = frozenset()

    def gone(self, operation: Operation) -> str | None:
        """Why an operation must not be carried out any more; None where it may."""
        key = operation.email_key or ""
        if operation.kind == "create_lead" and key in self.people:
            return "person_exists"
        if operation.kind == "add_tag" and key in self.not_added:
            return "member_not_added"
        status = self.status.get(key)
        return None if status is None or _allows(operation, status) else f"member_is_{status}"


def _allows(operation: Operation, status: str) -> bool:
    if operation.precondition.get("member") == "absent":
        return False
    allowed = operation.precondition.get("status", status)
    return status in ([allowed] if isinstance(allowed, str) else allowed)


def read_statuses(client: MailchimpClient, list_id: str, since: datetime) -> dict[str, str]:
    """One read of the members changed since an instant (vendor's clock), and one of the archived members.

    Archived members are read whole: a `POST /lists/{id}` takes an archived member back whatever `update_existing` says
    (seen in a recorded exchange), so none may be missed.
    """
    status: dict[str, str] = {}
    for page in (
        *client.members(list_id, fields=KEY_FIELDS, since_last_changed=since),
        *client.members(list_id, fields=KEY_FIELDS, status="archived"),
    ):
        status.update(zip(page["email_key"].to_pylist(), page["status"].to_pylist(), strict=True))
    return status
