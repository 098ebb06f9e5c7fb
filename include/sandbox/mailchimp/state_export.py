"""Writes a whole account as the control API's state."""

from collections.abc import Iterator
from typing import Any

import orjson

from include.sandbox.mailchimp.account import account
from include.sandbox.mailchimp.database import Database
from include.sandbox.mailchimp.members import MemberView
from include.sandbox.mailchimp.projection import Projection

CHUNK = 1000
NO_LINKS = Projection.of([], ["_links", "list_id"])


def export(database: Database) -> Iterator[bytes]:
    """The state as JSON in chunks, one member or event a line; the order is that of the rows."""
    yield b'{"account":' + orjson.dumps(account(database)) + b',\n"lists":['
    lists = database.execute("SELECT no, id, document FROM lists ORDER BY no").fetchall()
    for position, (number, list_id, document) in enumerate(lists):
        yield b",\n" if position else b"\n"
        yield from _list(database, number, list_id, orjson.loads(document))
    yield b'],\n"campaigns":['
    yield _joined(orjson.loads(row[0]) for row in database.execute("SELECT document FROM campaigns ORDER BY no"))
    yield b'],\n"events":['
    yield from _chunked(_events(database))
    yield b"]}\n"


def _list(database: Database, number: int, list_id: str, document: dict[str, Any]) -> Iterator[bytes]:
    fields = database.execute("SELECT document FROM merge_fields WHERE list_no = ? ORDER BY merge_id", (number,))
    document["merge_fields"] = [orjson.loads(text) for (text,) in fields]
    document["interest_categories"] = _categories(database, number)
    document["segments"] = _segments(database, number)
    forgotten = database.execute("SELECT id FROM forgotten WHERE list_no = ? ORDER BY id", (number,))
    document["forgotten"] = [member_id for (member_id,) in forgotten]
    yield orjson.dumps(document)[:-1] + b',"members":['
    yield from _chunked(_members(database, number, list_id))
    yield b"]}"


def _members(database: Database, number: int, list_id: str) -> Iterator[dict[str, Any]]:
    view = MemberView(database, list_id, "", NO_LINKS)
    sql = "SELECT no, unsubscribed_by, unsubscribed_at FROM members WHERE list_no = ? ORDER BY no"
    rows = database.execute(sql, (number,))
    while page := rows.fetchmany(CHUNK):
        for member, (_, by, at) in zip(view.show([row[0] for row in page]), page, strict=True):
            yield member | {"_unsubscribed_by": by, "_unsubscribed_at": at}


def _categories(database: Database, number: int) -> list[dict[str, Any]]:
    rows = database.execute(
        "SELECT id, title, type, display_order FROM interest_categories WHERE list_no = ? ORDER BY no", (number,)
    ).fetchall()
    categories = [dict(zip(("id", "title", "type", "display_order"), row, strict=True)) for row in rows]
    for category in categories:
        interests = database.execute(
            "SELECT id, name, display_order FROM interests WHERE list_no = ? AND category_id = ? ORDER BY no",
            (number, category["id"]),
        )
        category["interests"] = [dict(zip(("id", "name", "display_order"), row, strict=True)) for row in interests]
    return categories


def _segments(database: Database, number: int) -> list[dict[str, Any]]:
    keys = ("id", "name", "type", "options", "created_at", "updated_at")
    sql = f"SELECT {', '.join(keys)} FROM segments WHERE list_no = ? ORDER BY id"
    segments = [dict(zip(keys, row, strict=True)) for row in database.execute(sql, (number,)).fetchall()]
    for segment in segments:
        segment["options"] = orjson.loads(segment["options"])
        members = database.execute(
            "SELECT m.id FROM segment_members AS s JOIN members AS m ON m.no = s.member_no"
            " WHERE s.segment_id = ? ORDER BY m.no",
            (segment["id"],),
        )
        segment["members"] = [member_id for (member_id,) in members]
    return segments


def _events(database: Database) -> Iterator[dict[str, Any]]:
    keys = ("campaign_id", "list_id", "email_id", "action", "timestamp", "url", "type", "ip")
    rows = database.execute(
        "SELECT e.campaign_id, l.id, e.email_id, e.action, e.timestamp, e.url, e.type, e.ip FROM events AS e"
        " JOIN lists AS l ON l.no = e.list_no ORDER BY e.no"
    )
    for row in rows:
        yield dict(zip(keys, row, strict=True))


def _chunked(records: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    chunk: list[dict[str, Any]] = []
    first = True
    for record in records:
        chunk.append(record)
        if len(chunk) == CHUNK:
            yield (b"\n" if first else b",\n") + _joined(iter(chunk))
            chunk, first = [], False
    if chunk:
        yield (b"\n" if first else b",\n") + _joined(iter(chunk))


def _joined(records: Iterator[dict[str, Any]]) -> bytes:
    return b",\n".join(orjson.dumps(record) for record in records)
