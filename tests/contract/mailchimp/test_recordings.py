"""The recorded exchanges with the real Mailchimp, replayed in their order: same status, same keys, same error body."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import requests

from include.sandbox.mailchimp.credentials import API_KEY
from tests.sandbox_fixture import Sandbox

DATA = Path(__file__).parent / "data"
EXCHANGES = "mailchimp__export__exportRecord.json"
IMPORTS = "mailchimp__import__importRecords.json"
MAPPINGS = "mailchimp__export__destinationMappingOptions.json"
VOLATILE = frozenset({"instance"})
MOVING = frozenset(
    {
        "unique_email_id",
        "contact_id",
        "web_id",
        "ip_opt",
        "timestamp_opt",
        "last_changed",
        "_links",
        "tags",
        "member_rating",
    }
)
LIST = "a36b032126"
TAGS = ("list one", "list two", "list three", "list four")


def recorded(name: str) -> list[dict[str, Any]]:
    return json.loads((DATA / name).read_bytes())


def state_before_exports() -> dict[str, Any]:
    """What the account held when the recording began: the list's fields, its tags, and members archived before."""
    fields = recorded(MAPPINGS)[0]["response"]["merge_fields"]
    return {"lists": [{"id": LIST, "merge_fields": fields, "segments": [{"name": tag} for tag in TAGS], "members": []}]}


def state_before_imports() -> dict[str, Any]:
    exchanges = recorded(IMPORTS)
    # Two recorded lists have the same id: it was replaced when the recordings were cleaned.
    lists = {own["id"]: own for own in exchanges[0]["response"]["lists"]}.values()
    fields = recorded(IMPORTS)[[e["path"] for e in exchanges].index(f"/3.0/lists/{LIST}/merge-fields")]["response"]
    pages = [e["response"]["members"] for e in exchanges if e["path"].endswith("/members") and e["response"]["members"]]
    tags = sorted({tag for page in pages for member in page for tag in member["merge_fields"]})
    known = {field["tag"]: field for field in fields["merge_fields"]}
    shape = [known.get(tag, {"tag": tag, "type": "text"}) for tag in tags]
    # The first page is sorted newest first; loaded oldest first, so that equal times keep their order.
    members = list(reversed(max(pages, key=len)))
    return {
        "lists": [own | ({"merge_fields": shape, "members": members} if own["id"] == LIST else {}) for own in lists]
    }


def replay(sandbox: Sandbox, exchange: dict[str, Any]) -> requests.Response:
    query = {name: unquote(value) for name, value in (exchange["query"] or {}).items()}
    body = exchange["body"] or None
    url = sandbox.mailchimp + exchange["path"]
    with requests.Session() as session:
        return session.request(exchange["method"], url, params=query, json=body, auth=("x", API_KEY), timeout=30)


def shape(document: Any) -> Any:
    """A document with its keys, without its values; a merge field may hold any type."""
    if isinstance(document, dict):
        return {key: True if key == "merge_fields" else shape(value) for key, value in document.items()}
    if isinstance(document, list):
        return [shape(document[0])] if document else []
    return True


def exchanges() -> Iterator[tuple[int, dict[str, Any]]]:
    yield from enumerate(recorded(EXCHANGES))


def test_recorded_member_exchanges_replay_in_order(mailchimp_server: Sandbox) -> None:
    mailchimp_server.reset()
    mailchimp_server.put_state(mailchimp=state_before_exports())
    differences = []
    for number, exchange in exchanges():
        response = replay(mailchimp_server, exchange)
        expected, found = exchange["response"], response.json() if response.content else ""
        if response.status_code != exchange["status"]:
            differences.append((number, exchange["method"], exchange["status"], response.status_code))
        elif exchange["status"] >= 400:
            assert {k: v for k, v in found.items() if k not in VOLATILE} == {
                k: v for k, v in expected.items() if k not in VOLATILE
            }
            assert response.headers["Content-Type"] == exchange["headers"]["Content-Type"]
            assert response.headers["X-Request-Id"] == found["instance"]
            assert response.headers.get("Allow") == exchange["headers"].get("Allow")
        elif expected:
            compare_members(number, expected, found)
    assert differences == []


def compare_members(number: int, expected: dict[str, Any], found: dict[str, Any]) -> None:
    assert set(found) == set(expected), number
    for key in set(expected) - MOVING - {"location"}:
        assert found[key] == expected[key], (number, key)
    assert {tag["name"] for tag in found["tags"]} == {tag["name"] for tag in expected["tags"]}, number
    assert {link["rel"] for link in found["_links"]} == {link["rel"] for link in expected["_links"]}


def test_an_unchanged_put_leaves_last_changed_and_a_tag_moves_it(mailchimp_server: Sandbox) -> None:
    """Between recorded answers `last_changed` stays or moves; ours does the same wherever more than a second passed."""
    mailchimp_server.reset()
    mailchimp_server.put_state(mailchimp=state_before_exports())
    moved: list[tuple[int, bool, bool]] = []
    last: dict[str, tuple[str, str]] = {}
    for number, exchange in exchanges():
        mailchimp_server.set_clock(f"2026-11-23T{number // 60:02}:{number % 60:02}:00+00:00", frozen=True)
        response = replay(mailchimp_server, exchange)
        if response.status_code != 200:
            continue
        person = exchange["response"]["contact_id"]
        recorded_time, our_time = exchange["response"]["last_changed"], response.json()["last_changed"]
        if person in last:
            before = last[person]
            moved.append((number, recorded_time != before[0], our_time != before[1]))
        last[person] = (recorded_time, our_time)
    # Recorded times have whole seconds, so that two quick changes can look like none: only "moved" is proof.
    assert [number for number, theirs, ours in moved if theirs and not ours] == []
    unchanged_puts = {36, 40, 44, 48, 55}
    assert [number for number, _, ours in moved if number in unchanged_puts and ours] == []


@pytest.mark.parametrize("number", range(len(recorded(IMPORTS))))
def test_recorded_reads_replay(mailchimp_server: Sandbox, number: int) -> None:
    if number == 0:
        mailchimp_server.reset()
        mailchimp_server.put_state(mailchimp=state_before_imports())
    exchange = recorded(IMPORTS)[number]
    response = replay(mailchimp_server, exchange)
    expected, found = exchange["response"], response.json()
    assert response.status_code == exchange["status"]
    for own in found.get("lists", ()):
        own.pop("contact")  # the sender's postal address: documented, and in none of the recordings
    assert shape(found) == shape(expected)
    if "members" in expected:
        assert found["total_items"] == expected["total_items"]
        compare_pages(expected["members"], found["members"])


def compare_pages(expected: list[dict[str, Any]], found: list[dict[str, Any]]) -> None:
    assert len(found) == len(expected)
    assert [member["last_changed"] for member in found] == [member["last_changed"] for member in expected]
    for theirs, ours in zip(expected, found, strict=True):
        assert set(ours) == set(theirs)


def test_recorded_merge_fields_replay(mailchimp_server: Sandbox) -> None:
    mailchimp_server.reset()
    mailchimp_server.put_state(mailchimp=state_before_exports())
    for exchange in recorded(MAPPINGS):
        found = replay(mailchimp_server, exchange).json()
        assert shape(found) == shape(exchange["response"])
        theirs = [{k: v for k, v in field.items() if k != "_links"} for field in exchange["response"]["merge_fields"]]
        assert [{k: v for k, v in field.items() if k != "_links"} for field in found["merge_fields"]] == theirs
