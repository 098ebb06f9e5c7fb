"""`preview`: what it shows is what the next sync does, and it changes nothing but its own table (X02)."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from include.errors import ConfigError
from include.pipelines.preview import preview
from include.sandbox.salesforce.ids import make_id
from include.warehouse.tables import PLANS, QUERY_PREVIEWS, TABLES
from tests.integration.sync.people import NEWS, TAKEN, WEB, audience, contact, lead, subscriber
from tests.integration.sync.rig import Rig
from tests.integration.sync.small import Small
from tests.sandbox_fixture import Sandbox

FILE = """\
audience: Newsletter
policy: legacy_parity
consent: {contact: Newsletter_Consent__c, lead: Newsletter_Consent__c}
first_load: auto
fields: {FNAME: {contact: FirstName, lead: FirstName}}
queries:
  - {name: web, object: Contact, where: {field: LeadSource, equals: Web}, groups: [Interests / News], tags: [Web]}
  - {name: all_leads, object: Lead, tags: [Lead, Web]}
  - name: fair
    object: Contact
    where: {any: [{campaign_member: {field: Campaign.Name, equals: Fair}}, {field: FirstName, equals: Cyd}]}
  - {name: by_hand, object: Contact, run: manual, where: {field: Email, equals: "bob@x.example"}, tags: [Called]}
circuit_breaker: {changed_members: 100%, new_members: 100%}
"""
FAIR = {"Id": make_id("701", TAKEN), "Name": "Fair"}


@pytest.fixture
def small(connected: Sandbox, tmp_path: Path) -> Small:
    """Nothing was read yet: people of every fate, and two queries that want some of the same."""
    small = Small(connected, tmp_path)
    small.configure("newsletter", FILE)
    small.put_mailchimp(
        {}, audience("Newsletter", NEWS, subscriber("bob"), subscriber("eve"), subscriber("gus", status="archived"))
    )
    connected.put_state(
        salesforce={
            "Contact": [
                contact("ann", **WEB), contact("bob", **WEB), contact("cyd"), contact("eve"), contact("gus", **WEB),
                contact("dan", **WEB, HasOptedOutOfEmail=True), contact("ida", **WEB, Newsletter_Consent__c=False),
            ],
            "Lead": [lead("lou"), lead("ann")],
            "Campaign": [FAIR],
            "CampaignMember": [
                {"Id": make_id("00v", TAKEN), "CampaignId": FAIR["Id"], "ContactId": contact("eve")["Id"]},
            ],
        }
    )  # fmt: skip
    return small


def shown(rig: Rig, run_id: str = "p1", query: str | None = None) -> dict[str | None, dict[str, Any]]:
    return {row["query"]: row for row in preview(rig.project, "newsletter", run_id, query)}


def carried_out(rig: Rig, run_id: str) -> dict[str | None, Counter[str]]:
    """Operations of a run's plan, by query and kind."""
    found: dict[str | None, Counter[str]] = {}
    for row in rig.project.warehouse.read(PLANS, run_id=run_id).to_pylist():
        if row["kind"] != "upsert_mirror":
            found.setdefault(row["query"], Counter())[row["kind"]] += 1
    return found


def test_x02_a_preview_shows_what_the_next_sync_does(small: Small) -> None:
    rows = shown(small.rig)
    web, leads, fair, by_hand = (rows[name] for name in ("web", "all_leads", "fair", "by_hand"))
    assert (web["people"], web["in_salesforce"], web["emails"], web["members"], web["new_members"]) == (5, 5, 5, 1, 1)
    assert web["not_added"] == {"archived": 1, "no_consent": 1, "opted_out": 1}
    assert web["changes"] == {"add_member": 1, "update_member": 1, "create_tag": 1, "add_tag": 2}
    assert web["sample"][0] == contact("ann")["Id"]
    assert (leads["people"], leads["in_salesforce"], leads["new_members"]) == (2, 2, 2)
    assert leads["changes"] == {"add_member": 1, "create_tag": 1, "add_tag": 3}  # ann comes of `web`
    assert (fair["people"], fair["in_salesforce"], fair["members"], fair["new_members"]) == (2, None, 1, 1)
    assert fair["not_counted"].startswith("Salesforce can't count it in one query: ")
    assert (by_hand["members"], by_hand["changes"], by_hand["in_salesforce"]) == (1, {}, None)
    assert by_hand["not_counted"] == "the condition holds an e-mail address, or is too long: no URL may carry it"
    small.rig.extract()
    small.rig.sync("newsletter")
    done = carried_out(small.rig, "run1")
    assert {name: row["changes"] for name, row in rows.items() if name in done} == done
    assert rows[None]["changes"] == sum(done.values(), Counter())
    assert done.keys() == {"web", "all_leads", "fair"}
    small.rig.sync("newsletter", query="by_hand")
    assert carried_out(small.rig, "run2") == {}


def test_x02_a_preview_changes_nothing_but_its_own_table(small: Small) -> None:
    for known in (False, True):
        if known:
            small.rig.extract()
            small.rig.sync("newsletter")
        states = [small.sandbox.state(server) for server in small.sandbox.servers]
        files = {path for path in small.rig.root.rglob("*") if "query_previews" not in path.parts}
        versions = {table.name: small.rig.project.warehouse.version(table) for table in TABLES}
        small.sandbox.reset_calls()
        shown(small.rig, f"p{known}")
        assert small.sandbox.writes() == 0
        assert [small.sandbox.state(server) for server in small.sandbox.servers] == states
        now = {table.name: small.rig.project.warehouse.version(table) for table in TABLES}
        assert {name for name in now if now[name] != versions[name]} == {"query_previews"}
        left = {path for path in small.rig.root.rglob("*") if "query_previews" not in path.parts}
        assert left - files <= {small.rig.root, small.rig.root / "warehouse"}


def test_x02_an_edited_file_is_previewed_before_a_run(small: Small) -> None:
    small.rig.extract()
    small.rig.sync("newsletter")
    draft = "\n  - {name: draft, object: Contact, where: {field: Owner.Name, is_blank: false}, tags: [New]}\ncircuit"
    small.configure("newsletter", FILE.replace("\ncircuit", draft))
    rows = shown(small.rig, query="draft")
    assert rows.keys() == {"draft"}
    assert rows["draft"]["people"] == rows["draft"]["in_salesforce"]
    assert len(small.rig.project.warehouse.read(QUERY_PREVIEWS).to_pylist()) == 1
    with pytest.raises(ConfigError, match="did you mean `draft`"):
        shown(small.rig, query="draff")


def test_x02_g09_the_command_line_prints_a_table_without_personal_data(
    small: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    assert small.command("preview", "--audience", "newsletter") == 0
    out = capsys.readouterr().out
    assert out.startswith("preview of audience newsletter, ")
    assert ["web", "automatic", "5", "5", "5", "1", "1", "3", "1", "2"] in [line.split() for line in out.splitlines()]
    assert "1 archived, 1 no_consent, 1 opted_out" in out
    assert small.command("preview", "--audience", "newsletter", "--query", "web", "--json", "--run-id", "again") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["new_members"] == 1
    kept = json.dumps(small.rig.project.warehouse.read(QUERY_PREVIEWS).to_pylist(), default=str)
    assert "x.example" not in out + kept
    assert "Ann" not in out + kept
