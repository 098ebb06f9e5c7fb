"""Where the values of a member go in Salesforce (X03): fields of the record that a person is written through.

A person account is read as its Contact and written through its Account (`person_accounts.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from include.config.mapping import address_paths
from include.config.models import EMAIL_OPT_OUT
from include.config.person_accounts import account_field, has_person_accounts
from include.schema import PERSON_OBJECTS

if TYPE_CHECKING:
    from include.config.models import Audience, FieldMapping
    from include.config.sources import Way
    from include.schema import PersonObject, SalesforceField, SalesforceSchema

WrittenObject = Literal["Contact", "Lead", "Account"]


@dataclass(frozen=True, slots=True)
class Target:
    """The fields of one object that a merge field is written to: one, or the five parts of an address.

    Attributes:
        read: their names on Contact or Lead, as which the person is read.
        fields: the fields that are written, in the same order.
    """

    read: tuple[str, ...]
    fields: tuple[SalesforceField, ...]

    @property
    def required(self) -> bool:
        """Whether Salesforce refuses a blank."""
        return any(not field.nillable for field in self.fields)


def write_targets(salesforce: SalesforceSchema, mapping: FieldMapping) -> dict[WrittenObject, Target]:
    """Where a merge field is written, by the object that is written; none where a field of it can't be."""
    found: dict[WrittenObject, Target] = {}
    for object_name in PERSON_OBJECTS:
        for written in _written_objects(salesforce, object_name):
            names = _leaves(mapping, object_name)
            fields = [_field(salesforce, written, name) for name in names]
            if fields and all(field is not None and field.updateable for field in fields):
                found[written] = Target(names, tuple(field for field in fields if field is not None))
    return found


def write_back_problems(audience: Audience, salesforce: SalesforceSchema) -> Iterator[tuple[Way, str]]:
    """Fields whose conflict policy writes to Salesforce, and that can't be written; unknown ones are told elsewhere."""
    taken: dict[tuple[str, str], str] = {}
    for tag, mapping in audience.fields.items():
        conflict = audience.conflict(mapping)
        if conflict == "salesforce":
            continue
        way: Way = ("audiences", audience.stem, "fields", tag, *(["conflict"] if mapping.conflict else []))
        for object_name in PERSON_OBJECTS:
            whys = _obstacles(audience, salesforce, mapping, object_name)
            for name in _leaves(mapping, object_name):
                other = taken.setdefault((object_name, name), tag)
                whys += [f"{object_name}.{name} is written by {other} already"] if other != tag else []
            for why in whys:
                message = f"`{conflict}` writes values from Mailchimp to Salesforce, but {why}"
                yield way, f"{message}; write `conflict: salesforce` for {tag}"


def _written_objects(salesforce: SalesforceSchema, object_name: PersonObject) -> tuple[WrittenObject, ...]:
    with_accounts = object_name == "Contact" and has_person_accounts(salesforce)
    return ("Contact", "Account") if with_accounts else (object_name,)


def _leaves(mapping: FieldMapping, object_name: PersonObject) -> tuple[str, ...]:
    path = mapping.source(object_name)
    return () if path is None else tuple(address_paths(path, mapping.country) or (path,))


def _field(salesforce: SalesforceSchema, written: WrittenObject, name: str) -> SalesforceField | None:
    if "." in name:
        return None
    return account_field(salesforce, name) if written == "Account" else salesforce.field(written, name)


def _obstacles(
    audience: Audience, salesforce: SalesforceSchema, mapping: FieldMapping, object_name: PersonObject
) -> list[str]:
    """Why a field can't be written; the first reason of each part."""
    whys = []
    for name in _leaves(mapping, object_name):
        shown = f"{object_name}.{name}"
        if salesforce.field(object_name, name) is None:
            continue
        if "." in name:
            whys.append(f"{shown} is a field of a related record")
        elif name in _own_to_salesforce(audience, object_name):
            whys.append(f"{shown} says who the person is, or what the person agreed to: that is Salesforce's to say")
        else:
            whys += _unwritable(salesforce, object_name, name)
    return whys


def _own_to_salesforce(audience: Audience, object_name: PersonObject) -> set[str | None]:
    consent = None if audience.consent == "none" else audience.consent.field(object_name)
    return {"Email", "MC_Key__c", EMAIL_OPT_OUT, audience.opt_out_field(object_name), consent}


def _unwritable(salesforce: SalesforceSchema, object_name: PersonObject, name: str) -> Iterator[str]:
    for written in _written_objects(salesforce, object_name):
        field = _field(salesforce, written, name)
        if field is None:
            yield f"the org has person accounts, and Account has no field that writes their {name}, or hides it"
        elif not field.updateable:
            yield f"{written}.{field.name} can't be changed by the Salesforce user"
