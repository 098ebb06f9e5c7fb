"""The stage `breaker` of an audience's sync: whether the plan may be carried out, or a person is asked (G06)."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from include.errors import ApprovalNeeded, StoppedByCheck
from include.kinds import in_order, in_words
from include.load.operations import PLAN_LIFETIME, Plan
from include.pipelines import approvals, emptied, runs
from include.pipelines.room import no_room
from include.transform.breaker import EMPTY_SOURCES, PlanCounts, figures, measures, objections, policy_changes
from include.warehouse.store import connect
from include.warehouse.tables import MEMBERS, PEOPLE, PLANS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.pipelines.approvals import Decision
    from include.pipelines.run import SyncRun


def breaker(run: SyncRun) -> dict[str, object]:
    """Hold a plan that has to wait for a person; returns the counts it was judged by.

    A dry run never waits: it returns the objections as `would_stop`. An approval in force lets a plan through within
    the counts that were shown; its run is returned as `approval`. Raises ApprovalNeeded, with the question left for
    `approvals`.
    """
    counts, policy = _plan_counts(run), run.policy()
    loaded = _last_load(run)
    found = objections(
        counts,
        run.audience,
        first_load=loaded is None,
        policy_changes=policy_changes(loaded.policy if loaded else {}, policy),
        known_empty=_known_empty(run, loaded),
    )
    found += filter(None, [no_room(run)])
    judgement = approvals.Judgement(
        tuple(found), tuple(measures(counts, run.audience, first_load=loaded is None)), tuple(figures(counts))
    )
    approvals.save_judgement(run, judgement)
    shown: dict[str, object] = dataclasses.asdict(counts) | {"irreversible": counts.irreversible}
    if run.dry_run:
        return shown | {"would_stop": [objection.message for objection in found]}
    if not found:
        return shown
    given = approvals.in_force(run)
    if given is not None and given[1].covers(found, counts, policy):
        return shown | {"approval": given[0]}
    question = approvals.Question(
        planned_at=_planned_at(run),
        judgement=judgement,
        counts=in_order(counts.kinds),
        members=counts.current_members,
        people=counts.current_people,
        policy=policy,
        wait_hours=run.audience.circuit_breaker.wait_hours,
    )
    approvals.ask(run, question)
    reasons = "; ".join(objection.message for objection in found)
    raise ApprovalNeeded(
        f"audience {run.stem}: nothing was written; the plan waits for approval: {reasons}. "
        f"Planned: {in_words(counts.kinds) or 'nothing'}",
        audience=run.stem,
    )


def objections_to_settling(run: SyncRun) -> tuple[str, ...]:
    """Why the second part of a run's plan (`settle`) is left to the next run, which asks; empty where it is not.

    It counts with the first part. Where a person let that through, whatever was objected to it, the second part counts
    by itself, as it would in the next run, and passes within what is left of the approval.
    """
    first, loaded = run.outcome("breaker"), _last_load(run)
    if first is None or "approval" not in first.counts:
        counts = _plan_counts(run)
        found = objections(counts, run.audience, first_load=loaded is None, known_empty=_known_empty(run, loaded))
        return tuple(objection.message for objection in found)
    counts = _plan_counts(run, "settle")
    found = objections(counts, run.audience, first_load=False, known_empty=EMPTY_SOURCES.keys())
    given = approvals.in_force(run)
    covered = given is not None and given[1].covers(found, counts, run.policy())
    return () if covered else tuple(objection.message for objection in found)


def answered(run: SyncRun, decision: Decision, by: str | None) -> dict[str, object]:
    """Record the answer to the run's question, and go on by it; returns what `breaker` does.

    Raises StoppedByCheck where the plan was rejected, where nobody answered in time, and where the plan is too old by
    now: then the next run plans again, and an approval holds for it.
    """
    if decision == "timed_out" and approvals.in_force(run) is not None:
        return breaker(run)  # approved meanwhile on the command line
    approvals.answer(run, decision, by)
    nothing = f"audience {run.stem}: nothing was written"
    if decision == "rejected":
        raise StoppedByCheck(f"{nothing}: the plan was rejected. The next run plans again, and asks again")
    if decision == "timed_out":
        hours = run.audience.circuit_breaker.wait_hours
        raise StoppedByCheck(
            f"{nothing}: nobody approved the plan within {hours:g} hours (`circuit_breaker.wait_hours`). The next run "
            "plans again, and asks again"
        )
    now, planned_at = datetime.now(UTC), _planned_at(run)
    if now - planned_at > PLAN_LIFETIME:
        raise StoppedByCheck(
            f"{nothing}: the plan was approved, but it was made at {planned_at:%Y-%m-%d %H:%M} UTC, more than "
            f"{PLAN_LIFETIME} ago. The next run plans again from current data; the approval holds for it within the "
            f"counts that were shown, until {approvals.holds_until(run, now):%Y-%m-%d %H:%M} UTC"
        )
    return breaker(run)


def _plan_counts(run: SyncRun, planned_by: str | None = None) -> PlanCounts:
    """Of the whole plan, or of the part that one stage has planned."""
    connection = connect()
    pins, warehouse = run.pins(), run.project.warehouse
    warehouse.view(connection, "people", PEOPLE, pins.people)
    warehouse.view(connection, "members", MEMBERS, pins.members, list_id=run.schema().list_id)
    warehouse.view(connection, "whole_plan", PLANS, run_id=run.run_id)
    part = "true" if planned_by is None else f"planned_by = '{planned_by}'"
    connection.execute(f"CREATE TEMP VIEW plans AS FROM whole_plan WHERE {part}")
    (numbers,) = connection.execute(
        """
        WITH changes AS (
            SELECT email_key, person_id, kind, kind IN ('opt_out_person', 'update_person') AS in_salesforce
            FROM plans WHERE kind <> 'answer_request'
        ), members_changed AS (
            SELECT email_key, list_contains(list(kind), 'add_member') AS is_new
            FROM changes WHERE email_key IS NOT NULL AND NOT in_salesforce AND kind <> 'create_lead' GROUP BY email_key
        )
        SELECT (SELECT count(*) FROM people WHERE NOT is_deleted), (SELECT count(*) FROM people),
               (SELECT count(*) FROM members WHERE status NOT IN ('archived', 'forgotten')),
               (SELECT count(*) FROM members),
               (SELECT count(*) FROM members_changed WHERE is_new),
               (SELECT count(*) FROM members_changed WHERE NOT is_new),
               (SELECT count(DISTINCT person_id) FROM changes WHERE in_salesforce),
               (SELECT count(*) FROM changes WHERE kind = 'create_lead')
        """
    ).fetchall()
    kinds = connection.execute(
        "SELECT kind, count(*) FROM plans WHERE kind <> 'answer_request' GROUP BY kind ORDER BY kind"
    ).fetchall()
    ((requested,),) = connection.execute(
        "SELECT count(*) FROM plans WHERE kind = 'unsubscribe_member' AND behaviour = 'R22'"
    ).fetchall()
    return PlanCounts(*[*numbers, dict(kinds), requested, *_standings(connection, run, new=numbers[4])])


def _standings(connection: DuckDBPyConnection, run: SyncRun, *, new: int) -> tuple[int, ...]:
    """Subscribed members and opted-out people, and how many the plan adds or takes away: the last of `PlanCounts`."""
    ((subscribed, leaving, opted_out, opting_out),) = connection.execute(
        """
        SELECT (SELECT count(*) FROM members WHERE status = 'subscribed'),
               (SELECT count(*) FROM members WHERE status = 'subscribed' AND email_key IN (
                   SELECT email_key FROM plans WHERE kind IN ('unsubscribe_member', 'archive_member'))),
               (SELECT count(*) FROM people WHERE opted_out AND NOT is_deleted),
               (SELECT count(*) FROM people WHERE NOT coalesce(opted_out, false) AND NOT is_deleted AND id IN (
                   SELECT person_id FROM plans WHERE kind = 'opt_out_person'))
        """
    ).fetchall()
    joining = new if run.audience.new_members.status == "subscribed" else 0
    return subscribed, joining, leaving, opted_out, opting_out


def _planned_at(run: SyncRun) -> datetime:
    return Plan(run.project.warehouse, run.run_id).planned_at() or datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Load:
    """A run that carried out a whole plan: its audience's policy, and the counts that the breaker judged it by."""

    policy: dict[str, str]
    counts: dict[str, int]


def _last_load(run: SyncRun) -> _Load | None:
    """The newest earlier run that carried out a whole plan of this audience; None where none did."""
    for earlier in runs.find(run.project, "sync_audience", audience=run.stem):
        counts = json.loads(earlier["counts"] or "{}")
        planned = counts.get("transform", {})
        whole = not (planned.get("dry_run") or planned.get("query") or planned.get("restricted"))
        if earlier["state"] in runs.SUCCESSFUL and earlier["run_id"] != run.run_id and whole:
            return _Load(planned.get("policy", {}), counts.get("breaker", {}))
    return None


def _known_empty(run: SyncRun, loaded: _Load | None) -> frozenset[str]:
    """Objections to an empty source that are nothing new: it was so at the last load, or a person has accepted it."""
    before = loaded.counts if loaded else {}
    known = {name for name, count in EMPTY_SOURCES.items() if before.get(count) == 0}
    sources = {"no_people": emptied.salesforce(run.project, run.run_id), "no_members": emptied.mailchimp(run)}
    return frozenset(known | {name for name, source in sources.items() if emptied.accepted(source)})
