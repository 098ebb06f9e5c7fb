"""The findings of a run: one row per record, or field of it, and rule that it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.validation.checks import Check, Suite

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("side", "object", "key", "email_key", "field", "rule", "reason")
"""Text columns of a findings table, before `gates` (a list of text)."""


def findings_schema() -> pa.Schema:
    """The Arrow schema of a findings table.

    `side` (salesforce or mailchimp), `object` (Contact, Lead or member), `key` (Salesforce id or member hash),
    `email_key`, `field` (merge tag or Lead field that is left out; null where the record is held), `rule`, `reason`
    (without the value), `gates` (a list of add, update, create_lead).
    """
    import pyarrow as pa

    return pa.schema([*((name, pa.string()) for name in COLUMNS), ("gates", pa.list_(pa.string()))])


def findings(suite: Suite, check: Check, records: pa.Table) -> pa.Table:
    """The findings of one failed check: a row per record (`key`, `email_key`), two where its field is left out too."""
    import pyarrow as pa

    fields = [check.field] if check.field is None or not check.holds_record else [check.field, None]
    count = records.num_rows
    tables = []
    for field in fields:
        constants = {"side": suite.side, "object": suite.object, "field": field, "rule": check.name}
        columns = {name: pa.repeat(pa.scalar(value, pa.string()), count) for name, value in constants.items()}
        columns |= {
            "key": records["key"],
            "email_key": records["email_key"],
            "reason": pa.repeat(pa.scalar(check.reason, pa.string()), count),
            "gates": pa.array([list(check.gates)] * count, pa.list_(pa.string())),
        }
        tables.append(pa.table(columns).select(findings_schema().names))
    return pa.concat_tables(tables)
