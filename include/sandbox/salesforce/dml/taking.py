"""Takes in what was sent for a row: finds the fields, checks that they may be written, converts the values."""

import sqlite3
from collections import defaultdict
from dataclasses import dataclass

from include.sandbox.salesforce.dml.changes import Change, select_by
from include.sandbox.salesforce.errors import RowError, RowRefused, not_writable
from include.sandbox.salesforce.schema import Field, Schema, SObject
from include.sandbox.salesforce.values import coerce
from include.sandbox.salesforce.wordings import assumed

_IGNORED = frozenset({"attributes", "id"})


@dataclass(frozen=True, slots=True)
class _Lookup:
    """A reference given by another key of its target."""

    change: Change
    reference: Field
    value: str


class Taking:
    """Fills the values of changes to one object.

    Args:
        connection: for lookups.
        schema: of the org.
        sobject: whose records change.
        key: the field by which an upsert finds its records; it is not itself a change.
    """

    def __init__(
        self, connection: sqlite3.Connection, schema: Schema, sobject: SObject, key: Field | None = None
    ) -> None:
        self._connection = connection
        self._schema = schema
        self._sobject = sobject
        self._key = key
        self._lookups: dict[tuple[str, str], list[_Lookup]] = defaultdict(list)

    def take(self, changes: list[Change]) -> None:
        """Fills `values`; a row with something wrong in it is refused."""
        for change in changes:
            if not change.errors:
                try:
                    self._take(change)
                except RowRefused as refusal:
                    change.refused_by(refusal)
        for (target, key), lookups in self._lookups.items():
            self._look_up(self._schema.objects[target], key, lookups)

    def _take(self, change: Change) -> None:
        for name, value in change.sent.items():
            if name.lower() in _IGNORED:
                _refuse_id(change, name, value)
                continue
            field = self._sobject.find(name)
            if field is None:
                self._take_lookup(change, name, value)
                continue
            self._check_writable(change, field)
            change.values[field.name] = coerce(self._schema, field, value)

    def _check_writable(self, change: Change, field: Field) -> None:
        if (field.createable if change.new else field.updateable) or field is self._key:
            return
        message = not_writable(field.name)
        raise RowRefused(RowError("INVALID_FIELD_FOR_INSERT_UPDATE", message, (field.name,)))

    def _take_lookup(self, change: Change, name: str, value: object) -> None:
        reference = self._sobject.relationship(name)
        if reference is None:
            raise RowRefused(RowError.assumed(assumed("no_such_column", name=name, object=self._sobject.name)))
        self._check_writable(change, reference)
        if value is None:
            change.values[reference.name] = None
            return
        keys = {key: one for key, one in value.items() if key != "attributes"} if isinstance(value, dict) else {}
        target = self._schema.objects[reference.reference_to[0]]
        key = target.find(next(iter(keys))) if len(keys) == 1 else None
        if key is None or not key.lookup_key:
            raise RowRefused(RowError.assumed(assumed("no_such_reference", name=name), reference.name))
        found_by = str(keys[next(iter(keys))])
        self._lookups[target.name, key.name].append(_Lookup(change, reference, found_by))

    def _look_up(self, target: SObject, key_name: str, lookups: list[_Lookup]) -> None:
        key = target.fields[key_name]
        wanted = {lookup.value for lookup in lookups}
        ids: dict[str, list[str]] = defaultdict(list)
        for value, record_id, deleted in select_by(
            self._connection, target, key, wanted, (key_name, "Id", "IsDeleted")
        ):
            if not deleted:
                ids[str(value).casefold()].append(str(record_id))
        for lookup in lookups:
            found = ids[lookup.value.casefold()]
            if len(found) == 1:
                lookup.change.values[lookup.reference.name] = found[0]
            else:
                said = assumed("nothing_referenced", value=lookup.value, field=key_name, object=target.name)
                lookup.change.refuse_as(said)


def _refuse_id(change: Change, name: str, value: object) -> None:
    if change.new and name.lower() == "id" and value:
        raise RowRefused(RowError.assumed(assumed("id_inserted"), "Id"))
