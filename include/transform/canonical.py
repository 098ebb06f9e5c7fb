"""Canonical values (detail 11): the text that Mailchimp would store, made alike from either side.

Two values are equal when their canonical texts are equal. Blank is null. A postal address is JSON text of all its
parts, keys sorted, blank parts `""`. A number is the shortest text of its double, without a fraction where it has none.
What does not parse keeps its text, so that validation can say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from include.config.mapping import address_paths, kind_of
from include.transform import sql
from include.transform.people import value_of

if TYPE_CHECKING:
    from include.config.models import FieldMapping
    from include.schema import MergeField, PersonObject, SalesforceField
    from include.transform.inputs import Inputs

ADDRESS_PARTS = ("addr1", "addr2", "city", "country", "state", "zip")
"""Of Mailchimp's address field; sorted."""
MULTIPICKLIST_SEPARATOR = ", "
_COUNTRY, _NO_COUNTRY = r'"country":"(\\.|[^"\\])*"', '"country":""'
_BIRTHDAY_FORMATS = {"MM/DD": "%m/%d", "DD/MM": "%d/%m"}
_DATE_FORMATS = {"MM/DD/YYYY": "%m/%d/%Y", "DD/MM/YYYY": "%d/%m/%Y"}


def from_salesforce(inputs: Inputs, object_name: PersonObject, merge_field: MergeField, mapping: FieldMapping) -> str:
    """SQL over a row of `people`: the canonical text of a merge field; NULL where the object has no source for it.

    Raises KeyError for a path that the org does not have: the configuration was checked against it.
    """
    path = mapping.source(object_name)
    if path is None:
        return "NULL"
    field = inputs.org.field(object_name, path)
    if field is None:
        raise KeyError(f"{object_name}.{path}")
    parts = address_paths(path, mapping.country) if kind_of(field.type) == "address" else None
    columns = [value_of(inputs, object_name, part) for part in parts or (path,)]
    return canonical(columns, field, merge_field, mapping)


def canonical(columns: Sequence[str], field: SalesforceField, merge_field: MergeField, mapping: FieldMapping) -> str:
    """SQL: the canonical text of what Salesforce holds, trimmed: one column, or the five of a postal address."""
    if len(columns) > 1:
        return _address_of_person(columns, mapping)
    (column,) = columns
    if kind_of(field.type) == "multipicklist":
        listed = chosen(column, field, labels=mapping.picklist == "label")
        return f"array_to_string({listed}, {sql.text(MULTIPICKLIST_SEPARATOR)})"
    if field.type == "picklist" and mapping.picklist == "label":
        return _labelled(column, field)
    return _typed(column, field, merge_field)


def from_mailchimp(value: str, merge_field: MergeField) -> str:
    """SQL: the canonical text of a member's current value; `value` is what `stored_values` made of the answer."""
    if merge_field.type == "address":
        return _address_of_member(value)
    plain = sql.trimmed(value)
    if merge_field.type == "number":
        return number(plain)
    if merge_field.type == "birthday":
        return _padded(plain)
    if merge_field.type == "phone":
        return _phone(plain, merge_field)
    return _date(plain, merge_field.date_format) if merge_field.type == "date" else plain


def beside(mailchimp: str, others: Sequence[str], merge_field: MergeField) -> str:
    """SQL: Mailchimp's canonical value as it is compared with others: Salesforce's, and that of the last sync.

    An address that comes without a country can get the merge field's default one (OpenAPI: `default_country`); that is
    no difference, and nobody's edit.
    """
    if merge_field.type != "address":
        return mailchimp
    bare = f"regexp_replace({mailchimp}, {sql.text(_COUNTRY)}, {sql.text(_NO_COUNTRY)})"
    return sql.choice([(f"{bare} = {other}", other) for other in others], mailchimp)


def stored_values(merge_fields: Iterable[MergeField], json_column: str) -> str:
    """SQL: a struct of a member's merge fields, by tag, from the JSON text of the API's answer, parsed once.

    An address stays JSON: it is `""` in one member and an object in the next. Everything else becomes text.
    """
    types = {field.tag: "JSON" if field.type == "address" else "VARCHAR" for field in merge_fields}
    shape = ", ".join(f'"{tag}": "{kind}"' for tag, kind in types.items())
    return f"json_transform({json_column}, {sql.text('{' + shape + '}')})"


def to_json(canonical: str, merge_field: MergeField) -> str:
    """SQL: JSON text of a canonical value as Mailchimp takes it: a number, an address object, or a string."""
    if merge_field.type == "address":
        return sql.choice([(f"{canonical} LIKE '{{%'", canonical)], sql.json_text(canonical))
    if merge_field.type == "number":
        finite = f"isfinite(try_cast({canonical} AS DOUBLE))"
        return sql.choice([(finite, canonical)], sql.json_text(canonical))
    return sql.json_text(canonical)


def number(expression: str) -> str:
    """SQL: the canonical text of a number given as text; what is no number keeps its text."""
    double = f"try_cast({expression} AS DOUBLE)"
    whole = f"{double} = trunc({double}) AND abs({double}) < 1e15"
    return sql.choice(
        [(f"{double} IS NULL", expression), (whole, f"CAST(CAST({double} AS BIGINT) AS VARCHAR)")],
        f"CAST({double} AS VARCHAR)",
    )


def _date(expression: str, date_format: str | None) -> str:
    """The API answers a date as it stores it: ISO, or in the merge field's own format (Mailchimp, merge fields)."""
    iso = f"left({expression}, 10)"
    cases = [(f"try_cast({iso} AS DATE) IS NOT NULL", iso)]
    if date_format in _DATE_FORMATS:
        parsed = f"try_strptime({expression}, '{_DATE_FORMATS[date_format]}')"
        cases.append((f"{parsed} IS NOT NULL", f"strftime({parsed}, '%Y-%m-%d')"))
    return sql.choice(cases, expression)


def _typed(column: str, field: SalesforceField, merge_field: MergeField) -> str:
    """A plain value as a merge field of this type stores it."""
    match merge_field.type:
        case "number":
            return number(column)
        case "phone":
            return _phone(column, merge_field)
        case "birthday" if field.type == "date":
            day = f"try_cast({column} AS DATE)"
            written = f"strftime({day}, '{_BIRTHDAY_FORMATS[birthday_format(merge_field)]}')"
            return sql.choice([(f"{day} IS NOT NULL", written)], column)
    return column


def birthday_format(merge_field: MergeField) -> str:
    """How a birthday is written: as its merge field says, month first unless it does (Mailchimp, merge fields)."""
    return merge_field.date_format if merge_field.date_format in _BIRTHDAY_FORMATS else "MM/DD"


def _padded(expression: str) -> str:
    """A birthday with two digits each, as Mailchimp stores it."""
    whole = f"regexp_full_match({expression}, '[0-9]{{1,2}}/[0-9]{{1,2}}')"
    parts = [f"lpad(split_part({expression}, '/', {part}), 2, '0')" for part in (1, 2)]
    return sql.choice([(whole, f"{parts[0]} || '/' || {parts[1]}")], expression)


def _phone(expression: str, merge_field: MergeField) -> str:
    """A US phone field takes `415-555-0100` alone, a US number is written in many ways; any other is as it is."""
    if merge_field.phone_format != "US":
        return expression
    digits = f"regexp_replace(regexp_replace({expression}, '[^0-9]', '', 'g'), '^1([0-9]{{10}})$', '\\1')"
    plain = f"regexp_full_match({expression}, '[+]?[0-9 ().-]+') AND length({digits}) = 10"
    parts = f"substr({digits}, 1, 3) || '-' || substr({digits}, 4, 3) || '-' || substr({digits}, 7)"
    return sql.choice([(plain, parts)], expression)


def _labels(field: SalesforceField) -> list[tuple[str, str]]:
    return [(entry.value, entry.label) for entry in field.picklist if entry.label != entry.value]


def _labelled(expression: str, field: SalesforceField) -> str:
    cases = [(f"{expression} = {sql.text(value)}", sql.text(label)) for value, label in _labels(field)]
    return sql.choice(cases, expression)


def chosen(expression: str, field: SalesforceField, *, labels: bool = True) -> str:
    """SQL: the list of what is chosen in a multi-select picklist, by label or by API value; null stays null."""
    each = _labelled("entry", field) if labels else "entry"
    return f"list_transform(string_split({expression}, ';'), lambda entry: {each})"


def _address_of_person(columns: Sequence[str], mapping: FieldMapping) -> str:
    street, city, state, postal_code, country = columns
    # Mailchimp has two lines; what Salesforce has beyond them joins the second.
    lines = f"list_transform(regexp_split_to_array({street}, '\\r\\n|\\r|\\n'), lambda line: trim(line))"
    filled = f"list_filter({lines}, lambda line: line <> '')"
    parts = {
        "addr1": f"{filled}[1]",
        "addr2": f"array_to_string({filled}[2:], ', ')",
        "city": city,
        "country": country,
        "state": f"coalesce({state}, {sql.text(mapping.state_filler)})",
        "zip": postal_code,
    }
    blank = f"coalesce({street}, {city}, {state}, {postal_code}, {country}) IS NULL"
    return sql.choice([(blank, "NULL")], _address(parts))


def _address_of_member(value: str) -> str:
    parts = {part: sql.trimmed(f"json_extract_string({value}, '$.{part}')") for part in ADDRESS_PARTS}
    filled = f"json_type({value}) = 'OBJECT' AND coalesce({', '.join(parts.values())}) IS NOT NULL"
    return sql.choice([(filled, _address(parts))])


def _address(parts: dict[str, str]) -> str:
    pairs = ", ".join(f"'{part}', coalesce({parts[part]}, '')" for part in ADDRESS_PARTS)
    return f"CAST(json_object({pairs}) AS VARCHAR)"
