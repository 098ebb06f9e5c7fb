"""What a request is answered with (R22): what was done, or why it was not.

An answer has a part for the status and one for the groups; each part that hangs on an operation is true once that
was carried out, so the load completes the answer. Ordered rules decide; the first that holds is the part.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from include.schema import REQUEST_RESULT, REQUESTED_GROUPS, REQUESTED_STATUS
from include.transform import sql
from include.transform.reasons import MEANINGS, Reason

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from include.transform.inputs import Inputs

KIND = "answer_request"
DONE, CONSENT, RECORD, GROUP = (
    "request_done", "request_refused_consent", "request_refused_record", "request_refused_group",
)  # fmt: skip
"""What becomes of a request, as the report counts it."""
OF_CONSENT = (Reason.OPTED_OUT, Reason.CONSENT_HELD, Reason.NO_CONSENT)
"""Obstacles to a new member that are the person's own will."""
THEMSELVES = "only they themselves can subscribe again, by a form of the audience"
WHY_NOT = {
    "unsubscribed": f"the member has unsubscribed; {THEMSELVES}",
    "pending": "the member was asked to confirm and has not done so yet",
    "transactional": f"the member gets transactional mail alone; {THEMSELVES.replace(' again', '')}",
    "cleaned": "mail to this address bounced for good; a member with another e-mail is needed",
    "archived": "the member is archived; whoever takes it back in Mailchimp brings it back",
    "forgotten": "the member was deleted for good; " + THEMSELVES,
}
"""Why a member of a status is not subscribed (G01)."""
SHOWN_GROUPS = 100
"""How many of an audience's groups an answer lists: it has room for 32,768 characters."""
OF_NOBODY = {
    "nothing": "'Nothing done: the row needs an Audience.'",
    "nobody": "'Nothing done: the row needs a Contact or a Lead.'",
    "no_email": "'Nothing done: the person has no e-mail address.'",
}
"""What a row is answered that is about nobody."""
_ALWAYS = "CAST(NULL AS VARCHAR)"


def answer_requests(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Add an `answer_request` per row of `wishes` to `operations`.

    `after` is the row with its answer, the request cleared; a user's row becomes that of the member it adds.
    `precondition` names the row, what was asked, and the parts of the answer with the operation that each hangs on. A
    request to unsubscribe somebody who is being added is left open: the next run finds a member. Reads `wishes`,
    `asked_groups`, `additions`, `group_changes`, `roster` and `operations`.
    """
    if not connection.execute("SELECT 1 FROM wishes LIMIT 1").fetchone():
        return
    _find_parts(connection, inputs)
    day = inputs.today.isoformat()
    connection.execute(
        f"""
        INSERT INTO operations BY NAME
        WITH whole AS (
            SELECT row_id, list(text ORDER BY position) AS texts,
                   list({{op: op, text: text}} ORDER BY position) AS parts,
                   arg_max(note, list_position({[DONE, RECORD, GROUP, CONSENT]}, note)) AS note
            FROM parts GROUP BY row_id
        ), adopted AS (
            SELECT min(row_id) AS row_id FROM wishes JOIN whole USING (row_id) JOIN additions USING (email_key)
            WHERE unkeyed AND additions.obstacle IS NULL GROUP BY email_key
        )
        SELECT left(sha256(concat_ws(chr(31), {sql.text(inputs.audience.stem)}, kind, row_id, "after")), 32) AS op_id, *
               EXCLUDE (row_id)
        FROM (
            SELECT '{KIND}' AS kind, row_id, email_key, CAST(NULL AS VARCHAR) AS person_id,
                   {_asked()} AS "before", {_after(inputs, day)} AS "after",
                   {_precondition(day)} AS precondition,
                   'R22' AS behaviour, CAST(NULL AS VARCHAR) AS query, note, false AS assigns
            FROM wishes JOIN whole USING (row_id)
        )
        """
    )


def _asked() -> str:
    pairs = [(REQUESTED_GROUPS, "requested_groups"), (REQUESTED_STATUS, "requested_status")]
    return sql.json_object((field, f"coalesce({sql.json_text(column)}, 'null')") for field, column in pairs)


def _after(inputs: Inputs, day: str) -> str:
    prefix = sql.text(f"{inputs.schema.list_id}:")
    key = f"CASE WHEN row_id IN (SELECT row_id FROM adopted) THEN {prefix} || email_key END"
    text = f"{sql.text(day + ': ')} || array_to_string(texts, ' ')"
    return sql.json_object([
        ("Key__c", sql.json_text(key)),
        (REQUEST_RESULT, sql.json_text(text)),
        (REQUESTED_GROUPS, "'null'"),
        (REQUESTED_STATUS, "'null'"),
    ])  # fmt: skip


def _precondition(day: str) -> str:
    return sql.json_object([
        ("asked", _asked()),
        ("day", sql.text(json.dumps(day))),
        ("parts", "CAST(to_json(parts) AS VARCHAR)"),
        ("row", sql.json_text("row_id")),
    ])  # fmt: skip


def _find_parts(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `parts` (row_id, position, text, op, note): what each answer consists of."""
    kinds = "max(op_id) FILTER (kind = '{0}') AS {1}"
    connection.execute(
        f"""
        CREATE TEMP TABLE parts AS
        WITH ops AS (
            SELECT email_key, {kinds.format("add_member", "adds")},
                   {kinds.format("unsubscribe_member", "unsubscribes")},
                   {kinds.format("update_member", "updates")}
            FROM operations WHERE email_key IS NOT NULL GROUP BY email_key
        ), known AS (
            SELECT wishes.*, ops.* EXCLUDE (email_key), additions.email_key IS NOT NULL AS wanted, obstacle
            FROM wishes LEFT JOIN ops USING (email_key) LEFT JOIN additions USING (email_key)
            WHERE NOT (coalesce(wish = 'unsubscribed', false) AND wishes.status IS NULL AND adds IS NOT NULL)
        )
        SELECT row_id, 0 AS position, unnest({_status_part(inputs)}) FROM known WHERE wish IS NOT NULL
        UNION ALL
        {_group_parts(inputs)}
        UNION ALL
        SELECT row_id, 9, 'Nothing done: no group is named.', {_ALWAYS}, '{RECORD}' FROM known
        WHERE wish IS NULL AND len(names) = 0
        """
    )


def _part(text: str, note: str, op: str = _ALWAYS) -> str:
    return f"{{text: {text}, op: {op}, note: '{note}'}}"


def _status_part(inputs: Inputs) -> str:
    """SQL: the part about the status."""
    status = inputs.audience.new_members.status
    added = "'Added as subscribed.'" if status == "subscribed" else f"'Added as {status}: they are asked to confirm.'"
    wants, leaves = "wish = 'subscribed'", "wish = 'unsubscribed'"
    not_mailed = "'Nothing to unsubscribe: the member is ' || status || ' and gets no marketing mail.'"
    no_member = "'Nothing to unsubscribe: the person is no member. Email Opt Out keeps it so.'"
    stricter = "'Not added: another request asks to unsubscribe.'"
    refused = [(f"{wants} AND status = '{name}'", _part(sql.text(f"Not subscribed: {why}."), CONSENT))
               for name, why in WHY_NOT.items()]  # fmt: skip
    obstacles = [
        (f"obstacle = '{reason}'", sql.text(f"Not added: {_lowered(MEANINGS[reason].text)}")) for reason in Reason
    ]
    of_consent = f"obstacle IN ({', '.join(sql.text(reason) for reason in OF_CONSENT)})"
    return sql.choice(
        [
            *((f"whose = '{whose}'", _part(text, RECORD)) for whose, text in OF_NOBODY.items()),
            (f"{leaves} AND unsubscribes IS NOT NULL", _part("'Unsubscribed.'", DONE, "unsubscribes")),
            (f"{leaves} AND status = 'unsubscribed'", _part("'Already unsubscribed.'", DONE)),
            (f"{leaves} AND status IS NOT NULL", _part(not_mailed, DONE)),
            (leaves, _part(no_member, DONE)),
            (f"{wants} AND status = 'subscribed' AND unsubscribes IS NULL", _part("'Already subscribed.'", DONE)),
            (f"{wants} AND status = 'subscribed'", _part("'Not subscribed: the member is unsubscribed now.'", CONSENT)),
            *refused,
            (f"{wants} AND adds IS NOT NULL", _part(added, DONE, "adds")),
            (f"{wants} AND wanted AND {of_consent}", _part(sql.choice(obstacles), CONSENT)),
            (f"{wants} AND wanted", _part(sql.choice(obstacles), RECORD)),
            (wants, _part(stricter, CONSENT)),
        ],
        _part("'Nothing done: Requested Status is subscribed or unsubscribed.'", RECORD),
    )


def _group_parts(inputs: Inputs) -> str:
    """SQL: the parts about groups, one per outcome."""
    paths = sorted(inputs.schema.interests)
    more = [f"and {len(paths) - SHOWN_GROUPS} more"] if len(paths) > SHOWN_GROUPS else []
    known = sql.text("; ".join([*paths[:SHOWN_GROUPS], *more]) or "none")
    taken = "'; a category of one choice takes no other.'"
    outcomes = {
        "joined": (1, "'Joined: ' || names || '.'", DONE, "coalesce(adds, updates)"),
        "already": (2, "'Already there: ' || names || '.'", DONE, _ALWAYS),
        "taken": (3, f"'Not joined: ' || names || {taken}", GROUP, _ALWAYS),
        "unknown": (4, f"'Unknown: ' || names || '. The audience has: ' || {known} || '.'", GROUP, _ALWAYS),
        "left_alone": (5, "'No group joined: the member is ' || status || '.'", GROUP, _ALWAYS),
        "held": (6, "'No group joined: validation holds the record back; the quarantine says why.'", GROUP, _ALWAYS),
        "no_member": (7, "'No group joined: the person is no member of this audience.'", GROUP, _ALWAYS),
    }
    position, texts, notes, ops = (
        sql.choice((f"outcome = '{name}'", value) for name, value in column)
        for column in zip(*(
            [(name, str(number)), (name, text), (name, sql.text(note)), (name, op)]
            for name, (number, text, note, op) in outcomes.items()
        ), strict=True)
    )  # fmt: skip
    nobody = sql.choice((f"whose = '{whose}'", text) for whose, text in OF_NOBODY.items())
    return f"""
        SELECT row_id, {position}, {texts}, {ops}, {notes} FROM (
            SELECT row_id, outcome, string_agg(coalesce(path, name), '; ' ORDER BY position) AS names,
                   any_value(status) AS status, any_value(adds) AS adds, any_value(updates) AS updates
            FROM (
                SELECT asked_groups.*, known.status, adds, updates,
                       CASE WHEN whose NOT IN ('known', 'gone') THEN NULL
                            WHEN known.status IN ('cleaned', 'archived', 'forgotten') THEN 'left_alone'
                            WHEN NOT joins AND known.status IS NULL THEN 'no_member'
                            WHEN NOT joins THEN 'held'
                            WHEN interest IS NULL THEN 'unknown'
                            WHEN list_contains(interests, interest) THEN 'joined'
                            WHEN list_contains(roster.groups, interest) THEN 'already'
                            ELSE 'taken' END AS outcome
                FROM asked_groups JOIN known USING (row_id)
                LEFT JOIN group_changes ON group_changes.email_key = known.email_key
                LEFT JOIN roster ON roster.email_key = known.email_key
            ) WHERE outcome IS NOT NULL GROUP BY row_id, outcome
        )
        UNION ALL
        SELECT row_id, 8, {nobody}, {_ALWAYS}, '{RECORD}'
        FROM known WHERE wish IS NULL AND len(names) > 0 AND whose NOT IN ('known', 'gone')
    """


def _lowered(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
