"""The stages `transform` and `breaker`: what they read, write and count, and when they stop."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from include.config.models import Audience, Configuration, Pipeline
from include.errors import ConfigError, StoppedByCheck
from include.keys import email_key
from include.pipelines import runs
from include.pipelines.approvals import judgement_of, question_of
from include.pipelines.breaker import breaker
from include.pipelines.plan import transform
from include.pipelines.plan_inputs import plan_inputs
from include.pipelines.rerun import Rerun
from include.pipelines.run import SALESFORCE_SCHEMA, Pins, SyncRun
from include.storage import Storage
from include.transform.values import lead_candidates, map_people
from include.warehouse.tables import ASSIGNMENTS, EMAILS, MEMBERS, PEOPLE, PLANS, SYNCED_VALUES
from include.wiring import Project
from tests.unit.transform.worlds import World, audience, org, schema

AT = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
SOURCES = {"people": PEOPLE, "emails": EMAILS, "members": MEMBERS, "synced_values": SYNCED_VALUES,
           "assignments": ASSIGNMENTS}  # fmt: skip
MANUAL = {"name": "by_hand", "object": "Contact", "run": "manual", "tags": ["Customer"]}


def a_run(tmp_path: Path, world: World, configured: Audience, run_id: str = "run-1", **how: Any) -> SyncRun:
    """A run whose extraction and validation are done."""
    configuration = Configuration(Pipeline(time_zone="Europe/Paris"), {configured.stem: configured})
    project = Project(configuration, Storage(str(tmp_path)))
    run = SyncRun(project, configured.stem, run_id, **how)
    project.staging.write_document(SALESFORCE_SCHEMA, dataclasses.asdict(org()))
    run.save_schema(schema())
    connection = world.connection()
    for name, table in SOURCES.items():
        project.warehouse.replace(table, connection.table(name).to_arrow_table())
    run.save_pins(Pins(**{name: project.warehouse.version(table) for name, table in SOURCES.items()}, extracted_at=AT))
    inputs = plan_inputs(run)
    project.staging.write_relation(run.partition("mapped"), map_people(connection, inputs))
    for name in ("findings", "selections", "requests", "elsewhere"):
        project.staging.write_relation(run.partition(name), connection.table(name))
    if configured.create_leads.enabled:
        project.staging.write_relation(run.partition("lead_candidates"), lead_candidates(connection, inputs))
    return run


def staged(run: SyncRun, name: str) -> list[dict[str, Any]]:
    return [row for file in run.project.staging.files(run.partition(name)) for row in pq.read_table(file).to_pylist()]


def both_sides(people: int = 2) -> World:
    world = World()
    for number in range(people):
        world.person(f"p{number}@x.example", FirstName="Ann", LastName="Lee", opted_out=number == 1)
    world.member("p1@x.example", merge_fields={"FNAME": "Rob", "LNAME": "Lee"})
    world.member("stranger@x.example", "unsubscribed")
    return world


def test_g02_the_plan_is_written_once_however_often_the_stage_runs(tmp_path: Path) -> None:
    run = a_run(tmp_path, both_sides(), audience())
    transform(run)
    counts = transform(run)
    rows = run.project.warehouse.read(PLANS, run_id="run-1").to_pylist()
    assert sorted(row["kind"] for row in rows) == ["add_member", "update_member"]
    assert {(row["run_id"], row["audience"]) for row in rows} == {("run-1", "newsletter")}
    assert all(datetime.now(UTC) - row["planned_at"] < timedelta(minutes=5) for row in rows)
    assert counts["operations"] == {"add_member": 1, "update_member": 1}


def test_g03_the_ledger_and_the_next_memory_are_staged(tmp_path: Path) -> None:
    run = a_run(tmp_path, both_sides(), audience(create_leads={"enabled": True}))
    counts = transform(run)
    ledger = {(row["side"], row["key"]): row["reason"] for row in staged(run, "ledger")}
    assert len(ledger) == 4
    assert ledger["mailchimp", email_key("stranger@x.example")] == "no_person"
    assert counts["ledger"] == {
        "salesforce": {"changed: added": 1, "changed: updated": 1},
        "mailchimp": {"changed: updated": 1, "skipped: no_person": 1},
    }
    assert [row["query"] for row in staged(run, "assignments")] == ["everyone", "everyone"]
    assert {row["field_values"] for row in staged(run, "synced_values")} == {'{"FNAME":"Ann","LNAME":"Lee"}'}


def test_both_disagreements_over_consent_are_counted(tmp_path: Path) -> None:
    world = both_sides()
    world.person("stranger@x.example", FirstName="Zoe", LastName="Roe")
    counts = transform(a_run(tmp_path, world, audience()))
    assert (counts["opted_out_but_subscribed"], counts["unsubscribed_but_not_opted_out"]) == (1, 1)


@pytest.mark.parametrize(("email", "counted"), [("p1@x.example", (1, 0)), ("stranger@x.example", (0, 1))])
def test_m04_a_run_for_one_person_counts_the_disagreements_over_that_person_alone(
    tmp_path: Path, email: str, counted: tuple[int, int]
) -> None:
    world = both_sides()
    world.person("stranger@x.example", FirstName="Zoe", LastName="Roe")
    counts = transform(a_run(tmp_path, world, audience(), rerun=Rerun(person=email_key(email))))
    assert (counts["opted_out_but_subscribed"], counts["unsubscribed_but_not_opted_out"]) == counted


def test_g09_the_counts_hold_no_personal_data(tmp_path: Path) -> None:
    run = a_run(tmp_path, both_sides(), audience())
    shown = json.dumps(transform(run)) + json.dumps(breaker(dataclasses.replace(run, dry_run=True)))
    assert not any(personal in shown for personal in ("example", "Ann", "Lee"))


def test_today_is_the_day_of_the_extraction_in_the_configured_zone(tmp_path: Path) -> None:
    assert plan_inputs(a_run(tmp_path, both_sides(), audience())).today.isoformat() == "2026-11-23"


def finished(run: SyncRun, counts: dict[str, object], state: runs.RunState = "success") -> None:
    """Note an earlier run of the audience."""
    runs.start(run.project, run.run_id, "sync_audience", run.stem)
    runs.finish(run.project, run.run_id, "sync_audience", state, audience=run.stem, counts={"transform": counts})


def test_g06_a_first_load_waits_and_later_ones_are_held_against_the_caps(tmp_path: Path) -> None:
    run = a_run(tmp_path, both_sides(people=9), audience(circuit_breaker={"changed_members": "50%"}))
    transform(run)
    with pytest.raises(StoppedByCheck, match=r"audience newsletter: nothing was written.*first load"):
        breaker(run)
    finished(dataclasses.replace(run, run_id="run-0"), {})
    with pytest.raises(StoppedByCheck, match=r"8 new members are planned.*20%` of 2 members"):
        breaker(run)
    assert breaker(dataclasses.replace(run, dry_run=True)) == {
        "current_people": 9, "known_people": 9, "current_members": 2, "known_members": 2,
        "new_members": 8, "changed_members": 1, "changed_people": 0, "new_leads": 0, "irreversible": 0, "requested": 0,
        "subscribed": 1, "joining": 8, "leaving": 0, "opted_out": 1, "opting_out": 0,
        "kinds": {"add_member": 8, "update_member": 1},
        "would_stop": ["8 new members are planned, over the cap `circuit_breaker.new_members: 20%` of 2 members"],
    }  # fmt: skip


def test_g06_what_a_person_reads_of_a_plan_are_words_in_a_fixed_order(tmp_path: Path) -> None:
    run = a_run(tmp_path, both_sides(people=9), audience(opt_out="to_mailchimp"))
    transform(run)
    with pytest.raises(StoppedByCheck) as stopped:
        breaker(run)
    assert str(stopped.value).endswith(
        "Planned: members to unsubscribe: 1 (cannot be taken back), members to add: 8, members to update: 1"
    )
    assert list(question_of(run).counts) == ["unsubscribe_member", "add_member", "update_member"]
    judged = judgement_of(run)
    assert judged == question_of(run).judgement
    assert {figure.name: (figure.now, figure.afterwards) for figure in judged.figures} == {
        "members": (2, 10), "subscribed members": (1, 8), "people": (9, 9), "opted-out people": (1, 1)
    }  # fmt: skip
    assert [(measure.name, measure.planned, measure.exceeded) for measure in judged.measures if measure.holds] == [
        ("irreversible", 1, False)
    ]


@pytest.mark.parametrize(("counts", "state"), [({"dry_run": True}, "success"), ({}, "failed"), ({}, "stopped")])
def test_g06_a_dry_or_failed_run_is_no_first_load(tmp_path: Path, counts: dict[str, object], state: Any) -> None:
    run = a_run(tmp_path, both_sides(), audience())
    transform(run)
    finished(dataclasses.replace(run, run_id="run-0"), counts, state)
    with pytest.raises(StoppedByCheck, match="first load"):
        breaker(run)


def test_g06_an_automatic_first_load_goes_on(tmp_path: Path) -> None:
    run = a_run(tmp_path, both_sides(people=9), audience(first_load="auto"))
    transform(run)
    assert breaker(run)["new_members"] == 8


def test_m04_a_query_that_the_audience_lacks_is_named_with_those_it_has(tmp_path: Path) -> None:
    run = a_run(tmp_path, both_sides(), audience(queries=[MANUAL]))
    with pytest.raises(ConfigError, match=r"no query `by_hant`.*it has by_hand"):
        plan_inputs(dataclasses.replace(run, query="by_hant"))


def test_what_transform_leaves_on_its_run_is_what_the_next_one_reads(tmp_path: Path) -> None:
    run = a_run(tmp_path, both_sides(), audience(queries=[MANUAL]))
    counts = transform(run)
    assert (counts["query"], counts["selected"], counts["reading"], counts["dry_run"]) == (None, {}, 0, False)
