"""The schema of an org, from describe results of real ones and our overlay (`include/sandbox/data/salesforce`)."""

import json
from collections.abc import Iterable, Iterator
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
from include.sandbox.salesforce.name_object import name_object
from include.sandbox.salesforce.schema import Child, Field, Schema, SObject

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


@cache
def load_schema(*, person_accounts: bool) -> Schema:
    """The schema of a person-account org or of a plain one."""
    overlay = json.loads((DATA / "overlay.json").read_text("utf-8"))
    account = PERSON_ACCOUNT if person_accounts else PLAIN_ACCOUNT
    described = [_from_file(name, overlay) for name in (account, *SHARED)]
    described += [object_describe(entry, _own_fields(entry, person_accounts)) for entry in overlay["objects"]]
    described.append(name_object(next(one for one in described if one["name"] == "User")))
    for one in described:
        _lay_over(one, overlay["fields"].get(one["name"], ()), person_accounts=person_accounts)
        one["recordTypeInfos"] = [
            *(record_type(one["name"], short) for short in overlay["recordTypes"].get(one["name"], ())),
            *one["recordTypeInfos"],
        ]
    if person_accounts:
        _add_twins(described)
    for one in described:
        one["fields"] = _alike(one["fields"])
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


def _alike(fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All fields with the keys of the first, a recorded one; what newer API versions have besides are flags."""
    keys = list(fields[0])
    return [{key: one.get(key, False) for key in keys} for one in fields]


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
        state_only=tuple(Field.of(one, names, computed) for one in described.pop("_state_only", ())),
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
