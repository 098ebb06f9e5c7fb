"""The stages `load_audience` and `load_people`: carry out the plan of a run and nothing else (G02)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from include.errors import FatalError
from include.keys import email_key
from include.load.ground import Ground, read_members
from include.load.jobs import StartedJobs
from include.load.leads import UNIQUE_KEY, LeadLoad
from include.load.members import MemberLoad
from include.load.moves import MoveLoad
from include.load.operations import Plan
from include.load.pending import Pending
from include.load.people import PeopleLoad
from include.load.results import ResultLog
from include.load.rule_names import RuleNames
from include.load.tags import TagLoad
from include.pipelines import watermarks
from include.pipelines.current_plan import refuse_outdated
from include.pipelines.held import held_of
from include.pipelines.identity import refuse_another_account, refuse_another_org
from include.pipelines.people_merge import SOURCE
from include.salesforce.storage import refuse_without_room

if TYPE_CHECKING:
    from collections.abc import Iterator

    from include.pipelines.run import SyncRun
    from include.salesforce.client import SalesforceClient

AUDIENCE_KINDS = (
    "unsubscribe_member", "add_member", "update_member", "create_tag", "add_tag", "remove_tag", "archive_member",
    "move_member",
)  # fmt: skip
PEOPLE_KINDS = ("opt_out_person", "update_person", "create_lead")


def load_audience(run: SyncRun) -> dict[str, object]:
    """Unsubscribe first, then add and update members, create and give tags, archive, move; returns the counts by state.

    Raises StoppedByCheck for a stale plan (`current_plan`) and where another account is connected by now,
    TransientError where a retry can do more.
    """
    project, limits = run.project, run.project.configuration.pipeline.limits
    plan = Plan(project.warehouse, run.run_id)
    planned = plan.counts()
    if run.dry_run or not any(kind in planned for kind in AUDIENCE_KINDS):
        return {}
    refuse_outdated(run, plan)
    client, list_id = project.mailchimp(), run.schema().list_id
    refuse_another_account(run, client)
    ground = Ground(read_members(client, list_id, run.pins().extracted_at, all_archived="add_member" in planned))
    with ResultLog(project.warehouse, run.run_id) as log:
        pending = Pending(plan, ground, held_of(run), log, project.meter)
        jobs = StartedJobs(project.staging, run.partition("batch"), plan.planned_at())
        members = MemberLoad(client, list_id, pending, jobs, limits.batch_above)
        members.change("unsubscribe_member")
        members.add()
        members.change("update_member")
        log.flush()
        tags = TagLoad(client, list_id, replace(pending, ground=replace(ground, not_added=plan.not_added())))
        tags.create()
        tags.assign()
        tags.take_away()
        members.change("archive_member")
        log.flush()
        if "move_member" in planned:
            last = replace(pending, ground=replace(ground, unfinished=plan.unfinished_members()))
            MoveLoad(client, list_id, last).move()
    return log.account("mailchimp")


def load_people(run: SyncRun) -> dict[str, object]:
    """Opt people out, write values to them, then create the planned Leads; returns the counts by state.

    Raises StoppedByCheck for a stale plan, where another org is connected by now and where it has no room for them,
    TransientError where a retry can do more.
    """
    project, limits = run.project, run.project.configuration.pipeline.limits
    plan = Plan(project.warehouse, run.run_id)
    planned = plan.counts()
    if run.dry_run or not any(kind in planned for kind in PEOPLE_KINDS):
        return {}
    refuse_outdated(run, plan)
    client, list_id, values = project.salesforce(), run.schema().list_id, "update_person" in planned
    refuse_another_org(run, client)
    members = read_members(project.mailchimp(), list_id, run.pins().extracted_at, all_archived=False, values=values)
    changed = list(_changed_people(run, client))
    known = plan.leads_of_known_people() | {one.email_key for one in changed if one.email_key and not one.created_by_us}
    ground = Ground(members, people=known, changed_people={one.id: one.email_key for one in changed})
    with ResultLog(project.warehouse, run.run_id) as log:
        pending = Pending(plan, ground, held_of(run), log, project.meter)
        rules = RuleNames(client)
        people = PeopleLoad(client, pending, rules, limits.bulk_ingest_above)
        people.opt_out()
        people.update()
        if new_leads := planned.get("create_lead"):
            refuse_without_room(client, "Lead", new_leads)
        LeadLoad(client, run.audience.create_leads, pending, rules).create()
    return log.account("salesforce")


class _Changed(NamedTuple):
    """A person as Salesforce shows it now; without an e-mail key where it has no e-mail, or is deleted."""

    id: str
    email_key: str | None
    created_by_us: bool


def _changed_people(run: SyncRun, client: SalesforceClient) -> Iterator[_Changed]:
    """The people that changed since the newest extraction of Salesforce, by its clock.

    Compared here, so that no URL carries an address. Leads that the sync has made for their e-mail are told apart: a
    second create of one fails, and is known by that.
    """
    since = watermarks.oldest(run.project, SOURCE)
    if since is None:
        raise FatalError("Salesforce was not extracted yet: run extract_salesforce, then the sync")
    for name, fields in (("Contact", "Id, Email, IsDeleted"), ("Lead", f"Id, Email, IsDeleted, {UNIQUE_KEY}")):
        changed = f"SystemModstamp >= {since:%Y-%m-%dT%H:%M:%SZ}"
        for row in client.query(f"SELECT {fields} FROM {name} WHERE {changed}", include_deleted=True):
            there = row.get("Email") and not row["IsDeleted"]
            key = email_key(str(row["Email"])) if there else None
            yield _Changed(str(row["Id"]), key, key is not None and row.get(UNIQUE_KEY) == key)
