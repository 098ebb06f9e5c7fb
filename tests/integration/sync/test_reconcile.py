"""The full comparison: every cause planted, named, and corrected by the next sync; then nothing is left to find."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from include.__main__ import STOPPED
from include.pipelines import runs
from include.pipelines.reconcile import PIPELINE, reconcile_people
from include.quality.document import Report
from include.quality.page import from_json
from include.sandbox.salesforce.ids import make_id
from include.warehouse.tables import DIVERGENCES
from tests.integration.sync.people import LAST_YEAR, NEWS, audience, contact, key, subscriber
from tests.integration.sync.rig import NOW, State
from tests.integration.sync.seen import Seen
from tests.integration.sync.small import Small
from tests.model.sync import Sync
from tests.model.world import World
from tests.sandbox_fixture import Sandbox

FILE = """\
audience: Newsletter
policy: legacy_parity
consent: none
first_load: auto
fields:
  FNAME: {contact: FirstName}
  LNAME: {contact: LastName}
  COMPANY: {contact: Account.Name}
  POINTS: {contact: Customer_Score__c}
circuit_breaker: {changed_members: 100%, new_members: 100%}
"""
NAMES = ("ann", "bob", "dan", "eve", "fay", "gil", "hal", "ida", "jo", "kim")
COMPANY = {
    "Id": make_id("001", 1_000_000),
    "Name": "Acme",
    "Type": "Customer",
    "CreatedDate": LAST_YEAR,
    "SystemModstamp": LAST_YEAR,
}
OTHER = COMPANY | {"Id": make_id("001", 1_000_001), "Name": "Bolt", "Type": "Prospect"}
STRANGER = "0" * 32
DESCRIBE = "/services/data/v{version}/sobjects/{object}/describe"
Found = dict[tuple[str, str], tuple[str, tuple[str, ...]]]


def stamp(hours: int) -> str:
    return (NOW + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def differences(small: Small, run_id: str) -> Found:
    """Object and key to the cause and the fields."""
    rows = small.rig.project.warehouse.read(DIVERGENCES, run_id=run_id).to_pylist()
    return {(row["object"], row["key"]): (row["cause"], tuple(row["fields"])) for row in rows}


def changed(records: list[dict[str, Any]], field: str, value: str, **changes: Any) -> None:
    """Change the record with this value of a field, as no call of the API can."""
    (record,) = (each for each in records if each[field] == value)
    record.update(changes)


def plant_in_salesforce(salesforce: dict[str, Any]) -> None:
    """What a reading of changes since an hour ago can not see, and edits of mirror rows."""
    people, rows = salesforce["Contact"], salesforce["MC_Subscriber__c"]
    changed(salesforce["Account"], "Id", COMPANY["Id"], Type="Prospect", SystemModstamp=stamp(1))
    changed(salesforce["Account"], "Id", OTHER["Id"], Name="Renamed")
    changed(people, "Id", contact("bob")["Id"], LastName="Lost", SystemModstamp=stamp(1))
    changed(people, "Id", contact("eve")["Id"], LastName="Quiet")
    salesforce["Contact"] = [each for each in people if each["Id"] != contact("dan")["Id"]]
    salesforce["Contact"].append(contact("cid", SystemModstamp=stamp(1)))
    changed(rows, "Key__c", f"{NEWS}:{key('eve')}", Status__c="unsubscribed")
    changed(salesforce["MC_Audience__c"], "List_Id__c", NEWS, Status__c="missing")
    nobody = {"Id": make_id("a00", 9_999), "Name": "MCS-9999", "Key__c": f"{NEWS}:{STRANGER}"}
    orphan = rows[0] | nobody | {"Contact__c": None, "Mailchimp_Contact_Id__c": "none"}
    gone = f"{NEWS}:{key('hal')}"
    salesforce["MC_Subscriber__c"] = [*(row for row in rows if row["Key__c"] != gone), orphan]


def plant_in_mailchimp(mailchimp: dict[str, Any]) -> None:
    """The same for members; the totals stay, so that they tell nothing."""
    (news,) = mailchimp["lists"]
    changed(news["members"], "id", key("jo"), member_rating=5)
    (ida,) = (each for each in news["members"] if each["id"] == key("ida"))
    ida["merge_fields"]["LNAME"] = "Theirs"
    ida["last_changed"] = (NOW + timedelta(hours=1)).isoformat()
    news["members"] = [each for each in news["members"] if each["id"] != key("gil")]
    news["members"].append(subscriber("quin", last_changed="2025-11-01T00:00:00+00:00"))


def expected_of(state: State) -> World:
    """The model's end state of a sync; a state leaves formula fields out."""
    score = {
        account["Id"]: {"Customer": 100, "Prospect": 10}[account["Type"]] for account in state.salesforce["Account"]
    }
    for person in state.salesforce["Contact"]:
        person["Customer_Score__c"] = score.get(person["AccountId"], 50)
    world = copy.deepcopy(state.world)
    Sync(world, yaml.safe_load(FILE), [], date(2026, 11, 23), ZoneInfo("Europe/Paris")).run()
    return world


@dataclass
class Story:
    """Syncs, then a comparison of a world that was tampered with, a sync, and a comparison again."""

    small: Small
    before: Found
    status: int
    named: Found
    planted: State
    after: State
    later: Found
    report: Report
    page: str


@pytest.fixture(scope="module")
def story(connected: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    small = Small(connected, tmp_path_factory.mktemp("reconcile"))
    (small.rig.configuration / "audiences" / "updates.yaml").unlink()
    small.configure("newsletter", FILE)
    small.pipeline("time_zone: Europe/Paris\nquality: {data_docs: false}\n")
    of_ann, of_fay = {"AccountId": COMPANY["Id"]}, {"AccountId": OTHER["Id"]}
    people = [contact(name, **{"ann": of_ann, "fay": of_fay}.get(name, {})) for name in NAMES]
    connected.put_state(salesforce={"Account": [COMPANY, OTHER], "Contact": people})
    small.put_mailchimp(None, audience("Newsletter", NEWS, *map(subscriber, NAMES)))
    assert small.sync() == 0
    connected.set_clock((NOW + timedelta(hours=2)).isoformat())
    assert small.sync() == 0
    assert small.command("reconcile", "--run-id", "before") == 0
    state = small.rig.state()
    plant_in_salesforce(state.salesforce)
    plant_in_mailchimp(state.mailchimp)
    state.put(connected)
    late = {"method": "PATCH", "path": f"/services/data/v60.0/sobjects/Contact/{contact('kim')['Id']}"}
    rule = {"kind": "meanwhile", "path": DESCRIBE, "times": 1, "calls": [late | {"body": {"LastName": "Late"}}]}
    connected.faults("salesforce", rule | {"first": 1 + describes(small)})
    status = small.command("reconcile", "--run-id", "planted")
    connected.faults("salesforce")
    planted = small.rig.state()
    assert small.sync() == 0
    after = small.rig.state()
    page = newest_page(small)
    assert small.command("reconcile", "--run-id", "later") == 0
    before, named, later = (differences(small, name) for name in ("before", "planted", "later"))
    return Story(
        small,
        before,
        status,
        named,
        planted,
        after,
        later,
        from_json(page.with_suffix(".json").read_bytes()),
        page.read_text("utf-8"),
    )


def newest_page(small: Small) -> Path:
    """The report of the last sync."""
    return max((small.rig.root / "reports").rglob("report.html"), key=lambda path: path.stat().st_mtime_ns)


def describes(small: Small) -> int:
    """How many objects one extraction describes."""
    small.sandbox.reset_calls()
    small.rig.extract("count")
    return small.count("salesforce", DESCRIBE)


def of(story: Story, object_name: str, name: str) -> tuple[str, tuple[str, ...]] | None:
    own = {"Contact": contact(name)["Id"], "member": key(name), "MC_Subscriber__c": f"{NEWS}:{key(name)}"}
    return story.named.get((object_name, own[object_name]))


def test_g10_where_nothing_was_lost_a_full_comparison_finds_nothing(story: Story) -> None:
    assert story.before == {}


@pytest.mark.parametrize(
    ("object_name", "name", "cause", "fields"),
    [
        ("Contact", "ann", "formula_changed", ("Customer_Score__c",)),
        ("Contact", "fay", "parent_changed", ("Account.Name",)),
        ("Contact", "bob", "missed_change", ("LastName", "SystemModstamp")),
        ("Contact", "eve", "unstamped_change", ("LastName",)),
        ("Contact", "cid", "missing_here", ()),
        ("Contact", "dan", "gone_there", ("IsDeleted",)),
        ("Contact", "kim", "late_change", ("LastName", "SystemModstamp")),
        ("member", "ida", "missed_change", ("last_changed", "merge_fields")),
        ("member", "jo", "unstamped_change", ("member_rating",)),
        ("member", "gil", "gone_there", ()),
        ("member", "quin", "missing_here", ()),
        ("MC_Subscriber__c", "eve", "mirror_edited", ("Status__c",)),
        ("MC_Subscriber__c", "hal", "mirror_missing", ()),
        ("MC_Subscriber__c", "jo", "mirror_behind", ("Rating__c",)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_g10_every_difference_is_named_by_its_cause(
    story: Story, object_name: str, name: str, cause: str, fields: tuple[str, ...]
) -> None:
    found = of(story, object_name, name)
    assert found is not None
    assert (found[0], tuple(sorted(found[1]))) == (cause, fields)


def test_g10_a_mirror_row_of_nobody_is_named(story: Story) -> None:
    cause, _ = story.named["MC_Subscriber__c", f"{NEWS}:{STRANGER}"]
    assert cause == "mirror_orphan"


def test_g10_an_edited_row_of_the_audience_is_named(story: Story) -> None:
    assert story.named["MC_Audience__c", NEWS] == ("mirror_edited", ("Status__c",))


def test_g10_nobody_else_is_named(story: Story) -> None:
    assert {found for object_name, found in story.named if object_name == "Contact"} == {
        contact(name)["Id"] for name in ("ann", "fay", "bob", "eve", "cid", "dan", "kim")
    }
    assert {found for object_name, found in story.named if object_name == "member"} == {
        key(name) for name in ("ida", "jo", "gil", "quin")
    }


def test_g10_the_next_sync_corrects_what_was_found_as_the_model_says(story: Story) -> None:
    expected = expected_of(story.planted)
    assert story.after.world.lists["Newsletter"].members == expected.lists["Newsletter"].members
    assert story.after.world.subscribers == expected.subscribers
    assert story.later == {}


def test_g10_a_formula_field_reaches_mailchimp(story: Story) -> None:
    assert Seen(story.planted, []).values("ann")["POINTS"] == 100
    assert Seen(story.after, []).values("ann")["POINTS"] == 10


def test_m02_the_next_reports_show_what_was_found_and_why(story: Story) -> None:
    shown = story.report.comparison
    assert shown is not None
    assert (shown.run_id, shown.compared["Contact"]) == ("planted", len(NAMES) + 1)
    (formula,) = (line for line in shown.lines if line.cause == "formula_changed")
    assert (formula.object, formula.count, formula.keys) == ("Contact", 1, (contact("ann")["Id"],))
    assert "formula changed<small>A formula or roll-up summary field" in story.page
    assert "@x.example" not in story.page


def test_g09_the_table_names_fields_and_no_values(story: Story) -> None:
    rows = story.small.rig.project.warehouse.read(DIVERGENCES).to_pylist()
    assert rows
    for value in ("@", "Lost", "Quiet", "Theirs", "Renamed"):
        assert value not in str(rows)


def test_a_run_is_on_record_for_people_and_for_each_audience(story: Story) -> None:
    found = {row["audience"]: row for row in runs.find(story.small.rig.project, PIPELINE) if row["run_id"] == "planted"}
    assert {row["state"] for row in found.values()} == {"success"}
    assert json.loads(found[None]["counts"])["Contact"]["formula_changed"] == 1
    assert json.loads(found["newsletter"]["counts"])["MC_Subscriber__c"]["mirror_orphan"] == 1


def test_g10_a_comparison_made_again_replaces_its_own_rows(story: Story) -> None:
    project = story.small.rig.project
    reconcile_people("planted", project)
    found = project.warehouse.read(DIVERGENCES, run_id="planted").to_pylist()
    assert {row["audience"] for row in found} == {"newsletter"}


def test_an_audience_that_is_gone_leaves_the_others_be(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    """The message is Mailchimp's; what was known stays."""
    small = story.small
    small.configure("updates", FILE.replace("Newsletter", "Updates"))
    assert small.command("reconcile", "--run-id", "one is gone") == STOPPED
    (small.rig.configuration / "audiences" / "updates.yaml").unlink()
    assert "Mailchimp has no audience 'Updates'" in capsys.readouterr().err
    states = {
        row["audience"]: row["state"]
        for row in runs.find(small.rig.project, PIPELINE)
        if row["run_id"] == "one is gone"
    }
    assert states == {None: "success", "newsletter": "success", "updates": "failed"}


def test_g10_what_no_sync_has_mirrored_yet_is_not_called_deleted(connected: Sandbox, tmp_path: Path) -> None:
    """A dry run has written nothing."""
    small = Small(connected, tmp_path)
    (small.rig.configuration / "audiences" / "updates.yaml").unlink()
    assert small.sync("newsletter", "--dry-run") == 0
    assert small.command("reconcile", "--run-id", "early") == 0
    assert differences(small, "early")["MC_Audience__c", NEWS] == ("mirror_behind", ())


def test_g10_a_comparison_writes_nothing_to_a_vendor(story: Story) -> None:
    small = story.small
    small.sandbox.reset_calls()
    assert small.command("reconcile") == 0
    assert small.rig.write_calls() == []
