"""What goes from Mailchimp to Salesforce (X03): the fields of a person that a member's edit decides over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.transform import sql
from include.transform.canonical import to_json
from include.transform.decisions import targets_of, written_columns
from include.transform.inverse import as_json
from include.transform.precedence import ACTIVE, MappedField, mapped_fields

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.config.write_back import WrittenObject
    from include.schema import SalesforceField
    from include.transform.inputs import Inputs

GATE = "update_person"
REASONS = {
    "not_a_checkbox_value": "Salesforce takes `true` or `false`",
    "not_a_number": "Salesforce takes a number",
    "not_a_date": "Salesforce takes a date",
    "unknown_picklist_value": "it is none of the picklist's values",
    "text_too_long": "it is longer than Salesforce takes",
}
FINDING = ("side", "object", "key", "email_key", "field", "rule", "reason")
WRITE_BACK = ("email_key", "person_id", "before", "after", "precondition")


def find_write_backs(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `write_backs` and `unwritable`.

    `write_backs` (email_key, person_id, before, after, precondition): JSON text; after is the record as Salesforce
    takes it. The precondition allows each field its value of now and the one that is written, in Salesforce (`values`,
    named as the person is read) and in Mailchimp (`merge_fields`). `unwritable`: findings (as `findings_schema`), one
    per field of a member that Salesforce could not hold. Reads `decided` and the view `people`.
    """
    fields = [f for f in mapped_fields(inputs) if f.targets]
    selects = [_select(name, [f for f in fields if name in f.targets]) for name in targets_of(fields)]
    tables = {
        "write_backs": [f"SELECT {_nothing(WRITE_BACK)} WHERE false", *selects],
        "unwritable": [
            f"SELECT {_nothing(FINDING)}, CAST([] AS VARCHAR[]) AS gates WHERE false",
            *map(_findings, fields),
        ],
    }
    for table, parts in tables.items():
        connection.execute(f"CREATE TEMP TABLE {table} AS {' UNION ALL '.join(parts)}")


def _nothing(columns: tuple[str, ...]) -> str:
    return ", ".join(f"CAST(NULL AS VARCHAR) AS {sql.name(column)}" for column in columns)


def _select(written: WrittenObject, fields: list[MappedField]) -> str:
    """The write-backs through one object."""
    identity = "decided.account_id" if written == "Account" else "person_id"
    record = [("Id", sql.json_text(identity)), ("attributes", sql.text(f'{{"type":"{written}"}}'))]
    leaves = [leaf for f in fields for leaf in _leaves(f, written)]
    after = sql.json_object([*record, *((leaf.field.name, leaf.if_written(leaf.after)) for leaf in leaves)])
    before = sql.json_object((leaf.field.name, leaf.if_written(leaf.before)) for leaf in leaves)
    values = sql.json_object((leaf.read, leaf.if_written(_pair(leaf.before, leaf.after))) for leaf in leaves)
    own_key = f"coalesce({sql.json_text('raw.email_key')}, 'null')"
    another_email = sql.choice([("raw.email_key IS DISTINCT FROM decided.email_key", own_key)])
    merge_fields = sql.json_object((f.tag, _if_written(f, _pair(_stored(f), _settled(f)))) for f in fields)
    precondition = sql.json_object([
        ("contact_id", sql.json_text("decided.contact_id")),
        ("merge_fields", merge_fields),
        ("person", sql.json_text("person_id")),
        ("person_email_key", another_email),
        ("status", sql.text(json.dumps(ACTIVE, separators=(",", ":")))),
        ("values", values),
    ])  # fmt: skip
    any_written = " OR ".join(f"{f.column('outcome')} = 'mailchimp'" for f in fields)
    return f"""
        SELECT decided.email_key, person_id, {before} AS "before", {after} AS "after", {precondition} AS precondition
        FROM decided JOIN people raw ON raw.id = person_id
        WHERE target = '{written}' AND ({any_written})
    """


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One field of a record that may be written: its name as the person is read, and the column of its new value."""

    mapped: MappedField
    field: SalesforceField
    read: str
    column: str

    @property
    def before(self) -> str:
        """JSON text of what is there."""
        return f"coalesce({as_json(f'raw.{sql.name(self.read)}', self.field)}, 'null')"

    @property
    def after(self) -> str:
        """JSON text of what is written."""
        return f"coalesce({as_json(self.column, self.field)}, 'null')"

    def if_written(self, value: str) -> str:
        """The value, in the rows where the field is written; elsewhere null."""
        return _if_written(self.mapped, value)


def _leaves(f: MappedField, written: WrittenObject) -> Iterator[_Leaf]:
    target = f.targets[written]
    for field, read, column in zip(target.fields, target.read, written_columns(f), strict=True):
        yield _Leaf(f, field, read, column)


def _if_written(f: MappedField, value: str) -> str:
    return sql.choice([(f"{f.column('outcome')} = 'mailchimp'", value)])


def _pair(before: str, after: str) -> str:
    return f"'[' || {before} || ',' || {after} || ']'"


def _stored(f: MappedField) -> str:
    """The member's value as the API answered it."""
    return f"coalesce(CAST(json_extract(decided.merge_fields, '$.\"{f.tag}\"') AS VARCHAR), 'null')"


def _settled(f: MappedField) -> str:
    return to_json(f"coalesce({f.column('settled')}, '')", f.merge_field)


def _findings(f: MappedField) -> str:
    reason = sql.choice(
        (f"{f.column('misfit')} = '{rule}'", sql.text(f"the value in Mailchimp is not written to Salesforce: {text}"))
        for rule, text in REASONS.items()
    )
    return f"""
        SELECT 'mailchimp', 'member', email_key, email_key, {sql.text(f.tag)}, {f.column("misfit")}, {reason},
               ['{GATE}']
        FROM decided WHERE {f.column("outcome")} = 'unwritable'
    """
