"""R19: what the connection check finds, a finding per cause, each with what to do; and that it writes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from include.errors import StoppedByCheck
from include.pipelines.check_connections import check_stage
from include.warehouse.tables import CONNECTION_CHECKS, CONNECTIONS
from tests.integration.sync.people import UPDATES, audience, subscriber
from tests.integration.sync.small import FILE, PIPELINE, Small
from tests.sandbox_fixture import Sandbox

PARIS = {"account_timezone": "Europe/Paris"}


@pytest.fixture
def small(connected: Sandbox, tmp_path: Path) -> Small:
    connected.reset()
    world = Small(connected, tmp_path)
    world.put_mailchimp(PARIS)
    return world


def findings(small: Small, capsys: pytest.CaptureFixture[str], status: int = 3) -> dict[str, list[str]]:
    """What `check --json` finds, by severity, each as one text; also that nothing was written to a vendor."""
    small.sandbox.reset_calls()
    capsys.readouterr()
    assert small.command("check", "--json") == status
    assert small.sandbox.writes() == 0
    found: dict[str, list[str]] = {"error": [], "warning": [], "info": []}
    for each in json.loads(capsys.readouterr().out):
        found[each["severity"]].append(f"{each['subject']}: {each['found']} -> {each['to_do']}")
        assert each["severity"] == "info" or each["to_do"], f"it does not say what to do: {each}"
    return found


def described(small: Small, **changes: object) -> None:
    small.sandbox.switches("salesforce", described=json.dumps(changes))


def test_r19_a_connection_that_is_in_order_has_no_error_and_no_warning(small, capsys):
    found = findings(small, capsys, status=0)
    assert found["error"] == found["warning"] == []
    told = "\n".join(found["info"])
    for each in (
        "role owner",
        "organization 00D",
        "daily API requests",
        "MB of data storage",
        "a user has 10 over all programs",
        "fits",
    ):
        assert each in told
    assert "not asked outside Airflow" in told
    assert small.rig.project.warehouse.read(CONNECTIONS).num_rows == 0


def test_r19_the_findings_are_kept_and_shown_as_a_table(small, capsys):
    assert small.command("check", "--run-id", "first") == 0
    shown = capsys.readouterr().out
    assert "logged in to account" in shown
    assert small.command("check", "--run-id", "first") == small.command("check", "--run-id", "second") == 0
    kept = small.rig.project.warehouse.read(CONNECTION_CHECKS).to_pylist()
    runs = [row["run_id"] for row in kept]
    assert runs.count("first") == runs.count("second") > 5
    assert "@" not in json.dumps([row["found"] for row in kept])


def test_r19_another_account_or_org_than_the_connected_one_is_an_error_that_says_disconnect(small, capsys):
    assert small.sync() == 0
    small.put_mailchimp(PARIS | {"login_id": "somebody"})
    small.sandbox.switches("salesforce", organization_id="00D5g000000OTHER1A")
    errors = findings(small, capsys)["error"]
    assert [error.split(":")[0] for error in errors] == ["Salesforce", "Mailchimp"]
    assert all("python -m include disconnect" in error for error in errors)


def test_r19_a_refused_log_in_and_a_low_role_are_errors_beside_the_rest(small, capsys, monkeypatch):
    small.put_mailchimp(PARIS | {"role": "author"})
    (error,) = findings(small, capsys)["error"]
    assert "role author" in error
    assert "manager, admin or owner" in error
    small.put_mailchimp(PARIS)
    monkeypatch.setenv("AIRFLOW_CONN_MAILCHIMP_DEFAULT", json.dumps({"conn_type": "generic"}))
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", json.dumps({"conn_type": "salesforce", "login": "nobody"}))
    errors = findings(small, capsys)["error"]
    assert [error.split(":")[0] for error in errors] == ["Salesforce", "Mailchimp"]
    assert "mailchimp_default" in errors[1]


def test_r11_another_time_zone_of_the_account_is_a_warning_another_name_of_the_same_is_not(small, capsys):
    small.put_mailchimp({"account_timezone": "US/Eastern"})
    (warning,) = findings(small, capsys, status=0)["warning"]
    assert "US/Eastern" in warning
    assert "Europe/Paris" in warning
    small.pipeline("time_zone: America/New_York\n")
    assert findings(small, capsys, status=0)["warning"] == []


def test_r19_what_the_user_may_not_see_or_write_is_told_once_per_object(small, capsys):
    extra = "create_leads: {enabled: true, defaults: {Company: '[none]', LastName: '-'}}\nopt_out: both\n"
    text = FILE.format(name="Newsletter").replace("LNAME: {contact", "LNAME: {lead: LastName, contact") + extra
    small.configure("newsletter", text)
    described(small, **{
        "Lead": {"createable": False, "updateable": False},
        "Contact.FirstName": None,
        "Lead.LastName": {"createable": False},
        "Account.PersonHasOptedOutOfEmail": {"updateable": False},
        "MC_Audience__c": None,
        "MC_Subscriber__c": {"deletable": False},
        "MC_Subscriber__c.Status__c": {"type": "string"},
        "MC_Subscriber__c.Rating__c": {"updateable": False, "createable": False},
        "MC_Campaign__c.Opens__c": None,
    })  # fmt: skip
    found = findings(small, capsys)
    told = "\n".join(found["error"])
    assert "MC_Audience__c: the org has no such object, or hides it -> deploy" in told
    assert "Rating__c can't be written by the user; Status__c is a string field, not picklist -> deploy" in told
    assert "MC_Subscriber__c: the user may not delete records" in told
    assert "Opens__c is missing or hidden" in told
    assert "Salesforce Lead: the user may not create records, which is needed because `create_leads` is on" in told
    assert "Salesforce Lead: the user may not update records" in told
    assert told.count("audiences/newsletter.yaml:6: fields.FNAME.contact: Contact has no field FirstName") == 1
    assert "opt_out" in told
    assert any("new Leads come without LastName" in warning for warning in found["warning"])


def test_r19_fields_that_every_run_needs_are_told_beside_the_rest(small, capsys):
    described(small, **{"Contact.HasOptedOutOfEmail": None, "Lead.Email": None})
    told = "\n".join(findings(small, capsys)["error"])
    assert "hides Contact.HasOptedOutOfEmail, Lead.Email" in told


def test_g08_quotas_are_told_as_what_is_left(small, capsys):
    small.sandbox.switches("salesforce", data_storage_mb=0)
    small.pipeline(PIPELINE + "limits: {mailchimp_connections: 6}\n")
    found = findings(small, capsys)
    assert "0 of 0 MB" in found["error"][0]
    assert "beside the harvest 12" in found["warning"][0]
    small.pipeline(PIPELINE + "limits: {salesforce_daily_share: 0.001%}\n")
    small.sandbox.switches("salesforce", daily_api_requests=100_000)
    assert any("limits.salesforce_daily_share" in error for error in findings(small, capsys)["error"])


def test_r19_every_mistake_in_every_audiences_file_is_told_at_once(small, capsys):
    small.configure("newsletter", FILE.format(name="Newsletter").replace("FNAME", "FNAMEE").replace("News]", "Newz]"))
    small.configure("updates", FILE.format(name="Update"))
    errors = findings(small, capsys)["error"]
    assert {error.split(":")[0] for error in errors} == {"audiences/newsletter.yaml", "audiences/updates.yaml"}
    assert any("no merge field FNAMEE -> did you mean `FNAME`" in error for error in errors)
    assert any("no group `Interests / Newz`" in error for error in errors)
    assert any("no audience 'Update'" in error for error in errors)


@pytest.mark.parametrize(("namespace", "name"), [("MC4SF", "mc4sf"), ("mone", "beaufort12")])
def test_r19_another_program_that_syncs_stops_the_runs_until_it_is_acknowledged(small, capsys, namespace, name):
    state = small.sandbox.state("salesforce")
    small.sandbox.put_state(salesforce=state | {"PackageLicense": [{"NamespacePrefix": namespace, "Status": "Active"}]})
    (error,) = findings(small, capsys)["error"]
    assert f"acknowledge: [{name}]" in error
    assert small.sync() == small.command("extract") == 3
    assert f"acknowledge: [{name}]" in capsys.readouterr().err
    assert small.sandbox.writes() == 0
    small.pipeline(PIPELINE + f"acknowledge: [{name}]\n")
    assert any("acknowledges it" in each for each in findings(small, capsys, status=0)["info"])
    assert small.sync() == 0


def test_r19_a_package_installed_after_the_people_were_read_stops_an_audience_that_runs_by_itself(small):
    small.rig.extract("first")
    state = small.sandbox.state("salesforce")
    small.sandbox.put_state(salesforce=state | {"PackageLicense": [{"NamespacePrefix": "MC4SF"}]})
    with pytest.raises(StoppedByCheck, match="mc4sf"):
        small.rig.extract("second")
    with pytest.raises(StoppedByCheck, match="mc4sf"):
        small.rig.sync("newsletter")


def test_r04_an_audience_that_is_gone_is_an_error_of_its_own(small, capsys):
    assert small.sync() == 0
    small.put_mailchimp(PARIS, audience("Updates", UPDATES, subscriber("bob")))
    (error,) = findings(small, capsys)["error"]
    assert "no longer exists in Mailchimp" in error


def test_r19_the_task_fails_with_every_error_and_names_the_pools_that_nothing_starts_in(small, monkeypatch):
    monkeypatch.setenv("SYNC_CONFIG", str(small.rig.configuration))
    monkeypatch.setenv("SYNC_ROOT", str(small.rig.root))
    assert check_stage("good", {"mailchimp": True})["error"] == 0
    described(small, MC_Campaign__c=None)
    with pytest.raises(StoppedByCheck) as stop:
        check_stage("bad", {"mailchimp": True, "harvest": False})
    told = str(stop.value)
    assert "found 2 errors" in told
    assert "MC_Campaign__c" in told
    assert "no task started in time in harvest" in told
