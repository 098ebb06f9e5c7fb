"""Which Salesforce field may feed which merge field (R18; extended: X15), and what Salesforce's field types are.

Vendor facts: the mapping table is that of the Mailchimp for Salesforce app; types are those of a describe answer.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from include.schema import MergeFieldType

ValueKind = Literal["text", "number", "date", "datetime", "boolean", "multipicklist", "address"]
"""How the values of a field compare."""

ALLOWED: dict[str, tuple[MergeFieldType, ...]] = {
    "picklist": ("dropdown", "text"),
    "multipicklist": ("text",),
    "boolean": ("text",),
    "date": ("date", "text"),
    "string": ("text",),
    "textarea": ("text",),
    "email": ("text",),
    "phone": ("text",),
    "url": ("text",),
    "int": ("number",),
    "double": ("number",),
    "currency": ("number",),
    "percent": ("number",),
    "address": ("address",),
}
"""Salesforce field type to the merge-field types it may feed; any other pair is refused."""
EXTENDED: dict[str, tuple[MergeFieldType, ...]] = {
    "picklist": ("radio",),
    "date": ("birthday",),
    "string": ("zip",),
    "phone": ("phone",),
    "url": ("url",),
}
"""What `mapping_types: extended` allows besides."""

_KINDS: dict[str, ValueKind] = {
    "int": "number",
    "long": "number",
    "double": "number",
    "currency": "number",
    "percent": "number",
    "date": "date",
    "datetime": "datetime",
    "boolean": "boolean",
    "multipicklist": "multipicklist",
    "address": "address",
}


def kind_of(salesforce_type: str) -> ValueKind:
    """How values of a Salesforce type compare; what has no kind of its own is text."""
    return _KINDS.get(salesforce_type, "text")


def allowed(salesforce_type: str, *, extended: bool = False) -> tuple[MergeFieldType, ...]:
    """The merge-field types that a Salesforce type may feed; none for a type that can't be mapped."""
    return ALLOWED.get(salesforce_type, ()) + (EXTENDED.get(salesforce_type, ()) if extended else ())


class AddressPaths(NamedTuple):
    """The field paths that hold the parts of a compound address."""

    street: str
    city: str
    state: str
    postal_code: str
    country: str


_COMPOUNDS = frozenset(
    {"Address", "MailingAddress", "OtherAddress", "BillingAddress", "ShippingAddress", "PersonMailingAddress"}
)


def address_paths(path: str, country: Literal["name", "code"] = "name") -> AddressPaths | None:
    """The parts of a compound address: `MailingAddress` to `MailingStreet`, ...; None for any other field.

    `country="code"` takes the ISO code, which only orgs with State and Country picklists have (`MailingCountryCode`).
    """
    relationship, dot, name = path.rpartition(".")
    if name not in _COMPOUNDS:
        return None
    prefix = f"{relationship}{dot}{name.removesuffix('Address')}"
    last = "CountryCode" if country == "code" else "Country"
    return AddressPaths(*(prefix + part for part in ("Street", "City", "State", "PostalCode", last)))
