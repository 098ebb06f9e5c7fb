"""`fields` and `exclude_fields`, exactly, at every resource that can be read."""

from typing import Any

import orjson
import pytest

from include.sandbox.mailchimp.field_names import TABLE, table
from include.sandbox.mailchimp.report_details import link_id
from include.sandbox.mailchimp.routes import ENDPOINTS
from tests.contract.mailchimp.account_state import ANN, CAMPAIGN, CATEGORY, FAY, LINK, LIST, NEWS, member_id
from tests.contract.mailchimp.conftest import Caller
from tests.contract.mailchimp.field_names import answer, described, fields

IDS = {
    "list_id": LIST,
    "subscriber_hash": member_id(ANN),
    "merge_id": "1",
    "category_id": CATEGORY,
    "interest_id": NEWS,
    "segment_id": "501",
    "campaign_id": CAMPAIGN,
    "link_id": link_id(LINK),
}
LEFT_OUT = "region"
"""Of a location: the document has it for one member and for pages of them, and leaves it out elsewhere."""
READ = [path for path, methods in ENDPOINTS.items() if "GET" in methods]


def path_of(call: Caller, template: str) -> str:
    if "{batch_id}" in template:
        operation = {"method": "GET", "path": "/ping"}
        return f"/batches/{call('POST', '/batches', {'operations': [operation]}).json()['id']}"
    return template.format_map(IDS)


def names(value: Any, known: Any) -> Any:
    """The names in an answer, as far as the table goes."""
    if isinstance(value, list):
        found: dict[str, Any] = {}
        for item in value:
            found |= names(item, known) or {}
        return found
    if isinstance(value, dict) and known:
        return {name: names(one, known.get(name)) for name, one in value.items()}
    return None


def unknown(found: Any, known: Any) -> list[str]:
    wrong = [name for name in found or () if known and name not in {*known, LEFT_OUT}]
    return wrong + [one for name, part in (found or {}).items() if known for one in unknown(part, known.get(name))]


def test_the_table_of_fields_is_that_of_the_document() -> None:
    assert orjson.loads(TABLE.read_bytes()) == described()


@pytest.mark.parametrize("template", READ)
def test_an_answer_has_no_field_that_could_not_be_asked_for(call: Caller, template: str) -> None:
    known = table()[template]
    assert unknown(names(call("GET", path_of(call, template)).json(), known), known) == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/lists/{LIST}", {"members": [{"email_address": "new@mail.example", "status": "subscribed"}]}),
        (f"/lists/{LIST}/segments/501", {"members_to_add": [FAY], "members_to_remove": [ANN]}),
    ],
)
def test_members_that_are_written_together_have_the_documented_keys(call: Caller, path: str, body: Any) -> None:
    known = fields(answer(path, "post"))
    assert unknown(names(call("POST", path, body).json(), known), known) == []


@pytest.mark.parametrize("template", READ)
def test_one_field_is_given_alone_left_out_or_refused(call: Caller, template: str) -> None:
    path = path_of(call, template)
    whole = call("GET", path).json()
    for name in whole:
        assert call("GET", path, fields=name).json().keys() == {name}
        assert call("GET", path, exclude_fields=name).json().keys() == whole.keys() - {name}
    nested = [name for name, fields in table()[template].items() if fields]
    for name in ("nope", *(f"{name}.nope" for name in nested)):
        refused = call("GET", path, fields=name)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "fields")
