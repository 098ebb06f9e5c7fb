"""The stages `load_audience` and `load_leads`: carry out the plan of a run and nothing else (G02)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from include.keys import email_key
from include.load.ground import Ground, read_statuses
from include.load.jobs import StartedJobs
from include.load.leads import LeadLoad
from include.load.members import MemberLoad
from include.load.operations import Plan
from include.load.pending import Pending, held_back
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
    client, list_id, limits = project.mailchimp(), run.schema().list_id, project.configuration.pipeline.limits
    ground = Ground(read_statuses(client, list_id, run.pins().extracted_at))
    with ResultLog(project.warehouse, run.run_id) as log:
        pending = Pending(plan, ground, held_back(project.warehouse, run.stem, limits.attempts), log)
        members = MemberLoad(
            client, list_id, pending, StartedJobs(project.staging, run.partition("batch")), limits.batch_above
        )
        members.add()
        members.update()
        log.flush()
        tags = TagLoad(client, list_id, replace(pending, ground=replace(ground, not_added=plan.not_added())))
        tags.create()
        tags.assign()
    return log.account()


def load_leads(run: SyncRun) -> dict[str, object]:
    """Create the planned Leads.

    Raises StoppedByCheck for a stale plan, TransientError where a retry can do more.
    """
    project = run.project
    plan = Plan(project.warehouse, run.run_id)
    if run.dry_run or not plan.count("create_lead"):
        return {}
    plan.refuse_if_stale()
    client, since = project.salesforce(), run.pins().extracted_at
    statuses = read_statuses(project.mailchimp(), run.schema().list_id, since)
    held = held_back(project.warehouse, run.stem, project.configuration.pipeline.limits.attempts)
    with ResultLog(project.warehouse, run.run_id) as log:
        pending = Pending(plan, Ground(statuses, people=_people_since(client, since)), held, log)
        LeadLoad(client, run.audience.create_leads, pending).create()
    return log.account()


def _people_since(client: SalesforceClient, since: datetime) -> set[str]:
    """E-mail keys of the people that changed since extraction; compared here, so that no URL carries an address."""
    instant = since.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        email_key(str(row["Email"]))
        for name in ("Contact", "Lead")
        for row in client.query(f"SELECT Email FROM {name} WHERE Email != null AND SystemModstamp >= {instant}")
    }
