"""The account: its database, and the whole of it in and out."""

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from include.sandbox.mailchimp.database import Database
from include.sandbox.mailchimp.state_export import export
from include.sandbox.mailchimp.state_load import Entries, StateLoader, entries_of_mapping, entries_of_stream


class AccountStore:
    """One Mailchimp account.

    Args:
        path: the SQLite file in which it survives a restart; None: a temporary one.
    """

    def __init__(self, path: Path | None) -> None:
        self.database = Database(path)

    @property
    def empty(self) -> bool:
        """Whether nothing has ever been loaded."""
        return self.database.execute("SELECT 1 FROM meta").fetchone() is None

    def load(self, state: Mapping[str, Any], planted: Mapping[str, object]) -> None:
        """Replaces everything by a made-up world.

        Args:
            state: in the shape of `export`; `members` and `events` may be any iterable.
            planted: what bad records are in it.

        Raises:
            ValueError: a record that an account cannot have; nothing has changed then.
        """
        self._replace(entries_of_mapping(state), planted)

    def export(self) -> Iterator[bytes]:
        """The whole state as JSON, in chunks."""
        return export(self.database)

    def replace(self, state: BinaryIO) -> None:
        """Replaces everything by a state in the shape of `export`.

        Raises:
            ValueError: not JSON, or a record that an account cannot have; nothing has changed then.
        """
        self._replace(entries_of_stream(state), {})

    def planted(self) -> dict[str, object]:
        """What bad records the made-up world planted; empty after `replace`."""
        row = self.database.execute("SELECT value FROM meta WHERE key = 'planted'").fetchone()
        planted: dict[str, object] = orjson.loads(row[0]) if row else {}
        return planted

    def close(self) -> None:
        """Closes the database."""
        self.database.close()

    def _replace(self, entries: Entries, planted: Mapping[str, object]) -> None:
        with self.database.transaction():
            self.database.clear()
            loader = StateLoader(self.database)
            try:
                loader.load(entries)
            except sqlite3.IntegrityError as error:
                raise ValueError(f"{loader.at}: given twice, or without a value it needs ({error})") from error
            except KeyError as error:
                raise ValueError(f"{loader.at}: the key {error} is missing") from error
            except ValueError as error:
                raise ValueError(f"{loader.at}: {error}") from error
            self.database.execute("INSERT INTO meta VALUES ('planted', ?)", (orjson.dumps(planted).decode(),))
