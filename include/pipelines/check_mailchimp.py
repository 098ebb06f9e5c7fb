"""The connection check of Mailchimp: log-in, identity, role, time zone, connections, audiences (R19, R11)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from include.config.check import find_problems
from include.config.findings import Finding
from include.errors import SyncError
from include.pipelines.find_audience import look_for
from include.pipelines.identity import connected, identity_problem, mailchimp_identity, role_problem
from include.pipelines.run import SyncRun
from include.pipelines.schema_drift import acknowledge, drift_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from include.mailchimp.audience import Listing
    from include.mailchimp.client import MailchimpClient
    from include.schema import AudienceSchema, SalesforceSchema
    from include.wiring import Project

SUBJECT = "Mailchimp"
USERS_CONNECTIONS = 10
"""Simultaneous connections of one user (Mailchimp, fundamentals: throttling)."""


def check_mailchimp(
    project: Project, run_id: str, org: SalesforceSchema | None, *, acknowledged: bool = False
) -> list[Finding]:
    """Ask the account everything, and hold each audience's file against it and, where it could be read, the org.

    `acknowledged`: what changed in the schemas is taken as it is from now on (X08).
    """
    findings: list[Finding] = []
    pipeline = project.configuration.pipeline
    try:
        client = project.mailchimp()
        root = client.root()
        findings += _identity(project, root)
        findings += _time_zone(pipeline.time_zone, str(root.get("account_timezone") or ""))
        findings.append(_connections(pipeline.limits.mailchimp_connections))
        if any(finding.severity == "error" for finding in findings):
            return findings  # of another account, or seen with too few rights: the files are not meant for it
        listings = client.audiences()
    except SyncError as error:
        to_do = f"correct the Airflow connection {pipeline.connections.mailchimp!r} and check again"
        return [*findings, Finding("error", SUBJECT, str(error), to_do)]
    for stem in project.configuration.audiences:
        findings += _audience(SyncRun(project, stem, run_id), client, listings, org, acknowledged=acknowledged)
    return findings


def _identity(project: Project, root: Mapping[str, object]) -> Iterator[Finding]:
    identity = mailchimp_identity(project, root)
    role = str(root["role"])
    known = connected(project, identity.vendor)
    problems = [role_problem(identity, role), identity_problem(identity, known) if known else None]
    yield from (Finding("error", SUBJECT, *problem) for problem in problems if problem)
    if not any(problems):
        told = f"logged in to account {identity.account} as user {identity.user}, role {role}"
        yield Finding("info", SUBJECT, told + ("" if known else "; the first run connects the sync to it"))


def _time_zone(configured: str, account: str) -> Iterator[Finding]:
    if not _same_clock(configured, account):
        found = f"the account's time zone is {account or 'unknown'}, and `time_zone` in pipeline.yaml is {configured}"
        to_do = "make them the same, or read the nightly activity as of another midnight than Mailchimp's reports"
        yield Finding("warning", "Mailchimp time zone", found, to_do)


def _same_clock(one: str, other: str) -> bool:
    """Whether two zones show the same time all through this year, whatever they are called."""
    year = datetime.now(UTC).year
    try:
        zones = ZoneInfo(one), ZoneInfo(other)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    instants = [datetime(year, month, day, tzinfo=UTC) for month in range(1, 13) for day in (1, 15)]
    return all(len({at.astimezone(zone).utcoffset() for zone in zones}) == 1 for at in instants)


def _connections(per_task: int) -> Finding:
    subject, most = "Mailchimp connections", 2 * per_task
    found = (
        f"a task opens {per_task} connections, a sync beside the harvest {most}; a user has {USERS_CONNECTIONS} over "
        "all programs"
    )
    if most > USERS_CONNECTIONS:
        return Finding("warning", subject, found, "lower limits.mailchimp_connections in pipeline.yaml to 5 or less")
    return Finding("info", subject, found)


def _audience(
    run: SyncRun,
    client: MailchimpClient,
    listings: list[Listing],
    org: SalesforceSchema | None,
    *,
    acknowledged: bool,
) -> Iterator[Finding]:
    subject = f"audiences/{run.stem}.yaml"
    try:
        schema = client.audience_schema(look_for(run, listings).list_id)
    except SyncError as error:
        yield Finding("error", subject, str(error), "correct the file, or the audience in Mailchimp")
        return
    if org is None:
        found = "not held against the schemas, because Salesforce's could not be read"
        yield Finding("warning", subject, found, "correct what is said of Salesforce, and check again")
        return
    problems = list(_problems(run, schema, org))
    yield from problems or [Finding("info", subject, f"fits audience {schema.name!r} and the org")]
    yield from _drift(run, schema, org, acknowledged=acknowledged)


def _problems(run: SyncRun, schema: AudienceSchema, org: SalesforceSchema) -> Iterator[Finding]:
    for problem in dict.fromkeys(find_problems(run.project.configuration, run.stem, schema, org)):
        found, _, right = problem.message.partition("; ")
        place = f"{problem.place}: {problem.field}" if problem.field else str(problem.place)
        yield Finding("error", place, found, right or "correct the file, or what it names at the vendor")


def _drift(run: SyncRun, schema: AudienceSchema, org: SalesforceSchema, *, acknowledged: bool) -> Iterator[Finding]:
    """What changed since the audience's last run."""
    found = drift_of(run.project, run.stem, schema, org)
    if found and acknowledged:
        acknowledge(run.project, run.stem, schema, org)
    for each in found:
        subject, was = f"audiences/{run.stem}.yaml, {each.subject}", each.found
        if acknowledged:
            yield Finding("info", subject, f"{was}; acknowledged")
        else:
            yield Finding(each.severity, subject, f"changed since the last run: {was}", each.to_do)
