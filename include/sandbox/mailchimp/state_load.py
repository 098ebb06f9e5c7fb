"""Loads a whole account from the control API's state, in memory or from a stream."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import orjson

from include.sandbox.json_stream import JsonStream
from include.sandbox.mailchimp import times
from include.sandbox.mailchimp.account import default_account
from include.sandbox.mailchimp.campaigns import campaign_row
from include.sandbox.mailchimp.database import Database
from include.sandbox.mailchimp.lists import list_document
from include.sandbox.mailchimp.member_record import INSERT, ListShape, record_from_state
from include.sandbox.mailchimp.merge_fields import complete_merge_field

Entries = Iterable[tuple[str, Any]]
"""The keys and values of an object, in order; the value of `members` and `events` is an iterable of records."""

SHAPING = frozenset({"id", "merge_fields", "interest_categories"})
ACTIONS = frozenset({"sent", "open", "click", "bounce", "unsubscribe"})


def entries_of_stream(state: BinaryIO) -> Iterator[tuple[str, Any]]:
    """A state's entries, read from JSON as they are asked for.

    Raises:
        ValueError: not JSON, or not an object.
    """
    stream = JsonStream(state)
    for key in stream.members():
        if key == "lists":
            yield key, (_list_entries(stream) for _ in stream.items())
        else:
            yield key, stream.values() if key == "events" else stream.value()
    stream.end()


def _list_entries(stream: JsonStream) -> Iterator[tuple[str, Any]]:
    for key in stream.members():
        yield key, stream.values() if key == "members" else stream.value()


def entries_of_mapping(state: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The entries of a state in memory; `members` and `events` may be any iterable."""
    for key, value in state.items():
        yield key, (part.items() for part in value) if key == "lists" else value


class StateLoader:
    """Writes a state into an empty database, inside the caller's transaction.

    Attributes:
        at: the part of the state that is being loaded, for messages.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._list_numbers: dict[str, int] = {}
        self._member_count = 0
        self.at = "the state"

    def load(self, entries: Entries) -> None:
        """Loads everything.

        Raises:
            ValueError: a key, record or value that an account does not have; says where.
        """
        readers: dict[str, Callable[[Any], None]] = {
            "account": self._account,
            "lists": self._lists,
            "campaigns": self._campaigns,
            "events": self._events,
        }
        self._account({})
        for key, value in entries:
            if key not in readers:
                raise ValueError(f"the state has an unknown key {key!r}; known are {', '.join(readers)}")
            self.at = key
            readers[key](value)

    def _account(self, account: Mapping[str, Any]) -> None:
        document = orjson.dumps(default_account() | dict(account)).decode()
        self._database.execute("INSERT OR REPLACE INTO meta VALUES ('account', ?)", (document,))

    def _lists(self, lists: Iterable[Entries]) -> None:
        for entries in lists:
            number = len(self._list_numbers) + 1
            self.at = f"lists, number {number}"
            list_id = ListLoader(self._database, number, self._next_member).load(entries)
            self._list_numbers[list_id] = number

    def _next_member(self) -> int:
        self._member_count += 1
        self.at = f"member number {self._member_count} of the state"
        return self._member_count

    def _campaigns(self, campaigns: Iterable[Mapping[str, Any]]) -> None:
        for campaign in campaigns:
            self.at = f"campaign {campaign.get('id')}"
            row = campaign_row(campaign, self._list_numbers)
            self._database.execute("INSERT INTO campaigns VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", row)

    def _events(self, events: Iterable[Mapping[str, Any]]) -> None:
        rows = (self._event_row(event) for event in events)
        self._database.executemany("INSERT INTO events VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _event_row(self, event: Mapping[str, Any]) -> tuple[Any, ...]:
        action, list_id = event["action"], event["list_id"]
        if action not in ACTIONS:
            raise ValueError(f"an event of campaign {event['campaign_id']} has the action {action!r}")
        if list_id not in self._list_numbers:
            raise ValueError(f"an event of campaign {event['campaign_id']} names the unknown list {list_id!r}")
        bounce = (event.get("type") or "hard") if action == "bounce" else ""
        return (
            event["campaign_id"],
            self._list_numbers[list_id],
            event["email_id"],
            action,
            times.stored(event["timestamp"]),
            event.get("url") or "",
            bounce,
            event.get("ip") or "",
        )


class ListLoader:
    """Writes one list of a state.

    Args:
        database: the account's.
        list_no: the list's row number.
        next_member: gives the next member's row number.
    """

    def __init__(self, database: Database, list_no: int, next_member: Callable[[], int]) -> None:
        self._database = database
        self._list_no = list_no
        self._next_member = next_member
        self._parts: dict[str, Any] = {}
        self._shape: ListShape | None = None
        self._tags: dict[str, list[int]] = {}

    def load(self, entries: Entries) -> str:
        """Loads the list and tells its id.

        Raises:
            ValueError: says what is wrong with which record.
        """
        for key, value in entries:
            if key == "members":
                self._members(value)
            elif key in SHAPING and self._shape is not None:
                raise ValueError(f"list {self._shape.list_id}: {key} has to come before members")
            else:
                self._parts[key] = value
        shape = self._opened()
        self._segments(self._parts.get("segments") or [])
        forgotten = ((self._list_no, member_id) for member_id in self._parts.get("forgotten") or [])
        self._database.executemany("INSERT INTO forgotten VALUES (?, ?)", forgotten)
        document = orjson.dumps(list_document(self._parts)).decode()
        self._database.execute("UPDATE lists SET document = ? WHERE no = ?", (document, self._list_no))
        return shape.list_id

    def _opened(self) -> ListShape:
        if self._shape is None:
            list_id = self._parts.get("id")
            if not isinstance(list_id, str) or not list_id:
                raise ValueError("a list needs its id, and before its members")
            self._database.execute("INSERT INTO lists VALUES (?, ?, '{}')", (self._list_no, list_id))
            tags = dict.fromkeys(self._merge_field_tags(), "")
            interests = dict.fromkeys(self._interest_ids(), False)
            self._shape = ListShape(self._list_no, list_id, tags, interests)
        return self._shape

    def _merge_field_tags(self) -> Iterator[str]:
        for position, given in enumerate(self._parts.get("merge_fields") or [], start=1):
            field = complete_merge_field(given, position)
            row = (self._list_no, field["merge_id"], field["tag"], orjson.dumps(field).decode())
            self._database.execute("INSERT INTO merge_fields VALUES (?, ?, ?, ?)", row)
            yield field["tag"]

    def _interest_ids(self) -> Iterator[str]:
        for position, category in enumerate(self._parts.get("interest_categories") or []):
            order = category.get("display_order", position)
            row = (self._list_no, category["id"], category["title"], category.get("type", "checkboxes"), order)
            self._database.execute("INSERT INTO interest_categories VALUES (NULL, ?, ?, ?, ?, ?)", row)
            for place, interest in enumerate(category.get("interests") or [], start=1):
                order = interest.get("display_order", place)
                values = (self._list_no, category["id"], interest["id"], interest["name"], order)
                self._database.execute("INSERT INTO interests VALUES (NULL, ?, ?, ?, ?, ?)", values)
                yield interest["id"]

    def _members(self, members: Iterable[Mapping[str, Any]]) -> None:
        shape = self._opened()
        self._database.executemany(INSERT, (self._member_row(shape, member) for member in members))

    def _member_row(self, shape: ListShape, member: Mapping[str, Any]) -> tuple[Any, ...]:
        number = self._next_member()
        record = record_from_state(shape, member, number)
        for tag in member.get("tags") or ():
            self._tags.setdefault(tag["name"], []).append(number)
        return (number, *record.row())

    def _segments(self, segments: Iterable[Mapping[str, Any]]) -> None:
        known = {segment["name"]: segment for segment in segments}
        for name in self._tags:
            known.setdefault(name, {"name": name})
        for name, segment in known.items():
            created = times.stored(segment.get("created_at"))
            updated = times.stored(segment.get("updated_at"))
            kind, options = segment.get("type", "static"), orjson.dumps(segment.get("options") or {}).decode()
            row = (segment.get("id"), self._list_no, name, kind, options, created, updated)
            inserted = self._database.execute("INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            members = self._numbers(name, segment.get("members") or []) + self._tags.get(name, [])
            rows = ((inserted.lastrowid, number, updated) for number in members)
            self._database.executemany("INSERT OR IGNORE INTO segment_members VALUES (?, ?, ?)", rows)

    def _numbers(self, name: str, hashes: list[str]) -> list[int]:
        rows = self._database.execute(
            # CROSS JOIN: SQLite would else look through all hashes for each member.
            "SELECT m.no FROM json_each(?) AS h CROSS JOIN members AS m ON m.list_no = ? AND m.id = h.value",
            (orjson.dumps(hashes).decode(), self._list_no),
        )
        numbers = [number for (number,) in rows]
        if len(numbers) != len(hashes):
            raise ValueError(f"segment {name!r} names {len(hashes) - len(numbers)} members that its list does not have")
        return numbers
