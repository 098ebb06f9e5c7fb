"""Takes records as they are into the tables, fast and without the org's write rules.

This is how a made-up world or a put state gets in. Records have API field names; what the org would set itself
(Id, dates, owner) may be given or is made up.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from include.sandbox.salesforce.schema import Field, SObject
from include.sandbox.salesforce.tables import is_computed, quoted
from include.sandbox.salesforce.values import Stored, instant

ROWS_PER_STATEMENT = 2000
Columns = tuple[str, ...]
Convert = Callable[[object], Stored]


@dataclass(slots=True)
class Loader:
    """Loads the records of one object.

    Args:
        connection: in a write transaction.
        sobject: whose records they are.
        now: the time stamp of records that bring none.
        next_id: makes an id for records that bring none.
    """

    connection: sqlite3.Connection
    sobject: SObject
    now: str
    next_id: Callable[[], str]
    _columns: dict[Columns, list[tuple[str, str, Convert | None]]] = field(default_factory=dict)
    _waiting: dict[Columns, list[list[Stored]]] = field(default_factory=lambda: defaultdict(list))

    def load(self, records: Iterable[Mapping[str, Any]]) -> int:
        """Loads all records and tells how many.

        Raises:
            ValueError: an unknown field, a value of a wrong form, or an id that is there already.
        """
        count = 0
        for record in records:
            row = self._completed(record)
            keys = tuple(row)
            plan = self._columns.get(keys) or self._plan(keys)
            waiting = self._waiting[keys]
            waiting.append([convert(row[name]) if convert else row[name] for name, _, convert in plan])
            count += 1
            if len(waiting) == ROWS_PER_STATEMENT:
                self._insert(keys)
        for keys in list(self._waiting):
            self._insert(keys)
        return count

    def _completed(self, record: Mapping[str, Any]) -> dict[str, Any]:
        row = {key: value for key, value in record.items() if value is not None}
        if "Id" not in row:
            row["Id"] = self.next_id()
        created = row.setdefault("CreatedDate", self.now)
        modified = row.setdefault("LastModifiedDate", created)
        row.setdefault("SystemModstamp", modified)
        if row.get("IsPersonAccount") and self.sobject.name == "Account":
            row.setdefault("Name", f"{row.get('FirstName') or ''} {row['LastName']}".strip())
        elif self.sobject.name.endswith("__c"):
            row.setdefault("Name", row["Id"])
        return row

    def _plan(self, keys: Columns) -> list[tuple[str, str, Convert | None]]:
        plan: list[tuple[str, str, Convert | None]] = []
        for key in keys:
            found = self.sobject.in_state(key)
            if found is None and key != "attributes":
                raise ValueError(f"{self.sobject.name} has no field {key!r}")
            if found and found.stored and not is_computed(self.sobject, found):
                plan.append((key, quoted(found.name), _conversion(found)))
        self._columns[keys] = plan
        return plan

    def _insert(self, keys: Columns) -> None:
        rows = self._waiting.pop(keys)
        names = [column for _, column, _ in self._columns[keys]]
        places = ", ".join("?" * len(names))
        sql = f"INSERT INTO {quoted(self.sobject.name)} ({', '.join(names)}) VALUES ({places})"
        try:
            self.connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise ValueError(f"{self.sobject.name}: a record cannot be loaded: {error}") from error


def _conversion(field: Field) -> Convert | None:
    if field.type == "datetime":
        return _instant
    if field.type == "boolean":
        return lambda value: int(bool(value))
    if field.type == "complexvalue":
        return lambda value: value if isinstance(value, str) else json.dumps(value)
    return None


def _instant(value: object) -> str:
    text = str(value)
    # The two forms in which most come, without parsing a million of them.
    if text.endswith(".000Z"):
        return text
    if text.endswith(".000+0000"):
        return text[:-5] + "Z"
    return instant(text)
