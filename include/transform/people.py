"""The view `people` as transform reads it: text columns by field path, with what they mean on created Leads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from include.config.fields import audience_uses
from include.config.mapping import address_paths
from include.errors import StoppedByCheck
from include.transform import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.transform.inputs import Inputs


def complete_columns(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make sure that the view `people` has a text column for every field that the audience reads.

    A people table without rows has none of them: they are added as blanks. Raises StoppedByCheck where people were read
    before the configuration asked for a field.
    """
    needed = _paths(inputs)
    there = {column.lower() for column in connection.sql("SELECT * FROM people LIMIT 0").columns}
    missing = sorted(path for path in needed if path.lower() not in there)  # DuckDB's `"Email"` finds `email`
    if not missing:
        return
    if connection.execute("SELECT 1 FROM people LIMIT 1").fetchone():
        raise StoppedByCheck(
            f"audience {inputs.audience.stem} uses Salesforce fields that were not read yet: {', '.join(missing)}; "
            "run extract_salesforce, which reads everyone again when the configured fields change"
        )
    blanks = ", ".join(f"CAST(NULL AS VARCHAR) AS {sql.name(path)}" for path in missing)
    connection.execute("ALTER VIEW people RENAME TO people_as_read")
    connection.execute(f"CREATE TEMP VIEW people AS SELECT *, {blanks} FROM people_as_read")


def value_of(inputs: Inputs, object_name: str, path: str) -> str:
    """SQL of a person's field for mapping, trimmed, null where blank.

    On a Lead that the sync created, a configured default counts as never filled, and so does an unchecked box: a
    checkbox has no blank, so creation left it unchecked whatever Mailchimp had.
    """
    column = sql.trimmed(sql.name(path))
    if object_name != "Lead":
        return column
    written = sorted(inputs.lead_defaults.get(path, frozenset()))
    salesforce_field = inputs.org.field(object_name, path)
    if salesforce_field and salesforce_field.type == "boolean":
        written = [*written, "false"]
    if not written:
        return column
    return sql.choice([(f"mc_key IS NOT NULL AND {column} IN ({', '.join(map(sql.text, written))})", "NULL")], column)


def _paths(inputs: Inputs) -> set[str]:
    paths: set[str] = set()
    for use in audience_uses(inputs.audience):
        if use.object == "CampaignMember":
            continue  # compared in Salesforce
        parts: Iterable[str] = address_paths(use.path, use.country) or (use.path,)
        paths.update(parts)
    return paths
