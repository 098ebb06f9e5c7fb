"""Which account and user the sync is connected to; a run against another one stops before anything (R19).

The first run after a `disconnect` connects: it records the identity. Every later run compares, with one call per
vendor; the stages that write compare again, with whom their plan was made for: Airflow's connections can be edited
while a plan waits for a person.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from include.errors import FatalError, StoppedByCheck
from include.warehouse.tables import CONNECTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from include.mailchimp.client import MailchimpClient
    from include.pipelines.run import SyncRun
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
    identity = salesforce_identity(project, client)
    _stop_with_another(identity, _recorded(project, identity))
    return identity


def salesforce_identity(project: Project, client: SalesforceClient) -> Identity:
    """Whose org this is, in one call."""
    answer = client.identity()
    connection = project.configuration.pipeline.connections.salesforce
    return Identity("salesforce", connection, str(answer["organization_id"]), str(answer["user_id"]))


def connect_mailchimp(project: Project, client: MailchimpClient) -> Identity:
    """Find out whose account and key this is, and hold it against the connected ones.

    Raises StoppedByCheck for another account or user, FatalError for a user whose role is too low.
    """
    root = client.root()
    identity = mailchimp_identity(project, root)
    problem = role_problem(identity, str(root["role"]))
    if problem:
        raise FatalError("; ".join(problem))
    _stop_with_another(identity, _recorded(project, identity))
    return identity


def mailchimp_identity(project: Project, root: Mapping[str, object]) -> Identity:
    """Whose account and key this is, from the account's own answer."""
    connection = project.configuration.pipeline.connections.mailchimp
    return Identity("mailchimp", connection, str(root["account_id"]), str(root["login_id"]))


def role_problem(identity: Identity, role: str) -> tuple[str, str] | None:
    """What is wrong with the role of a Mailchimp user, and what to do; None where it may change audiences."""
    if role in ROLES:
        return None
    found = f"the Mailchimp user {identity.user} of account {identity.account} has the role {role}"
    other = f"give the Airflow connection {identity.connection!r} another user's key"
    return found, f"the sync needs manager, admin or owner. Raise it, or {other}"


def identity_problem(identity: Identity, known: Mapping[str, object]) -> tuple[str, str] | None:
    """How an identity differs from the recorded row of `connections`, and what to do; None where it is the same.

    Another user of the same Salesforce org is the same.
    """
    difference = _difference(identity, known)
    if difference is None:
        return None
    what, is_now, was = difference
    since = cast("datetime", known["connected_at"])
    found = (
        f"the Airflow connection {identity.connection!r} is of another {identity.vendor.title()} {what} than the sync "
        f"is connected to: {is_now}, and not {was} (since {since:%Y-%m-%d})"
    )
    to_do = "put the former credentials back, or run `python -m include disconnect`, which forgets the former identity"
    return found, to_do


def _difference(identity: Identity, known: Mapping[str, object]) -> tuple[str, str, str] | None:
    """What differs from a known `account` and `user`, what it is now, and what it was; None where it is the same."""
    if identity.vendor == "salesforce":
        same, what = known["account"] == identity.account, "organization"
        is_now, was = f"organization {identity.account}", f"{known['account']}"
    else:
        same, what = (known["account"], known["user"]) == (identity.account, identity.user), "account or user"
        is_now, was = f"account {identity.account}, user {identity.user}", f"{known['account']}, user {known['user']}"
    return None if same else (what, is_now, was)


def note_planned_for(run: SyncRun, *identities: Identity) -> None:
    """Leave whose data a run reads, for the stages that write."""
    run.project.staging.write_document(run.partition("identities"), {each.vendor: asdict(each) for each in identities})


def refuse_another_org(run: SyncRun, client: SalesforceClient) -> None:
    """Raise StoppedByCheck where the connection is of another org than the run's plan was made for, in one call."""
    planned = _planned_for(run, "salesforce")
    if planned is not None:
        _refuse_another(run, salesforce_identity(run.project, client), planned)


def refuse_another_account(run: SyncRun, client: MailchimpClient) -> None:
    """Raise StoppedByCheck where the connection is of another Mailchimp account or user, in one call; see above."""
    planned = _planned_for(run, "mailchimp")
    if planned is not None:
        _refuse_another(run, mailchimp_identity(run.project, client.root()), planned)


def _planned_for(run: SyncRun, vendor: str) -> dict[str, object] | None:
    """Whom the run's plan was made for; where its extraction did not say, whoever is connected."""
    staging, partition = run.project.staging, run.partition("identities")
    noted = cast("dict[str, Any]", staging.document(partition)) if staging.committed(partition) else {}
    return noted.get(vendor) or connected(run.project, vendor)


def _refuse_another(run: SyncRun, identity: Identity, planned: Mapping[str, object]) -> None:
    difference = _difference(identity, planned)
    if difference:
        what, is_now, was = difference
        raise StoppedByCheck(
            f"the Airflow connection {identity.connection!r} is of another {identity.vendor.title()} {what} by now "
            f"than run {run.run_id} was planned for: {is_now}, and not {was}. Nothing more of this run is carried out; "
            "put the former credentials back and clear the task, or start a new run"
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


def _stop_with_another(identity: Identity, known: Mapping[str, object]) -> None:
    problem = identity_problem(identity, known)
    if problem:
        found, to_do = problem
        raise StoppedByCheck(f"{found}. Nothing was read or written; {to_do}")
