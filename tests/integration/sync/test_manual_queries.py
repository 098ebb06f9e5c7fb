"""A manual query through its life: what counts as changed since its last run, and what is shown of it (R10)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.sync.people import NEWS, audience, contact, key, subscriber
from tests.integration.sync.rig import NOW
from tests.integration.sync.small import Small
from tests.sandbox_fixture import Sandbox

FILE = """\
audience: Newsletter
policy: legacy_parity
consent: none
first_load: auto
fields: {FNAME: {contact: FirstName}}
queries:
  - {name: by_hand, object: Contact, run: manual, groups: [Interests / News], tags: [Called]}
circuit_breaker: {changed_members: 100%, new_members: 100%}
"""


@pytest.fixture
def small(connected: Sandbox, tmp_path: Path) -> Small:
    """`ann` and `bob` are members; the query is known since a first sync of its audience."""
    small = Small(connected, tmp_path)
    small.configure("newsletter", FILE)
    small.put_mailchimp({}, audience("Newsletter", NEWS, subscriber("ann"), subscriber("bob")))
    assert small.sync() == 0
    return small


def change(small: Small, name: str, **fields: Any) -> None:
    """Modify a record in Salesforce, a minute after the clock's start."""
    state = small.sandbox.state("salesforce")
    for record in state["Contact"]:
        if record["Id"] == contact(name)["Id"]:
            record.update({"SystemModstamp": f"{NOW:%Y-%m-%dT%H:%M:59.000+0000}"} | fields)
    small.sandbox.put_state(salesforce=state)


def tagged(small: Small) -> set[str]:
    """Who has the query's tag and group."""
    (list_,) = small.sandbox.state("mailchimp")["lists"]
    with_tag = {member for tag in list_["segments"] if tag["name"] == "Called" for member in tag["members"]}
    assert with_tag == {member["id"] for member in list_["members"] if any(member["interests"].values())}
    return {name for name in ("ann", "bob") if key(name) in with_tag}


def test_r10_a_record_that_changes_between_extraction_and_run_counts_for_the_next_run(small: Small) -> None:
    change(small, "ann")
    small.rig.extract("second")
    change(small, "bob")
    small.rig.sync("newsletter", query="by_hand", dry_run=True)
    assert tagged(small) == set()
    small.rig.sync("newsletter", query="by_hand")
    assert tagged(small) == {"ann"}
    small.rig.extract("third")
    small.rig.sync("newsletter", query="by_hand")
    assert tagged(small) == {"ann", "bob"}


def test_r10_a_query_is_listed_and_reset_on_the_command_line(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    change(small, "ann")
    assert small.sync("newsletter", "--query", "by_hand") == 0
    assert tagged(small) == {"ann"}
    shown = ("queries", "--audience", "newsletter")
    capsys.readouterr()
    assert small.command(*shown) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == [
        "by_hand", "Contact", "manual", "2026-11-22", "22:15", "2026-11-22", "22:15", "2",
        "group", "Interests", "/", "News,", "tag", "Called",
    ]  # fmt: skip
    change(small, "bob")
    assert small.command(*shown, "--reset", "by_hand") == 0
    assert capsys.readouterr().out.splitlines()[1].split()[3:6] == ["-", "-", "-"]
    assert small.sync("newsletter", "--query", "by_hand") == 0
    assert tagged(small) == {"ann"}  # bob's change was known when the query was seen again
    assert small.command(*shown, "--reset", "by_hamd") == 3
    assert "did you mean `by_hand`" in capsys.readouterr().err
