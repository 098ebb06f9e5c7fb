"""Salesforce precedence: what each merge field of an existing member should be, by ordered rules (R15, R16, detail 10).

The rules are data: the first whose condition holds decides. `keep` leaves Mailchimp's value alone, `blank` empties it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from include.schema import PERSON_OBJECTS
from include.transform import sql
from include.transform.canonical import from_mailchimp, stored_values, to_json

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.config.models import FieldMapping
    from include.schema import MergeField
    from include.transform.inputs import Inputs

ACTIVE = ("subscribed", "pending", "unsubscribed", "transactional")
"""Statuses of members that are kept up to date (detail 3); cleaned and archived ones are left alone."""


@dataclass(frozen=True, slots=True)
class MappedField:
    """A merge field with its mapping, and the names of its columns in the comparison."""

    merge_field: MergeField
    mapping: FieldMapping

    @property
    def tag(self) -> str:
        """The merge tag."""
        return self.merge_field.tag

    def column(self, kind: Literal["salesforce", "mailchimp", "synced", "desired"]) -> str:
        """Canonical text: now in Salesforce, now in Mailchimp, in Salesforce at the last sync, as it should be."""
        return sql.name(f"{kind} {self.tag}")


@dataclass(frozen=True, slots=True)
class Rule:
    """One step of the precedence: the condition and the value are SQL, made for a field."""

    name: str
    holds: Callable[[MappedField], str]
    value: Callable[[MappedField], str]


def _keep(_: MappedField) -> str:
    return "NULL"


def _blank(_: MappedField) -> str:
    return "''"


def _salesforce(field: MappedField) -> str:
    return field.column("salesforce")


RULES: tuple[Rule, ...] = (
    Rule("held back by validation: keep", lambda f: f"list_contains(left_out, {sql.text(f.tag)})", _keep),
    Rule("no source for this kind of person: keep", lambda f: _no_source(f.mapping), _keep),
    Rule("Salesforce has a value: it wins", lambda f: f"{f.column('salesforce')} IS NOT NULL", _salesforce),
    Rule("required in Mailchimp: keep", lambda f: _sql(f.merge_field.required), _keep),
    Rule("`blank: keep`: keep", lambda f: _sql(f.mapping.blank == "keep"), _keep),
    Rule("`blank: overwrite`: blank", lambda f: _sql(f.mapping.blank == "overwrite"), _blank),
    Rule("filled at the last sync: blank", lambda f: f"{f.column('synced')} IS NOT NULL", _blank),
    Rule("never filled: keep", lambda _: "true", _keep),
)
"""In order of precedence."""


def compare_values(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `value_changes`: members whose merge fields, or whose memory of the last sync, have to change.

    Columns: email_key; "after" and "before": JSON text of the differing merge fields, `{}` where none differs; edited:
    an edit made in Mailchimp is overwritten; field_values: what `synced_values` should say once that is written.
    Reads `matched`, `roster`, the gates and the views `mapped` and `synced_values`.
    """
    fields = [MappedField(*pair) for pair in inputs.mapped]
    desired = "".join(f", {_desired(field)} AS {field.column('desired')}" for field in fields)
    after = sql.json_object((f.tag, _if_differs(f, to_json(f.column("desired"), f.merge_field))) for f in fields)
    before = sql.json_object((f.tag, _if_differs(f, _stored(f))) for f in fields)
    remembered = sql.json_object((f.tag, sql.json_text(_remembered(f))) for f in fields)
    edited = " OR ".join(_edited(field) for field in fields) or "false"
    connection.execute(
        f"""
        CREATE TEMP TABLE value_changes AS
        WITH sides AS ({_sides(inputs, fields)}),
        decided AS (SELECT *{desired} FROM sides)
        SELECT email_key, "after", "before", edited, field_values FROM (
            SELECT email_key, was_synced, {after} AS "after", {before} AS "before", {edited} AS edited,
                   {remembered} AS field_values
            FROM decided
        ) WHERE "after" <> '{{}}' OR field_values IS DISTINCT FROM was_synced
        """
    )


def _sides(inputs: Inputs, fields: list[MappedField]) -> str:
    """One row per member to keep up to date, with the three canonical values of each field."""
    stored = stored_values((field.merge_field for field in fields), "roster.merge_fields")
    shape = ", ".join(f'"{field.tag}": "VARCHAR"' for field in fields)
    columns = "".join(
        f", salesforce.{sql.name(field.tag)} AS {field.column('salesforce')}"
        f", {from_mailchimp(f'stored.{sql.name(field.tag)}', field.merge_field)} AS {field.column('mailchimp')}"
        f", synced.{sql.name(field.tag)} AS {field.column('synced')}"
        for field in fields
    )
    return f"""
        SELECT email_key, object, was_synced, left_out{columns} FROM (
            SELECT matched.email_key, matched.object, synced_values.field_values AS was_synced,
                   coalesce(person_gates.left_out, []) AS left_out, mapped AS salesforce, {stored} AS stored,
                   json_transform(synced_values.field_values, {sql.text("{" + shape + "}")}) AS synced
            FROM matched
            JOIN roster ON roster.email_key = matched.email_key
            JOIN mapped ON mapped.id = matched.person_id
            LEFT JOIN synced_values ON synced_values.email_key = matched.email_key
            LEFT JOIN person_gates ON person_gates.key = matched.person_id
            LEFT JOIN member_gates ON member_gates.key = matched.email_key
            WHERE {_sql(inputs.writes_values)} AND roster.status IN ({", ".join(map(sql.text, ACTIVE))})
                AND NOT coalesce(person_gates.no_update, false) AND NOT coalesce(member_gates.no_update, false)
        )
    """


def _desired(field: MappedField) -> str:
    return sql.choice((rule.holds(field), rule.value(field)) for rule in RULES)


def _differs(field: MappedField) -> str:
    return f"{field.column('desired')} <> coalesce({field.column('mailchimp')}, '')"


def _if_differs(field: MappedField, value: str) -> str:
    return sql.choice([(_differs(field), value)])


def _stored(field: MappedField) -> str:
    return to_json(f"coalesce({field.column('mailchimp')}, '')", field.merge_field)


def _edited(field: MappedField) -> str:
    """Mailchimp no longer holds what the last sync left there, and Salesforce's value replaces it."""
    unlike = f"{field.column('synced')} <> coalesce({field.column('mailchimp')}, '')"
    return f"coalesce({_differs(field)} AND {unlike}, false)"


def _remembered(field: MappedField) -> str:
    held = f"list_contains(left_out, {sql.text(field.tag)})"
    return sql.choice([(held, field.column("synced"))], field.column("salesforce"))


def _no_source(mapping: FieldMapping) -> str:
    without = [name for name in PERSON_OBJECTS if mapping.source(name) is None]
    return f"list_contains({sql.texts(without)}, object)"


def _sql(value: bool) -> str:
    return "true" if value else "false"
