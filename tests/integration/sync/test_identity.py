"""R19: whom the sync is connected to, and that nothing happens with anybody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.errors import StoppedByCheck
from include.pipelines.extract_audience import extract
from include.pipelines.identity import connect_salesforce, connected
from include.pipelines.run import SyncRun
from include.pipelines.sync_audience import stages
from include.warehouse.tables import WATERMARKS
from tests.integration.sync.people import NEWS, audience, subscriber
from tests.integration.sync.small import FILE, Small
from tests.sandbox_fixture import Sandbox

OTHER_ACCOUNT = {"account_id": "0123456789abcdef01234567", "login_id": "sandbox"}
OTHER_USER = {"login_id": "somebody"}
LEADS = "create_leads: {enabled: true, defaults: {LastName: n, Company: c}}"
OTHER_ORG = "00D5g000000OTHER1A"
SESSION = {"/services/Soap/u/{version}", "/services/oauth2/userinfo"}
"""What a run asks of Salesforce before it knows whose org it is."""


@pytest.fixture
def small(connected: Sandbox, tmp_path: Path) -> Small:
    connected.reset()
    return Small(connected, tmp_path)


def paths(sandbox: Sandbox, server: str) -> set[str]:
    return {call["path"] for call in sandbox.calls(server)["calls"]}


def refused(small: Small, stem: str) -> str:
    """What a run of an audience is stopped with; it asked whom it talks to, and nothing else."""
    small.sandbox.reset_calls()
    with pytest.raises(StoppedByCheck) as stop:
        extract(SyncRun(small.rig.project, stem, "another"))
    assert len(paths(small.sandbox, "mailchimp")) == 1
    assert paths(small.sandbox, "salesforce") <= SESSION
    return str(stop.value)


def test_r19_every_run_stops_with_another_account_user_or_org_until_disconnect(small, capsys):
    assert small.sync() == 0
    before = small.rig.state()
    for account in (OTHER_USER, OTHER_ACCOUNT):
        small.put_mailchimp(account)
        for stem in ("newsletter", "updates"):
            assert "python -m include disconnect" in refused(small, stem)
        assert small.command("snapshot", "--date", "2026-11-21") == 3
    small.put_mailchimp()
    small.sandbox.switches("salesforce", organization_id=OTHER_ORG)
    assert OTHER_ORG in refused(small, "newsletter")
    small.sandbox.reset_calls()
    assert small.command("extract") == small.sync() == 3
    assert "salesforce_default" in capsys.readouterr().err
    assert paths(small.sandbox, "salesforce") <= SESSION

    small.put_mailchimp(OTHER_ACCOUNT)
    small.sandbox.reset_calls()
    assert small.command("disconnect") == 0
    assert sum(small.sandbox.calls(server)["count"] for server in small.sandbox.servers) == 0
    assert small.rig.state().salesforce == before.salesforce
    assert small.rig.project.warehouse.read(WATERMARKS).num_rows == 0
    assert small.sync() == 0
    assert connected(small.rig.project, "mailchimp")["account"] == OTHER_ACCOUNT["account_id"]
    assert connected(small.rig.project, "salesforce")["account"] == OTHER_ORG


def test_r19_another_user_of_the_same_org_goes_on(small):
    small.rig.extract("first")
    small.sandbox.switches("salesforce", user_id="0055g000000OTHERAA")
    small.rig.extract("second")


def test_r19_a_role_below_manager_is_one_clear_error(small, capsys):
    small.put_mailchimp({"role": "author"})
    assert small.sync() == 1
    told = capsys.readouterr().err
    assert "role author" in told
    assert "manager, admin or owner" in told
    assert len(told.splitlines()) == 1
    assert small.sandbox.writes() == 0
    assert connected(small.rig.project, "mailchimp") is None


def test_r19_a_run_asks_whom_it_is_talking_to_once_a_vendor_and_again_before_it_writes(small):
    small.rig.extract()
    small.sandbox.reset_calls()
    small.rig.sync("newsletter")
    assert small.count("salesforce", "/services/oauth2/userinfo") == 2
    assert small.count("mailchimp", "/3.0/") == 2
    small.sandbox.reset_calls()
    small.rig.sync("newsletter")
    assert small.count("salesforce", "/services/oauth2/userinfo") == 2
    assert small.count("mailchimp", "/3.0/") == 1


def test_r19_a_plan_is_not_carried_out_with_whom_it_was_not_made_for(small):
    """The connections are edited after the plan was approved; also where a new run has connected since."""
    small.configure("newsletter", FILE.format(name="Newsletter").replace("first_load", f"{LEADS}\nfirst_load"))
    small.put_mailchimp({}, audience("Newsletter", NEWS, subscriber("stranger")))
    small.rig.extract()
    run = SyncRun(small.rig.project, "newsletter", "waiting")
    for name in ("extract", "validate", "transform", "breaker"):
        stages()[name](run)
    for account in (OTHER_ACCOUNT, OTHER_USER):
        small.put_mailchimp(account, audience("Newsletter", NEWS, subscriber("stranger")))
        _stops(run, "load_audience", "another Mailchimp account or user by now than run waiting was planned for")
    small.sandbox.switches("salesforce", organization_id=OTHER_ORG)
    small.command("disconnect")
    connect_salesforce(run.project, run.project.salesforce())
    for name in ("load_people", "load_mirror"):
        _stops(run, name, f"another Salesforce organization by now .*: organization {OTHER_ORG}")
    assert small.rig.write_calls() == []
    small.put_mailchimp({}, audience("Newsletter", NEWS, subscriber("stranger")))
    small.sandbox.switches("salesforce")
    small.command("disconnect")
    small.rig.extract("again")
    assert stages()["load_audience"](run)["applied"] == 1
    assert stages()["load_people"](run)["applied"] == 1


def _stops(run: SyncRun, stage: str, said: str) -> None:
    with pytest.raises(StoppedByCheck, match=said):
        stages()[stage](run)
