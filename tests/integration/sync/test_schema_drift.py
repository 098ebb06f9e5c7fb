"""X08: runs stop before any write where the vendors' schemas changed under the configuration, audience by audience."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from include.pipelines.run import SyncRun
from include.pipelines.sync_audience import stages
from include.quality.page import from_json
from include.warehouse.tables import SCHEMA_FINGERPRINTS
from tests.integration.sync.people import NEWS, UPDATES, audience, subscriber
from tests.integration.sync.small import FILE, Small
from tests.sandbox_fixture import Sandbox

SUFFIX = FILE.format(name="Newsletter").replace("LNAME: {contact: LastName}", "LNAME: {contact: Department}")
"""Newsletter with a field that updates does not use."""


@pytest.fixture
def small(connected: Sandbox, tmp_path: Path) -> Small:
    connected.reset()
    world = Small(connected, tmp_path)
    world.configure("newsletter", SUFFIX)
    world.configure("updates", FILE.format(name="Updates"))
    return world


def settled(small: Small) -> None:
    """Both audiences are in step, and their schemas known."""
    for stem in ("newsletter", "updates"):
        assert small.sync(stem) == 0
    small.sandbox.reset_calls()


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


def test_x08_a_type_that_changed_stops_the_audiences_that_use_the_field_until_it_is_acknowledged(small, capsys):
    settled(small)
    described(small, **{"Contact.Department": {"type": "textarea"}})
    told = stopped(small, capsys)
    assert "Salesforce field Contact.Department: its type changed from string to textarea" in told
    assert "audiences/newsletter.yaml: fields.LNAME.contact" in told
    assert "python -m include check --acknowledge" in told
    assert small.sync("updates") == 0
    assert stopped(small, capsys) == told, "a stopped run does not lose the difference"
    assert [each.severity for each in newest_report(small).schema_changes] == ["error"]
    pages = [path.read_text("utf-8") for path in (small.rig.root / "reports/newsletter").glob("*/report.html")]
    assert sum("breaks the sync: its type changed" in page for page in pages) == 2

    assert small.command("check") == 3
    assert "changed since the last run: its type changed" in capsys.readouterr().out
    assert small.command("check", "--acknowledge") == 0
    assert "acknowledged" in capsys.readouterr().out
    assert small.sync() == 0
    assert newest_report(small).schema_changes == ()


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


def test_x08_a_dry_run_shows_what_breaks_and_stops_nothing(small):
    settled(small)
    described(small, **{"Contact.Department": {"type": "textarea"}})
    assert small.sync("newsletter", "--dry-run") == 0
    (change,) = newest_report(small).schema_changes
    assert change.severity == "error"


def test_x08_a_mapped_field_that_is_gone_is_told_with_the_line_to_correct_and_comes_back_by_itself(small, capsys):
    settled(small)
    described(small, **{"Contact.Department": None})
    told = stopped(small, capsys)
    assert "Salesforce field Contact.Department: is gone, or hidden from the user" in told
    assert "audiences/newsletter.yaml:7: fields.LNAME.contact: Contact has no field Department" in told
    assert small.sync("updates") == 0
    described(small)
    assert small.sync() == 0
    described(small, **{"Contact.Department": None})
    stopped(small, capsys)
    small.configure("newsletter", SUFFIX.replace("Department", "LastName"))
    assert small.sync() == 0


def test_x08_one_audiences_merge_fields_and_groups_stop_it_alone(small, capsys):
    settled(small)

    def require(each: dict[str, Any]) -> None:
        if each["name"] == "Newsletter":
            each["merge_fields"].append({"tag": "CITY", "name": "City", "type": "text", "required": True})
            each["interest_categories"] = []
            each["members"] = [member | {"interests": {}} for member in each["members"]]

    change_lists(small, require)
    told = stopped(small, capsys)
    assert "merge field CITY: is required now, and nothing maps it" in told
    assert "group Interests / News: is gone" in told
    assert small.sync("updates") == 0
    assert newest_report(small, "updates").schema_changes == ()


def test_x08_what_breaks_nothing_is_listed_until_a_run_has_succeeded_also_after_a_kill(small):
    settled(small)
    change_lists(small, lambda each: each["merge_fields"].append({"tag": "CITY", "name": "City", "type": "text"}))
    described(small, **{"Contact.Department": {"length": 90}})
    small.rig.extract("killed")
    for stage in ("extract", "validate"):
        stages()[stage](SyncRun(small.rig.project, "newsletter", "killed"))
    assert small.sync() == 0
    listed = {f"{each.subject} {each.found}" for each in newest_report(small).schema_changes}
    assert listed == {
        "merge field CITY is new",
        "Salesforce field Contact.Department length changed from 80 to 90",
    }
    assert small.sync() == 0
    assert newest_report(small).schema_changes == ()


def test_x08_another_audience_under_the_name_and_a_disconnect_start_anew(small):
    settled(small)
    assert small.rig.project.warehouse.read(SCHEMA_FINGERPRINTS).num_rows == 2
    assert small.command("disconnect") == 0
    assert small.rig.project.warehouse.read(SCHEMA_FINGERPRINTS).num_rows == 0
    small.put_mailchimp(None, audience("Newsletter", UPDATES, subscriber("bob")), audience("Updates", NEWS))
    assert small.sync() == 0
