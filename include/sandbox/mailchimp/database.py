"""The SQLite database behind one account."""

import sqlite3
from array import array
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).with_name("schema.sql")
CACHE_KIB = 400_000
REMEMBERED_SELECTIONS = 8


class Database:
    """A connection with transactions, and with the row numbers of recent selections kept for paging.

    Args:
        path: the database file, made if it does not exist; None: a temporary one that spills to disk when it is large.
    """

    def __init__(self, path: Path | None) -> None:
        # An empty name is SQLite's private temporary database: in memory up to the cache's size.
        self._connection = sqlite3.connect(str(path or ""), isolation_level=None, check_same_thread=False)
        self.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self.execute("PRAGMA journal_mode = WAL" if path else "PRAGMA journal_mode = MEMORY")
        self.execute("PRAGMA synchronous = OFF")  # survives the end of the process, which is what is promised
        self._selections: OrderedDict[tuple[Any, ...], array[int]] = OrderedDict()
        self._selected_at = -1
        if not self.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            self._connection.executescript(SCHEMA.read_text(encoding="utf-8"))

    def execute(self, sql: str, parameters: tuple[Any, ...] | dict[str, Any] = ()) -> sqlite3.Cursor:
        """One statement with bound values."""
        return self._connection.execute(sql, parameters)

    def executemany(self, sql: str, rows: Iterator[tuple[Any, ...]]) -> None:
        """One statement for many rows."""
        self._connection.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens, or nothing; an inner transaction is part of the outer one."""
        if self._connection.in_transaction:
            yield
            return
        self.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    def clear(self) -> None:
        """Empties every table."""
        tables = self.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            self.execute(f"DELETE FROM {table}")

    def selection(self, sql: str, parameters: tuple[Any, ...]) -> "array[int]":
        """The row numbers a query selects, in its order; kept until the next write, so that deep pages stay cheap."""
        changes = self._connection.total_changes
        if changes != self._selected_at:
            self._selections.clear()
            self._selected_at = changes
        key = (sql, *parameters)
        if key not in self._selections:
            self._selections[key] = array("q", (no for (no,) in self.execute(sql, parameters)))
            if len(self._selections) > REMEMBERED_SELECTIONS:
                self._selections.popitem(last=False)
        return self._selections[key]

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()
