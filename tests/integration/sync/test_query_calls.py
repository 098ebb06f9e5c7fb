"""What queries cost: tags 500 members a call, groups inside the member's own write (G08, R12, R14)."""

from __future__ import annotations

from collections import Counter
from math import ceil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.sync.people import NEWS, audience, contact
from tests.integration.sync.rig import NOW, Rig
from tests.sandbox_fixture import Sandbox

PEOPLE = {"Sales": 501, "Support": 499, "Board": 200}
TAGGED = {"All": 1_200, "Sellers": 501, "Helpers": 499}
SEGMENT = ("POST", "/3.0/lists/{list_id}/segments/{segment_id}")
PER_CALL = 500


def query(tag: str, department: str | None = None, **more: Any) -> dict[str, Any]:
    where = {} if department is None else {"where": {"field": "Department", "equals": department}}
    return {"name": tag.lower(), "object": "Contact", "tags": [tag]} | where | more


@pytest.fixture
def rig(connected: Sandbox, tmp_path: Path) -> Rig:
    """1,200 contacts of three departments, and no member."""
    departments = [name for name, count in PEOPLE.items() for _ in range(count)]
    contacts = [contact(f"p{number:x}", Department=name) for number, name in enumerate(departments)]
    connected.put_state(salesforce={"Contact": contacts}, mailchimp={"lists": [audience("Newsletter", NEWS)]})
    connected.set_clock(NOW.isoformat())
    (tmp_path / "config" / "audiences").mkdir(parents=True)
    (tmp_path / "config" / "pipeline.yaml").write_text("time_zone: Europe/Paris\n", encoding="utf-8")
    return Rig(connected, tmp_path / "root", tmp_path / "config")


def calls(rig: Rig, *queries: dict[str, Any]) -> Counter[tuple[str, str]]:
    """The write calls at Mailchimp of a sync with these queries, by method and path."""
    configured = {
        "audience": "Newsletter", "policy": "legacy_parity", "consent": "none", "first_load": "auto",
        "data_sync": "off",
        "fields": {"FNAME": {"contact": "FirstName"}}, "queries": list(queries),
        "circuit_breaker": {"changed_members": "100%", "new_members": "100%"},
    }  # fmt: skip
    (rig.configuration / "audiences" / "newsletter.yaml").write_text(yaml.safe_dump(configured), encoding="utf-8")
    rig.extract()
    rig.sandbox.reset_calls()
    rig.sync("newsletter")
    return Counter({
        (method, path): count for method, path, count in rig.write_calls() if path.startswith("/3.0/")
    })  # fmt: skip


def test_g08_r14_a_tag_costs_a_call_per_500_members_and_a_group_none(rig: Rig) -> None:
    queries = [query("All", groups=["Interests / News"]), query("Sellers", "Sales"), query("Helpers", "Support")]
    assert calls(rig, *queries) == {
        ("POST", "/3.0/lists/{list_id}/segments"): 3,
        SEGMENT: sum(ceil(count / PER_CALL) for count in TAGGED.values()),
        ("POST", "/3.0/lists/{list_id}"): ceil(1_200 / PER_CALL),  # members with their merge fields and groups
    }
    (newsletter,) = rig.state().mailchimp["lists"]
    held = Counter(tag["name"] for member in newsletter["members"] for tag in member["tags"])
    assert held == TAGGED
    assert sum(member["interests"]["ane0000001"] for member in newsletter["members"]) == 1_200
    more = [*queries[:2], query("Helpers", "Board"), query("Board", "Board", tags=["Helpers"])]
    assert calls(rig, *more) == {SEGMENT: ceil(PEOPLE["Board"] / PER_CALL)}  # two queries give one tag
