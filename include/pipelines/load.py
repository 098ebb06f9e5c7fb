"""The stages `load_audience` and `load_leads`: carry out the plan of a run and nothing else (G02)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.errors import TransientError
from include.keys import email_key
from include.load.ground import read_ground
from include.load.jobs import StartedJobs
from include.load.leads import LeadLoad
from include.load.members import MemberLoad
from include.load.operations import Plan
from include.load.results import ResultLog
from include.load.tags import TagLoad

if TYPE_CHECKING:
    from datetime import datetime

    from include.pipelines.run import SyncRun
    from include.salesforce.client import SalesforceClient


def load_audience(run: SyncRun) -> dict[str, object]:
    """Add and update members, create and give tags.

    Raises StoppedByCheck for a stale plan, TransientError where a retry can do more.
    """
    project = run.project
    plan = Plan(project.warehouse, run.run_id)
    if run.dry_run or not any(plan.count(kind) for kind in ("add_member", "update_member", "create_tag", "add_tag")):
        return {}
    plan.refuse_if_stale()
    client, list_id = project.mailchimp(), run.schema().list_id
    ground = read_ground(client, list_id, run.pins().extracted_at)
    with ResultLog(project.warehouse, run.run_id) as log:
        jobs = StartedJobs(project.staging, run.partition("batch"))
        limit = project.configuration.pipeline.limits.batch_above
        members = MemberLoad(client, list_id, plan, ground, log, jobs, limit)
        members.add()
        members.update()
        tags = TagLoad(client, list_id, plan, ground, log)
        tags.create()
        tags.assign()
    return _account(log)


def load_leads(run: SyncRun) -> dict[str, object]:
    """Create the planned Leads.

    Raises StoppedByCheck for a stale plan, TransientError where a retry can do more.
    """
    project = run.project
    plan = Plan(project.warehouse, run.run_id)
    if run.dry_run or not plan.count("create_lead"):
        return {}
    plan.refuse_if_stale()
    since = run.pins().extracted_at
    ground = read_ground(project.mailchimp(), run.schema().list_id, since)
    client = project.salesforce()
    with ResultLog(project.warehouse, run.run_id) as log:
        LeadLoad(client, run.audience.create_leads, plan, ground, _people_since(client, since), log).create()
    return _account(log)


def _people_since(client: SalesforceClient, since: datetime) -> set[str]:
    """E-mail keys of the people that changed since extraction; compared here, so that no URL carries an address."""
    instant = since.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        email_key(str(row["Email"]))
        for name in ("Contact", "Lead")
        for row in client.query(f"SELECT Email FROM {name} WHERE Email != null AND SystemModstamp >= {instant}")
    }


def _account(log: ResultLog) -> dict[str, object]:
    """The counts by state; operations that may succeed later make the task try again."""
    if log.counts["failed"]:
        raise TransientError(f"{log.counts['failed']} operations failed and can be tried again", vendor="both")
    return dict(log.counts)
