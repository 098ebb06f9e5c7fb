"""Finds out which column of which table a field path in a query means, joining parents where the path goes there."""

from dataclasses import dataclass

from include.sandbox.salesforce.errors import ApiError
from include.sandbox.salesforce.name_object import NAME
from include.sandbox.salesforce.schema import Field, Schema, SObject
from include.sandbox.salesforce.soql.tree import Path, Place
from include.sandbox.salesforce.tables import column_sql, quoted
from include.sandbox.salesforce.wordings import assumed

MOST_PARENTS = 5
_HINT = "Please reference your WSDL or the describe call for the appropriate names."


@dataclass(frozen=True, slots=True)
class Column:
    """A field as the query reaches it.

    Attributes:
        table: the SQL alias of the table it is in.
        sobject: the object it belongs to.
        parents: the parents on the way there.
    """

    table: str
    sobject: SObject
    field: Field
    parents: "tuple[Parent, ...]"

    @property
    def sql(self) -> str:
        """The column in SQL."""
        return column_sql(self.field, self.table)


@dataclass(frozen=True, slots=True)
class Parent:
    """A parent that a query reaches.

    Attributes:
        name: the relationship, in the schema's spelling.
        reference: the field that points to the parent.
        table: the SQL alias of the joined table.
        sobject: the parent's object.
        join: its JOIN clause.
    """

    name: str
    reference: str
    table: str
    sobject: SObject
    join: str


class Scope:
    """The names of one query.

    Args:
        schema: of the org.
        name: the object after FROM.
        alias: its alias, empty if none.
        place: where the object's name stands.
        depth: 0 for the query itself, 1 for a query within it.

    Raises:
        ApiError: INVALID_TYPE.
    """

    def __init__(self, schema: Schema, name: str, alias: str, place: Place, depth: int = 0) -> None:
        found = schema.find(name)
        if found is None or not found.describe["queryable"]:
            raise place.refused(
                "INVALID_TYPE",
                f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to "
                f"append the '__c' after the entity name. {_HINT}",
            )
        self.schema = schema
        self.depth = depth
        self.root = found
        self.table = f"q{depth}"
        self._own_names = {alias.lower(), found.name.lower()} - {""}
        self._parents: dict[tuple[str, ...], Parent] = {}

    def column(self, path: Path) -> Column:
        """The column of a path.

        Raises:
            ApiError: INVALID_FIELD: no such field or relationship, or more than five parents.
        """
        names = path.names
        if len(names) > 1 and names[0].lower() in self._own_names and not self.root.relationship(names[0]):
            names = names[1:]
        *parents, last = names
        if len(parents) > MOST_PARENTS:
            raise path.place.refused_as(assumed("parent_levels", most=MOST_PARENTS, field=path))
        table, sobject = self.table, self.root
        steps: list[Parent] = []
        for depth, name in enumerate(parents, start=1):
            key = tuple(one.lower() for one in parents[:depth])
            if key not in self._parents:
                self._parents[key] = self._parent(table, sobject, name, path)
            step = self._parents[key]
            steps.append(step)
            table, sobject = step.table, step.sobject
        field = sobject.find(last)
        if field is None:
            raise no_such_column(path, last, sobject)
        return Column(table, sobject, field, tuple(steps))

    def from_clause(self) -> str:
        """The FROM clause; complete once all columns are found."""
        joins = "".join(parent.join for parent in self._parents.values())
        return f"{quoted(self.root.name)} AS {self.table}{joins}"

    def _parent(self, table: str, sobject: SObject, name: str, path: Path) -> Parent:
        reference = sobject.relationship(name)
        if reference is None:
            message = (
                f"Didn't understand relationship '{name}' in field path. If you are attempting to use a custom "
                f"relationship, be sure to append the '__r' after the custom relationship name. {_HINT}"
            )
            raise path.place.refused("INVALID_FIELD", message)
        target = self.schema.objects[reference.reference_to[0]]
        alias = f"{self.table}_{len(self._parents) + 1}"
        join = f' LEFT JOIN {quoted(target.name)} AS {alias} ON {alias}."Id" = {table}.{quoted(reference.name)}'
        shown = target if len(reference.describe["referenceTo"]) == 1 else self.schema.objects[NAME]
        return Parent(reference.relationship, reference.name, alias, shown, join)


def no_such_column(path: Path, name: str, sobject: SObject) -> ApiError:
    """The vendor's words for an unknown field (forcedotcom/soql-tooling issue 86)."""
    return path.place.refused(
        "INVALID_FIELD",
        f"No such column '{name}' on entity '{sobject.name}'. If you are attempting to use a custom field, be sure to "
        f"append the '__c' after the custom field name. {_HINT}",
    )
