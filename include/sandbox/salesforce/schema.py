"""The org's objects and fields; names are looked up without regard to case, as Salesforce does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

NUMBER_TYPES = frozenset({"int", "double", "currency", "percent"})


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field.

    Attributes:
        describe: the field as the describe call shows it.
        type: `string`, `picklist`, `boolean`, `address`, ...
        reference_to: the objects a reference can point to; only those that this org has.
        compound: the address field that this one is a part of; empty if none.
        expression: SQL that computes its value whenever it is read, `{table}` for its record; empty: it has a column.
    """

    describe: dict[str, Any]
    name: str
    label: str
    type: str
    length: int
    precision: int
    scale: int
    nillable: bool
    createable: bool
    updateable: bool
    defaulted: bool
    unique: bool
    external_id: bool
    restricted: bool
    reference_to: tuple[str, ...]
    relationship: str
    compound: str
    values: tuple[str, ...]
    expression: str

    @classmethod
    def of(cls, describe: dict[str, Any], objects: frozenset[str], expressions: Mapping[str, str]) -> "Field":
        """The field of a describe result; `expressions` computes those fields of its object that have no column."""
        return cls(
            describe=describe,
            name=describe["name"],
            label=describe["label"],
            type=describe["type"],
            length=describe["length"],
            precision=describe["precision"],
            scale=describe["scale"],
            nillable=describe["nillable"],
            createable=describe["createable"],
            updateable=describe["updateable"],
            defaulted=describe["defaultedOnCreate"],
            unique=describe["unique"],
            external_id=describe["externalId"],
            restricted=describe["restrictedPicklist"],
            reference_to=tuple(name for name in describe["referenceTo"] if name in objects),
            relationship=describe["relationshipName"] or "",
            compound=describe["compoundFieldName"] or "",
            values=tuple(entry["value"] for entry in describe["picklistValues"] if entry["active"]),
            expression=expressions.get(describe["name"], ""),
        )

    @property
    def stored(self) -> bool:
        """Whether the field has a value of its own; an address is put together from its parts."""
        return self.type != "address"

    @property
    def required(self) -> bool:
        """Whether an insert without it is refused."""
        return self.createable and not self.nillable and not self.defaulted

    @property
    def lookup_key(self) -> bool:
        """Whether a record can be found by it in upserts and lookups."""
        return self.external_id or self.name == "Id" or bool(self.describe["idLookup"])


@dataclass(frozen=True, slots=True, eq=False)
class SObject:
    """One object with its fields, in the order of its describe.

    Attributes:
        state_only: columns that the state shows and the API does not.
    """

    describe: dict[str, Any]
    name: str
    prefix: str
    tooling: bool
    fields: dict[str, Field]
    state_only: tuple[Field, ...]
    _by_lower: dict[str, Field] = field(repr=False)
    _by_relationship: dict[str, Field] = field(repr=False)

    def find(self, name: str) -> Field | None:
        """The field of that name in any case."""
        return self._by_lower.get(name.lower())

    def in_state(self, name: str) -> Field | None:
        """The field or the column of the state of that name."""
        return self.find(name) or next((one for one in self.state_only if one.name == name), None)

    def relationship(self, name: str) -> Field | None:
        """The reference field whose relationship has that name in any case; only to objects that this org has."""
        return self._by_relationship.get(name.lower())

    def columns(self) -> list[Field]:
        """What has a column."""
        return [*(one for one in self.fields.values() if one.stored and not one.expression), *self.state_only]

    def parts(self, compound: str) -> dict[str, Field]:
        """The parts of an address: `street`, `city`, ... to their fields."""
        stem = compound.removesuffix("Address")
        found = (one for one in self.fields.values() if one.compound == compound and one.stored)
        return {part[0].lower() + part[1:]: one for one in found if (part := one.name.removeprefix(stem))}


@dataclass(frozen=True, slots=True)
class Child:
    """A reference seen from its target: what happens to `object.field` when the target is deleted."""

    object: str
    field: str
    cascade: bool


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """All objects of one org."""

    person_accounts: bool
    objects: dict[str, SObject]
    children: dict[str, tuple[Child, ...]]
    _by_lower: dict[str, SObject] = field(repr=False)

    def find(self, name: str) -> SObject | None:
        """The object of that name in any case."""
        return self._by_lower.get(name.lower())

    def by_prefix(self, record_id: str) -> SObject | None:
        """The object a record id belongs to."""
        return next((one for one in self.objects.values() if one.prefix == record_id[:3]), None)

    def data_objects(self) -> Iterator[SObject]:
        """The objects that hold the org's data, not its set-up."""
        return (one for one in self.objects.values() if one.describe["createable"])
