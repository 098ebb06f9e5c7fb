"""The mirror rows: what `MC_Audience__c` and `MC_Subscriber__c` should show, against what Salesforce shows (detail 7).

Both sides become the same canonical JSON text per row, made by the same SQL, so that a row is written only where it
differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

SUBSCRIBER = "MC_Subscriber__c"
AUDIENCE = "MC_Audience__c"


@dataclass(frozen=True, slots=True)
class MirrorField:
    """A field of `MC_Subscriber__c`: how it is derived from a member (`m`), its person (`p`) and the audience's row."""

    name: str
    kind: Literal["text", "datetime", "number"]
    member_sql: str


SUBSCRIBER_FIELDS: tuple[MirrorField, ...] = (
    MirrorField("Audience__c", "text", "$audience_id"),
    MirrorField("Contact__c", "text", "CASE WHEN p.object = 'Contact' THEN p.person_id END"),
    MirrorField("Email__c", "text", "lower(m.email)"),
    MirrorField(
        "Groups__c",
        "text",
        "(SELECT string_agg(i.path, '; ' ORDER BY i.path) FROM interests i WHERE list_contains(m.groups, i.id))",
    ),
    MirrorField("Lead__c", "text", "CASE WHEN p.object = 'Lead' THEN p.person_id END"),
    MirrorField("Mailchimp_Contact_Id__c", "text", "m.contact_id"),
    MirrorField("Opt_In__c", "datetime", "m.timestamp_opt"),
    MirrorField("Profile_Updated__c", "datetime", "m.last_changed"),
    MirrorField("Rating__c", "number", "m.rating"),
    MirrorField("Status__c", "text", "m.status"),
    MirrorField("Tags__c", "text", "array_to_string(m.tags, '; ')"),
)
"""In alphabetical order: the canonical JSON is sorted."""

_ISO = "strftime({0}, '%Y-%m-%dT%H:%M:%SZ')"
_SHOWN = {
    "text": "nullif(\"{0}\", '')",
    "datetime": _ISO.format("CAST(replace(\"{0}\", '+0000', '+00:00') AS TIMESTAMPTZ)"),
    "number": 'CAST(CAST("{0}" AS DOUBLE) AS BIGINT)',
}
_FORGOTTEN = """regexp_replace(record, '"Status__c":("[^"]*"|null)', '"Status__c":"forgotten"')"""
"""A row whose member is gone stays as it was, but for the status. Quotes inside values are escaped: none match."""
_DESIRED = {"text": "nullif(trim({0}), '')", "datetime": _ISO, "number": "CAST({0} AS BIGINT)"}


def shown_columns() -> str:
    """The columns of `MC_Subscriber__c` that the comparison needs, as SOQL selects them."""
    return f"Id, Key__c, IsDeleted, {', '.join(field.name for field in SUBSCRIBER_FIELDS)}"


def canonical(connection: DuckDBPyConnection, shown: pa.Table) -> pa.Table:
    """Rows read from Salesforce (all columns text) as `key`, `id`, `record` (JSON), `is_deleted`."""
    connection.register("shown", shown)
    pairs = ", ".join(f"'{field.name}': {_SHOWN[field.kind].format(field.name)}" for field in SUBSCRIBER_FIELDS)
    return connection.sql(
        f"SELECT Key__c AS key, Id AS id, CAST(to_json({{{pairs}}}) AS VARCHAR) AS record, "
        f"lower(CAST(IsDeleted AS VARCHAR)) = 'true' AS is_deleted FROM shown"
    ).to_arrow_table()


def differences(
    connection: DuckDBPyConnection, *, audience_id: str | None, everyone: bool, restricted: bool = False
) -> pa.Table:
    """Rows to write: `email_key`, `person_id`, `key`, `row_id`, `before`, `after` (JSON text; no `before`: a new row).

    Reads the views `members` (one audience), `matched` (email_key, person_id, object), `interests` (id,
    path) and `mirror` (key, id, record). A member without a person gets a row only where `everyone` is set, or where it
    has one already: rows are never deleted. A member whose e-mail changed goes on in its row, where that is its
    person's: `row_id` is the row's Id, and the key changes with the rest. Where `restricted`, rows of e-mails in the
    view `scope` only.
    """
    covered = "d.email_key IN (SELECT email_key FROM scope)" if restricted else "true"
    pairs = ", ".join(f"'{field.name}': {_DESIRED[field.kind].format(field.member_sql)}" for field in SUBSCRIBER_FIELDS)
    return connection.sql(
        f"""
        WITH strays AS (
            SELECT key, id, record, record ->> '$.Mailchimp_Contact_Id__c' AS contact_id,
                   coalesce(record ->> '$.Contact__c', record ->> '$.Lead__c') AS person_id
            FROM mirror WHERE split_part(key, ':', 2) NOT IN (SELECT email_key FROM members)
        ), going_on AS (
            SELECT m.list_id || ':' || m.email_key AS key, strays.key AS former_key, strays.id, strays.record
            FROM strays JOIN members m USING (contact_id)
            JOIN matched p ON p.email_key = m.email_key AND p.person_id = strays.person_id
            WHERE m.list_id || ':' || m.email_key NOT IN (SELECT key FROM mirror)
            QUALIFY row_number() OVER (PARTITION BY m.email_key ORDER BY strays.key) = 1
        ), desired AS (
            SELECT m.email_key, p.person_id, m.list_id || ':' || m.email_key AS key,
                   CAST(to_json({{{pairs}}}) AS VARCHAR) AS record
            FROM members m LEFT JOIN matched p USING (email_key)
            UNION ALL
            SELECT split_part(key, ':', 2), NULL, key, {_FORGOTTEN}
            FROM strays WHERE key NOT IN (SELECT former_key FROM going_on)
        ), shown AS (
            SELECT key, NULL AS row_id, record FROM mirror UNION ALL SELECT key, id, record FROM going_on
        )
        SELECT d.email_key, d.person_id, d.key, k.row_id, k.record AS before, d.record AS "after"
        FROM desired d LEFT JOIN shown k USING (key)
        WHERE (d.person_id IS NOT NULL OR k.key IS NOT NULL OR $everyone)
            AND (k.record IS DISTINCT FROM d.record OR k.row_id IS NOT NULL) AND {covered}
        ORDER BY d.key
        """,
        params={"audience_id": audience_id, "everyone": everyone},
    ).to_arrow_table()
