"""Finds the field that a formula names, and reads such fields of many records at once."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from include.sandbox.salesforce.formulas.kinds import Kind, Value, kind_of, reading
from include.sandbox.salesforce.formulas.tree import FormulaRefusedError, Reference
from include.sandbox.salesforce.schema import Field, Schema, SObject
from include.sandbox.salesforce.tables import column_sql, quoted

MOST_PARENTS = 10
"""Levels of relationships in a formula (https://help.salesforce.com/s/articleView?id=sf.customize_cross_object.htm)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One relationship on the way to a field."""

    reference: Field
    target: SObject


@dataclass(frozen=True, slots=True)
class Path:
    """A field by way of parents.

    Attributes:
        steps: the relationships, from the record itself.
        owner: the object that has the field.
        kind: the field's type in formulas.
    """

    steps: tuple[Step, ...]
    owner: SObject
    field: Field
    kind: Kind

    @property
    def key(self) -> str:
        """The path in the schema's spelling: `Account.Industry`."""
        return ".".join([*(step.reference.relationship for step in self.steps), self.field.name])


def resolve(schema: Schema, sobject: SObject, reference: Reference) -> Path:
    """The field that a formula on an object names, in any case.

    Raises:
        FormulaRefusedError: there is no such field, or formulas cannot use it.
    """
    if reference.name.startswith("$"):
        raise FormulaRefusedError(f"{reference.name.split('.')[0]} is not served", reference.place)
    *parents, last = reference.name.split(".")
    if len(parents) > MOST_PARENTS:
        raise FormulaRefusedError(f"more than {MOST_PARENTS} relationships: {reference.name}", reference.place)
    steps: list[Step] = []
    owner = sobject
    for name in parents:
        step = _step(schema, owner, name, reference)
        steps.append(step)
        owner = step.target
    field = owner.find(last)
    if field is None:
        raise FormulaRefusedError(f"field {reference.name} does not exist", reference.place)
    kind = kind_of(field)
    if kind is None:
        raise FormulaRefusedError(f"field {reference.name} is of type {field.type}: not served", reference.place)
    return Path(tuple(steps), owner, field, kind)


def _step(schema: Schema, owner: SObject, name: str, reference: Reference) -> Step:
    relationship, _, kind = name.partition(":")
    found = owner.relationship(relationship)
    if found is None:
        raise FormulaRefusedError(f"field {reference.name} does not exist", reference.place)
    several = found.describe["referenceTo"]
    if len(several) == 1 and not kind:
        return Step(found, schema.objects[found.reference_to[0]])
    # Where a reference can point to several objects the formula says which (`Owner:User.Name`).
    target = schema.find(kind)
    if target is None or target.name not in found.reference_to:
        choices = " or ".join(f"{relationship}:{one}" for one in found.reference_to)
        message = f"field {reference.name} does not exist: {relationship} is of several objects ({choices})"
        raise FormulaRefusedError(message, reference.place)
    return Step(found, target)


class Reader:
    """Reads the same fields of records of one object.

    Args:
        sobject: whose records they are.
        paths: the fields.
    """

    def __init__(self, sobject: SObject, paths: Iterable[Path]) -> None:
        self._paths = list({path.key: path for path in paths}.values())
        joined = Joins("r")
        columns = [joined.column(path) for path in self._paths]
        self._conversions = [(path.key, reading(path.field)) for path in self._paths]
        self._sql = (
            f'SELECT r."Id"{"".join(f", {column}" for column in columns)}'
            f" FROM {quoted(sobject.name)} AS r{joined.sql()}"
            ' WHERE r."Id" IN (SELECT value FROM json_each(?))'
        )

    def read(self, connection: sqlite3.Connection, ids: Iterable[str]) -> dict[str, Mapping[str, Value]]:
        """The values by path of each record, by id."""
        rows = connection.execute(self._sql, (json.dumps(list(ids)),))
        return {
            record_id: {
                key: convert(stored) for (key, convert), stored in zip(self._conversions, stored_values, strict=True)
            }
            for record_id, *stored_values in rows
        }


class Joins:
    """The parents that paths lead to, as joins.

    Args:
        root: the SQL alias of the records themselves.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._aliases: dict[tuple[str, ...], str] = {}
        self._clauses: list[str] = []

    def column(self, path: Path) -> str:
        """The path's field in SQL."""
        alias = self._root
        for depth, step in enumerate(path.steps, start=1):
            key = tuple(f"{one.reference.name}:{one.target.name}" for one in path.steps[:depth])
            if key not in self._aliases:
                self._aliases[key] = joined = f"{self._root}_{len(self._aliases) + 1}"
                self._clauses.append(
                    f' LEFT JOIN {quoted(step.target.name)} AS {joined} ON {joined}."Id" ='
                    f" {alias}.{quoted(step.reference.name)}"
                )
            alias = self._aliases[key]
        return column_sql(path.field, alias)

    def sql(self) -> str:
        """The JOIN clauses; complete once all columns are asked for."""
        return "".join(self._clauses)
