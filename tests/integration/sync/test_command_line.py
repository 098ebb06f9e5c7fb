"""`python -m include sync`: exit status, one clear message, and how far each mistake gets."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from include.__main__ import main
from include.approval import PlanApproval
from include.errors import StoppedByCheck
from include.sandbox.mailchimp.credentials import API_KEY
from include.warehouse.tables import APPROVALS
from tests.integration.sync.people import NEWS, UPDATES, WEB, audience, contact, subscriber
from tests.integration.sync.rig import NOW, Rig
from tests.sandbox_fixture import Sandbox

FILE = """\
audience: {name}
policy: legacy_parity
consent: none
first_load: auto
fields:
  FNAME: {{contact: FirstName}}
  LNAME: {{contact: LastName}}
queries:
  - {{name: web, object: Contact, where: {{field: LeadSource, equals: Web}}, groups: [Interests / News]}}
circuit_breaker: {{changed_members: 100%, new_members: 100%}}
"""
SOAP = "/services/Soap/u/{version}"

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def rig(connected: Sandbox, tmp_path: Path) -> Rig:
    """Two people, one member in each of two audiences, a file for each."""
    configuration = tmp_path / "config"
    (configuration / "audiences").mkdir(parents=True)
    (configuration / "pipeline.yaml").write_text("time_zone: Europe/Paris\n", encoding="utf-8")
    for stem, name in (("newsletter", "Newsletter"), ("updates", "Updates")):
        write(configuration, stem, FILE.format(name=name))
    lists = [audience(name, id_, subscriber("bob")) for name, id_ in (("Newsletter", NEWS), ("Updates", UPDATES))]
    connected.put_state(
        salesforce={"Contact": [contact("ann", **WEB), contact("bob")]}, mailchimp={"lists": lists}
    )  # fmt: skip
    connected.set_clock(NOW.isoformat())
    connected.reset_calls()
    return Rig(connected, tmp_path / "root", configuration)


@pytest.fixture
def command(rig: Rig, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `sync --audience <stem>`; returns the exit status, the output and the error output."""

    def run(stem: str = "newsletter", *more: str) -> tuple[int, str, str]:
        where = ["--config", str(rig.configuration), "--root", str(rig.root)]
        status = main(["sync", "--audience", stem, *where, *more])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return run


def write(configuration: Path, stem: str, text: str) -> None:
    (configuration / "audiences" / f"{stem}.yaml").write_text(text, encoding="utf-8")


def count(sandbox: Sandbox, server: str) -> int:
    return sandbox.calls(server)["count"]


def test_a_dry_run_shows_the_plan_and_a_run_carries_it_out(rig: Rig, command: Command) -> None:
    status, out, _ = command("newsletter", "--dry-run")
    assert (status, rig.sandbox.writes()) == (0, 0)
    assert '"add_member": 1' in out
    status, out, _ = command()
    assert status == 0
    assert '"applied": 1' in out
    assert len(rig.state().world.lists["Newsletter"].members) == 2


@pytest.fixture
def held(rig: Rig) -> Rig:
    """The newsletter's first load has to be approved."""
    write(rig.configuration, "newsletter", FILE.format(name="Newsletter").replace("first_load: auto\n", ""))
    return rig


def test_g06_a_held_plan_passes_once_the_command_that_is_named_has_approved_it(
    held: Rig, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = command("newsletter")
    assert (status, held.sandbox.writes()) == (3, 0)
    assert "first load" in err
    (named,) = re.findall(r"python -m include (approve .+), then sync again", err)
    assert main(shlex.split(named)) == 0
    assert '"within": {"add_member": 1}' in capsys.readouterr().out
    assert held.sandbox.writes() == 0
    status, out, _ = command("newsletter")
    assert status == 0
    assert '"approval": "cli__' in out
    assert len(held.state().world.lists["Newsletter"].members) == 2


def test_g06_sync_approve_carries_out_the_held_plan_at_once(held: Rig, command: Command) -> None:
    status, out, _ = command("newsletter", "--run-id", "mine", "--approve")
    assert status == 0
    assert '"approval": "mine"' in out
    assert len(held.state().world.lists["Newsletter"].members) == 2


def test_g06_x01_another_policy_waits_for_approval_and_counts_from_its_first_load(rig: Rig, command: Command) -> None:
    """A dry run under it is no load; neither is the run that waited."""
    assert command()[0] == 0
    write(rig.configuration, "newsletter", FILE.format(name="Newsletter").replace("legacy_parity", "two_way"))
    rig.sandbox.reset_calls()
    assert command("newsletter", "--dry-run")[0] == 0
    for _ in range(2):
        status, _, err = command()
        assert (status, rig.sandbox.writes()) == (3, 0)
        assert "the policy changed since the last load: email_change from new_member to move" in err
        assert "policy from legacy_parity to two_way; stops_matching from keep to remove" in err
    assert command("newsletter", "--approve")[0] == 0
    assert command()[0] == 0


def test_g06_the_task_that_waits_goes_on_by_what_a_person_answered(
    held: Rig, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Airflow resumes it: a time-out counts as a rejection; who answered is kept."""
    command("newsletter", "--run-id", "asked")
    monkeypatch.setenv("SYNC_CONFIG", str(held.configuration))
    monkeypatch.setenv("SYNC_ROOT", str(held.root))
    task = PlanApproval(task_id="breaker", audience="newsletter")
    context: Any = {"run_id": "asked", "params": {}}

    def answered(option: str, by: str | None, *, timedout: bool = False) -> dict[str, object]:
        user = by and {"id": "1", "name": by}
        event = {"chosen_options": [option], "params_input": {}, "responded_by_user": user, "timedout": timedout}
        return task.execute_complete(context, event)

    with pytest.raises(StoppedByCheck, match="nobody approved the plan within 24 hours"):
        answered("Reject", None, timedout=True)
    with pytest.raises(StoppedByCheck, match="the plan was rejected"):
        answered("Reject", "bob")
    assert command("newsletter")[0] == 3
    assert answered("Approve", "ann")["approval"] == "asked"
    rows = held.project.warehouse.read(APPROVALS, audience="newsletter").to_pylist()
    assert [(row["decision"], row["decided_by"]) for row in rows] == [("approved", "ann")]
    assert held.sandbox.writes() == 0


def test_g06_a_run_that_asked_nothing_cannot_be_approved(
    held: Rig, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    command("newsletter", "--run-id", "asked")
    where = ["--config", str(held.configuration), "--root", str(held.root)]
    assert main(["approve", "--audience", "newsletter", "--run-id", "another", *where]) == 3
    assert "no run another whose plan waits for approval; those that do: asked" in capsys.readouterr().err


def test_r12_r18_all_mistakes_are_told_at_once_before_any_write(rig: Rig, command: Command) -> None:
    wrong = FILE.format(name="Newsletter").replace("Interests / News", "Interests / Newz")
    wrong = wrong.replace("LNAME: {contact: LastName}", "LNAM: {contact: LastName}\n  TITLE: {contact: AnnualRevenu}")
    wrong = wrong.replace("circuit", "data_sync: on\ncircuit").replace("TITLE:", "POINTS: {contact: Title}\n  TITLE:")
    write(rig.configuration, "newsletter", wrong)
    status, _, err = command()
    assert (status, rig.sandbox.writes()) == (3, 0)
    assert err.startswith("stopped: ")
    told = {
        "merge field": "has no merge field LNAM",
        "Salesforce field": "AnnualRevenu",
        "pair": "POINTS",
        "group": "Interests / Newz",
        "what would be right": "Interests / News",
    }
    assert {what for what, text in told.items() if text not in err} == set()
    assert "newsletter.yaml:" in err


def test_an_audience_that_mailchimp_lacks_is_named_with_those_there_are(rig: Rig, command: Command) -> None:
    write(rig.configuration, "newsletter", FILE.format(name="Newsleter"))
    status, _, err = command()
    assert (status, rig.sandbox.writes()) == (3, 0)
    assert "'Newsleter'" in err
    assert "'Newsletter', 'Updates'" in err


def test_a_file_that_is_not_there_is_told_before_any_call(rig: Rig, command: Command) -> None:
    status, _, err = command("newsleter")
    assert status == 3
    assert "newsletter, updates" in err
    assert count(rig.sandbox, "salesforce") == count(rig.sandbox, "mailchimp") == 0


def test_wrong_mailchimp_credentials_fail_after_one_request(
    rig: Rig, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = f"0000{API_KEY[4:]}"
    connection = {"conn_type": "generic", "password": wrong, "extra": {"endpoint": rig.sandbox.urls["mailchimp"]}}
    monkeypatch.setenv("AIRFLOW_CONN_MAILCHIMP_DEFAULT", json.dumps(connection))
    status, _, err = command()
    assert status == 1
    assert "mailchimp_default" in err
    assert wrong not in err
    assert len(err.splitlines()) == 1
    assert count(rig.sandbox, "mailchimp") == 1


def test_wrong_salesforce_credentials_fail_after_one_log_in(
    rig: Rig, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = {
        "conn_type": "salesforce",
        "login": "admin@sandbox.example",
        "password": "not-the-password",
        "extra": {"security_token": "not-the-token", "domain": "login", "endpoint": rig.sandbox.urls["salesforce"]},
    }
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", json.dumps(connection))
    status, _, err = command()
    assert status == 1
    assert "salesforce_default" in err
    assert "not-the-password" not in err
    assert len(err.splitlines()) == 1
    calls = [(call["path"], call["count"]) for call in rig.sandbox.calls("salesforce")["calls"]]
    assert calls == [(SOAP, 1)]
    assert count(rig.sandbox, "mailchimp") == 0


def test_g06_an_org_that_shows_nobody_any_more_stops_the_run_before_any_write(rig: Rig, command: Command) -> None:
    assert command()[0] == 0
    before = rig.state().world
    rig.sandbox.put_state(salesforce={"Contact": []})
    rig.sandbox.reset_calls()
    status, _, err = command()
    assert (status, rig.sandbox.writes()) == (3, 0)
    assert "Salesforce" in err
    assert rig.state().world.lists == before.lists


def test_r04_detail12_an_audience_that_is_gone_fails_alone(rig: Rig, command: Command) -> None:
    """One clear error; its row in Salesforce is marked, once; people and rows stay, the other audience goes on."""
    assert command()[0] == 0
    mirrored = rig.state().world.subscribers
    (lists,) = ({"lists": [each]} for each in rig.state().mailchimp["lists"] if each["id"] == UPDATES)
    rig.sandbox.put_state(mailchimp=lists)
    status, _, err = command()
    assert status == 1
    assert err.startswith("failed: audience 'Newsletter'")
    assert len(err.splitlines()) == 1
    assert rig.state().world.audiences[NEWS]["status"] == "missing"
    rig.sandbox.reset_calls()
    assert command()[0] == 1
    assert rig.sandbox.writes() == 0
    assert command("updates")[0] == 0
    after = rig.state().world
    assert mirrored.items() <= after.subscribers.items()
    assert len(after.lists["Updates"].members) == 2
