"""E-mail changes where members move (X01, `email_change: move`): whose a member is that has another e-mail.

Changed in Salesforce: the member moves to the new e-mail. Changed in Mailchimp: the member has moved already, goes on
being the person's, and nobody is added again; no e-mail is ever written to Salesforce. Changed on both sides: the
member stays where Mailchimp has it. Where both e-mails are members, nothing moves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.transform import sql
from include.transform.additions import NEW_EMAIL_OBSTACLES
from include.transform.reasons import Reason

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.transform.inputs import Inputs

MOVABLE = "subscribed"
"""The one status in which Mailchimp changes an address: "You can only update email addresses for members with a status
of subscribed" (threads ibericode/mailchimp-user-sync#96, brandonseydel/MailChimp.Net#201)."""
OBSTACLES: tuple[tuple[str, Reason], ...] = (
    ("one_query", Reason.OTHER_QUERY),
    *NEW_EMAIL_OBSTACLES,
    ("no_add OR no_update", Reason.FAILED_RULE),
)
"""What keeps a member from moving; the first that holds."""


def find_claims(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `claims` and `aliases`, both empty unless members move, and add whose members were found to `matched`.

    `claims` (email_key, person_id, until): former e-mails that nobody has any more, each with the person who had it
    last; of several at once, who stood for it. An e-mail that a merged or converted record left to somebody else is not
    among them. `aliases` (email_key, member_key, moves): e-mails without a member whose person has one under another
    e-mail; here those whose contact got it in Mailchimp, an e-mail that Salesforce never knew. `find_moves` adds the
    others. Reads `persons`, `addressees`, `roster` and the views `people` and `emails`.
    """
    list_id = sql.text(inputs.schema.list_id)
    connection.execute(
        f"""
        CREATE TEMP TABLE claims AS
        SELECT own.email_key, own.holder_id AS person_id, own.until
        FROM emails own JOIN persons ON persons.id = own.holder_id
        LEFT JOIN matched ON matched.email_key = own.email_key
        WHERE {sql.boolean(inputs.moves_members)} AND own.source = 'salesforce'
            AND own.email_key NOT IN (SELECT email_key FROM addressees)
            AND coalesce(matched.person_id = own.holder_id, true)
        QUALIFY row_number() OVER (
            PARTITION BY own.email_key
            ORDER BY own.until DESC, persons.object <> 'Contact', persons.created_at, persons.id
        ) = 1;
        CREATE TEMP TABLE contacts_elsewhere AS
        WITH known AS (
            SELECT email_key, person_id, object, email_key AS known_key FROM addressees
            UNION ALL
            SELECT addressees.email_key, person_id, object, claims.email_key
            FROM addressees JOIN claims USING (person_id)
        )
        SELECT known.email_key, roster.email_key AS member_key, person_id, object
        FROM known
        JOIN emails former ON former.source = {list_id} AND former.email_key = known.known_key
        JOIN roster ON roster.contact_id = former.holder_id AND roster.status <> 'forgotten'
        WHERE {sql.boolean(inputs.moves_members)}
            AND known.email_key NOT IN (SELECT email_key FROM roster)
            AND person_id NOT IN (SELECT person_id FROM claims SEMI JOIN roster USING (email_key))
            AND roster.email_key NOT IN (
                SELECT email_key FROM people WHERE email_key IS NOT NULL
                UNION ALL SELECT mc_key FROM people WHERE mc_key IS NOT NULL
                UNION ALL SELECT email_key FROM emails WHERE source = 'salesforce'
            )
        QUALIFY row_number() OVER (PARTITION BY known.email_key ORDER BY former.until DESC, member_key) = 1
            AND row_number() OVER (PARTITION BY member_key ORDER BY former.until DESC, known.email_key) = 1;
        CREATE TEMP TABLE aliases AS SELECT email_key, member_key, false AS moves FROM contacts_elsewhere;
        INSERT INTO matched SELECT member_key, person_id, object, true FROM contacts_elsewhere;
        """
    )


def find_moves(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `moves` (email_key, member_key, person_id, email, obstacle): members whose person has a new e-mail.

    member_key is the member's e-mail as it is, email_key the one it moves to, which no member of any status has;
    obstacle is a reason of the ledger, null where it moves. Of several former e-mails the last counts. Those that move
    are added to `aliases` and `matched`. Reads `claims`, `addressees`, `roster`, `held`, `unsubscribes` and the gates.
    """
    obstacle = sql.choice((condition, sql.text(reason)) for condition, reason in OBSTACLES)
    connection.execute(
        f"""
        CREATE TEMP TABLE moves AS
        SELECT email_key, member_key, person_id, email, object, {obstacle} AS obstacle FROM (
            SELECT addressees.email_key, claims.email_key AS member_key, addressees.person_id, addressees.email, object,
                   opted_out, shared, consents, coalesce(invalid_email, false) AS invalid_email,
                   coalesce(no_add, false) AS no_add, coalesce(no_update, false) AS no_update,
                   {sql.boolean(inputs.only_query is not None)} AS one_query
            FROM claims JOIN addressees USING (person_id)
            JOIN roster ON roster.email_key = claims.email_key AND roster.status = '{MOVABLE}'
            LEFT JOIN person_gates ON person_gates.key = person_id
            WHERE {sql.boolean(inputs.audience.data_sync)}
                AND addressees.email_key NOT IN (SELECT email_key FROM roster)
                AND claims.email_key NOT IN (SELECT email_key FROM unsubscribes)
            QUALIFY row_number() OVER (PARTITION BY addressees.email_key ORDER BY claims.until DESC, member_key) = 1
        );
        INSERT INTO aliases SELECT email_key, member_key, true FROM moves WHERE obstacle IS NULL;
        INSERT INTO matched
        SELECT member_key, person_id, object, false FROM moves
        WHERE obstacle IS NULL AND member_key NOT IN (SELECT email_key FROM matched);
        """
    )
