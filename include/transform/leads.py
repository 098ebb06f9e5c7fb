"""New Leads (R08, detail 6): subscribed members whose e-mail never belonged to anybody in Salesforce."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.transform import sql
from include.transform.inverse import as_json
from include.transform.reasons import Reason

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.transform.inputs import Inputs


def find_leads(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `strangers` and `new_leads`.

    `strangers` (email_key, gone, former): members of the roster without a person. `gone`: somebody with that e-mail was
    deleted or converted, or is a Lead that the sync once created for it; `former`: it is somebody's former e-mail.
    `new_leads` (email_key, obstacle, fields): the subscribed ones among the others, where Leads are switched on; fields
    is JSON text as Salesforce takes it, without those that validation left out; obstacle is a reason of the ledger.
    Reads `roster`, `matched`, the gates, and the views `people`, `emails` and `lead_candidates`.
    """
    connection.execute(
        """
        CREATE TEMP TABLE strangers AS
        SELECT roster.email_key,
               roster.email_key IN (SELECT email_key FROM people WHERE email_key IS NOT NULL
                                    UNION SELECT mc_key FROM people WHERE mc_key IS NOT NULL) AS gone,
               roster.email_key IN (SELECT email_key FROM emails WHERE source = 'salesforce') AS former
        FROM roster ANTI JOIN matched USING (email_key)
        """
    )
    switched_on = inputs.audience.create_leads.enabled and inputs.writes_values
    obstacle = sql.choice([("member_gates.no_lead", sql.text(Reason.FAILED_RULE))])
    connection.execute(
        f"""
        CREATE TEMP TABLE new_leads AS
        SELECT candidate.email_key, {obstacle} AS obstacle, {_fields(connection, inputs)} AS fields
        FROM lead_candidates candidate
        SEMI JOIN (FROM strangers WHERE NOT gone AND NOT former) USING (email_key)
        SEMI JOIN (FROM roster WHERE status = 'subscribed') USING (email_key)
        LEFT JOIN member_gates ON member_gates.key = candidate.email_key
        WHERE {sql.boolean(switched_on)}
        """
    )


def _fields(connection: DuckDBPyConnection, inputs: Inputs) -> str:
    settings = inputs.audience.create_leads
    pairs = [("Email", sql.json_text("candidate.email")), ("MC_Key__c", sql.json_text("candidate.email_key"))]
    for field, value in (("OwnerId", settings.owner), ("RecordTypeId", settings.record_type)):
        if value:
            pairs.append((field, sql.json_text(sql.text(value))))
    columns = connection.sql("SELECT * FROM lead_candidates LIMIT 0").columns
    given = {"email_key", "email", *(field for field, _ in pairs)}
    for field in columns:
        if field not in given:
            kept = f"NOT list_contains(coalesce(member_gates.left_out, []), {sql.text(field)})"
            pairs.append((field, sql.choice([(kept, _typed(field, inputs))])))
    return sql.json_object(pairs)


def _typed(field: str, inputs: Inputs) -> str:
    described = inputs.org.field("Lead", field)
    column = f"candidate.{sql.name(field)}"
    return as_json(column, described) if described else sql.json_text(column)
