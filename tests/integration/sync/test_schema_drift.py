"""X08: runs stop before any write where the vendors' schemas changed under the configuration, audience by audience."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from include.pipelines.run import SyncRun
from include.pipelines.sync_audience import stages
from include.quality.page import from_json
from include.warehouse.tables import SCHEMA_FINGERPRINTS
from tests.integration.sync.people import NEWS, UPDATES, audience, subscriber
from tests.integration.sync.rig import NOW, State
from tests.integration.sync.small import FILE, Small
from tests.sandbox_fixture import Sandbox

SUFFIX = FILE.format(name="Newsletter").replace("LNAME: {contact: LastName}", "LNAME: {contact: Department}")
"""Newsletter with a field that updates does not use."""


def made(sandbox: Sandbox, folder: Path) -> Small:
    sandbox.reset()
    world = Small(sandbox, folder)
    world.configure("newsletter", SUFFIX)
    return world


@pytest.fixture
def small(connected: Sandbox, tmp_path: Path) -> Small:
    return made(connected, tmp_path)


@pytest.fixture(scope="module")
def in_step(connected: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, State]:
    """What the sync and both vendors hold once both audiences are in step, and their schemas known."""
    world = made(connected, tmp_path_factory.mktemp("in_step"))
    for stem in ("newsletter", "updates"):
        assert world.sync(stem) == 0
    return world.rig.root, world.rig.state()


@pytest.fixture
def settled(in_step: tuple[Path, State], connected: Sandbox, tmp_path: Path) -> Small:
    """The world an hour after both audiences are in step."""
    root, state = in_step
    world = made(connected, tmp_path)
    shutil.copytree(root, world.rig.root)
    state.put(connected)
    connected.set_clock((NOW + timedelta(hours=1)).isoformat())
    connected.reset_calls()
    return world


def described(small: Small, **changes: object) -> None:
    small.sandbox.switches("salesforce", described=json.dumps(changes))


def change_lists(small: Small, change: Any) -> None:
    """Change both lists as they are now."""
    state = small.sandbox.state("mailchimp")
    for each in state["lists"]:
        change(each)
    small.sandbox.put_state(mailchimp=state)


def stopped(small: Small, capsys: pytest.CaptureFixture[str], stem: str = "newsletter") -> str:
    capsys.readouterr()
    small.sandbox.reset_calls()
    assert small.sync(stem) == 3
    assert small.sandbox.writes() == 0
    return capsys.readouterr().err


def newest_report(small: Small, stem: str = "newsletter") -> Any:
    reports = (small.rig.root / "reports" / stem).glob("*/report.json")
    return from_json(max(reports, key=lambda path: path.stat().st_mtime_ns).read_bytes())


def test_x08_a_type_that_changed_stops_the_audiences_that_use_the_field_until_it_is_acknowledged(settled, capsys):
    described(settled, **{"Contact.Department": {"type": "textarea"}})
    told = stopped(settled, capsys)
    assert "Salesforce field Contact.Department: its type changed from string to textarea" in told
    assert "audiences/newsletter.yaml: fields.LNAME.contact" in told
    assert "python -m include check --acknowledge" in told
    assert settled.sync("updates") == 0
    assert stopped(settled, capsys) == told, "a stopped run does not lose the difference"
    assert [each.severity for each in newest_report(settled).schema_changes] == ["error"]
    pages = [path.read_text("utf-8") for path in (settled.rig.root / "reports/newsletter").glob("*/report.html")]
    assert sum("breaks the sync: its type changed" in page for page in pages) == 2

    assert settled.command("check") == 3
    assert "changed since the last run: its type changed" in capsys.readouterr().out
    assert settled.command("check", "--acknowledge") == 0
    assert "acknowledged" in capsys.readouterr().out
    assert settled.sync() == 0
    assert newest_report(settled).schema_changes == ()


def test_x08_r19_an_org_that_does_not_take_what_is_written_stops_the_run_before_any_write(small, capsys):
    """Found by the stage that writes it, the members would have been written. What no sync writes stops none."""
    described(small, Lead={"createable": False}, Contact={"updateable": False}, MC_Subscriber__c={"deletable": False})
    assert small.sync() == 0
    more = "opt_out: both\ncreate_leads: {enabled: true, defaults: {LastName: n, Company: c}}\n"
    small.configure("newsletter", SUFFIX + more)
    for changes, told in (
        ({"Lead": {"createable": False}}, "Lead: the user may not create records, which is needed because `create_le"),
        ({"Contact": {"updateable": False}}, "Contact: the user may not update records"),
        ({"MC_Subscriber__c.Tags__c": None}, "MC_Subscriber__c: Tags__c is missing or hidden; deploy include"),
        ({"MC_Subscriber__c.Rating__c": {"updateable": False, "createable": False}}, "Rating__c can't be written"),
        ({"MC_Audience__c": {"updateable": False}}, "MC_Audience__c: the user may not update records"),
    ):
        described(small, **changes)
        assert told in stopped(small, capsys)
    described(small)
    assert small.sync("newsletter", "--approve") == 0


def test_x08_a_dry_run_shows_what_breaks_and_stops_nothing(settled):
    described(settled, **{"Contact.Department": {"type": "textarea"}})
    assert settled.sync("newsletter", "--dry-run") == 0
    (change,) = newest_report(settled).schema_changes
    assert change.severity == "error"


def test_x08_a_mapped_field_that_is_gone_is_told_with_the_line_to_correct_and_comes_back_by_itself(settled, capsys):
    described(settled, **{"Contact.Department": None})
    told = stopped(settled, capsys)
    assert "Salesforce field Contact.Department: is gone, or hidden from the user" in told
    assert "audiences/newsletter.yaml:7: fields.LNAME.contact: Contact has no field Department" in told
    described(settled)
    assert settled.sync() == 0
    described(settled, **{"Contact.Department": None})
    stopped(settled, capsys)
    settled.configure("newsletter", SUFFIX.replace("Department", "LastName"))
    assert settled.sync() == 0


def test_x08_one_audiences_merge_fields_and_groups_stop_it_alone(settled, capsys):
    def require(each: dict[str, Any]) -> None:
        if each["name"] == "Newsletter":
            each["merge_fields"].append({"tag": "CITY", "name": "City", "type": "text", "required": True})
            each["interest_categories"] = []
            each["members"] = [member | {"interests": {}} for member in each["members"]]

    change_lists(settled, require)
    told = stopped(settled, capsys)
    assert "merge field CITY: is required now, and nothing maps it" in told
    assert "group Interests / News: is gone" in told
    assert settled.sync("updates") == 0
    assert newest_report(settled, "updates").schema_changes == ()


def test_x08_what_breaks_nothing_is_listed_until_a_run_has_succeeded_also_after_a_kill(settled):
    change_lists(settled, lambda each: each["merge_fields"].append({"tag": "CITY", "name": "City", "type": "text"}))
    described(settled, **{"Contact.Department": {"length": 90}})
    settled.rig.extract("killed")
    for stage in ("extract", "validate"):
        stages()[stage](SyncRun(settled.rig.project, "newsletter", "killed"))
    assert settled.sync() == 0
    listed = {f"{each.subject} {each.found}" for each in newest_report(settled).schema_changes}
    assert listed == {
        "merge field CITY is new",
        "Salesforce field Contact.Department length changed from 80 to 90",
    }
    assert settled.sync() == 0
    assert newest_report(settled).schema_changes == ()


def test_x08_another_audience_under_the_name_and_a_disconnect_start_anew(settled):
    assert settled.rig.project.warehouse.read(SCHEMA_FINGERPRINTS).num_rows == 2
    assert settled.command("disconnect") == 0
    assert settled.rig.project.warehouse.read(SCHEMA_FINGERPRINTS).num_rows == 0
    settled.put_mailchimp(None, audience("Newsletter", UPDATES, subscriber("bob")), audience("Updates", NEWS))
    assert settled.sync() == 0
