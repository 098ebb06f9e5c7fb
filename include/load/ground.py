"""What happened to members between extraction and load: operations whose ground is gone are dropped (G01, G02)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.mailchimp.member_table import KEY_FIELDS

if TYPE_CHECKING:
    from datetime import datetime

    from include.load.operations import Operation
    from include.mailchimp.client import MailchimpClient


@dataclass(frozen=True, slots=True)
class Ground:
    """The members that changed since extraction, and all archived ones: member hash to current status."""

    status: dict[str, str]

    def gone(self, operation: Operation) -> str | None:
        """Why an operation must not be carried out any more; None where it may."""
        status = self.status.get(operation.email_key or "")
        if status is None:
            return None
        if operation.precondition.get("member") == "absent":
            return f"member_is_{status}"
        allowed = operation.precondition.get("status")
        if allowed is None:
            return None
        return None if status in ([allowed] if isinstance(allowed, str) else allowed) else f"member_is_{status}"


def read_ground(client: MailchimpClient, list_id: str, since: datetime) -> Ground:
    """One read of the members changed since an instant (vendor's clock), and one of the archived members.

    Archived members are read whole because it is not documented whether archiving moves `last_changed`.
    """
    status: dict[str, str] = {}
    for page in (
        *client.members(list_id, fields=KEY_FIELDS, since_last_changed=since),
        *client.members(list_id, fields=KEY_FIELDS, status="archived"),
    ):
        status.update(zip(page["email_key"].to_pylist(), page["status"].to_pylist(), strict=True))
    return Ground(status)
