"""What an account keeps and shows at most, and groups that are left, over HTTP."""

from tests.contract.mailchimp.account_state import ANN, CAMPAIGN, EVENTS, LIST, NEWS, account_state, member_id
from tests.contract.mailchimp.conftest import Caller
from tests.sandbox_fixture import Sandbox

MEMBER = f"/lists/{LIST}/members/{member_id(ANN)}"


def test_a_member_joins_a_group_and_leaves_another(call: Caller) -> None:
    assert call("GET", MEMBER).json()["interests"][NEWS] is True
    changed = call("PATCH", MEMBER, {"interests": {NEWS: False, EVENTS: True}}).json()["interests"]
    assert (changed[NEWS], changed[EVENTS]) == (False, True)
    assert call("GET", MEMBER).json()["interests"] == changed


def test_a_text_is_cut_at_255_bytes(call: Caller) -> None:
    kept = call("PATCH", MEMBER, {"merge_fields": {"LNAME": "é" * 200}}).json()["merge_fields"]["LNAME"]
    assert kept == "é" * 127


def test_the_activity_of_a_member_ends_with_its_last_fifty_events(account: Sandbox, call: Caller) -> None:
    opened = {"campaign_id": CAMPAIGN, "list_id": LIST, "email_id": member_id(ANN), "action": "open", "url": ""}
    times = [f"2026-10-05T08:{minute:02}:00+00:00" for minute in range(60)]
    state = account_state()
    state["events"] += [opened | {"timestamp": at} for at in times]
    account.put_state(mailchimp=state)
    shown = call("GET", f"{MEMBER}/activity").json()["activity"]
    assert [event["timestamp"] for event in shown] == times[:-51:-1]
    assert len(call("GET", f"{MEMBER}/activity-feed", count=1000).json()["activity"]) > len(times)
