"""Words of errors that no source gives: each can be other ones, wherever they are said."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from include.sandbox.mailchimp.texts import TEXTS
from tests.contract.mailchimp.account_state import ANN, BOB, CATEGORY, LIST, member_id
from tests.unit.sandbox.mailchimp.conftest import Api

OF_LIST = f"/lists/{LIST}"
MEMBERS, FIELDS, SEGMENTS = f"{OF_LIST}/members", f"{OF_LIST}/merge-fields", f"{OF_LIST}/segments"
OF_ANN = f"{MEMBERS}/{member_id(ANN)}"
TYPES = ("birthday", "zip", "phone", "url")


def merge_field(api: Api, kind: str, value: str) -> Any:
    options = {"options": {"phone_format": "US"}} if kind == "phone" else {}
    api("POST", FIELDS, {"name": kind, "type": kind, "tag": "NEW", **options})
    return api("PATCH", OF_ANN, {"merge_fields": {"NEW": value}})


def many_groups(api: Api) -> Any:
    path = f"{OF_LIST}/interest-categories/{CATEGORY}/interests"
    return [api("POST", path, {"name": f"Group {number}"}) for number in range(60)][-1]


def many_batches(api: Api) -> Any:
    api.controls.set_switches({**api.controls.switches, "batch_never_finishes": True})
    body = {"operations": [{"method": "GET", "path": "/ping"}]}
    return [api("POST", "/batches", body) for _ in range(501)][-1]


def twice(api: Api) -> Any:
    new = {"email_address": "new@mail.example", "status": "subscribed"}
    return api("POST", OF_LIST, {"members": [new, new]})


SAID: dict[str, Callable[[Api], Any]] = {
    "not_accepted": lambda api: api("PATCH", OF_ANN, {"status": "transactional"}),
    "too_short": lambda api: api("POST", "/batches", {"operations": []}),
    "too_long": lambda api: api("POST", SEGMENTS, {"name": "x" * 101, "static_segment": []}),
    "boolean": lambda api: api("GET", MEMBERS, vip_only="perhaps"),
    "time": lambda api: api("GET", MEMBERS, since_last_changed="yesterday"),
    "whole": lambda api: api("GET", MEMBERS, count="-1"),
    "most": lambda api: api("GET", MEMBERS, count="1001"),
    "choice": lambda api: api("GET", MEMBERS, status="nope"),
    "fields_or_exclude": lambda api: api("GET", MEMBERS, fields="members.id", exclude_fields="total_items"),
    "unknown_field": lambda api: api("GET", MEMBERS, fields="members.nope"),
    "needs_unsubscribed": lambda api: api("GET", MEMBERS, unsubscribed_since="2026-01-01T00:00:00Z"),
    "needs_status": lambda api: api("GET", MEMBERS, since_last_campaign="false"),
    "interests_together": lambda api: api("GET", MEMBERS, interest_ids="x"),
    "merge_text": lambda api: api("PATCH", OF_ANN, {"merge_fields": {"LNAME": {"a": "b"}}}),
    **{f"merge_{kind}": lambda api, kind=kind: merge_field(api, kind, "nope") for kind in TYPES},
    "merge_choice": lambda api: api("PATCH", OF_ANN, {"merge_fields": {"TIER": "Platinum"}}),
    "many_members": lambda api: api("POST", OF_LIST, {"members": [{}] * 501}),
    "duplicate_member": twice,
    "exists_in_batch": lambda api: api("POST", OF_LIST, {"members": [{"email_address": ANN, "status": "subscribed"}]}),
    "many_addresses": lambda api: api("POST", f"{SEGMENTS}/501", {"members_to_add": [BOB] * 501}),
    "not_on_list": lambda api: api("POST", f"{SEGMENTS}/501", {"members_to_add": ["nobody@mail.example"]}),
    "segment_kind": lambda api: api("POST", SEGMENTS, {"name": "Neither"}),
    "group_exists": lambda api: api(
        "POST", f"{OF_LIST}/interest-categories", {"title": "Interests", "type": "checkboxes"}
    ),
    "many_groups": many_groups,
    "tag_form": lambda api: api("POST", FIELDS, {"name": "New", "type": "text", "tag": "lower"}),
    "tag_exists": lambda api: api("POST", FIELDS, {"name": "New", "type": "text", "tag": "FNAME"}),
    "many_fields": lambda api: [api("POST", FIELDS, {"name": f"F{n}", "type": "text"}) for n in range(26)][-1],
    "bad_json": lambda api: api.request("POST", MEMBERS, content=b"{nope"),
    "many_batches": many_batches,
}


def test_every_text_is_said_somewhere() -> None:
    assert {f"text_{name}" for name in SAID} == TEXTS.keys()


@pytest.mark.parametrize("name", SAID)
def test_an_assumed_text_can_be_another_one(api: Api, name: str) -> None:
    api.controls.set_switches({f"text_{name}": "Andere Worte {email}."})
    answer = SAID[name](api)
    assert "Andere Worte" in answer.text
    assert max(re.split(r"{\w+}", str(TEXTS[f"text_{name}"].default)), key=len) not in answer.text


def test_values_stand_in_the_other_words_too(api: Api) -> None:
    api.controls.set_switches({"text_exists_in_batch": "Hier steht {email}, {nobody}."})
    answer = SAID["exists_in_batch"](api).json()["errors"][0]
    assert (answer["error"], answer["error_code"]) == (f"Hier steht {ANN}, {{nobody}}.", "ERROR_CONTACT_EXISTS")
