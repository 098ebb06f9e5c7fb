"""Which account and user the sync is connected to; a run against another one stops before anything (R19).

The first run after a `disconnect` connects: it records the identity. Every later run compares, with one call per
vendor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from include.errors import FatalError, StoppedByCheck
from include.warehouse.tables import CONNECTIONS

if TYPE_CHECKING:
    import pyarrow as pa

    from include.mailchimp.client import MailchimpClient
    from include.salesforce.client import SalesforceClient
    from include.wiring import Project

ROLES = frozenset({"manager", "admin", "owner"})
"""Roles of a Mailchimp user whose API key may change audiences (Mailchimp, errors: 403 below manager)."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is connected: Mailchimp's account_id and login_id, or Salesforce's organization and user id."""

    vendor: str
    connection: str
    account: str
    user: str


def connect_salesforce(project: Project, client: SalesforceClient) -> Identity:
    """Find out whose org this is, and hold it against the connected one.

    Another user of the same org goes on. Raises StoppedByCheck for another org.
    """
    answer = client.identity()
    connection = project.configuration.pipeline.connections.salesforce
    identity = Identity("salesforce", connection, str(answer["organization_id"]), str(answer["user_id"]))
    known = _recorded(project, identity)
    if known["account"] != identity.account:
        raise _another(identity, known, "organization", f"organization {identity.account}", str(known["account"]))
    return identity


def connect_mailchimp(project: Project, client: MailchimpClient) -> Identity:
    """Find out whose account and key this is, and hold it against the connected ones.

    Raises StoppedByCheck for another account or user, FatalError for a user whose role is too low.
    """
    root = client.root()
    connection = project.configuration.pipeline.connections.mailchimp
    identity = Identity("mailchimp", connection, str(root["account_id"]), str(root["login_id"]))
    problem = role_problem(identity, str(root["role"]))
    if problem:
        raise FatalError(problem)
    known = _recorded(project, identity)
    if (known["account"], known["user"]) != (identity.account, identity.user):
        is_now = f"account {identity.account}, user {identity.user}"
        raise _another(identity, known, "account or user", is_now, f"{known['account']}, user {known['user']}")
    return identity


def role_problem(identity: Identity, role: str) -> str | None:
    """What is wrong with the role of a Mailchimp user, and what would be right; None where it may change audiences."""
    if role in ROLES:
        return None
    return (
        f"the Mailchimp user {identity.user} of account {identity.account} has the role {role}; the sync needs "
        f"manager, admin or owner. Raise it, or give the Airflow connection {identity.connection!r} another user's key"
    )


def connected(project: Project, vendor: str) -> dict[str, object] | None:
    """The recorded row of `connections`; None where nothing is connected."""
    rows = project.warehouse.read(CONNECTIONS).to_pylist()
    return next((row for row in rows if row["vendor"] == vendor), None)


def _recorded(project: Project, identity: Identity) -> dict[str, object]:
    """What is recorded for the vendor; this identity, where nothing was."""
    return connected(project, identity.vendor) or _record(project, identity)


def _record(project: Project, identity: Identity) -> dict[str, object]:
    """Record an identity, unless another run was faster; returns what is recorded then."""
    import pyarrow as pa

    row = {
        "vendor": identity.vendor,
        "account": identity.account,
        "user": identity.user,
        "connection": identity.connection,
        "connected_at": datetime.now(UTC),
    }

    def compute(version: int) -> pa.Table:
        rows = project.warehouse.read(CONNECTIONS, version).to_pylist()
        known = any(each["vendor"] == identity.vendor for each in rows)
        return pa.Table.from_pylist(rows if known else [*rows, row], schema=CONNECTIONS.schema())

    project.warehouse.update(CONNECTIONS, compute)
    return cast("dict[str, object]", connected(project, identity.vendor))


def _another(identity: Identity, known: dict[str, object], what: str, is_now: str, was: str) -> StoppedByCheck:
    since = cast("datetime", known["connected_at"])
    return StoppedByCheck(
        f"the Airflow connection {identity.connection!r} is of another {identity.vendor.title()} {what} than the sync "
        f"is connected to: {is_now}, and not {was} (since {since:%Y-%m-%d}). Nothing was read or written. Put the "
        "former credentials back, or run `python -m include disconnect`, which forgets the former identity"
    )
