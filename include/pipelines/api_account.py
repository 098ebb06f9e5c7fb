"""The calls of a run, by vendor: those made, those that its plan had estimated, and what is left of the day (M05)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, cast

from include.calls import READING, Account
from include.kinds import place
from include.load.operations import Plan
from include.pipelines.ending import LOADERS, WORK
from include.quality.measured import CallLine, VendorCalls

if TYPE_CHECKING:
    from include.pipelines.run import Outcome, SyncRun

PLANNING = ("extract", "validate", "transform")
"""Stages that a run takes anew when it is cleared and plans again."""


def vendor_calls(run: SyncRun, started_at: datetime) -> tuple[VendorCalls, ...]:
    """Both vendors' calls in the run so far."""
    outcomes = {name: outcome for name in WORK if (outcome := run.outcome(name))}
    estimated = _estimated(outcomes)
    usage = _usage(outcomes)
    limits = run.project.configuration.pipeline.limits
    lines = _lines(run, outcomes, started_at, estimated)
    return tuple(
        VendorCalls(
            vendor=vendor,
            lines=tuple(line for line in lines if line.vendor == vendor),
            used=usage.get(vendor, {}).get("used"),
            limit=usage.get(vendor, {}).get("limit"),
            share=limits.salesforce_daily_share if vendor == "salesforce" else None,
            connections=limits.mailchimp_connections if vendor == "mailchimp" else None,
        )
        for vendor in ("salesforce", "mailchimp")
    )


def account(calls: tuple[VendorCalls, ...]) -> Account:
    """What the run's row keeps of them."""
    told: Account = {}
    for each in calls:
        optional = {"used": each.used, "limit": each.limit, "left": each.left}
        numbers = {
            "made": each.made + each.earlier,
            "earlier": each.earlier,
            "estimated": each.estimated,
            "made_for_operations": each.made_for_operations,
        }
        told[each.vendor] = numbers | {name: value for name, value in optional.items() if value is not None}
    return told


def _estimated(outcomes: dict[str, Outcome]) -> dict[tuple[str, str, str], int]:
    """By vendor, stage and purpose, what both parts of the plan will take; `settle` carries its own part out itself."""
    found: dict[tuple[str, str, str], int] = {}
    for planned_by in ("transform", "settle"):
        counts = outcomes[planned_by].counts if planned_by in outcomes else {}
        for vendor, purposes in cast("dict[str, dict[str, int]]", counts.get("estimated_calls", {})).items():
            for purpose, number in purposes.items():
                loader = LOADERS.get(purpose, LOADERS["upsert_mirror"]) if planned_by == "transform" else planned_by
                found[vendor, loader, purpose] = number
    return found


def _usage(outcomes: dict[str, Outcome]) -> dict[str, dict[str, int]]:
    """What each vendor told last of its day."""
    told: dict[str, dict[str, int]] = {}
    for outcome in sorted((each for each in outcomes.values() if each.tries), key=lambda each: each.tries[-1].ended_at):
        told |= outcome.usage
    return told


def _lines(
    run: SyncRun, outcomes: dict[str, Outcome], started_at: datetime, foreseen: dict[tuple[str, str, str], int]
) -> list[CallLine]:
    """A line per vendor, stage and purpose, in the order of the stages: reading first, then the kinds of operations."""
    planned_at = max(started_at, Plan(run.project.warehouse, run.run_id).planned_at() or started_at)
    made: dict[tuple[str, str, str], list[int]] = {}
    for stage, outcome in outcomes.items():
        since = started_at if stage in PLANNING else planned_at
        for each in outcome.tries:
            for vendor, purposes in each.calls.items():
                for purpose, number in purposes.items():
                    numbers = made.setdefault((vendor, stage, purpose), [0, 0, 0])
                    earlier = each.ended_at < since
                    numbers[1 if earlier else 0] += number
                    numbers[2] += not earlier
    keys = sorted(
        made.keys() | foreseen.keys(), key=lambda key: (WORK.index(key[1]), key[2] != READING, place(key[2]), key)
    )
    return [CallLine(*key, foreseen.get(key), *made.get(key, (0, 0, 0))) for key in keys]
