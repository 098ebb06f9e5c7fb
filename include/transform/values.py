"""Both sides' values as tables: people as Mailchimp would store them, members as Leads would hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.schema import PERSON_OBJECTS
from include.transform import sql
from include.transform.canonical import from_salesforce, stored_values
from include.transform.inverse import STORED, lead_values
from include.transform.people import complete_columns
from include.transform.record_groups import listed_groups

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

    from include.transform.inputs import Inputs


def map_people(connection: DuckDBPyConnection, inputs: Inputs) -> DuckDBPyRelation:
    """Every person that is not deleted and not converted, with the values that its merge fields should have.

    Reads the view `people`. Columns, all text: `object`, `id`, `email_key`, then one per mapped merge tag, sorted, with
    the canonical text (`canonical.py`); null is blank. Then per category of `groups_from` the list of the groups' names
    that it lists, `groups_from <category>`; null for none. Raises StoppedByCheck where a field was not read yet.
    """
    complete_columns(connection, inputs)
    values = []
    for merge_field, mapping in inputs.mapped:
        cases = [
            (f"object = '{object_name}'", from_salesforce(inputs, object_name, merge_field, mapping))
            for object_name in PERSON_OBJECTS
        ]
        values.append(f"{sql.choice(cases)} AS {sql.name(merge_field.tag)}")
    values += [f"{sql.choice(cases)} AS {sql.name(name)}" for name, cases in listed_groups(inputs)]
    columns = ",\n".join(["object", "id", "email_key", *values])
    return connection.sql(f"SELECT {columns} FROM people WHERE NOT is_deleted AND NOT is_converted")


def lead_candidates(connection: DuckDBPyConnection, inputs: Inputs) -> DuckDBPyRelation:
    """Every subscribed member as the Lead that it would become.

    Reads the view `members`. Columns, all text: `email_key`, `email`, then one per Lead field, sorted: the inverse
    mapping, where that is blank the configured default, else null.
    """
    values = lead_values(inputs)
    defaults = inputs.audience.create_leads.defaults
    columns = ["email_key", "email"]
    for field in sorted({*values, *(field for field, default in defaults.items() if default)}):
        default = defaults.get(field)
        options = [*values.get(field, ()), *([sql.text(default)] if default else [])]
        columns.append(f"CAST(coalesce({', '.join(options)}, NULL) AS VARCHAR) AS {sql.name(field)}")
    stored = stored_values((merge_field for merge_field, _ in inputs.mapped), "merge_fields")
    return connection.sql(
        f"""
        WITH subscribed AS (
            SELECT email_key, email, {stored} AS {STORED} FROM members WHERE status = 'subscribed'
        )
        SELECT {", ".join(columns)} FROM subscribed
        """
    )
