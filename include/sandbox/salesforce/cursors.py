"""The cursors of queries that are not read to their end, kept with the data so that they outlive a restart.

Their lifespan and number: https://developer.salesforce.com/docs/platform/salesforce-app-limits-cheatsheet/guide/salesforce-app-limits-platform-apicursors.html
"""

from array import array
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock

from include.sandbox.controls import Controls, Switch
from include.sandbox.salesforce.store import OrgStore
from include.sandbox.salesforce.values import stamp

SWITCHES = {
    "query_locator_seconds": Switch(
        2 * 24 * 3600, "how long the further pages of a query can be read, from its first page on"
    ),
    "open_query_locators": Switch(
        0, "most locators at a time, the oldest is let go; 0: no limit, as since version 56 (10 before)"
    ),
}
LOCATOR_PREFIX = "0r8"


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a query found.

    Attributes:
        soql: the query, for its outputs.
        tooling: whether it came by the Tooling API.
        rows: the row ids of the records in order.
        size: most records on a page.
    """

    soql: str
    tooling: bool
    rows: "array[int]"
    size: int


class Cursors:
    """Gives out locators and finds their cursors again; the latest one is held in memory."""

    def __init__(self, store: OrgStore, controls: Controls) -> None:
        self._store = store
        self._controls = controls
        self._latest: tuple[str, Cursor] | None = None
        self._lock = Lock()

    def keep(self, cursor: Cursor) -> str:
        """The locator of a new cursor."""
        name = self._store.new_id(LOCATOR_PREFIX)
        with self._store.database.writing() as connection:
            connection.execute("DELETE FROM _cursors WHERE opened < ?", (self._oldest(),))
            connection.execute(
                "INSERT INTO _cursors VALUES (?, ?, ?, ?, ?, ?)",
                (name, cursor.soql, cursor.tooling, cursor.rows.tobytes(), cursor.size, stamp(self._controls.now())),
            )
            most = int(self._controls.switches["open_query_locators"])
            if most:
                connection.execute(
                    "DELETE FROM _cursors WHERE name NOT IN (SELECT name FROM _cursors ORDER BY name DESC LIMIT ?)",
                    (most,),
                )
        with self._lock:
            self._latest = name, cursor
        return name

    def find(self, name: str) -> Cursor | None:
        """The cursor of a locator, by the age of its query, however lately it was read; None if it is gone."""
        with self._lock:
            latest = self._latest
        with self._store.database.reading() as connection:
            held = connection.execute(
                "SELECT soql, tooling, size FROM _cursors WHERE name = ? AND opened >= ?", (name, self._oldest())
            ).fetchone()
            if held is None:
                return None
            if latest and latest[0] == name:
                return latest[1]
            (rows,) = connection.execute("SELECT rows FROM _cursors WHERE name = ?", (name,)).fetchone()
        cursor = Cursor(held[0], bool(held[1]), array("q", bytes(rows)), held[2])
        with self._lock:
            self._latest = name, cursor
        return cursor

    def _oldest(self) -> str:
        return stamp(self._controls.now() - timedelta(seconds=float(self._controls.switches["query_locator_seconds"])))
