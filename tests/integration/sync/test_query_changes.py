"""What becomes of groups and tags when queries and people change, under both policies, over the vendors (R14, X01)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.histories.users import Members, Users
from tests.integration.sync.people import NEWS, audience, contact, subscriber
from tests.integration.sync.rig import NOW, Rig
from tests.integration.sync.seen import Seen
from tests.sandbox_fixture import Sandbox


def query(name: str, field: str, value: str, group: str, *tags: str) -> dict[str, Any]:
    where = {"field": field, "equals": value}
    return {"name": name, "object": "Contact", "where": where, "groups": [group] if group else [], "tags": list(tags)}


BEFORE = [
    query("sales", "Department", "Sales", "Interests / News", "Sales"),
    query("board", "Department", "Board", "Rhythm / Weekly", "Board"),
    query("doctors", "Title", "Dr", "", "Doctor"),
    query("fans", "Title", "Fan", "Interests / Events"),
]
AFTER = [
    BEFORE[0],
    query("board", "Department", "Board", "Rhythm / Monthly", "Board", "VIP"),
    query("fans", "Title", "Fan", "Interests / Meetings"),
]
NEWS_GROUP, EVENTS, WEEKLY, MONTHLY = "ane0000001", "aev0000001", "awe0000001", "amo0000001"
# name: what happened, and the groups and tags in the end under legacy_parity and under two_way
EXPECTED = {
    # somebody took the tag in Mailchimp
    "ann": (({NEWS_GROUP}, set()), ({NEWS_GROUP}, set())),
    # went from Sales to the Board
    "bob": (({NEWS_GROUP, MONTHLY}, {"Sales", "Board", "VIP"}), ({MONTHLY}, {"Board", "VIP"})),
    # the query of the Board gives another single choice now
    "cyd": (({WEEKLY}, {"Board", "VIP"}), ({MONTHLY}, {"Board", "VIP"})),
    # the query of the doctors is gone
    "dan": ((set(), {"Doctor"}), (set(), set())),
    # left Sales; somebody had given the tag before any query did
    "eve": (({NEWS_GROUP}, {"Sales"}), (set(), {"Sales"})),
    # the group was renamed in Mailchimp, and in the query
    "fay": (({EVENTS}, set()), ({EVENTS}, set())),
}


def configure(rig: Rig, policy: str, queries: list[dict[str, Any]]) -> None:
    configured = {
        "audience": "Newsletter", "policy": policy, "email_change": "new_member", "consent": "none",
        "first_load": "auto", "fields": {"FNAME": {"contact": "FirstName"}}, "queries": queries,
        "circuit_breaker": {"changed_members": "100%", "new_members": "100%"},
    }  # fmt: skip
    (rig.configuration / "audiences").mkdir(parents=True, exist_ok=True)
    (rig.configuration / "pipeline.yaml").write_text("time_zone: Europe/Paris\n", encoding="utf-8")
    (rig.configuration / "audiences" / "newsletter.yaml").write_text(yaml.safe_dump(configured), encoding="utf-8")


def rename_group(sandbox: Sandbox, id_: str, name: str) -> None:
    """The sandbox account serves no call for it."""
    account = sandbox.state("mailchimp")
    (newsletter,) = account["lists"]
    groups = [group for category in newsletter["interest_categories"] for group in category["interests"]]
    (group,) = (group for group in groups if group["id"] == id_)
    group["name"] = name
    sandbox.put_state(mailchimp=account)


@pytest.mark.parametrize(("policy", "column"), [("legacy_parity", 0), ("two_way", 1)])
def test_r14_x01_what_queries_gave_stays_or_goes_as_the_policy_says(
    connected: Sandbox, tmp_path: Path, policy: str, column: int
) -> None:
    people = {"ann": {"Department": "Sales"}, "bob": {"Department": "Sales"}, "cyd": {"Department": "Board"},
              "dan": {"Title": "Dr"}, "eve": {"Department": "Sales"}, "fay": {"Title": "Fan"}}  # fmt: skip
    connected.put_state(
        salesforce={"Contact": [contact(name, **fields) for name, fields in people.items()]},
        mailchimp={"lists": [audience("Newsletter", NEWS, subscriber("eve", tags=["Sales"]))]},
    )
    connected.set_clock(NOW.isoformat())
    rig = Rig(connected, tmp_path / "root", tmp_path / "config")
    configure(rig, policy, BEFORE)
    rig.extract("first")
    rig.sync("newsletter")

    connected.set_clock((NOW + timedelta(hours=1)).isoformat())
    users = Users(connected, rig.project.salesforce())
    Members(connected, NEWS).tag("ann", "Sales", active=False)
    for name, department in (("bob", "Board"), ("eve", "Legal")):
        users.change({"object": "Contact"} | contact(name), {"Department": department})
    rename_group(connected, EVENTS, "Meetings")
    configure(rig, policy, AFTER)
    rig.extract("second")
    rig.sync("newsletter")

    seen = Seen(rig.state(), [])
    assert {name: (seen.groups(name), seen.tags(name)) for name in EXPECTED} == {
        name: outcomes[column] for name, outcomes in EXPECTED.items()
    }
