"""Connections to the org's SQLite file: one that writes, a few that read beside it."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import RLock

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # A killed process loses nothing with this setting; only a crash of the machine could.
    "PRAGMA synchronous = OFF",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -65536",
)


class Database:
    """An SQLite file in write-ahead mode: readers see the last committed state and are not held up by the writer.

    Args:
        path: the file; a temporary one if not given.
    """

    def __init__(self, path: Path | None) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="sandbox-org-") if path is None else None
        self._path = path or Path(self._temporary.name) / "org.sqlite"  # type: ignore[union-attr]  # one of both is set
        self._readers: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        self._writer = self._connect()
        self._lock = RLock()
        self.closed = False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state throughout."""
        try:
            connection = self._readers.get_nowait()
        except Empty:
            connection = self._connect()
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.rollback()
            self._readers.put(connection)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The writing connection in a transaction, committed at the end and rolled back on an error.

        Nested in the same thread it joins the outer transaction.
        """
        with self._lock:
            if self._writer.in_transaction:
                yield self._writer
                return
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.rollback()
                raise
            self._writer.commit()

    def close(self) -> None:
        """Closes what is not in use and removes a temporary file."""
        self.closed = True
        self._writer.close()
        while not self._readers.empty():
            self._readers.get_nowait().close()
        if self._temporary:
            self._temporary.cleanup()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None, timeout=60)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        connection.create_function("folded", 1, _folded, deterministic=True)
        return connection


def _folded(text: object) -> str | None:
    return None if text is None else str(text).casefold()
