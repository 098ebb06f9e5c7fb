"""What users ask for on the rows of `MC_Subscriber__c` (R22): whom a request is about, and what it makes happen.

An unsubscribe always happens. A subscribe makes a new member with all that a new member needs; no member's status is
ever raised (G01).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.transform import sql
from include.transform.groups import TARGET, group_target

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.transform.inputs import Inputs

UNSUBSCRIBABLE = ("subscribed", "pending", "transactional")
"""Statuses that a request to unsubscribe ends. An opt-out leaves transactional members alone; here somebody asks."""
FIRST = -1
"""The number under which requested groups are given: before those of all queries."""
_FOLDED = r"lower(regexp_replace(regexp_replace(trim({0}), '\s*/\s*', ' / ', 'g'), '\s+', ' ', 'g'))"
"""Group names are typed by hand: neither case nor blanks count."""


def find_requests(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `wishes`, `asked_unsubscribes` (email_key) and `asked_additions` (email_key).

    `wishes`: a row per row of `MC_Subscriber__c` that asks for something: row_id, unkeyed (a user made the row),
    requested_status, requested_groups (as typed), wish (the status, in lower case), names (of groups, in order), whose
    (nothing: no audience's; nobody, no_email, gone or known), email_key and status of the member, no status where there
    is none. A row with a key is about the member of that key, or of its contact where the e-mail was changed; one
    without is about its person, whoever that was merged or converted into. A person who was not read yet leaves it for
    the next run.
    `asked_unsubscribes`: members whose status ends by it. `asked_additions`: e-mails of people to be added by it; not
    where another request asks to unsubscribe. Reads `persons`, `heirs`, `roster`, `aliases`, `claims` and the view
    `requests` (row_id, of_audience, member_key, contact_id, person_id, requested_status, requested_groups;
    of_audience: the row says of which one). A run for one query carries out none.
    """
    connection.execute(
        f"""
        CREATE TEMP TABLE wishes AS
        WITH mine AS (
            SELECT requests.*, CASE WHEN of_audience THEN coalesce(heirs.person_id, requests.person_id) END AS known_as
            FROM requests LEFT JOIN heirs ON heirs.gone_id = requests.person_id
            WHERE {sql.boolean(inputs.only_query is None)}
            QUALIFY row_number() OVER (PARTITION BY row_id ORDER BY heirs.person_id) = 1
        ), keyed AS (
            SELECT row_id, coalesce(own.email_key, arg_max(moved.email_key, moved.last_changed)) AS email_key
            FROM mine LEFT JOIN roster own ON own.email_key = mine.member_key
            LEFT JOIN roster moved ON moved.contact_id = mine.contact_id AND moved.status <> 'forgotten'
            WHERE member_key IS NOT NULL GROUP BY row_id, own.email_key
        ), unkeyed AS (
            SELECT row_id, CASE WHEN own.email_key IS NOT NULL THEN own.email_key
                                ELSE coalesce(member_key_of, claimed, persons.email_key) END AS email_key
            FROM (SELECT row_id, known_as FROM mine WHERE member_key IS NULL)
            JOIN persons ON persons.id = known_as
            LEFT JOIN roster own ON own.email_key = persons.email_key
            LEFT JOIN (SELECT email_key, member_key AS member_key_of FROM aliases) aliases
                ON aliases.email_key = persons.email_key
            LEFT JOIN (
                SELECT person_id, arg_max(email_key, until) AS claimed FROM claims SEMI JOIN roster USING (email_key)
                GROUP BY person_id
            ) claims ON claims.person_id = known_as
        )
        SELECT row_id, mine.member_key IS NULL AS unkeyed, requested_status, requested_groups,
               lower(trim(requested_status)) AS wish,
               list_filter(
                   list_transform(
                       regexp_split_to_array(coalesce(requested_groups, ''), '[\\r\\n;]+'), lambda x: trim(x)
                   ),
                   lambda x: x <> ''
               ) AS names,
               CASE WHEN NOT of_audience THEN 'nothing'
                    WHEN mine.member_key IS NULL AND known_as IS NULL THEN 'nobody'
                    WHEN found.email_key IS NOT NULL THEN 'known'
                    WHEN mine.member_key IS NOT NULL THEN 'gone' ELSE 'no_email' END AS whose,
               found.email_key, CASE WHEN whose = 'gone' THEN 'forgotten' ELSE roster.status END AS status
        FROM mine LEFT JOIN (FROM keyed UNION ALL FROM unkeyed) found USING (row_id)
        LEFT JOIN roster ON roster.email_key = found.email_key
        WHERE mine.member_key IS NOT NULL OR known_as IS NULL OR known_as IN (SELECT id FROM people);
        CREATE TEMP TABLE asked_unsubscribes AS
        SELECT DISTINCT email_key FROM wishes
        WHERE wish = 'unsubscribed' AND status IN ({", ".join(map(sql.text, UNSUBSCRIBABLE))});
        CREATE TEMP TABLE asked_additions AS
        SELECT email_key FROM wishes WHERE unkeyed AND email_key IS NOT NULL AND status IS NULL
        GROUP BY email_key HAVING bool_or(wish = 'subscribed') AND NOT coalesce(bool_or(wish = 'unsubscribed'), false)
        """
    )


def find_requested_groups(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `asked_groups` and `requested_groups`.

    `asked_groups` (row_id, email_key, position, name, path, interest, slot, excluding, joins): each group that is asked
    for, as typed and as the audience has it (nulls where it has none); joins: the member takes groups, or becomes a
    member in this run. `requested_groups` (email_key, position, slot, interest, excluding): those to give. Reads
    `wishes`, `additions` and `updatable`.
    """
    connection.execute(
        f"""
        CREATE TEMP TABLE asked_groups AS
        WITH takers AS (
            SELECT email_key FROM additions WHERE obstacle IS NULL
            UNION
            FROM updatable
        ), typed AS (
            SELECT row_id, email_key, unnest(names) AS name, generate_subscripts(names, 1) AS position FROM wishes
        )
        SELECT row_id, email_key, position, name, path, interest, slot, excluding,
               coalesce(email_key IN (SELECT email_key FROM takers), false) AS joins
        FROM typed LEFT JOIN {_known(inputs)} known ON {_FOLDED.format("path")} = {_FOLDED.format("name")}
        QUALIFY row_number() OVER (PARTITION BY row_id, position ORDER BY path IS DISTINCT FROM name, path) = 1;
        CREATE TEMP TABLE requested_groups AS
        SELECT DISTINCT email_key, position, slot, interest, excluding FROM asked_groups
        WHERE joins AND interest IS NOT NULL
        """
    )


def _known(inputs: Inputs) -> str:
    """A table literal (path, slot, interest, excluding): the groups of the audience."""
    interests = inputs.schema.interests.items()
    rows = [(sql.text(path), *group_target(interest, inputs.schema)) for path, interest in interests]
    return sql.table(rows, {"path": "VARCHAR", **TARGET})
