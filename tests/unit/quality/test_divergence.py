"""The comparison of two versions of a table; whole stories are in tests/integration/sync/test_reconcile.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from include.quality import divergence
from include.quality.divergence import CAUSES
from include.warehouse.store import connect
from include.warehouse.tables import DIVERGENCES, MEMBERS

DOCS = Path(__file__).parents[3] / "docs"
UNTIL = datetime(2026, 11, 22, tzinfo=UTC)
KNOWN: dict[str, Any] = {
    "list_id": "l",
    "email_key": "a",
    "contact_id": "c",
    "email": "a@x.example",
    "status": "subscribed",
    "timestamp_opt": None,
    "last_changed": UNTIL - timedelta(days=2),
    "rating": 2,
    "merge_fields": "{}",
    "groups": [],
    "tags": [],
}


def compared(known: list[dict[str, Any]], shown: list[dict[str, Any]]) -> list[tuple[str, str, list[str]]]:
    """Key, cause and fields."""
    import pyarrow as pa

    connection = connect()
    for name, rows in (("known", known), ("shown", shown)):
        connection.register(name, pa.Table.from_pylist(rows, schema=MEMBERS.schema()))
    rows = divergence.members(connection, UNTIL).to_pylist()
    return [(row["key"], row["cause"], row["fields"]) for row in rows]


def test_the_docs_and_the_table_explain_every_cause() -> None:
    text = (DOCS / "reconcile.md").read_text("utf-8")
    for cause, meaning in CAUSES.items():
        assert f"| `{cause}` | {meaning} |" in text
    (column,) = (column for column in DIVERGENCES.columns if column.name == "cause")
    assert column.description.replace(" or ", ", ").split(", ") == list(CAUSES)


def test_g10_equal_rows_differ_in_nothing() -> None:
    assert compared([KNOWN], [KNOWN]) == []


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        (UNTIL, "late_change"),
        (UNTIL - timedelta(seconds=1), "missed_change"),
        (UNTIL - timedelta(days=2), "unstamped_change"),
    ],
)
def test_g10_the_time_of_change_tells_the_cause(changed: datetime, cause: str) -> None:
    ((key, found, fields),) = compared([KNOWN], [KNOWN | {"tags": ["VIP"], "last_changed": changed}])
    assert (key, found, "tags" in fields) == ("a", cause, True)


@pytest.mark.parametrize("known", [[], [KNOWN | {"status": "forgotten"}]], ids=["never seen", "forgotten"])
def test_g10_a_member_that_was_not_known_is_missing_here(known: list[dict[str, Any]]) -> None:
    assert compared(known, [KNOWN]) == [("a", "missing_here", [])]


@pytest.mark.parametrize("shown", [[], [KNOWN | {"status": "forgotten"}]], ids=["no row", "forgotten"])
def test_g10_a_member_that_is_not_shown_is_gone_there(shown: list[dict[str, Any]]) -> None:
    assert compared([KNOWN], shown) == [("a", "gone_there", [])]


def test_r07_a_member_whose_e_mail_changed_is_one_difference() -> None:
    moved = KNOWN | {"email_key": "b", "email": "b@x.example"}
    assert compared([KNOWN], [moved]) == [("b", "unstamped_change", ["email_address"])]


def test_g10_two_members_that_swap_their_contacts_differ_in_them() -> None:
    """Each is still there under its own e-mail."""
    other = KNOWN | {"email_key": "b", "contact_id": "d", "email": "b@x.example"}
    swapped = [KNOWN | {"contact_id": "d"}, other | {"contact_id": "c"}]
    found = compared([KNOWN, other], swapped)
    assert sorted(found) == [("a", "unstamped_change", ["contact_id"]), ("b", "unstamped_change", ["contact_id"])]
