"""G06: a source that had rows and shows none waits for a person, before what is known of it is given up."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from include.__main__ import main
from include.approval import AudienceExtraction, SalesforceExtraction
from include.errors import ApprovalNeeded, StoppedByCheck
from include.pipelines import emptied, runs
from include.pipelines.extract_audience import extract
from include.pipelines.run import SyncRun, report_folder
from include.warehouse.tables import APPROVALS, MEMBERS, PEOPLE
from tests.integration.sync.people import NEWS, UPDATES, audience, subscriber
from tests.integration.sync.small import Small
from tests.sandbox_fixture import Sandbox


@pytest.fixture
def small(connected: Sandbox, tmp_path: Path) -> Small:
    """Both sides were read once, and `ann` and `bob` are members."""
    connected.reset()
    small = Small(connected, tmp_path)
    assert small.sync() == 0
    small.sandbox.reset_calls()
    return small


def emptied_audience(small: Small, *members: dict[str, Any]) -> None:
    small.put_mailchimp({}, audience("Newsletter", NEWS, *members), audience("Updates", UPDATES, subscriber("bob")))


def without_contacts(small: Small) -> dict[str, Any]:
    """Take all contacts out of the org, for good; returns its state before."""
    before = small.rig.state().salesforce
    rows = [row | {"Contact__c": None} for row in before["MC_Subscriber__c"]]
    small.sandbox.put_state(salesforce=before | {"Contact": [], "MC_Subscriber__c": rows})
    return before


def statuses(small: Small) -> set[str]:
    rows = small.rig.project.warehouse.read(MEMBERS, list_id=NEWS).to_pylist()
    return {row["status"] for row in rows}


def approve(told: str, command: str) -> int:
    """Carry out the command that the output names."""
    (named,) = re.findall(rf"python -m include (approve .+), then {command} again", told)
    return main(shlex.split(named))


def test_g06_an_emptied_audience_waits_and_counts_as_empty_once_a_person_has_accepted_it(small, capsys):
    emptied_audience(small)
    for _ in range(2):
        assert small.sync() == 3
        told = capsys.readouterr().err
        assert f"Mailchimp shows no member of audience {NEWS}, where 2 were known; nothing was changed" in told
    assert statuses(small) == {"subscribed"}
    assert small.rig.write_calls() == []
    assert approve(told, "sync") == 0
    assert '"within": {"members": 2}' in capsys.readouterr().out
    assert small.sync() == 0
    assert statuses(small) == {"forgotten"}
    assert {row["Status__c"] for row in small.rig.state().salesforce["MC_Subscriber__c"]} == {"forgotten"}
    assert small.sync() == 0  # nobody is asked about what is known to be empty
    emptied_audience(small, subscriber("bob"))
    assert small.sync() == 0
    assert statuses(small) == {"forgotten", "subscribed"}


def test_g06_an_emptied_object_of_salesforce_waits_and_those_who_return_are_read_whatever_their_time(small, capsys):
    before = without_contacts(small)
    assert small.command("extract") == 3
    told = capsys.readouterr().err
    assert "Salesforce shows no Contact at all, where 2 were known: check the sharing" in told
    assert [row["is_deleted"] for row in _people(small)] == [False, False]
    assert approve(told, "extract") == 0
    assert small.command("extract") == 0
    assert [row["is_deleted"] for row in _people(small)] == [True, True]
    small.sandbox.put_state(salesforce=before)
    assert small.command("extract") == 0
    assert [row["is_deleted"] for row in _people(small)] == [False, False]


def test_g06_sync_approve_accepts_an_emptied_object_and_what_is_planned_from_it(small, capsys):
    without_contacts(small)
    assert small.sync("newsletter", "--approve") == 0
    assert small.sync("updates") == 0
    assert capsys.readouterr().err == ""


def test_g06_what_only_compares_or_previews_asks_nobody_and_stops(small, capsys):
    emptied_audience(small)
    run = SyncRun(small.rig.project, "newsletter", "dry", dry_run=True)
    with pytest.raises(StoppedByCheck) as stop:
        extract(run)
    assert not isinstance(stop.value, ApprovalNeeded)
    assert not emptied.asked(emptied.mailchimp(run))
    without_contacts(small)
    assert small.command("preview", "--audience", "newsletter") == 3
    assert "approve" not in capsys.readouterr().err
    assert small.rig.project.warehouse.read(APPROVALS).num_rows == 0


@pytest.mark.parametrize("vendor", ["mailchimp", "salesforce"])
def test_g06_the_extraction_that_waits_goes_on_by_what_a_person_answered(small, monkeypatch, vendor):
    """As Airflow resumes it; the run's record says that it waits, and for what it was stopped."""
    monkeypatch.setenv("SYNC_CONFIG", str(small.rig.configuration))
    monkeypatch.setenv("SYNC_ROOT", str(small.rig.root))
    task: AudienceExtraction | SalesforceExtraction
    if vendor == "mailchimp":
        emptied_audience(small)
        task, pipeline, stem = (
            AudienceExtraction(task_id="extract", audience="newsletter"),
            "sync_audience",
            "newsletter",
        )
    else:
        without_contacts(small)
        task, pipeline, stem = SalesforceExtraction(task_id="extract"), "extract_salesforce", None
    with pytest.raises(ApprovalNeeded):
        task.carry_out("asked", {})
    subject, body, wait_hours = task.ask({"run_id": "asked", "params": {}})
    assert subject.endswith("?")
    assert "2 were known" in body
    assert "@" not in body
    assert wait_hours == 24
    assert _state(small, pipeline) == "waiting"
    if stem:
        report = small.rig.root.joinpath(*report_folder(stem, "asked"), "report.html").read_text("utf-8")
        assert "A person has to approve, or to reject: Mailchimp shows no member" in report

    def answered(option: str, by: str | None, *, timedout: bool = False) -> dict[str, object]:
        user = by and {"id": "1", "name": by}
        event = {"chosen_options": [option], "params_input": {}, "responded_by_user": user, "timedout": timedout}
        return task.execute_complete({"run_id": "asked", "params": {}}, event)

    with pytest.raises(StoppedByCheck, match="nobody accepted that within 24 hours"):
        answered("Reject", None, timedout=True)
    with pytest.raises(StoppedByCheck, match="it was rejected"):
        answered("Reject", "bob")
    assert statuses(small) == {"subscribed"}
    assert answered("Approve", "ann")["config_hash"]
    (row,) = small.rig.project.warehouse.read(APPROVALS, audience=stem or emptied.SALESFORCE).to_pylist()
    assert (row["decision"], row["decided_by"], row["objections"]) == ("approved", "ann", ["source_emptied"])


def _state(small: Small, pipeline: str) -> str:
    (row,) = [row for row in runs.find(small.rig.project, pipeline) if row["run_id"] == "asked"]
    return str(row["state"])


def _people(small: Small) -> list[dict[str, Any]]:
    return small.rig.project.warehouse.read(PEOPLE).to_pylist()
