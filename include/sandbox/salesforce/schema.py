"""The org's objects and fields.

Taken from describe results of real orgs and the overlay of ours (`include/sandbox/data/salesforce`). Names are
looked up without regard to case, as Salesforce does.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from include.sandbox.salesforce.computed import expressions
from include.sandbox.salesforce.described import (
    completed_field,
    object_describe,
    record_type,
    system_fields,
    twin_of,
)

DATA = Path(__file__).parent.parent / "data" / "salesforce"
PERSON_ACCOUNT = "cumulusci_Account_PersonAccountOrg.describe.json"
PLAIN_ACCOUNT = "grouparoo_Account.describe.v42.json"
SHARED = (
    "grouparoo_Contact.describe.v42.json",
    "grouparoo_Lead.describe.v42.json",
    "grouparoo_Campaign.describe.v42.json",
    "netcoreforce_CampaignMember.derived.json",
    "netcoreforce_CampaignMemberStatus.derived.json",
)
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
    """One object with its fields, in the order of its describe."""

    describe: dict[str, Any]
    name: str
    prefix: str
    tooling: bool
    fields: dict[str, Field]
    _by_lower: dict[str, Field] = field(repr=False)
    _by_relationship: dict[str, Field] = field(repr=False)

    def find(self, name: str) -> Field | None:
        """The field of that name in any case."""
        return self._by_lower.get(name.lower())

    def relationship(self, name: str) -> Field | None:
        """The reference field whose relationship has that name in any case; only to objects that this org has."""
        return self._by_relationship.get(name.lower())

    def columns(self) -> list[Field]:
        """The fields that have a column."""
        return [one for one in self.fields.values() if one.stored and not one.expression]

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


@cache
def load_schema(*, person_accounts: bool) -> Schema:
    """The schema of a person-account org or of a plain one."""
    overlay = json.loads((DATA / "overlay.json").read_text("utf-8"))
    account = PERSON_ACCOUNT if person_accounts else PLAIN_ACCOUNT
    described = [_from_file(name, overlay) for name in (account, *SHARED)]
    described += [object_describe(entry, _own_fields(entry, person_accounts)) for entry in overlay["objects"]]
    for one in described:
        _lay_over(one, overlay["fields"].get(one["name"], ()), person_accounts=person_accounts)
        one["recordTypeInfos"] = [
            *(record_type(one["name"], short) for short in overlay["recordTypes"].get(one["name"], ())),
            *one["recordTypeInfos"],
        ]
    if person_accounts:
        _add_twins(described)
    return _schema(described, person_accounts=person_accounts)


def _from_file(name: str, overlay: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((DATA / name).read_text("utf-8"))
    if "keyPrefix" in content:
        return content
    entry = {"name": content["name"], "label": content["name"], "labelPlural": content["name"], "custom": False}
    entry["keyPrefix"] = overlay["keyPrefixes"][content["name"]]
    return object_describe(entry, [completed_field(one) for one in content["fields"]])


def _own_fields(entry: dict[str, Any], person_accounts: bool) -> list[dict[str, Any]]:
    wanted = (one for one in entry["fields"] if person_accounts or not one.get("personAccountsOnly"))
    return system_fields(entry, [completed_field(one) for one in wanted])


def _lay_over(described: dict[str, Any], extra: Iterable[dict[str, Any]], *, person_accounts: bool) -> None:
    fields = {one["name"]: one for one in described["fields"]}
    for one in extra:
        if person_accounts or not one.get("personAccountsOnly"):
            fields[one["name"]] = completed_field(one)
    described["fields"] = list(fields.values())


def _add_twins(described: list[dict[str, Any]]) -> None:
    """Gives Account the `__pc` twin of each custom Contact field, as an org does when the Contact field is made."""
    objects = {one["name"]: one for one in described}
    known = {one["name"] for one in objects["Account"]["fields"]}
    twins = (twin_of(one) for one in objects["Contact"]["fields"] if one["name"].endswith("__c"))
    objects["Account"]["fields"] += [twin for twin in twins if twin["name"] not in known]


def _schema(described: list[dict[str, Any]], *, person_accounts: bool) -> Schema:
    names = frozenset(one["name"] for one in described)
    objects = {one["name"]: _sobject(one, names) for one in described}
    return Schema(
        person_accounts=person_accounts,
        objects=objects,
        children={name: tuple(_children(name, described, names)) for name in names},
        _by_lower={name.lower(): one for name, one in objects.items()},
    )


def _sobject(described: dict[str, Any], names: frozenset[str]) -> SObject:
    computed = expressions(described["name"], [one["name"] for one in described["fields"]])
    fields = [Field.of(one, names, computed) for one in described["fields"]]
    return SObject(
        describe=described,
        name=described["name"],
        prefix=described["keyPrefix"],
        tooling=bool(described.pop("_tooling", False)),
        fields={one.name: one for one in fields},
        _by_lower={one.name.lower(): one for one in fields},
        _by_relationship={one.relationship.lower(): one for one in fields if one.relationship and one.reference_to},
    )


def _children(target: str, described: list[dict[str, Any]], names: frozenset[str]) -> Iterator[Child]:
    target_describe = next(one for one in described if one["name"] == target)
    cascading = {
        (child["childSObject"], child["field"])
        for child in target_describe["childRelationships"]
        if child["cascadeDelete"] and child["childSObject"] in names
    }
    for one in described:
        for reference in one["fields"]:
            if target in reference["referenceTo"] and reference["name"] != "MasterRecordId":
                cascade = reference["cascadeDelete"] or (one["name"], reference["name"]) in cascading
                yield Child(one["name"], reference["name"], cascade)
