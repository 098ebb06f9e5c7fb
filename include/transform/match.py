"""Who is who: people in the running, the survivor of each e-mail, and which person each member belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.transform import sql
from include.transform.moves import find_claims
from include.transform.people import complete_columns
from include.transform.queries import matches

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.config.models import Audience
    from include.transform.inputs import Inputs

SURVIVOR_ORDER = "{rank: object <> 'Contact', created_at: created_at, id: id}"
"""Contact before Lead, then the oldest, then the lowest Id: no edit of a record changes it (detail 2)."""


def find_people(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `persons`, `unreachable` and `addressees`.

    `persons`: everyone with an e-mail who is neither deleted nor a converted Lead (detail 1): object, id, email,
    email_key, created_at, modified_at, reading, opted_out (by Email Opt Out, or the audience's own checkbox), flag (the
    field that an unsubscribe sets; null where the object has none), is_person_account, account_id, consents, and per
    query `q0`, `q1`, ... whether it selects them.
    `unreachable`: id and opted_out of those who have no e-mail.
    `addressees`: one row per e-mail: email_key, the survivor's person_id, object, email and consents; opted_out (of
    any person with it), shared (of several people, and so held: `shared_emails: hold`), per query `q0`, ... (any), and
    `m0`, ... and `r0`, ...: the newest modified_at and reading among those it selects.
    """
    complete_columns(connection, inputs)
    selected = [f"{matches(query, inputs)} AS q{n}" for n, query in enumerate(inputs.queries)]
    opted_out = f"coalesce(opted_out, false) OR coalesce({_flag(inputs.audience)}, false) AS opted_out"
    columns = [
        "object",
        "id",
        "email",
        "email_key",
        "created_at",
        "modified_at",
        "reading",
        opted_out,
        f"{_flag(inputs.audience)} AS flag",
        "is_person_account",
        "account_id",
    ]
    columns += [f"coalesce({_consents(inputs.audience)}, false) AS consents", *selected]
    connection.execute(
        f"""
        CREATE TEMP TABLE persons AS
        SELECT {", ".join(columns)} FROM people
        WHERE NOT is_deleted AND NOT is_converted AND email_key IS NOT NULL
        """
    )
    connection.execute(
        f"""
        CREATE TEMP TABLE unreachable AS
        SELECT id, {opted_out} FROM people WHERE NOT is_deleted AND NOT is_converted AND email_key IS NULL
        """
    )
    per_query = "".join(
        f", bool_or(q{n}) AS q{n}, max(modified_at) FILTER (q{n}) AS m{n}, max(reading) FILTER (q{n}) AS r{n}"
        for n in range(len(inputs.queries))
    )
    held = sql.boolean(inputs.audience.shared_emails == "hold")
    survivor = "{person_id: id, object: object, email: email, consents: consents}"
    connection.execute(
        f"""
        CREATE TEMP TABLE addressees AS
        SELECT email_key, unnest(survivor), * EXCLUDE (email_key, survivor) FROM (
            SELECT email_key, arg_min({survivor}, {SURVIVOR_ORDER}) AS survivor,
                   bool_or(opted_out) AS opted_out, {held} AND count(*) > 1 AS shared{per_query}
            FROM persons GROUP BY email_key
        )
        """
    )


def follow_successors(connection: DuckDBPyConnection) -> None:
    """Make `heirs` (gone_id, email_key, person_id): whom a merge or conversion left, in however many steps (detail 9).

    email_key is the gone record's. Only people that are neither deleted nor converted inherit; circles lead nowhere.
    """
    connection.execute(
        """
        CREATE TEMP TABLE heirs AS
        WITH RECURSIVE successors AS (
            SELECT id, email_key, CASE WHEN is_converted THEN converted_contact_id ELSE master_record_id END AS next_id
            FROM people WHERE (is_converted AND converted_contact_id IS NOT NULL)
                OR (is_deleted AND NOT is_converted AND master_record_id IS NOT NULL)
        ), trail AS (
            SELECT id, next_id FROM successors
            UNION
            SELECT trail.id, successors.next_id FROM trail JOIN successors ON successors.id = trail.next_id
        )
        SELECT trail.id AS gone_id, successors.email_key, trail.next_id AS person_id
        FROM trail JOIN successors USING (id)
        JOIN people heir ON heir.id = trail.next_id AND NOT heir.is_deleted AND NOT heir.is_converted
        """
    )


def match_members(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `roster` and `matched`, and what `find_claims` makes.

    `roster`: the members, in any status.
    `matched` (email_key, person_id, object, followed): the person of each member of the roster that has one. It is the
    survivor of its e-mail, or where nobody has that e-mail any more, the heir of who had it, or where members move, the
    person whose contact it is (`followed`).
    """
    connection.execute("CREATE TEMP VIEW roster AS FROM members")
    connection.execute(
        f"""
        CREATE TEMP TABLE matched AS
        SELECT email_key, person_id, object, false AS followed FROM roster JOIN addressees USING (email_key)
        UNION ALL
        SELECT email_key, unnest(heir), true FROM (
            SELECT roster.email_key, arg_min({{person_id: id, object: object}}, {SURVIVOR_ORDER}) AS heir
            FROM roster ANTI JOIN addressees USING (email_key)
            JOIN heirs USING (email_key) JOIN people ON people.id = heirs.person_id
            GROUP BY roster.email_key
        )
        """
    )
    find_claims(connection, inputs)


def _consents(audience: Audience) -> str:
    """SQL: whether the person agreed; an object without a consent field never does (R01)."""
    if audience.consent == "none":
        return "true"
    fields = {"Contact": audience.consent.contact, "Lead": audience.consent.lead}
    cases = [(f"object = '{name}'", f"lower({sql.name(path)}) = 'true'") for name, path in fields.items() if path]
    return sql.choice(cases, "false")


def _flag(audience: Audience) -> str:
    """SQL: whether the field that an unsubscribe sets is set; null where the object has none."""
    checkbox = audience.opt_out_checkbox
    if checkbox is None:
        return "coalesce(opted_out, false)"
    fields = {"Contact": checkbox.contact, "Lead": checkbox.lead}
    cases = [
        (f"object = '{name}'", f"coalesce(lower({sql.name(path)}) = 'true', false)")
        for name, path in fields.items()
        if path
    ]
    return sql.choice(cases, "CAST(NULL AS BOOLEAN)")
