"""`python -m include compare-policies`: what the other policy would change, and nothing written (X01)."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from include.__main__ import main
from include.warehouse.tables import POLICY_COMPARISONS
from tests.integration.sync.people import NEWS, audience, contact, key, subscriber
from tests.integration.sync.rig import NOW, Rig
from tests.sandbox_fixture import Sandbox

FILE = """\
audience: Newsletter
policy: legacy_parity
consent: none
fields: {FNAME: {contact: FirstName}, LNAME: {contact: LastName}}
"""


def test_x01_the_other_policy_is_planned_from_the_same_data_without_a_write(
    connected: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configuration = tmp_path / "config"
    (configuration / "audiences").mkdir(parents=True)
    (configuration / "pipeline.yaml").write_text("time_zone: Europe/Paris\n", encoding="utf-8")
    (configuration / "audiences" / "newsletter.yaml").write_text(FILE, encoding="utf-8")
    members = subscriber("hal"), subscriber("ida", "unsubscribed")
    connected.put_state(
        salesforce={"Contact": [contact("hal", HasOptedOutOfEmail=True), contact("ida")]},
        mailchimp={"lists": [audience("Newsletter", NEWS, *members)]},
    )
    connected.set_clock(NOW.isoformat())
    connected.reset_calls()
    where = ["--config", str(configuration), "--root", str(tmp_path / "root")]
    assert main(["compare-policies", "--audience", "newsletter", "--json", *where]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["two_way"] == shown["legacy_parity"] | {"unsubscribe_member": 1, "opt_out_person": 1}
    differ = shown["differ"]
    rows = [row for file in differ["files"] for row in pq.read_table(file).to_pylist()]
    assert {(row["policy"], row["kind"], row["email_key"]) for row in rows} == {
        ("two_way", "unsubscribe_member", key("hal")),
        ("two_way", "opt_out_person", key("ida")),
    }
    assert differ["operations"] == 2
    assert main(["compare-policies", "--audience", "newsletter", *where]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "members to unsubscribe - 1" in lines
    assert "2 operations of one policy alone" in lines
    assert f"two_way people to opt out {contact('ida')['Id']} X01" in lines
    rig = Rig(connected, tmp_path / "root", configuration)
    assert rig.write_calls() == []
    kept = rig.project.warehouse.read(POLICY_COMPARISONS, audience="newsletter").to_pylist()
    assert {(row["policy"], row["kind"], row["planned"], row["only"]) for row in kept if row["only"]} == {
        ("two_way", "unsubscribe_member", 1, 1),
        ("two_way", "opt_out_person", 1, 1),
    }
