"""What is cleared of an old run plans again from current data, or stops: it never goes back to what was (M04).

Each test lets a run end, changes the world, lets another run end, and then clears stages of the first, as Airflow does:
under the old run's id.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from include.errors import StoppedByCheck
from include.pipelines import query_state, runs, sync_audience
from include.pipelines.run import SyncRun
from include.warehouse.tables import QUARANTINE, SYNCED_VALUES
from tests.integration.sync.people import NEWS, audience, contact, subscriber
from tests.integration.sync.rig import NOW
from tests.integration.sync.small import FILE, Small
from tests.sandbox_fixture import Sandbox

OLD, NEW = "scheduled__old", "scheduled__new"
CLEARED = sync_audience.STAGES


@pytest.fixture
def small(connected: Sandbox, tmp_path: Path) -> Small:
    """`bob` is a member, and was called Rob in run OLD and Robert in run NEW; both have ended."""
    small = Small(connected, tmp_path)
    small.configure("newsletter", FILE.format(name="Newsletter"))
    small.sandbox.put_state(salesforce={"Contact": [contact("bob")]})
    small.put_mailchimp({}, audience("Newsletter", NEWS, subscriber("bob")))
    for run_id, name in ((OLD, "Rob"), (NEW, "Robert")):
        rename(small, name)
        small.rig.extract(run_id)
        sync_audience.sync(small.rig.project, "newsletter", run_id)
    assert values(small) == ("Robert", "Robert")
    small.sandbox.reset_calls()
    return small


def rename(small: Small, name: str) -> None:
    state = small.sandbox.state("salesforce")
    state["Contact"][0].update({"FirstName": name, "SystemModstamp": f"{NOW:%Y-%m-%dT%H:%M:59.000+0000}"})
    small.sandbox.put_state(salesforce=state)


def values(small: Small) -> tuple[str, str]:
    """The member's first name in Mailchimp, and as it is remembered."""
    (list_,) = small.sandbox.state("mailchimp")["lists"]
    (remembered,) = small.rig.project.warehouse.read(SYNCED_VALUES, list_id=NEWS).to_pylist()
    return list_["members"][0]["merge_fields"]["FNAME"], json.loads(remembered["field_values"])["FNAME"]


def clear(small: Small, *stages: str, run_id: str = OLD) -> None:
    """Run stages of an old run again, then its report, as Airflow does."""
    run = SyncRun(small.rig.project, "newsletter", run_id)
    try:
        for name in stages:
            sync_audience._carry_out(run, name)
    finally:
        sync_audience._carry_out(run, "report")


def told(small: Small, run_id: str = OLD) -> str:
    text = (small.rig.root / "reports" / "newsletter" / run_id / "report.json").read_text()
    return str(json.loads(text)["headline"])


def test_m04_a_run_that_is_cleared_whole_plans_again_from_current_data(small: Small) -> None:
    rename(small, "Bertie")
    small.rig.extract("between")
    clear(small, *CLEARED[:-1])
    assert values(small) == ("Bertie", "Bertie")
    assert runs.find(small.rig.project, "sync_audience")[0]["run_id"] == OLD
    clear(small, *CLEARED[:-1], run_id=NEW)
    assert values(small) == ("Bertie", "Bertie")


def test_m04_an_old_run_that_is_cleared_from_a_later_stage_stops(small: Small) -> None:
    """The old plan said Rob; with the loads cleared alone it would be written again, and remembered."""
    for first in ("load_mirror", "refresh", "load_audience", "transform"):
        with pytest.raises(StoppedByCheck, match=f"run {NEW} of audience newsletter has planned since run {OLD}"):
            clear(small, first)
        assert values(small) == ("Robert", "Robert")
        assert small.sandbox.writes() == 0
        assert told(small).startswith(f"Stage {first} ")


def test_m04_the_report_of_an_old_run_alone_leaves_what_is_there_now(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The task returns the configuration's hash, for XCom."""
    before = small.rig.project.warehouse.read(QUARANTINE).to_pylist()
    clear(small)
    assert small.rig.project.warehouse.read(QUARANTINE).to_pylist() == before
    assert query_state.find(small.rig.project, "newsletter")["web"]["last_run_id"] == NEW
    monkeypatch.setenv("SYNC_CONFIG", str(small.rig.configuration))
    monkeypatch.setenv("SYNC_ROOT", str(small.rig.root))
    assert sync_audience.stage("report", "newsletter", OLD)["config_hash"] == small.rig.project.configuration.hash


def test_m04_a_run_whose_configuration_changes_before_it_plans_stops_and_later_it_is_told(small: Small) -> None:
    clear(small, "extract")
    small.configure("newsletter", FILE.format(name="Newsletter").replace("LNAME: {contact: LastName}", ""))
    with pytest.raises(StoppedByCheck, match="the configuration has changed since this run's stage extract"):
        clear(small, "validate")
    clear(small, *CLEARED[:3])
    small.configure("newsletter", FILE.format(name="Newsletter"))
    clear(small, *CLEARED[3:-1])
    text = (small.rig.root / "reports" / "newsletter" / OLD / "report.json").read_text()
    hash_now = small.rig.project.configuration.hash
    assert json.loads(text)["run"]["other_configurations"] == dict.fromkeys(CLEARED[3:-1], hash_now)
    page = (small.rig.root / "reports" / "newsletter" / OLD / "report.html").read_text()
    assert "The configuration changed during the run" in page


def test_m04_a_load_stops_where_its_run_has_read_anew_since_it_planned(small: Small) -> None:
    clear(small, "extract", run_id=NEW)
    with pytest.raises(StoppedByCheck, match="has read its data anew since its plan was made"):
        clear(small, "load_audience", run_id=NEW)
