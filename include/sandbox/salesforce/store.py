"""The org's data: where it is kept, how a world or a state gets in, and how it gets out."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

import orjson

from include.sandbox.json_stream import JsonStream
from include.sandbox.salesforce import setup_records
from include.sandbox.salesforce.database import Database
from include.sandbox.salesforce.ids import make_id, number_of, own_ids
from include.sandbox.salesforce.loading import Loader
from include.sandbox.salesforce.org_rules import RULE_OBJECTS, OrgRules
from include.sandbox.salesforce.org_schema import load_schema
from include.sandbox.salesforce.schema import Schema, SObject
from include.sandbox.salesforce.tables import OWN_TABLES, ddl, quoted
from include.sandbox.salesforce.values import stamp, to_json

Record = Mapping[str, object]
LINES_PER_CHUNK = 1000
BOOK_KEEPING = ("_cursors", "_jobs", "_job_uploads", "_job_rows", "_job_pages")
BOOK_KEEPING = ("_cursors", "_jobs", "_job_uploads", "_job_rows", "_job_pages")


class OrgStore:
    """The records of one org, in SQLite.

    Args:
        path: the file, which survives a restart; a temporary one if not given.
        person_accounts: whether the org has person accounts; an existing file must have been made with the same.

    Raises:
        ValueError: the file was made for the other kind of org.
    """

    def __init__(self, path: Path | None = None, *, person_accounts: bool = True) -> None:
        self.schema: Schema = load_schema(person_accounts=person_accounts)
        self.database = Database(path)
        with self.database.writing() as connection:
            for statement in [*OWN_TABLES.split(";"), *ddl(self.schema)]:
                connection.execute(statement)
        kind = "person accounts" if person_accounts else "plain"
        if self.remembered("kind", kind) != kind:
            raise ValueError(f"{path} holds an org of another kind ({self.remembered('kind', kind)}, not {kind})")
        self._set_up()
        with self.database.reading() as connection:
            self._rules = OrgRules.load(connection, self.schema)

    def rules(self) -> OrgRules:
        """What the org's administrators have ruled."""
        return self._rules

    def load(self, records: Iterable[tuple[str, Iterable[Record]]], *, now: datetime | None = None) -> dict[str, int]:
        """Loads records as they are, without the org's write rules, and tells how many per object.

        Args:
            records: object names, each with records under API field names; Id, dates and owner may be left out.
            now: the time stamp of records that bring none; the real time if not given.

        Raises:
            ValueError: an unknown object or field, a record that cannot be stored, or a rule that is wrong or uses
                what is not served; nothing was loaded.
        """
        with self.database.writing() as connection:
            counts = self._load(connection, records, stamp(now or datetime.now(UTC)))
            rules = OrgRules.load(connection, self.schema)
        self._rules = rules
        return counts

    def export(self) -> Iterator[bytes]:
        """The state as `{"Contact": [records], ...}`: every object with its records by Id, nulls included."""
        with self.database.reading() as connection:
            before = b"{"
            for sobject in self._exported():
                yield before + orjson.dumps(sobject.name) + b":["
                columns = sobject.columns()
                names = ", ".join(quoted(one.name) for one in columns)
                rows = connection.execute(f'SELECT {names} FROM {quoted(sobject.name)} ORDER BY "Id"')
                between = b"\n"
                while batch := rows.fetchmany(LINES_PER_CHUNK):
                    records = (
                        {one.name: to_json(one, value) for one, value in zip(columns, row, strict=True)}
                        for row in batch
                    )
                    yield between + b",\n".join(map(orjson.dumps, records))
                    between = b",\n"
                yield b"]"
                before = b",\n"
            yield b"}\n"

    def replace(self, state: BinaryIO) -> None:
        """Forgets all records, jobs and locators and loads a state in the shape of `export`; objects may be missing.

        Raises:
            ValueError: not such a state, or as for `load`; then nothing has changed.
        """
        stream = JsonStream(state)
        with self.database.writing() as connection:
            for name in [*BOOK_KEEPING, *(one.name for one in self._exported())]:
                connection.execute(f"DELETE FROM {quoted(name)}")
            self._load(connection, ((name, stream.values()) for name in stream.members()), stamp(datetime.now(UTC)))
            stream.end()
            rules = OrgRules.load(connection, self.schema)
            self.remember("planted", "{}")
        self._rules = rules

    def planted(self) -> dict[str, object]:
        """What bad records the seed planted."""
        planted: dict[str, object] = json.loads(self.remembered("planted", "{}") or "{}")
        return planted

    def plant(self, planted: Mapping[str, object]) -> None:
        """Keeps what bad records the seed planted, for `planted`."""
        self.remember("planted", json.dumps(planted))

    def remember(self, key: str, value: str) -> None:
        """Keeps a setting with the data."""
        with self.database.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO _meta VALUES (?, ?)", (key, value))

    def remembered(self, key: str, first: str) -> str:
        """A setting kept with the data; `first` is kept and given if there is none yet."""
        with self.database.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO _meta VALUES (?, ?)", (key, first))
            (value,) = connection.execute("SELECT value FROM _meta WHERE key = ?", (key,)).fetchone()
        return str(value)

    def new_id(self, prefix: str) -> str:
        """A new id under a key prefix."""
        with self.database.writing() as connection:
            (number,) = connection.execute(
                "INSERT INTO _ids VALUES (?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last", (prefix,)
            ).fetchone()
        return make_id(prefix, number)

    def _load(
        self, connection: sqlite3.Connection, records: Iterable[tuple[str, Iterable[Record]]], now: str
    ) -> dict[str, int]:
        counts: dict[str, int] = {}
        for name, rows in records:
            sobject = self.schema.objects.get(name)
            if sobject is None:
                raise ValueError(f"the org has no object {name!r}; it has: {', '.join(self.schema.objects)}")
            loader = Loader(connection, sobject, now, partial(self.new_id, sobject.prefix))
            counts[name] = counts.get(name, 0) + loader.load(rows)
            self._number_after(connection, sobject)
        self._link_person_contacts()
        return counts

    def _number_after(self, connection: sqlite3.Connection, sobject: SObject) -> None:
        """Let new ids start after those of an exported state that was loaded again."""
        (last,) = connection.execute(
            f'SELECT max("Id") FROM {quoted(sobject.name)} WHERE "Id" BETWEEN ? AND ?', own_ids(sobject.prefix)
        ).fetchone()
        if last is not None:
            connection.execute(
                "INSERT INTO _ids VALUES (?, ?) ON CONFLICT DO UPDATE SET last = max(last, excluded.last)",
                (sobject.prefix, number_of(last)),
            )

    def close(self) -> None:
        """Closes the file; without a path, the data is gone."""
        self.database.close()

    def _exported(self) -> list[SObject]:
        administered = (*RULE_OBJECTS, "PackageLicense")
        return [*self.schema.data_objects(), *(self.schema.objects[name] for name in administered)]

    def _set_up(self) -> None:
        with self.database.writing() as connection:
            (users,) = connection.execute('SELECT count(*) FROM "User"').fetchone()
            if not users:
                self.load(setup_records.setup_records(self.schema))

    def _link_person_contacts(self) -> None:
        if not self.schema.person_accounts:
            return
        with self.database.writing() as connection:
            connection.execute(
                'UPDATE "Account" SET "PersonContactId" = (SELECT "Id" FROM "Contact" WHERE "IsPersonAccount" = 1'
                ' AND "AccountId" = "Account"."Id") WHERE "IsPersonAccount" = 1 AND "PersonContactId" IS NULL'
            )
