"""Rerun controls (M04): one person, what is quarantined, from a date, in full; everybody else is left as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from include.pipelines import query_state
from include.warehouse.tables import ASSIGNMENTS, MEMBERS, QUARANTINE, SYNCED_VALUES, WATERMARKS
from tests.integration.sync.people import NEWS, WEB, audience, contact, key, person_account, subscriber
from tests.integration.sync.rig import NOW
from tests.integration.sync.small import FILE, Small
from tests.sandbox_fixture import Sandbox

LATER = f"{NOW:%Y-%m-%dT%H:%M:59.000+0000}"


@pytest.fixture
def small(connected: Sandbox, tmp_path: Path) -> Small:
    """`ann` and `cat` are selected by the query, `bob` and `dan` are members; nothing was synced yet."""
    small = Small(connected, tmp_path)
    small.configure("newsletter", FILE.format(name="Newsletter"))
    small.pipeline("time_zone: Europe/Paris\nquality: {warn_above: 100%, fail_above: 100%, data_docs: off}\n")
    people = [contact("ann", **WEB), contact("bob"), contact("cat", **WEB), contact("dan")]
    small.sandbox.put_state(salesforce={"Contact": people})
    small.put_mailchimp({}, audience("Newsletter", NEWS, subscriber("bob"), subscriber("dan")))
    return small


def change(small: Small, **fields: dict[str, Any]) -> None:
    """Modify contacts, by name, as of a minute after the clock's start."""
    state = small.sandbox.state("salesforce")
    for name, changes in fields.items():
        for record in state["Contact"]:
            if record["Id"] == contact(name)["Id"]:
                record.update({"SystemModstamp": LATER} | changes)
    small.sandbox.put_state(salesforce=state)


def members(small: Small) -> dict[str, dict[str, Any]]:
    (found,) = small.sandbox.state("mailchimp")["lists"]
    names = {key(name): name for name in ("ann", "bob", "cat", "dan", "eve")}
    return {names[each["id"]]: each["merge_fields"] for each in found["members"]}


def report(small: Small, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((small.rig.root / "reports" / "newsletter" / run_id / "report.json").read_text())
    return found


def memory(small: Small) -> list[dict[str, Any]]:
    warehouse = small.rig.project.warehouse
    rows = [row for table in (SYNCED_VALUES, ASSIGNMENTS) for row in warehouse.read(table).to_pylist()]
    return sorted(rows, key=str)


@pytest.mark.parametrize("named", ["id", "short id", "hash"])
def test_m04_a_run_for_one_person_adds_that_person_alone(small: Small, named: str) -> None:
    person = {"id": contact("ann")["Id"], "short id": contact("ann")["Id"][:15], "hash": key("ann")}[named]
    assert small.sync("newsletter", "--person", person, "--run-id", "one") == 0
    assert set(members(small)) == {"ann", "bob", "dan"}
    told = report(small, "one")
    assert told["run"]["asked"] == [f"person {person} only"]
    assert told["rows"]["balanced"]
    assert told["operations"]["balanced"]
    assert told["rows"]["current"] == {"salesforce": 1, "mailchimp": 0}
    assert {row["email_key"] for row in memory(small)} == {key("ann")}
    state = small.sandbox.state("salesforce")
    assert [row["Key__c"] for row in state["MC_Subscriber__c"]] == [f"{NEWS}:{key('ann')}"]
    assert state["MC_Audience__c"][0].get("Last_Sync__c") is None
    assert query_state.find(small.rig.project, "newsletter")["web"]["last_run_at"] is None


def test_m04_g03_a_person_account_is_named_by_its_account_and_shares_its_member_with_who_has_the_same_email(
    small: Small,
) -> None:
    account, shadow = person_account("ann", **WEB)
    twin = contact("dan", Email="ann@x.example", **WEB)
    small.sandbox.put_state(salesforce={"Account": [account], "Contact": [shadow, twin, contact("bob", **WEB)]})
    small.put_mailchimp({}, audience("Newsletter", NEWS))
    assert small.sync("newsletter", "--person", account["Id"], "--run-id", "one") == 0
    assert set(members(small)) == {"ann"}
    assert report(small, "one")["rows"]["current"] == {"salesforce": 2, "mailchimp": 0}


def test_m04_a_run_for_one_person_forgets_and_takes_away_nothing_of_others(small: Small) -> None:
    """Opted-out, changed and no longer selected others wait for the next whole run, which does it all."""
    policy = FILE.format(name="Newsletter").replace("legacy_parity", "two_way\nstops_matching: remove")
    small.configure("newsletter", policy)
    small.put_mailchimp({}, audience("Newsletter", NEWS, subscriber("bob"), subscriber("dan")))
    assert small.sync() == 0
    before, remembered = members(small), memory(small)
    change(
        small,
        ann={"FirstName": "Anna"},
        bob={"HasOptedOutOfEmail": True},
        cat={"LeadSource": "Other"},
        dan={"FirstName": "Daniel"},
    )
    assert small.sync("newsletter", "--person", key("ann")) == 0
    assert members(small) == before | {"ann": before["ann"] | {"FNAME": "Anna"}}
    assert [row for row in memory(small) if row["email_key"] != key("ann")] == [
        row for row in remembered if row["email_key"] != key("ann")
    ]
    (found,) = small.sandbox.state("mailchimp")["lists"]
    assert {each["status"] for each in found["members"]} == {"subscribed"}
    assert small.sync() == 0
    (found,) = small.sandbox.state("mailchimp")["lists"]
    by_key = {each["id"]: each for each in found["members"]}
    assert by_key[key("bob")]["status"] == "unsubscribed"
    assert by_key[key("dan")]["merge_fields"]["FNAME"] == "Daniel"
    assert not any(by_key[key("cat")]["interests"].values())


def test_m04_g06_a_run_for_one_person_is_no_first_load(small: Small) -> None:
    small.configure("newsletter", FILE.format(name="Newsletter").replace("first_load: auto\n", ""))
    assert small.sync("newsletter", "--person", key("ann"), "--approve") == 0
    assert small.sync("newsletter") == 3  # the first load is still to be approved
    assert set(members(small)) == {"ann", "bob", "dan"}


@pytest.mark.parametrize("person", ["003000000000zzz", "0" * 32])
def test_m04_an_unknown_person_is_one_clear_error(
    small: Small, person: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert small.sync("newsletter", "--person", person) == 3
    assert f"person {person}: audience newsletter knows nobody" in capsys.readouterr().err
    assert small.sandbox.writes() == 0


def test_m04_only_what_is_quarantined_is_planned_again(small: Small) -> None:
    """The e-mails of `ann` and `cat` are no e-mails, then `cat`'s is; `dan` changed and has to wait."""
    change(small, ann={"Email": "ann@x"}, cat={"Email": "cat@x"})
    assert small.sync("newsletter") == 0
    held = {row["key"] for row in small.rig.project.warehouse.read(QUARANTINE).to_pylist()}
    assert held == {contact("ann")["Id"], contact("cat")["Id"]}
    change(small, cat={"Email": "cat@x.example"}, dan={"FirstName": "Daniel"})
    assert small.sync("newsletter", "--quarantined", "--run-id", "repair") == 0
    assert "cat" in members(small)
    assert members(small)["dan"]["FNAME"] == "Dan"
    (row,) = small.rig.project.warehouse.read(QUARANTINE).to_pylist()
    assert (row["key"], row["attempts"]) == (contact("ann")["Id"], 2)
    assert report(small, "repair")["run"]["asked"] == ["quarantined rows only"]


def test_m04_a_run_for_one_person_keeps_the_quarantine_of_others(small: Small) -> None:
    change(small, ann={"Email": "ann@x"}, cat={"Email": "cat@x"})
    assert small.sync("newsletter") == 0
    change(small, ann={"Email": "ann@x.example"})
    assert small.sync("newsletter", "--person", contact("ann")["Id"]) == 0
    (row,) = small.rig.project.warehouse.read(QUARANTINE).to_pylist()
    assert (row["key"], row["attempts"]) == (contact("cat")["Id"], 1)
    assert "ann" in members(small)


def test_m04_since_reads_again_what_was_read_before_and_moves_no_watermark_back(small: Small) -> None:
    """A member that went missing from the warehouse, without a change in Mailchimp, comes back."""
    assert small.sync() == 0
    project = small.rig.project
    marks = {
        (row["source"], row["object"]): row["read_until"] for row in project.warehouse.read(WATERMARKS).to_pylist()
    }
    lose(small, "ann")
    assert small.sync("newsletter", "--since", "2026-11-01") == 0
    after = {
        (row["source"], row["object"]): row["read_until"] for row in project.warehouse.read(WATERMARKS).to_pylist()
    }
    assert all(after[each] >= mark for each, mark in marks.items())
    assert first_names(small) == {"Ann", "Bob", "Cat", "Dan"}


def test_m04_a_full_refresh_reads_both_sides_anew(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    assert small.sync() == 0
    lose(small, "bob")
    capsys.readouterr()
    assert small.sync("newsletter", "--full-refresh") == 0
    counts = dict(line.split(None, 1) for line in capsys.readouterr().out.splitlines())
    assert json.loads(counts["extract"])["full"] is True
    assert json.loads(counts["extract_salesforce"])["contacts_read"] == 4
    assert first_names(small) == {"Ann", "Bob", "Cat", "Dan"}


def lose(small: Small, name: str) -> None:
    """Let the warehouse have another first name of a member than Mailchimp, as a lost change would."""
    import pyarrow as pa

    warehouse = small.rig.project.warehouse
    rows = warehouse.read(MEMBERS, list_id=NEWS).to_pylist()
    for row in rows:
        if row["email_key"] == key(name):
            row["merge_fields"] = json.dumps(json.loads(row["merge_fields"]) | {"FNAME": "Lost"})
    warehouse.replace(MEMBERS, pa.Table.from_pylist(rows, schema=MEMBERS.schema()), list_id=NEWS)


def first_names(small: Small) -> set[str]:
    """The members' first names, as the warehouse has them."""
    rows = small.rig.project.warehouse.read(MEMBERS, list_id=NEWS).to_pylist()
    return {json.loads(row["merge_fields"])["FNAME"] for row in rows}
