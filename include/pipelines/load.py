"""The stages `load_audience` and `load_leads`: carry out the plan of a run and nothing else (G02)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from include.errors import FatalError
from include.keys import email_key
from include.load.ground import Ground, read_members
from include.load.jobs import StartedJobs
from include.load.leads import UNIQUE_KEY, LeadLoad
from include.load.members import MemberLoad
from include.load.operations import Plan
from include.load.pending import Pending, held_back
from include.load.results import ResultLog
from include.load.tags import TagLoad
from include.pipelines import watermarks
from include.pipelines.people_merge import SOURCE
from include.salesforce.storage import refuse_without_room

if TYPE_CHECKING:
    from collections.abc import Iterator

    from include.pipelines.run import SyncRun
    from include.salesforce.client import SalesforceClient

AUDIENCE_KINDS = ("add_member", "update_member", "create_tag", "add_tag")


def load_audience(run: SyncRun) -> dict[str, object]:
    """Add and update members, create and give tags; returns the counts by state.

    Raises StoppedByCheck for a stale plan, TransientError where a retry can do more.
    """
    project, limits = run.project, run.project.configuration.pipeline.limits
    plan = Plan(project.warehouse, run.run_id)
    planned = plan.counts()
    if run.dry_run or not any(kind in planned for kind in AUDIENCE_KINDS):
        return {}
    plan.refuse_if_stale()
    client, list_id = project.mailchimp(), run.schema().list_id
    ground = Ground(read_members(client, list_id, run.pins().extracted_at, all_archived="add_member" in planned))
    with ResultLog(project.warehouse, run.run_id) as log:
        pending = Pending(plan, ground, held_back(project.warehouse, run.stem, limits.attempts), log, project.meter)
        jobs = StartedJobs(project.staging, run.partition("batch"))
        members = MemberLoad(client, list_id, pending, jobs, limits.batch_above)
        members.add()
        members.update()
        log.flush()
        tags = TagLoad(client, list_id, replace(pending, ground=replace(ground, not_added=plan.not_added())))
        tags.create()
        tags.assign()
    return log.account("mailchimp")


def load_leads(run: SyncRun) -> dict[str, object]:
    """Create the planned Leads; returns the counts by state.

    Raises StoppedByCheck for a stale plan and where the org has no room for them, TransientError where a retry can do
    more.
    """
    project, limits = run.project, run.project.configuration.pipeline.limits
    plan = Plan(project.warehouse, run.run_id)
    if run.dry_run or "create_lead" not in plan.counts():
        return {}
    plan.refuse_if_stale()
    client = project.salesforce()
    refuse_without_room(client, "Lead", plan.counts()["create_lead"])
    ground = Ground(
        read_members(project.mailchimp(), run.schema().list_id, run.pins().extracted_at, all_archived=False),
        people=plan.leads_of_known_people() | set(_changed_people(run, client)),
    )
    with ResultLog(project.warehouse, run.run_id) as log:
        pending = Pending(plan, ground, held_back(project.warehouse, run.stem, limits.attempts), log, project.meter)
        LeadLoad(client, run.audience.create_leads, pending).create()
    return log.account("salesforce")


def _changed_people(run: SyncRun, client: SalesforceClient) -> Iterator[str]:
    """E-mail keys of the people that changed since the newest extraction of Salesforce, by its clock.

    Compared here, so that no URL carries an address. Leads that the sync has made for their e-mail are left out: a
    second create of one fails, and is known by that.
    """
    since = watermarks.oldest(run.project, SOURCE)
    if since is None:
        raise FatalError("Salesforce was not extracted yet: run extract_salesforce, then the sync")
    for name, fields in (("Contact", "Email"), ("Lead", f"Email, {UNIQUE_KEY}")):
        changed = f"Email != null AND SystemModstamp >= {since:%Y-%m-%dT%H:%M:%SZ}"
        for row in client.query(f"SELECT {fields} FROM {name} WHERE {changed}"):
            key = email_key(str(row["Email"]))
            if row.get(UNIQUE_KEY) != key:
                yield key
