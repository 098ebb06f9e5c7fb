"""New members (detail 4, R01, R05, R07, G01): whom to add, and why the others are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.transform import sql
from include.transform.canonical import to_json
from include.transform.precedence import mapped_fields, remembered_of_new
from include.transform.reasons import Reason

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.transform.inputs import Inputs

NEW_EMAIL_OBSTACLES: tuple[tuple[str, Reason], ...] = (
    ("opted_out", Reason.OPTED_OUT),
    ("email_key IN (SELECT email_key FROM held)", Reason.CONSENT_HELD),
    ("shared", Reason.SHARED_EMAIL_HELD),
    ("NOT consents", Reason.NO_CONSENT),
    ("invalid_email", Reason.INVALID_EMAIL),
)
"""What keeps an e-mail out that is new to the audience, an added member's or a moved one's; the first that holds is the
reason. A person's own wish comes first."""
OBSTACLES: tuple[tuple[str, Reason], ...] = (
    *NEW_EMAIL_OBSTACLES,
    ("no_add", Reason.FAILED_RULE),
    ("lacks_required", Reason.REQUIRED_MERGE_FIELD),
)
"""What keeps a wanted e-mail from being added."""


def find_additions(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `additions`: one row per wanted e-mail that no member of any status has.

    Wanted is what a query selects, (R07) the new e-mail of a person whose former one is a subscribed member, and was
    one when the person left it (another person's sign-up with it since then says nothing about this one), and (R22)
    whom a request asks to subscribe.
    An e-mail whose member moves to it, or is there under another one, is not among them; one whose member is held from
    moving has that obstacle. Columns: email_key, person_id, email, obstacle (a reason of the ledger; null: add it),
    query_number (the first that selects it; null: R07 or R22 alone), renamed, asked, merge_fields (JSON text as
    Mailchimp takes it) and field_values (what `synced_values` will say). Reads `addressees`, `roster`, `aliases`,
    `moves`, `held`, `asked_additions`, the gates, and the views `emails` and `mapped`.
    """
    selecting = sql.choice((f"addressees.q{n}", str(n)) for n in range(len(inputs.queries)))
    follows_renames = "renamed.was_subscribed" if inputs.writes_values else "false"
    connection.execute(
        f"""
        CREATE TEMP TABLE additions AS
        WITH renamed AS (
            SELECT emails.holder_id AS person_id, bool_or(
                       roster.status = 'subscribed' AND coalesce(roster.timestamp_opt <= emails.until, true)
                   ) AS was_subscribed
            FROM emails JOIN roster USING (email_key) WHERE emails.source = 'salesforce' GROUP BY emails.holder_id
        ), wanted AS (
            SELECT addressees.email_key, addressees.person_id, addressees.email, opted_out, shared, consents,
                   {selecting} AS query_number,
                   renamed.person_id IS NOT NULL OR addressees.email_key IN (
                       SELECT email_key FROM emails WHERE source = {sql.text(inputs.schema.list_id)}
                   ) AS renamed, moves.obstacle AS stays,
                   addressees.email_key IN (SELECT email_key FROM asked_additions) AS asked
            FROM addressees ANTI JOIN roster USING (email_key) ANTI JOIN aliases USING (email_key)
            LEFT JOIN renamed ON renamed.person_id = addressees.person_id
            LEFT JOIN moves ON moves.email_key = addressees.email_key
            WHERE {selecting} IS NOT NULL OR coalesce({follows_renames}, false) OR stays IS NOT NULL
                OR asked
        ), judged AS ({_with_values(inputs)})
        SELECT email_key, person_id, email, {sql.choice(_obstacles())} AS obstacle, query_number, renamed, asked,
               merge_fields, field_values
        FROM judged
        """
    )


def _obstacles() -> list[tuple[str, str]]:
    return [("stays IS NOT NULL", "stays"), *((condition, sql.text(reason)) for condition, reason in OBSTACLES)]


def _with_values(inputs: Inputs) -> str:
    """The wanted e-mails with what validation says of their survivor, and their values."""
    values, memories = {}, {}
    for mapped in mapped_fields(inputs):
        kept, value = f"NOT list_contains(left_out, {sql.text(mapped.tag)})", f"mapped.{sql.name(mapped.tag)}"
        values[mapped.tag] = sql.choice([(kept, value)])
        memories[mapped.tag] = sql.choice([(kept, remembered_of_new(mapped, value))])
    merge_fields = sql.json_object((field.tag, to_json(values[field.tag], field)) for field, _ in inputs.mapped)
    remembered = sql.json_object((tag, sql.json_text(value)) for tag, value in memories.items())
    required = [field.tag for field in inputs.schema.merge_fields.values() if field.required]
    lacks = " OR ".join(f"({values.get(tag, 'NULL')}) IS NULL" for tag in required) or "false"
    return f"""
        SELECT gated.*, {lacks} AS lacks_required, {merge_fields} AS merge_fields, {remembered} AS field_values
        FROM (
            SELECT wanted.*, coalesce(invalid_email, false) AS invalid_email, coalesce(no_add, false) AS no_add,
                   coalesce(left_out, []) AS left_out
            FROM wanted LEFT JOIN person_gates ON person_gates.key = wanted.person_id
        ) gated
        JOIN mapped ON mapped.id = gated.person_id
    """
