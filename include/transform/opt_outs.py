"""Opt-outs both ways (X01): the stricter wins, and nothing is ever taken back (G01).

Who opted out in Salesforce is unsubscribed in Mailchimp; who unsubscribed in Mailchimp is opted out in Salesforce. What
validation holds back plays no part here (detail 2), and neither does data sync: an opt-out is no data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.config.person_accounts import account_field
from include.transform import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.schema import PersonObject
    from include.transform.inputs import Inputs

OPEN = ("subscribed", "pending")
"""Statuses that an opt-out ends: who is mailed, and who would be by answering the confirmation mail. A transactional
member never agreed to marketing mail: there is nothing to end."""
STRICTER = "unsubscribed"
"""What wins where a person's former and present e-mail both have a member: who left under one is not mailed under the
other. No other status says what the person wants: an archived member was tidied up, a cleaned one bounced, a pending or
transactional one agreed to nothing yet."""
_OPEN = ", ".join(map(sql.text, OPEN))
_ASKED = f"""
    SELECT email_key, CASE WHEN email_key IN (SELECT email_key FROM asked_unsubscribes) THEN '{STRICTER}'
                           ELSE status END AS status FROM roster
"""
"""The members with the statuses that requests leave them in."""
_THERE = "SELECT id, opted_out FROM persons UNION ALL FROM unreachable"
"""Everybody who is there: what somebody had counts also where they have no e-mail now."""
ARCHIVABLE = ("subscribed", "unsubscribed", "transactional")
"""Statuses that Mailchimp archives; a pending or cleaned member it does not (405, recorded)."""


def find_opt_outs(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `unsubscribes` (email_key), `opt_outs` (email_key, person_id, record, own_key) and `archives` (email_key).

    `unsubscribes`: members whose person has opted out: anyone who has the e-mail, or where nobody has it any more, had
    it (own history, merged records, converted Leads); where members move, the one of a person's two members that is not
    unsubscribed while the other is; and those that a request unsubscribes (R22). `opt_outs`: every person with the
    e-mail of a member that is unsubscribed, or will be; record is JSON text as Salesforce takes it. `archives`: members
    of people who are gone from Salesforce. Reads `persons`, `unreachable`, `addressees`, `heirs`, `roster`, `matched`,
    `claims`, `aliases`, `asked_unsubscribes` and the views `people`, `emails` and `elsewhere` (email_key: subscribed or
    pending in another audience that takes part in `unsubscribe_sets_opt_out: all`).
    """
    whole_run = inputs.only_query is None
    to_mailchimp = whole_run and inputs.audience.opt_outs_reach_mailchimp
    connection.execute(
        f"""
        CREATE TEMP TABLE unsubscribes AS
        SELECT email_key FROM roster
        SEMI JOIN (
            SELECT coalesce(member_key, email_key) AS email_key FROM addressees LEFT JOIN aliases USING (email_key)
            WHERE opted_out
            UNION ALL
            FROM (
                SELECT emails.email_key FROM emails JOIN ({_THERE}) there ON there.id = emails.holder_id
                WHERE emails.source = 'salesforce' AND there.opted_out
                UNION ALL
                SELECT heirs.email_key FROM heirs JOIN ({_THERE}) there ON there.id = heirs.person_id
                WHERE there.opted_out
            ) ANTI JOIN addressees USING (email_key)
        ) USING (email_key)
        WHERE {sql.boolean(to_mailchimp)} AND status IN ({_OPEN})
        UNION
        SELECT unnest(CASE WHEN was.status = '{STRICTER}' THEN [now.email_key] ELSE [was.email_key] END)
        FROM claims JOIN ({_ASKED}) was ON was.email_key = claims.email_key
        JOIN addressees USING (person_id) JOIN ({_ASKED}) now ON now.email_key = addressees.email_key
        WHERE {sql.boolean(whole_run and inputs.moves_members)}
            AND ((was.status = '{STRICTER}' AND now.status IN ({_OPEN}))
                OR (now.status = '{STRICTER}' AND was.status IN ({_OPEN})))
        UNION
        FROM asked_unsubscribes
        """
    )
    _find_opt_outs(connection, inputs, sql.boolean(whole_run and inputs.audience.opt_outs_reach_salesforce))
    _find_archives(connection, sql.boolean(inputs.writes_values and inputs.audience.missing_people == "archive"))


def _find_opt_outs(connection: DuckDBPyConnection, inputs: Inputs, switched_on: str) -> None:
    everywhere = "true"
    if inputs.audience.unsubscribe_sets_opt_out == "all":
        everywhere = "email_key NOT IN (SELECT email_key FROM elsewhere)"
    connection.execute(
        f"""
        CREATE TEMP TABLE opt_outs AS
        SELECT email_key, person_id, record, own_key FROM (
            SELECT coalesce(member_key, email_key) AS email_key, id AS person_id, flag,
                   CASE WHEN member_key IS NOT NULL THEN email_key END AS own_key, {_record(inputs)} AS record
            FROM persons LEFT JOIN aliases USING (email_key)
        ) SEMI JOIN (
            SELECT email_key FROM roster WHERE status = 'unsubscribed' UNION ALL FROM unsubscribes
        ) USING (email_key)
        WHERE {switched_on} AND NOT flag AND {everywhere}
        """
    )


def _find_archives(connection: DuckDBPyConnection, switched_on: str) -> None:
    """A former e-mail of somebody who is still there is no sign that anybody has gone."""
    connection.execute(
        f"""
        CREATE TEMP TABLE archives AS
        SELECT email_key FROM roster ANTI JOIN matched USING (email_key)
        WHERE {switched_on} AND status IN ({", ".join(map(sql.text, ARCHIVABLE))})
            AND email_key IN (SELECT email_key FROM people WHERE is_deleted OR is_converted)
            AND email_key NOT IN (
                SELECT emails.email_key FROM emails JOIN ({_THERE}) there ON there.id = emails.holder_id
                WHERE emails.source = 'salesforce'
            )
        """
    )


def _record(inputs: Inputs) -> str:
    """JSON text of the record that opts a person out; a person account is written through its Account."""
    of_account, of_contact = (_flagged(inputs, target) for target in ("Account", "Contact"))
    cases = [("is_person_account", of_account), ("object = 'Contact'", of_contact)]
    return sql.choice(cases, _flagged(inputs, "Lead"))


def _flagged(inputs: Inputs, target: str) -> str:
    of: PersonObject = "Lead" if target == "Lead" else "Contact"
    field = inputs.audience.opt_out_field(of)
    if field is not None and target == "Account":
        twin = account_field(inputs.org, field)
        field = twin.name if twin else None
    if field is None:
        return "CAST(NULL AS VARCHAR)"
    identity = "account_id" if target == "Account" else "id"
    return sql.json_object([
        ("Id", sql.json_text(identity)),
        ("attributes", sql.text(f'{{"type":"{target}"}}')),
        (field, "'true'"),
    ])  # fmt: skip
