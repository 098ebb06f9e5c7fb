"""The rows of one save: what was sent, what will be stored, what came of it."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from include.sandbox.controls import SwitchValue
from include.sandbox.salesforce.errors import RowError, RowRefused
from include.sandbox.salesforce.schema import Field, SObject
from include.sandbox.salesforce.tables import quoted
from include.sandbox.salesforce.values import Stored
from include.sandbox.salesforce.wordings import Said

Sent = Mapping[str, object]


@dataclass(slots=True)
class Change:
    """One row on its way into the database.

    Attributes:
        sent: API field names to values as they came; a lookup by another key is `{"Audience__r": {"List_Id__c": ..}}`.
        record_id: of the record to change; given to a new one before it is written.
        new: whether the record is to be made.
        values: what will be stored.
        before: columns of the record as it is, for an update.
        errors: why the row is refused; empty while it is not.
    """

    sent: Sent
    record_id: str = ""
    new: bool = True
    values: dict[str, Stored] = field(default_factory=dict)
    before: dict[str, Stored] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)

    def refuse(self, code: str, message: str, *fields: str) -> None:
        """Refuses the row, unless it is refused already."""
        self.refuse_for(RowError(code, message, fields))

    def refuse_as(self, said: Said, *fields: str) -> None:
        """Refuses the row with words that are an assumption, unless it is refused already."""
        self.refuse_for(RowError.assumed(said, *fields))

    def refused_by(self, refusal: RowRefused) -> None:
        """Refuses the row with an error that a rule raised."""
        self.refuse_for(refusal.error)

    def refuse_for(self, error: RowError) -> None:
        """Refuses the row with an error, unless it is refused already."""
        if not self.errors:
            self.errors.append(error)

    def outcome(self) -> "Saved":
        """What came of the row; a record that was not made has no id."""
        made_up = self.new and self.errors
        return Saved("" if made_up else self.record_id, self.new, tuple(self.errors))


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of one row."""

    record_id: str
    created: bool
    errors: tuple[RowError, ...] = ()

    @property
    def error(self) -> RowError | None:
        """The first reason of a refusal."""
        return self.errors[0] if self.errors else None

    def told(self, switches: Mapping[str, SwitchValue]) -> "Saved":
        """With its errors worded as the switches have them."""
        return replace(self, errors=tuple(one.told(switches) for one in self.errors)) if self.errors else self

    def json(self) -> dict[str, object]:
        """As a save result (recording `salesforce__export-account__export-records-additive`)."""
        if self.errors:
            return {"success": False, "errors": [one.json() for one in self.errors]}
        return {"id": self.record_id, "success": True, "errors": []}


def standing(changes: Iterable[Change]) -> list[Change]:
    """Those that are not refused."""
    return [change for change in changes if not change.errors]


def select_by(
    connection: sqlite3.Connection, sobject: SObject, field: Field, values: Iterable[Stored], columns: Iterable[str]
) -> list[tuple[Stored, ...]]:
    """Columns of the records whose field has one of the values, deleted ones included."""
    names = ", ".join(map(quoted, columns))
    sql = (
        f"SELECT {names} FROM {quoted(sobject.name)} WHERE {quoted(field.name)} IN (SELECT value FROM json_each(?))"
        f" AND {quoted(field.name)} IS NOT NULL"
    )
    return connection.execute(sql, (json.dumps(list(values)),)).fetchall()
