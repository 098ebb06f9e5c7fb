"""The question on Airflow's approval page (G06)."""

from __future__ import annotations

from datetime import UTC, datetime

from include.approval import describe, plan_address
from include.pipelines.approvals import Judgement, Question
from include.transform.breaker import Figure, Measure, Objection

QUESTION = Question(
    planned_at=datetime(2026, 11, 22, tzinfo=UTC),
    judgement=Judgement(
        (Objection("irreversible", "12 irreversible changes are planned"),),
        (
            Measure("irreversible", 12, 10, 1200, "members", 10, holds=True),
            Measure("new_members", 48, "20%", 1200, "members", 240, holds=True),
            Measure("new_leads", 3, 500, 1200, "members", 500, holds=False),
        ),
        (Figure("members", 1200, 1236),),
    ),
    counts={"add_member": 48, "archive_member": 12, "opt_out_person": 9},
    members=1200,
    people=900,
    policy={},
    wait_hours=24,
)


def test_g06_the_question_shows_the_plan_against_the_caps_and_before_and_after() -> None:
    shown = describe(QUESTION, "http://airflow.example/plan")
    assert "- 12 irreversible changes are planned" in shown
    assert "| members | 1,200 | 1,236 | +36 |" in shown
    assert "| irreversible changes | 12 | 1.0% | 10 | **over** |" in shown
    assert "| new members | 48 | 4.0% | 240 (20% of 1,200 members) | within |" in shown
    assert "| new leads | 3 | 0.2% | 500 | not held against a first load |" in shown
    assert "[The plan in detail](http://airflow.example/plan)" in shown


def test_g06_what_cannot_be_taken_back_is_listed_first() -> None:
    shown = describe(QUESTION, "")
    lines = [line for line in shown.splitlines() if " of 1,200 members |" in line or " of 900 people |" in line]
    assert lines[-3:] == [
        "| members to archive **(cannot be taken back)** | 12 | 1.0% of 1,200 members |",
        "| people to opt out **(cannot be taken back)** | 9 | 1.0% of 900 people |",
        "| members to add | 48 | 4.0% of 1,200 members |",
    ]


def test_g06_the_question_leads_to_the_runs_report() -> None:
    assert plan_address("sync_news", "a+b:c").endswith("/dags/sync_news/runs/a%2Bb%3Ac/plugin/report")
