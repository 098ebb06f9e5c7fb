"""Who decides over each field of each member: both sides beside each other, and what the rules say of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from include.config.mapping import kind_of
from include.transform import sql
from include.transform.canonical import MULTIPICKLIST_SEPARATOR, beside, canonical, from_mailchimp, stored_values
from include.transform.inverse import as_salesforce, parts_of, shown_by
from include.transform.precedence import OUTCOMES, WINNERS, MappedField, decide, mapped_fields

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.config.write_back import Target, WrittenObject
    from include.schema import SalesforceField
    from include.transform.inputs import Inputs

UNFIT = {
    "boolean": "not_a_checkbox_value",
    "number": "not_a_number",
    "date": "not_a_date",
    "multipicklist": "unknown_picklist_value",
    "text": "unknown_picklist_value",
}
"""By kind of field: the rule that a value breaks which the field can't hold."""


def find_decisions(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `decided`: one row per member to keep up to date.

    Columns: email_key, person_id, object, was_synced (the row of `synced_values`), left_out, and per mapped field those
    that `MappedField.column` names. Where a field is written to Salesforce also: target (the object that the person is
    written through), account_id, contact_id, merge_fields, changed_later (the member, than the person), and per field
    written_columns(). Reads `matched`, `persons`, `roster`, `updatable`, `person_gates` and the views `mapped`
    and `synced_values`.
    """
    fields = mapped_fields(inputs)
    both_ways = [f for f in fields if f.targets]
    winners = "".join(f", {decide(WINNERS, f)} AS {f.column('winner')}" for f in fields)
    outcomes = "".join(f", {decide(OUTCOMES, f)} AS {f.column('outcome')}" for f in fields)
    # Most audiences only overwrite: what they need once is not kept.
    kind = "TABLE" if both_ways else "VIEW"
    connection.execute(
        f"""
        CREATE TEMP {kind} decided AS
        WITH sides AS ({_sides(inputs, fields, both_ways=bool(both_ways))}),
        written AS (SELECT *{_listed(_written(both_ways))} FROM sides),
        settled AS (SELECT *{_listed(_settled(fields))} FROM written),
        won AS (SELECT *{winners} FROM settled)
        SELECT *{outcomes} FROM won
        """
    )


def written_columns(f: MappedField) -> list[str]:
    """The columns of `decided` with what Salesforce keeps of Mailchimp's value: one, or five of an address."""
    size = max(len(target.fields) for target in f.targets.values())
    return [sql.name(f"written {f.tag} {position}") for position in range(size)]


def _sides(inputs: Inputs, fields: list[MappedField], *, both_ways: bool) -> str:
    """One row per member to keep up to date, with the three canonical values of each field."""
    stored = stored_values((f.merge_field for f in fields), "roster.merge_fields")
    shape = ", ".join(f'"{f.tag}": "VARCHAR"' for f in fields)
    columns = "".join(
        f", salesforce.{sql.name(f.tag)} AS {f.column('salesforce')}, {_beside(f)} AS {f.column('mailchimp')}"
        f", synced.{sql.name(f.tag)} AS {f.column('synced')}"
        for f in fields
    )
    person, join = "", ""
    if both_ways:
        person = """, persons.account_id, roster.contact_id, roster.merge_fields,
                   coalesce(roster.last_changed > persons.modified_at, false) AS changed_later,
                   CASE WHEN persons.is_person_account THEN 'Account' ELSE matched.object END AS target,
                   row_number() OVER (
                       PARTITION BY matched.person_id ORDER BY matched.followed, matched.email_key
                   ) > 1 AS outranked"""
        join = "LEFT JOIN persons ON persons.id = matched.person_id"
        columns = ", outranked, account_id, contact_id, merge_fields, changed_later, target" + columns
    else:
        columns = ", false AS outranked, false AS changed_later, CAST(NULL AS VARCHAR) AS target" + columns
    return f"""
        SELECT email_key, person_id, object, was_synced, left_out{columns} FROM (
            SELECT matched.email_key, matched.person_id, matched.object, synced_values.field_values AS was_synced,
                   coalesce(person_gates.left_out, []) AS left_out, mapped AS salesforce, {stored} AS stored,
                   json_transform(synced_values.field_values, {sql.text("{" + shape + "}")}) AS synced{person}
            FROM matched
            JOIN roster ON roster.email_key = matched.email_key
            JOIN mapped ON mapped.id = matched.person_id
            {join}
            LEFT JOIN synced_values ON synced_values.email_key = matched.email_key
            LEFT JOIN person_gates ON person_gates.key = matched.person_id
            SEMI JOIN updatable ON updatable.email_key = matched.email_key
            WHERE {sql.boolean(inputs.writes_values)}
        )
    """


def _beside(f: MappedField) -> str:
    value = from_mailchimp(f"stored.{sql.name(f.tag)}", f.merge_field)
    return beside(value, [f"{side}.{sql.name(f.tag)}" for side in ("salesforce", "synced")], f.merge_field)


def _written(fields: Iterable[MappedField]) -> Iterator[str]:
    """Mailchimp's values as Salesforce keeps them."""
    for f in fields:
        parts = parts_of(f.column("mailchimp"), f.merge_field, f.mapping)
        shown = shown_by(f.merge_field, f.mapping)
        for position, column in enumerate(written_columns(f)):
            cases = [
                (f"target = '{name}'", as_salesforce(parts[position], target.fields[position], shown))
                for name, target in f.targets.items()
            ]
            yield f"CAST({sql.choice(cases)} AS VARCHAR) AS {column}"


def _settled(fields: Iterable[MappedField]) -> Iterator[str]:
    """What Salesforce would show of Mailchimp's value, and why it could not hold it."""
    for f in fields:
        cases = {name: (_shown(f, target), _misfit(f, target)) for name, target in f.targets.items()}
        shown = sql.choice((f"target = '{name}'", shown) for name, (shown, _) in cases.items())
        misfit = sql.choice((f"target = '{name}'", misfit) for name, (_, misfit) in cases.items())
        yield f"CAST({shown} AS VARCHAR) AS {f.column('settled')}, CAST({misfit} AS VARCHAR) AS {f.column('misfit')}"


def _shown(f: MappedField, target: Target) -> str:
    return canonical(written_columns(f), target.fields[0], f.merge_field, f.mapping)


def _misfit(f: MappedField, target: Target) -> str:
    """The name of the first rule that a part of the value breaks; null where Salesforce can hold it."""
    parts = parts_of(f.column("mailchimp"), f.merge_field, f.mapping)
    rules: list[tuple[str, str]] = []
    for part, column, field in zip(parts, written_columns(f), target.fields, strict=True):
        rules += _broken(part, column, field)
    return sql.choice(rules)


def _broken(value: str, column: str, field: SalesforceField) -> Iterator[tuple[str, str]]:
    kind = kind_of(field.type)
    unfit = UNFIT.get(kind, UNFIT["text"])
    yield f"{value} IS NOT NULL AND {column} IS NULL", sql.text(unfit)
    if kind == "multipicklist":
        entries = (f"len(string_split({value}, '{MULTIPICKLIST_SEPARATOR}'))", f"len(string_split({column}, ';'))")
        yield f"{entries[0]} <> {entries[1]}", sql.text(unfit)
    elif kind == "text" and field.length and field.type != "picklist":
        yield f"length({column}) > {field.length}", sql.text("text_too_long")


def _listed(columns: Iterable[str]) -> str:
    return "".join(f", {column}" for column in columns)


def targets_of(fields: Iterable[MappedField]) -> list[WrittenObject]:
    """The objects that some field is written to."""
    return sorted({name for f in fields for name in f.targets})
