"""Every assumption is a switch, and none is without a test that turns it."""

from __future__ import annotations

import re
from pathlib import Path

from deploy.home import PROJECT
from include.sandbox.mailchimp.switches import SWITCHES
from tests.contract.mailchimp.account_state import LIST
from tests.unit.sandbox.mailchimp.conftest import Api


def test_every_switch_is_turned_by_a_test() -> None:
    tests = "".join(path.read_text("utf-8") for path in Path(PROJECT, "tests").rglob("*.py"))
    assert [name for name in SWITCHES if not re.search(rf'"{name}"|\b{name}=', tests)] == []


def test_whether_unknown_fields_are_refused_is_a_switch(api: Api) -> None:
    path, fields = f"/lists/{LIST}/members", "members.nope,total_items"
    assert api("GET", path, fields=fields).status_code == 400
    api.controls.set_switches({"unknown_fields_are_errors": False})
    page = api("GET", path, fields=fields).json()
    assert page.keys() == {"members", "total_items"}
    assert set(map(len, page["members"])) == {0}
