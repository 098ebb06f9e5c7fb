"""The stage `report`: both ledgers, the quarantine, the run's state, whatever happened before it."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from include.errors import FatalError
from include.pipelines import query_state, runs
from include.pipelines.run import Outcome
from include.pipelines.sync_audience import STAGES
from tests.unit.quality.closing import NOW, Closing


def many(closing: Closing, number: int) -> None:
    for _ in range(number):
        closing.person()


def test_g03_a_run_that_carried_all_out_is_a_success(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    key = closing.person("changed", "updated", closing.operation())
    closing.member("skipped", "no_person")
    counts = closing.close()
    assert closing.state() == counts["state"] == "success"
    assert closing.ledger()[key] == ("changed", "updated")
    assert counts["rows"] == {"changed": 1, "skipped": 1}
    assert counts["operations"] == {"applied": 1}
    assert counts["balanced"] is True
    assert Path(str(counts["page"])).read_text("utf-8") == closing.page()


ANSWERS: tuple[tuple[dict[str, Any], tuple[str, str]], ...] = (
    ({"state": "applied"}, ("changed", "updated")),
    ({"state": "already_there", "result_reason": "member_exists"}, ("unchanged", "member_exists")),
    ({"state": "already_there"}, ("unchanged", "already_there")),
    ({"state": "precondition_gone", "result_reason": "member_is_archived"}, ("skipped", "member_is_archived")),
    ({"state": "deferred", "result_reason": "too_many_sign_ups"}, ("deferred", "too_many_sign_ups")),
    ({"state": "refused", "result_reason": "looks_fake"}, ("quarantined", "looks_fake")),
    (
        {"state": "refused", "result_reason": "Mailchimp answered 400: no (request id 1)", "vendor_code": "Bad"},
        ("quarantined", "Bad"),
    ),
    ({"state": "failed", "result_reason": "timed out after 60 s", "vendor_code": "503"}, ("failed", "503")),
)


def test_g03_a_row_is_what_became_of_its_operation(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    expected = {closing.person("changed", "updated", closing.operation(**answer)): row for answer, row in ANSWERS}
    many(closing, 9)
    closing.close()
    assert {key: closing.ledger()[key] for key in expected} == expected


def test_g03_the_worst_of_several_operations_decides(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    applied, gone = closing.operation(), closing.operation(state="precondition_gone", result_reason="member_is_cleaned")
    deferred = closing.operation(state="deferred", result_reason="too_many_sign_ups")
    three = closing.member("changed", "updated", applied, gone, deferred)
    two = closing.member("changed", "updated", gone, applied)
    closing.close()
    assert closing.ledger() == {three: ("deferred", "too_many_sign_ups"), two: ("skipped", "member_is_cleaned")}


def test_g03_a_row_keeps_its_own_state_where_that_is_worse(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    held = closing.person("quarantined", "field_left_out", closing.operation())
    failed = closing.person("quarantined", "field_left_out", closing.operation(state="failed", vendor_code="503"))
    many(closing, 30)
    closing.close()
    assert closing.ledger()[held] == ("quarantined", "field_left_out")
    assert closing.ledger()[failed] == ("failed", "503")


def test_the_newest_answer_to_an_operation_counts(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    op_id = closing.operation(state=None)
    closing.result(op_id, "applied", minute=5)
    closing.result(op_id, "failed", minute=1)
    key = closing.member("changed", "updated", op_id)
    assert closing.close()["operations"] == {"applied": 1}
    assert closing.ledger()[key] == ("changed", "updated")


def test_g03_operations_without_an_answer_have_failed(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    lost = closing.operation(state=None)
    key = closing.member("changed", "updated", lost, closing.operation())
    closing.ends("load_audience", "TransientError", "1 operations failed")
    counts = closing.close()
    assert counts["operations"] == {"failed": 1, "applied": 1}
    assert closing.ledger()[key] == ("failed", "not_carried_out")
    assert closing.state() == "failed"


def test_a_dry_run_plans_and_changes_no_table_of_state(tmp_path: Path) -> None:
    closing = Closing(tmp_path, dry_run=True)
    key = closing.person("changed", "added", closing.operation("add_member", None))
    closing.finding(closing.person("quarantined", "field_left_out"))
    many(closing, 30)
    counts = closing.close()
    assert counts["operations"] == {"planned": 1}
    assert closing.ledger()[key] == ("changed", "added")
    assert closing.quarantine() == {}
    assert "would change; nothing was written" in closing.document().headline
    assert closing.document().quarantine[0].records == 1


@pytest.mark.parametrize("error", ["StoppedByCheck", "ConfigError"])
def test_a_run_that_a_check_stopped_before_any_write_is_stopped(tmp_path: Path, error: str) -> None:
    closing = Closing(tmp_path)
    closing.person("changed", "added", closing.operation("add_member", None))
    closing.ends("breaker", error, "90 new members are planned")
    counts = closing.close()
    assert closing.state() == counts["state"] == "stopped"
    assert counts["operations"] == {"planned": 1}
    assert closing.document().headline == ("Stage breaker stopped the run before any write: 90 new members are planned")


def test_a_stop_after_the_first_write_is_a_failure(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    closing.operation(), closing.operation("create_lead", None)
    closing.ends("load_people", "StoppedByCheck", "the plan is too old")
    assert closing.close()["operations"] == {"applied": 1, "failed": 1}
    assert closing.state() == "failed"


def test_g08_what_the_budget_did_not_allow_is_deferred(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    closing.operation()
    lead = closing.operation("create_lead", None)
    key = closing.member("changed", "lead_created", lead)
    closing.ends("load_people", "DeferredError", "the daily limit is used up")
    assert closing.close()["operations"] == {"applied": 1, "deferred": 1}
    assert closing.state() == closing.document().state == "deferred"
    assert closing.ledger()[key] == ("deferred", "budget_of_calls_used")


def test_g08_a_failure_beside_a_deferral_is_a_failure(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    closing.endings = {
        "load_audience": Outcome(error="TransientError"),
        "load_people": Outcome(error="DeferredError"),
        "refresh": None,
        "settle": None,
        "load_mirror": None,
    }
    closing.close()
    assert closing.state() == "failed"


@pytest.mark.parametrize("stage", ["extract", "validate", "transform"])
def test_a_run_that_came_to_no_plan_is_reported_all_the_same(tmp_path: Path, stage: str) -> None:
    closing = Closing(tmp_path)
    closing.ends(stage, "FatalError", "log-in refused")
    counts = closing.close()
    document = closing.document()
    assert counts["state"] == document.state == closing.state() == "failed"
    assert (document.rows, document.operations, document.quarantine, document.consent) == (None, None, None, None)
    assert [line.name for line in document.stages if line.ending == "failed"] == [stage]
    assert "log-in refused" in closing.page()


def test_a_stage_that_was_killed_left_no_outcome_and_counts_as_failed(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    closing.endings = dict.fromkeys(STAGES[2:-1])
    closing.close()
    assert closing.state() == "failed"
    assert closing.document().headline.startswith("Stage transform failed")


def test_outcomes_that_an_earlier_try_left_behind_a_failure_do_not_count(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    closing.endings = {"validate": Outcome(error="ConfigError", message="no such field")}
    closing.close()
    endings = {line.name: line.ending for line in closing.document().stages}
    assert endings == {"extract": "done", "validate": "stopped"} | dict.fromkeys(STAGES[2:-1], "not_run")
    assert closing.document().rows is None


def test_leads_are_loaded_beside_a_failing_audience(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    after = dict.fromkeys(("refresh", "settle", "load_mirror"))
    closing.endings = {"load_audience": Outcome(error="TransientError")} | after
    closing.close()
    endings = {line.name: line.ending for line in closing.document().stages}
    assert (endings["load_audience"], endings["load_people"], endings["refresh"]) == ("failed", "done", "not_run")


@pytest.mark.parametrize("fault", ["missing", "unknown", "repeated"])
def test_g03_an_unbalanced_row_ledger_fails_the_run_and_shows(tmp_path: Path, fault: str) -> None:
    closing = Closing(tmp_path)
    many(closing, 2)
    if fault == "missing":
        closing.draft.pop()
    elif fault == "unknown":
        closing.row("mailchimp", "0" * 32, "0" * 32, "skipped", "no_person")
    else:
        closing.draft.append(closing.draft[0])
    with pytest.raises(FatalError, match="does not balance"):
        closing.close()
    document = closing.document()
    assert document.rows is not None
    assert (document.rows.missing, document.rows.unknown, document.rows.repeated) == tuple(
        int(name == fault) for name in ("missing", "unknown", "repeated")
    )
    assert closing.state() == "failed"
    assert 'role="alert"' in closing.page()


def test_g03_an_operation_planned_twice_fails_the_run(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    closing.operation(op_id="same"), closing.operation(op_id="same", state=None)
    with pytest.raises(FatalError, match="does not balance"):
        closing.close()
    assert closing.document().operations.repeated == 1


def test_answers_to_an_earlier_plan_of_a_cleared_run_are_told_apart(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    closing.operation()
    closing.operation(op_id="planned-again", state=None)
    for op_id in ("of-the-earlier-plan", "planned-again"):
        closing.result(op_id, "applied", minute=-1)
    counts = closing.close()
    assert counts["operations"] == {"applied": 1, "failed": 1}
    assert closing.document().operations.earlier == 2


def test_m01_three_percent_quarantined_is_a_success_with_a_warning_mark(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    many(closing, 97)
    for _ in range(3):
        closing.person("quarantined", "failed_rule")
    assert closing.close()["state"] == "warning"


def test_m01_over_the_threshold_the_run_fails_once_the_report_is_written(tmp_path: Path) -> None:
    closing = Closing(tmp_path, quality={"fail_above": "2.5%"})
    many(closing, 97)
    for _ in range(3):
        closing.person("quarantined", "failed_rule")
    with pytest.raises(FatalError, match=r"3\.0% of the rows are quarantined, over the 2\.5% allowed"):
        closing.close()
    assert closing.document().state == closing.state() == "failed"


def test_a_share_that_is_expected_gives_no_mark(tmp_path: Path) -> None:
    closing = Closing(tmp_path, quality={"warn_above": "5%"})
    many(closing, 97)
    for _ in range(3):
        closing.person("quarantined", "failed_rule")
    assert closing.close()["state"] == "success"


def test_a_refused_mirror_row_gives_a_warning_though_it_is_no_persons_row(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    closing.person()
    closing.operation("upsert_mirror", "refused", vendor_code="STRING_TOO_LONG", result_reason="longer than allowed")
    assert closing.close()["state"] == "warning"
    (row,) = closing.quarantine().values()
    assert (row["side"], row["object"], row["rule"]) == ("salesforce", "MC_Subscriber__c", "STRING_TOO_LONG")
    assert row["gates"] == ["mirror"]


def test_quarantine_counts_runs_and_keeps_the_first_sight(tmp_path: Path) -> None:
    for number in range(3):
        closing = Closing(tmp_path, f"run{number}")
        many(closing, 9)
        closing.extracted_at = NOW + timedelta(hours=number)
        closing.finding(key := closing.person("quarantined", "field_left_out"))
        closing.close()
    row = closing.quarantine()[key, "text_too_long"]
    assert (row["attempts"], row["first_seen"], row["last_seen"]) == (3, NOW, NOW + timedelta(hours=2))


def test_a_second_try_of_the_report_counts_nothing_twice(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    many(closing, 9)
    closing.finding(key := closing.person("quarantined", "field_left_out"))
    first = closing.close()
    assert closing.close() == first
    assert closing.quarantine()[key, "text_too_long"]["attempts"] == 1
    assert len(runs.find(closing.project, "sync_audience", audience="newsletter")) == 1
    assert len(closing.document().trend) == 1


def held(root: Path, *rules: str, run_id: str = "run1", hours: int = 0) -> Closing:
    """A run that finds one person to fail these rules."""
    closing = Closing(root, run_id)
    closing.extracted_at = NOW + timedelta(hours=hours)
    key = closing.person("quarantined" if rules else "unchanged", "failed_rule" if rules else "up_to_date")
    many(closing, 9)
    for rule in rules:
        closing.finding(key, rule)
    return closing


def test_what_is_fixed_leaves_the_quarantine(tmp_path: Path) -> None:
    held(tmp_path, "text_too_long", "invalid_email").close()
    later = held(tmp_path, "text_too_long", run_id="run2", hours=1)
    later.close()
    assert [rule for _, rule in later.quarantine()] == ["text_too_long"]


def test_what_is_wrong_with_somebody_whom_the_audience_skips_holds_nothing_back(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    closing.finding(closing.person("skipped", "not_selected"))
    assert closing.close()["state"] == "success"
    assert closing.quarantine() == {}


def test_runs_that_wrote_nothing_leave_the_quarantine_alone(tmp_path: Path) -> None:
    held(tmp_path, "text_too_long").close()
    for stage in ("validate", "breaker"):
        stopped = held(tmp_path, run_id=stage)
        stopped.ends(stage, "StoppedByCheck", "no")
        stopped.close()
        assert [rule for _, rule in stopped.quarantine()] == ["text_too_long"]


def test_the_report_of_an_older_run_made_again_leaves_the_quarantine_alone(tmp_path: Path) -> None:
    older = held(tmp_path, "text_too_long", run_id="older")
    older.close()
    held(tmp_path, run_id="newer").close()
    older.close_again()
    assert older.quarantine() == {}


def test_refused_operations_are_quarantined_by_their_reason_and_field(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    many(closing, 20)
    closing.operation("add_member", "refused", result_reason="looks_fake", vendor_code="ERROR_GENERIC")
    closing.operation("update_member", "refused", result_reason="refused_by_mailchimp:TIER", vendor_code="X")
    closing.operation("create_lead", "refused", result_reason="use one record", vendor_code="DUPLICATES_DETECTED")
    closing.close()
    rows = {row["rule"]: (row["object"], row["field"], row["gates"]) for row in closing.quarantine().values()}
    assert rows == {
        "looks_fake": ("member", None, ["add"]),
        "refused_by_mailchimp": ("member", "TIER", ["update"]),
        "DUPLICATES_DETECTED": ("member", None, ["create_lead"]),
    }


def test_m04_a_run_for_one_query_keeps_the_refused_operations_that_it_does_not_plan(tmp_path: Path) -> None:
    whole = Closing(tmp_path)
    many(whole, 20)
    for op_id in ("op-kept", "op-tried"):
        whole.operation("update_member", "refused", op_id=op_id, result_reason="refused_by_mailchimp:TIER")
    whole.close()
    one = Closing(tmp_path, "run2")
    one.run = dataclasses.replace(one.run, query="web")
    one.extracted_at = NOW + timedelta(hours=1)
    many(one, 20)
    one.operation("update_member", "applied", op_id="op-tried")
    one.close()
    assert {row["op_id"] for row in one.quarantine().values()} == {"op-kept"}
    assert {group.records for group in one.document().quarantine or ()} == set()


def test_m02_the_trend_has_the_last_fourteen_loading_runs(tmp_path: Path) -> None:
    for number in range(15):
        counts = {"report": {"rows": {"changed": number + 1}, "dry_run": number == 3}}
        closing = Closing(tmp_path, f"run{number:02}")
        runs.start(closing.project, closing.run.run_id, "sync_audience", "newsletter")
        runs.finish(
            closing.project, closing.run.run_id, "sync_audience", "success", audience="newsletter", counts=counts
        )
    last = Closing(tmp_path, "run15")
    many(last, 5)
    last.close()
    trend = last.document().trend
    assert [point.run_id for point in trend] == [f"run{number:02}" for number in range(16) if number not in {0, 3}]
    assert [point.rows for point in trend][-2:] == [15, 5]


def test_the_runs_row_keeps_the_counts_of_every_stage(tmp_path: Path) -> None:
    import json

    closing = Closing(tmp_path)
    counts = closing.close()
    (row,) = runs.find(closing.project, "sync_audience", audience="newsletter")
    kept = json.loads(row["counts"])
    assert kept["transform"]["unsubscribed_but_not_opted_out"] == 4
    assert kept["report"] == counts


@pytest.mark.parametrize(
    ("dry_run", "failing", "last"), [(False, None, "run1"), (True, None, None), (False, "load_audience", None)]
)
def test_r10_only_a_run_that_was_carried_out_is_its_queries_last_run(
    tmp_path: Path, dry_run: bool, failing: str | None, last: str | None
) -> None:
    closing = Closing(tmp_path, dry_run=dry_run)
    if failing:
        closing.ends(failing, "TransientError", "cut off")
    closing.close()
    known = query_state.find(closing.project, "newsletter").get("everyone", {})
    assert known.get("last_run_id") == last


def test_notes_count_and_list_whom_they_concern(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    edited = closing.member()
    closing.operation(email_key=edited, note="mailchimp_edit_overwritten")
    orphan = closing.member("skipped", "orphan_member")
    shared = closing.person("skipped", "shared_email")
    closing.close()
    notes = {note.name: note.keys for note in closing.document().notes}
    assert notes == {
        "mailchimp_edit_overwritten": (edited,), "orphan_member": (orphan,), "shared_email": (shared,)
    }  # fmt: skip
    consent = closing.document().consent
    assert (consent.opted_out_but_subscribed, consent.unsubscribed_but_not_opted_out) == (3, 4)
