"""The inverse mapping: Salesforce's fields from a member's merge fields (detail 6, X03)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from include.config.check_leads import SET_BY_US, lead_targets
from include.config.mapping import kind_of
from include.transform import sql
from include.transform.canonical import MULTIPICKLIST_SEPARATOR, from_mailchimp, number

if TYPE_CHECKING:
    from include.config.models import FieldMapping
    from include.schema import MergeField, SalesforceField
    from include.transform.inputs import Inputs

STORED = "stored"
"""Name of the struct column (`canonical.stored_values`) that the expressions read."""


def lead_values(inputs: Inputs) -> dict[str, list[str]]:
    """SQL per Lead field that the mapping can fill, over a struct column `stored`; the first that is not null counts.

    Related fields and fields that can't be created are left out. A value that the field could not hold (a label that
    is no picklist entry, a date that is none) is null.
    """
    targets = lead_targets(inputs.audience)
    values: dict[str, list[str]] = {}
    for merge_field, mapping in inputs.mapped:
        stored = from_mailchimp(f"{STORED}.{sql.name(merge_field.tag)}", merge_field)
        names = targets.get(merge_field.tag, ())
        expressions = parts_of(stored, merge_field, mapping)
        for lead_field, expression in zip(names, expressions, strict=bool(names)):
            field = inputs.org.field("Lead", lead_field)
            if field is not None and field.createable and lead_field not in SET_BY_US:
                written = as_salesforce(expression, field, shown_by(merge_field, mapping))
                values.setdefault(lead_field, []).append(written)
    return values


def parts_of(canonical: str, merge_field: MergeField, mapping: FieldMapping) -> tuple[str, ...]:
    """SQL: what of a canonical value goes into each of the fields that hold it: an address in its five parts."""
    return _address(canonical, mapping) if merge_field.type == "address" else (canonical,)


def shown_by(merge_field: MergeField, mapping: FieldMapping) -> Literal["label", "value"]:
    """How a picklist's entries are written in Mailchimp: those of an address, such as country codes, by their value."""
    return "value" if merge_field.type == "address" else mapping.picklist


def _address(canonical: str, mapping: FieldMapping) -> tuple[str, ...]:
    """Street, city, state, postal code and country, from the canonical JSON text."""

    def part(key: str) -> str:
        return f"nullif(json_extract_string({canonical}, '$.{key}'), '')"

    street = f"nullif(concat_ws(chr(10), {part('addr1')}, {part('addr2')}), '')"
    state = f"nullif({part('state')}, {sql.text(mapping.state_filler)})"
    return street, part("city"), state, part("zip"), part("country")


def as_salesforce(canonical: str, field: SalesforceField, shown: Literal["label", "value"]) -> str:
    """SQL: the text that Salesforce keeps of a canonical value; null where the field can't hold it."""
    match kind_of(field.type):
        case "boolean":
            return sql.choice([(f"lower({canonical}) IN ('true', 'false')", f"lower({canonical})")])
        case "number":
            return sql.choice([(f"isfinite(try_cast({canonical} AS DOUBLE))", canonical)])
        case "date":
            return f"CAST(try_cast({canonical} AS DATE) AS VARCHAR)"
        case "multipicklist":
            chosen = f"string_split({canonical}, {sql.text(MULTIPICKLIST_SEPARATOR)})"
            entries = f"list_transform({chosen}, lambda entry: {_entry('entry', field, shown)})"
            return f"nullif(array_to_string(list_filter({entries}, lambda entry: entry IS NOT NULL), ';'), '')"
    return _entry(canonical, field, shown) if field.type == "picklist" else canonical


def as_json(text: str, field: SalesforceField) -> str:
    """SQL: JSON text of a value as Salesforce keeps it: numbers and checkboxes as such, the rest as strings."""
    cases = {
        "number": [(f"isfinite(try_cast({text} AS DOUBLE))", number(text))],
        "boolean": [(f"lower({text}) IN ('true', 'false')", f"lower({text})")],
    }
    return sql.choice(cases.get(kind_of(field.type), []), sql.json_text(text))


def _entry(expression: str, field: SalesforceField, shown: Literal["label", "value"]) -> str:
    """A picklist's API value from the text in Mailchimp."""
    cases = []
    for entry in field.picklist:
        if entry.active:
            text = entry.label if shown == "label" else entry.value
            cases.append((f"{expression} = {sql.text(text)}", sql.text(entry.value)))
    return sql.choice(cases, "NULL" if field.restricted_picklist else expression)
