"""The stages `load_audience` and `load_people`: carry out the plan of a run and nothing else (G02)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from include.load.ground import Ground, read_members
from include.load.jobs import StartedJobs
from include.load.leads import LeadLoad
from include.load.lost_answers import added_before
from include.load.members import MemberLoad
from include.load.moves import MoveLoad
from include.load.operations import Plan
from include.load.pending import Pending
from include.load.people import PeopleLoad
from include.load.results import ResultLog
from include.load.rule_names import RuleNames
from include.load.tags import TagLoad
from include.pipelines.current_plan import refuse_outdated
from include.pipelines.held import held_of
from include.pipelines.identity import refuse_another_account, refuse_another_org
from include.pipelines.people_now import changed_people
from include.salesforce.storage import refuse_without_room

if TYPE_CHECKING:
    from collections.abc import Collection

    from include.load.ground import MemberNow
    from include.pipelines.people_now import PersonNow
    from include.pipelines.run import SyncRun

AUDIENCE_KINDS = (
    "unsubscribe_member", "add_member", "update_member", "create_tag", "add_tag", "remove_tag", "archive_member",
    "move_member",
)  # fmt: skip
NEW_EMAIL_KINDS = ("add_member", "move_member")
"""What makes an e-mail new to the audience: who opted out since, or agrees no more, is kept out."""
PEOPLE_KINDS = ("opt_out_person", "update_person", "create_lead")


def load_audience(run: SyncRun) -> dict[str, object]:
    """Unsubscribe first, then add and update members, create and give tags, archive, move; returns the counts by state.

    Raises StoppedByCheck for a stale plan (`current_plan`) and where another account is connected by now,
    TransientError where a retry can do more.
    """
    plan = Plan(run.project.warehouse, run.run_id)
    if run.dry_run or plan.counts().keys().isdisjoint(AUDIENCE_KINDS):
        return {}
    refuse_outdated(run, plan)
    return change_audience(run, plan)


def change_audience(run: SyncRun, plan: Plan) -> dict[str, object]:
    """Carry out what a plan says of the audience; returns the counts by state. Raises as `load_audience` does."""
    project, limits, planned = run.project, run.project.configuration.pipeline.limits, plan.counts()
    client, list_id, extracted_at = project.mailchimp(), run.schema().list_id, run.pins().extracted_at
    refuse_another_account(run, client)
    members_now = read_members(client, list_id, extracted_at, all_archived="add_member" in planned)
    admits = any(kind in planned for kind in NEW_EMAIL_KINDS)
    ground = _ground(members_now, list(changed_people(run, project.salesforce())) if admits else ())
    jobs = StartedJobs(project.staging, run.partition("batch"), plan.planned_at())
    if jobs.sent_before("add_member"):
        unheard = plan.unfinished("add_member")
        ground = replace(ground, added=added_before(client, list_id, extracted_at, unheard))
    with ResultLog(project.warehouse, run.run_id) as log:
        pending = Pending(plan, ground, held_of(run), log, project.meter)
        members = MemberLoad(client, list_id, pending, jobs, limits.batch_above, extracted_at)
        members.change("unsubscribe_member")
        if "add_member" in planned:
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
    changed = list(changed_people(run, client))
    known = plan.leads_of_known_people() | {one.email_key for one in changed if one.email_key and not one.created_by_us}
    ground = replace(_ground(members, changed), people=known)
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


def _ground(members: dict[str, MemberNow], changed: Collection[PersonNow]) -> Ground:
    return Ground(
        members,
        changed_people={one.id: one.email_key for one in changed},
        opted_out={one.email_key for one in changed if one.email_key and one.opted_out},
        without_consent={one.id for one in changed if not one.agrees},
    )
