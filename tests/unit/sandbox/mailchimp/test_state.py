"""The whole account in and out, and over a restart."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from include.sandbox.mailchimp.store import AccountStore
from tests.contract.mailchimp.account_state import ANN, LIST, account_state, member, member_id
from tests.unit.sandbox.mailchimp.conftest import Api


def exported(store: AccountStore) -> dict[str, Any]:
    return json.loads(b"".join(store.export()))


def test_a_state_that_is_exported_and_put_back_is_the_same(api: Api) -> None:
    before = b"".join(api.store.export())
    api.store.replace(io.BytesIO(before))
    assert b"".join(api.store.export()) == before


def test_an_export_holds_what_was_loaded(api: Api) -> None:
    state = exported(api.store)
    members = {shown["email_address"]: shown for shown in state["lists"][0]["members"]}
    assert {email: shown["status"] for email, shown in members.items()} == {
        given["email_address"]: given["status"] for given in account_state()["lists"][0]["members"]
    }
    assert members[ANN]["merge_fields"]["SPEND"] == 12.5
    assert {shown["_unsubscribed_by"] for shown in members.values()} == {"", "member"}
    assert state["lists"][0]["forgotten"] == [member_id("gone@mail.example")]
    assert len(state["events"]) == len(account_state()["events"])


def test_the_state_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "mailchimp.sqlite"
    first = AccountStore(path)
    assert first.empty
    first.load(account_state(), {"bad": {"number": 1}})
    before = exported(first)
    first.close()
    second = AccountStore(path)
    assert not second.empty
    assert (exported(second), second.planted()) == (before, {"bad": {"number": 1}})
    second.close()


def test_putting_a_state_forgets_what_was_planted(api: Api) -> None:
    api.store.load(account_state(), {"bad": {"number": 1}})
    api.store.replace(io.BytesIO(b"{}"))
    assert api.store.planted() == {}


def one_list(**parts: Any) -> dict[str, Any]:
    return {"lists": [{"id": LIST, **parts}]}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"list": []}, "unknown key 'list'"),
        (one_list(members=[member(ANN, status="gone")]), f"member {member_id(ANN)} has the status 'gone'"),
        (one_list(members=[member(ANN, id="0" * 32)]), "the MD5 of its lower-cased e-mail would be right"),
        (one_list(members=[member(ANN, merge_fields={"X": "1"})]), "merge field 'X' is not one of the list's"),
        (one_list(members=[member(ANN), member(ANN)]), "given twice"),
        (one_list(members=[{}]), "has no email_address"),
        (one_list(members=[member(ANN)], merge_fields=[{"tag": "X"}]), "merge_fields has to come before members"),
        (one_list(segments=[{"name": "T", "members": ["0" * 32]}]), "names 1 members that its list does not have"),
        (one_list(merge_fields=[{"tag": "X", "type": "colour"}]), "'colour'"),
        ({"campaigns": [{"id": "c", "list_id": "x"}]}, "campaign c names the unknown list 'x'"),
        ({"events": [{"action": "open"}]}, "'list_id' is missing"),
    ],
)
def test_a_wrong_state_is_refused_with_its_reason_and_changes_nothing(
    api: Api, state: dict[str, Any], message: str
) -> None:
    before = b"".join(api.store.export())
    answer = api.request("PUT", "http://127.0.0.1/_sandbox/state", content=json.dumps(state))
    assert answer.status_code == 422
    assert message in answer.json()["error"]
    assert ANN not in answer.text
    assert b"".join(api.store.export()) == before


@pytest.mark.parametrize("text", ["", "[", '{"lists": [', '{"lists": []} x', "{]"])
def test_text_that_is_no_state_is_refused(api: Api, text: str) -> None:
    answer = api.request("PUT", "http://127.0.0.1/_sandbox/state", content=text)
    assert (answer.status_code, "not the JSON of a state" in answer.json()["error"]) == (422, True)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("2026-10-01T08:00:00+00:00", "2026-10-01T08:00:00+00:00"),
        ("2026-10-01T10:00:00.900+02:00", "2026-10-01T08:00:00+00:00"),
        ("2026-10-01 08:00:00+00:00", "2026-10-01T08:00:00+00:00"),
        ("2026-10-01T08:00:00Z", "2026-10-01T08:00:00+00:00"),
    ],
)
def test_times_of_a_state_are_kept_in_one_form(api: Api, given: str, stored: str) -> None:
    api.load(one_list(members=[member(ANN, last_changed=given)]))
    assert api.member(ANN)["last_changed"] == stored


def test_a_time_that_is_none_is_refused(api: Api) -> None:
    with pytest.raises(ValueError, match="2026-13-01"):
        api.load(one_list(members=[member(ANN, last_changed="2026-13-01T08:00:00+00:00")]))
