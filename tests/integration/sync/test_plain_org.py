"""Whole syncs against an org without person accounts (X03)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from include.sandbox.mailchimp.credentials import API_KEY
from tests.integration.sync.people import NEWS, audience, contact, key, lead, subscriber
from tests.integration.sync.rig import NOW, Rig
from tests.sandbox_fixture import Sandbox, connections

FILE = """\
audience: Newsletter
policy: legacy_parity
mailchimp_edits: newest
consent: none
first_load: auto
fields:
  FNAME: {contact: FirstName, lead: FirstName}
  LNAME: {contact: LastName, lead: LastName}
circuit_breaker: {changed_members: 100%, changed_people: 100%, new_members: 100%}
"""
STAMP = ("PATCH", "/services/data/v{version}/composite/sobjects/{object}/{key}", 1)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Both vendors, the org without person accounts, behind both Airflow connections."""
    sandbox = Sandbox(["--empty", "--plain-org"])
    try:
        for name, value in connections(sandbox).items():
            monkeypatch.setenv(name, value)
        yield sandbox
    finally:
        sandbox.stop()


def test_x03_g05_an_edit_in_mailchimp_reaches_a_plain_orgs_people_and_the_next_sync_finds_nothing(
    plain: Sandbox, tmp_path: Path
) -> None:
    folder = tmp_path / "config"
    (folder / "audiences").mkdir(parents=True)
    (folder / "pipeline.yaml").write_text("time_zone: Europe/Paris\n", encoding="utf-8")
    (folder / "audiences" / "newsletter.yaml").write_text(FILE, encoding="utf-8")
    members = [subscriber("ann"), subscriber("lou")]
    plain.put_state(
        salesforce={"Contact": [contact("ann")], "Lead": [lead("lou")]},
        mailchimp={"lists": [audience("Newsletter", NEWS, *members)]},
    )
    rig = Rig(plain, tmp_path / "root", folder)
    plain.set_clock(NOW.isoformat())
    rig.extract("first")
    rig.sync("newsletter")
    plain.set_clock((NOW + timedelta(hours=1)).isoformat())
    for name in ("ann", "lou"):
        url = f"{plain.mailchimp}/3.0/lists/{NEWS}/members/{key(name)}"
        body = {"merge_fields": {"LNAME": "Edited"}}
        assert requests.patch(url, json=body, auth=("any", API_KEY), timeout=20).ok
    rig.extract("second")
    counts = rig.sync("newsletter")
    assert counts["load_people"] == {"applied": 2}
    state = plain.state("salesforce")
    assert [row["LastName"] for name in ("Contact", "Lead") for row in state[name]] == ["Edited", "Edited"]
    plain.set_clock((NOW + timedelta(hours=2)).isoformat())
    plain.reset_calls()
    rig.extract("third")
    rig.sync("newsletter")
    assert rig.write_calls() == [STAMP]
