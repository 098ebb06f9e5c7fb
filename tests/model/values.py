"""What Mailchimp should store for a person, and what of it may not be written (R17, R18, detail 11)."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.model.conditions import day

Record = dict[str, Any]
LABELS = {"Customer_Tier__c": {"gold": "Gold", "silver": "Silver", "bronze": "Bronze"}}
"""Of picklists whose labels differ from their values (the org's overlay)."""
MULTI_SELECT = {"Interests__c"}
STATE_FILLER = "-"
TEXT_BYTES = 255


def values_of(person: Record, fields: Record, written: Record) -> Record:
    """Merge tag to value, of those that are filled: a default that a sync has `written` to a Lead counts as never."""
    found = {}
    for tag, mapping in fields.items():
        path = mapping.get(person["object"].lower())
        value = None if path is None else _value(person, path)
        if value not in (None, "", {}) and value != written.get(path, ""):
            found[tag] = value
    return found


def chosen(person: Record, path: str | None) -> list[str]:
    """The values of a multi-select field, in the order of the picklist."""
    value = person.get(path) if path else None
    return [each.strip() for each in value.split(";") if each.strip()] if value else []


def unfit(values: Record, merge_fields: Record) -> set[str]:
    """Tags whose value Mailchimp would not take: left out, the record goes on."""
    return {tag for tag, value in values.items() if not _fits(value, merge_fields[tag])}


def broken_gates(person: Record, rules: list[Record], today: date) -> set[str]:
    """What the configured rules hold a person back from: `add`, `update`, `create_lead`."""
    gates: set[str] = set()
    for rule in rules:
        if rule["object"] == person["object"] and not _obeys(person, rule, today):
            gates.update(rule["gates"])
    return gates


def _value(person: Record, path: str) -> Any:
    if path.endswith("Address"):
        return _address(person, path.removesuffix("Address"))
    value = person.get(path)
    if isinstance(value, bool):
        return str(value).lower()
    if path in MULTI_SELECT and value:
        return ", ".join(value.split(";"))
    return LABELS.get(path, {}).get(value, value.strip()) if isinstance(value, str) else value


def _address(person: Record, prefix: str) -> Record | None:
    street, city, state, zip_code, country = (
        (person.get(prefix + part) or "").strip() for part in ("Street", "City", "State", "PostalCode", "Country")
    )
    if not any((street, city, state, zip_code, country)):
        return None
    first, *rest = [line.strip() for line in street.splitlines() if line.strip()] or [""]
    parts = {"addr1": first, "addr2": ", ".join(rest), "city": city, "state": state or STATE_FILLER, "zip": zip_code}
    return {part: text for part, text in (parts | {"country": country}).items() if text}


def _fits(value: Any, merge_field: Record) -> bool:
    match merge_field["type"]:
        case "address":
            return {"addr1", "city", "zip"} <= set(value)
        case "dropdown" | "radio":
            return value in merge_field["options"]["choices"]
        case "text":
            return len(value.encode()) <= TEXT_BYTES
    return True


def _obeys(person: Record, rule: Record, today: date) -> bool:
    if "require" in rule:
        return bool(person.get(rule["require"]))
    first, last = (day(bound, today) for bound in rule["between"])
    value = person.get(rule["field"])
    return value is None or first <= date.fromisoformat(value) <= last
