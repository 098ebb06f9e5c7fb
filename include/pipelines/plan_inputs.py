"""Puts together what transform knows of a run besides the tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from include.config.dates import Calendar
from include.pipelines import query_state
from include.pipelines.find_audience import known_list
from include.transform.inputs import Inputs, lead_defaults

if TYPE_CHECKING:
    from include.pipelines.run import SyncRun


def plan_inputs(run: SyncRun) -> Inputs:
    """The inputs of a run whose extraction is done; `today` is the day of that extraction in the configured zone.

    Raises ConfigError where the run is for a query that the audience does not have.
    """
    names = [query.name for query in run.audience.queries]
    if run.query is not None and run.query not in names:
        raise query_state.unknown_query(run.stem, run.query, names)
    configuration = run.project.configuration
    calendar = calendar_of(run)
    return Inputs(
        audience=run.audience,
        schema=run.schema(),
        org=run.salesforce_schema(),
        today=calendar.today,
        time_zone=calendar.time_zone,
        week_starts=calendar.week_starts,
        lead_defaults=lead_defaults(configuration.audiences),
        only_query=run.query,
        restricted=run.restricted,
        person=None if run.settling else run.rerun.person,
        known_reading=query_state.known_reading(run, run.query) if run.query else None,
    )


def calendar_of(run: SyncRun) -> Calendar:
    """What dates in conditions mean in a run whose extraction is done."""
    pipeline = run.project.configuration.pipeline
    today = run.pins().extracted_at.astimezone(ZoneInfo(pipeline.time_zone)).date()
    return Calendar(today, pipeline.time_zone, pipeline.week_starts)


def other_lists(run: SyncRun) -> dict[str, str | None]:
    """The other audiences whose opt-outs flow to Salesforce, by stem: their list ids, None where never read."""
    return {
        stem: known_list(replace(run, stem=stem))
        for stem, audience in run.project.configuration.audiences.items()
        if stem != run.stem and audience.opt_outs_reach_salesforce
    }
