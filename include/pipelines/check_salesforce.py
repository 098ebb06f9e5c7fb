"""The connection check of Salesforce: log-in, identity, other writers, rights, quotas (R19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.config.check_rights import package_problems, rights_problems
from include.config.fields import campaign_member_fields, read_fields
from include.config.findings import Finding
from include.errors import FatalError, PermanentError, SyncError
from include.pipelines.identity import connected, identity_problem, salesforce_identity
from include.pipelines.org_schema import describe_org, hidden_fields
from include.pipelines.other_writers import package_findings
from include.salesforce.package import package_fields
from include.salesforce.storage import storage_left

if TYPE_CHECKING:
    from collections.abc import Iterator

    from include.salesforce.client import SalesforceClient
    from include.schema import SalesforceSchema
    from include.wiring import Project

SUBJECT = "Salesforce"
REQUESTS = "DailyApiRequests"
LITTLE = 0.1
"""Share of a quota below which what is left is a warning."""


def check_salesforce(project: Project) -> tuple[list[Finding], SalesforceSchema | None]:
    """Ask the org everything; returns the findings, and the org's schema where it could be read."""
    findings: list[Finding] = []
    schema = None
    name = project.configuration.pipeline.connections.salesforce
    try:
        client = project.salesforce()
        findings += _identity(project, client)
        if any(finding.severity == "error" for finding in findings):
            return findings, None  # another org: the configuration is not meant for it
        findings += _quotas(project, client.limits())
        configuration = project.configuration
        schema = describe_org(client, read_fields(configuration), campaign_member_fields(configuration))
        findings += package_findings(project.configuration, schema)
        findings += _rights(project, client, schema)
    except SyncError as error:
        to_do = f"correct the Airflow connection {name!r}, or what the message names, and check again"
        findings.append(Finding("error", SUBJECT, str(error), to_do))
    return findings, schema


def _identity(project: Project, client: SalesforceClient) -> Iterator[Finding]:
    identity = salesforce_identity(project, client)
    known = connected(project, identity.vendor)
    problem = known and identity_problem(identity, known)
    if problem:
        yield Finding("error", SUBJECT, *problem)
        return
    told = f"logged in to organization {identity.account} as user {identity.user}"
    yield Finding("info", SUBJECT, told + ("" if known else "; the first run connects the sync to it"))


def _quotas(project: Project, limits: dict[str, object]) -> Iterator[Finding]:
    share = project.configuration.pipeline.limits.salesforce_daily_share
    requests = limits.get(REQUESTS)
    if isinstance(requests, dict):
        budget = int(share * requests["Max"])
        left = max(0, budget - (requests["Max"] - requests["Remaining"]))
        found = f"{left} of {budget} daily API requests are left within limits.salesforce_daily_share ({share:.0%})"
        yield _quota("Salesforce API requests", found, left, budget, "wait for the next day, or raise the share")
    storage, left_mb = limits.get("DataStorageMB"), storage_left(limits)
    if left_mb is None or not isinstance(storage, dict):
        found = "the user does not see how much data storage is left, so runs can't check it before rows are added"
        yield Finding("warning", "Salesforce data storage", found, "grant it Manage Users")
    else:
        found = f"{left_mb} of {storage['Max']} MB of data storage are left"
        yield _quota(
            "Salesforce data storage", found, left_mb, storage["Max"], "free storage, buy more, or mirror fewer people"
        )


def _quota(subject: str, found: str, left: int, whole: int, to_do: str) -> Finding:
    if left <= 0:
        return Finding("error", subject, found, to_do)
    return Finding("warning", subject, found, to_do) if left < LITTLE * whole else Finding("info", subject, found)


def _rights(project: Project, client: SalesforceClient, schema: SalesforceSchema) -> Iterator[Finding]:
    hidden = hidden_fields(schema)
    if hidden:
        yield Finding("error", "Salesforce people", *hidden)
    yield from package_problems(package_fields(), schema)
    yield from rights_problems(project.configuration.audiences.values(), schema)
    try:
        for _ in client.validation_rules("Contact"):
            break
    except (PermanentError, FatalError):
        found = "the user does not see the org's validation rules, so refused records don't name the rule"
        yield Finding("warning", "Salesforce Tooling API", found, "grant it View Setup and Configuration")
