"""The plan: one row per intended change, with what is there now and what must still hold (G02)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from include.transform import sql
from include.transform.moves import MOVABLE
from include.transform.opt_outs import ARCHIVABLE, OPEN
from include.transform.precedence import ACTIVE
from include.transform.requests import FIRST, UNSUBSCRIBABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from include.transform.inputs import Inputs

EDIT_OVERWRITTEN = "mailchimp_edit_overwritten"
EMAIL_CHANGED = "email_changed"
NOTHING = "CAST(NULL AS VARCHAR)"
IN_ACTIVE_STATUS = sql.text(json.dumps({"status": ACTIVE}, separators=(",", ":")))
SUBSCRIBED = sql.text('{"status":"subscribed"}')
COLUMNS = (
    "kind", "email_key", "person_id", "before", "after", "precondition", "behaviour", "query", "note", "tag", "assigns",
)  # fmt: skip


def make_operations(connection: DuckDBPyConnection, inputs: Inputs) -> None:
    """Make `operations`: the columns of the table `plans` that transform decides, and `assigns`.

    `assigns`: whether the operation carries groups or tags of queries. op_id is made of what the operation does, so
    that the same change planned again has the same id. No operation but `add_member` and `unsubscribe_member` names a
    status.
    """
    parts = [
        _add_members(inputs),
        _update_members(inputs),
        *_tags(inputs),
        _create_leads(),
        _unsubscribe_members(),
        _archive_members(),
        _move_members(),
        _opt_out_people(),
        _update_people(),
    ]
    columns = ", ".join(sql.name(column) for column in COLUMNS)
    identity = ", ".join(
        [sql.text(inputs.audience.stem), "kind", "coalesce(email_key, '')", "coalesce(tag, '')", '"after"']
    )
    connection.execute(
        f"""
        CREATE TEMP TABLE operations AS
        SELECT left(sha256(concat_ws(chr(31), {identity})), 32) AS op_id, * EXCLUDE (tag)
        FROM ({" UNION ALL ".join(f"SELECT {columns} FROM ({part})" for part in parts)})
        """
    )


def _query_name(inputs: Inputs, number: str) -> str:
    return sql.choice((f"{number} = {n}", sql.text(query.name)) for n, query in enumerate(inputs.queries))


def _interests(column: str, value: str) -> str:
    """JSON text of a list of interest ids, all with one value; null for no list."""
    pairs = f"list_transform({column}, lambda id: {sql.json_text('id')} || ':{value}')"
    return f"'{{' || array_to_string({pairs}, ',') || '}}'"


def _switched(on: str, off: str) -> str:
    """JSON text of the interests that are given and those that are taken away; null for neither."""
    pairs = " || ".join(
        f"list_transform(coalesce({column}, CAST([] AS VARCHAR[])), lambda id: {sql.json_text('id')} || ':{value}')"
        for column, value in (("interests", on), ("removed", off))
    )
    return sql.choice([("coalesce(interests, removed) IS NOT NULL", f"'{{' || array_to_string({pairs}, ',') || '}}'")])


def _add_members(inputs: Inputs) -> str:
    after = sql.json_object([
        ("email_address", sql.json_text("email")),
        ("interests", _interests("interests", "true")),
        ("merge_fields", "merge_fields"),
        ("status", sql.text(json.dumps(inputs.audience.new_members.status))),
    ])  # fmt: skip
    absent = sql.json_object([("member", sql.text('"absent"')), ("person", sql.json_text("person_id"))])
    return f"""
        SELECT 'add_member' AS kind, additions.email_key, person_id, {NOTHING} AS "before",
               {after} AS "after", {absent} AS precondition,
               CASE WHEN additions.query_number IS NOT NULL THEN 'R01' WHEN asked THEN 'R22'
                    ELSE 'R07' END AS behaviour,
               {_query_name(inputs, "additions.query_number")} AS query,
               CASE WHEN renamed THEN '{EMAIL_CHANGED}' END AS note, {NOTHING} AS tag, true AS assigns
        FROM additions LEFT JOIN group_changes USING (email_key)
        WHERE obstacle IS NULL
    """


def _update_members(inputs: Inputs) -> str:
    values_differ = "nullif(value_changes.\"{0}\", '{{}}')"
    after, before = (
        sql.json_object([("interests", _switched(on, off)), ("merge_fields", values_differ.format(side))])
        for side, on, off in (("after", "true", "false"), ("before", "false", "true"))
    )
    precondition = sql.json_object([
        ("contact_id", sql.json_text("roster.contact_id")),
        ("status", sql.text(json.dumps(ACTIVE, separators=(",", ":")))),
    ])  # fmt: skip
    return f"""
        SELECT 'update_member' AS kind, roster.email_key, matched.person_id, {before} AS "before", {after} AS "after",
               {precondition} AS precondition,
               CASE WHEN group_changes.query_number = {FIRST} THEN 'R22'
                    WHEN {values_differ.format("after")} IS NOT NULL THEN 'R15'
                    WHEN group_changes.query_number >= {len(inputs.queries)} THEN 'R13'
                    WHEN interests IS NOT NULL THEN 'R12' ELSE 'X01' END AS behaviour,
               {_query_name(inputs, "group_changes.query_number")} AS query,
               CASE WHEN edited THEN '{EDIT_OVERWRITTEN}' END AS note, {NOTHING} AS tag,
               interests IS NOT NULL OR removed IS NOT NULL AS assigns
        FROM (FROM value_changes WHERE "after" <> '{{}}') value_changes
        FULL JOIN (
            SELECT email_key, interests, removed, query_number
            FROM (FROM group_changes ANTI JOIN additions USING (email_key))
            FULL JOIN (SELECT email_key, groups AS removed FROM removals WHERE groups IS NOT NULL) USING (email_key)
        ) group_changes USING (email_key)
        JOIN roster ON roster.email_key = coalesce(value_changes.email_key, group_changes.email_key)
        LEFT JOIN matched ON matched.email_key = roster.email_key
    """


def _tags(inputs: Inputs) -> tuple[str, str, str]:
    """A tag that the audience lacks is created once, given where it is due (R14), and taken where `removals` says."""
    given = sql.json_object([
        ("email_address", sql.json_text("coalesce(roster.email, additions.email)")),
        ("tag", sql.json_text("tag")),
    ])  # fmt: skip
    add = f"""
        SELECT 'add_tag' AS kind, email_key, coalesce(matched.person_id, additions.person_id) AS person_id,
               {NOTHING} AS "before", {given} AS "after", {IN_ACTIVE_STATUS} AS precondition, 'R14' AS behaviour,
               {_query_name(inputs, "tag_changes.query_number")} AS query, {NOTHING} AS note, tag, true AS assigns
        FROM tag_changes LEFT JOIN roster USING (email_key) LEFT JOIN matched USING (email_key)
        LEFT JOIN additions USING (email_key)
    """
    created = sql.json_object([("tag", sql.json_text("tag"))])
    create = f"""
        SELECT 'create_tag' AS kind, {NOTHING} AS email_key, {NOTHING} AS person_id, {NOTHING} AS "before",
               {created} AS "after", '{{}}' AS precondition, 'R14' AS behaviour,
               {_query_name(inputs, "min(query_number)")} AS query, {NOTHING} AS note, tag, false AS assigns
        FROM tag_changes WHERE NOT list_contains({sql.texts(inputs.schema.tags)}, tag) GROUP BY tag
    """
    taken = sql.json_object([("email_address", sql.json_text("roster.email")), ("tag", sql.json_text("tag"))])
    remove = f"""
        SELECT 'remove_tag' AS kind, email_key, matched.person_id, {NOTHING} AS "before", {taken} AS "after",
               {IN_ACTIVE_STATUS} AS precondition, 'X01' AS behaviour, {NOTHING} AS query, {NOTHING} AS note, tag,
               true AS assigns
        FROM (SELECT email_key, unnest(tags) AS tag FROM removals)
        JOIN roster USING (email_key) JOIN matched USING (email_key)
    """
    return create, add, remove


def _create_leads() -> str:
    return f"""
        SELECT 'create_lead' AS kind, email_key, {NOTHING} AS person_id, {NOTHING} AS "before", fields AS "after",
               {SUBSCRIBED} AS precondition, 'R08' AS behaviour, {NOTHING} AS query, {NOTHING} AS note,
               {NOTHING} AS tag, false AS assigns
        FROM new_leads WHERE obstacle IS NULL
    """


def _unsubscribe_members() -> str:
    """By an opt-out, or by a request, which ends every status that gets mail."""
    after = sql.text('{"status":"unsubscribed"}')
    asked = "asked_unsubscribes"
    of_opt_outs = f"(FROM unsubscribes ANTI JOIN {asked} USING (email_key))"
    parts = (
        _of_members("unsubscribe_member", of_opt_outs, _status(), after, OPEN),
        _of_members("unsubscribe_member", asked, _status(), after, UNSUBSCRIBABLE, behaviour="R22"),
    )
    return " UNION ALL ".join(parts)


def _archive_members() -> str:
    return _of_members("archive_member", "archives", _status(), sql.text('{"status":"archived"}'), ARCHIVABLE)


def _move_members() -> str:
    """The precondition names the contact, the e-mail key that no member may have, and the person, who must have it."""
    before, after = (
        sql.json_object([("email_address", sql.json_text(column))]) for column in ("roster.email", "moves.email")
    )
    precondition = sql.json_object([
        ("absent", sql.json_text("moves.email_key")),
        ("contact_id", sql.json_text("roster.contact_id")),
        ("person", sql.json_text("person_id")),
        ("person_email_key", sql.json_text("moves.email_key")),
        ("status", sql.text(json.dumps(MOVABLE))),
    ])  # fmt: skip
    return f"""
        SELECT 'move_member' AS kind, roster.email_key, person_id, {before} AS "before", {after} AS "after",
               {precondition} AS precondition, 'X01' AS behaviour, {NOTHING} AS query, '{EMAIL_CHANGED}' AS note,
               {NOTHING} AS tag, false AS assigns
        FROM moves JOIN roster ON roster.email_key = moves.member_key WHERE obstacle IS NULL
    """


def _status() -> str:
    return sql.json_object([("status", sql.json_text("roster.status"))])


def _of_members(
    kind: str, found: str, before: str, after: str, allowed: Sequence[str], *, behaviour: str = "X01"
) -> str:
    """Operations on the members that a table names, while they have a status that allows it."""
    precondition = sql.json_object([
        ("contact_id", sql.json_text("roster.contact_id")),
        ("status", sql.text(json.dumps(allowed, separators=(",", ":")))),
    ])  # fmt: skip
    return f"""
        SELECT '{kind}' AS kind, email_key, matched.person_id, {before} AS "before", {after} AS "after",
               {precondition} AS precondition, '{behaviour}' AS behaviour, {NOTHING} AS query, {NOTHING} AS note,
               {NOTHING} AS tag, false AS assigns
        FROM {found} found JOIN roster USING (email_key) LEFT JOIN matched USING (email_key)
    """


def _opt_out_people() -> str:
    precondition = sql.json_object([
        ("person", sql.json_text("person_id")),
        ("person_email_key", sql.json_text("own_key")),
        ("status", sql.text('"unsubscribed"')),
    ])  # fmt: skip
    return f"""
        SELECT 'opt_out_person' AS kind, email_key, person_id, {NOTHING} AS "before", record AS "after",
               {precondition} AS precondition, 'X01' AS behaviour, {NOTHING} AS query, {NOTHING} AS note,
               {NOTHING} AS tag, false AS assigns
        FROM opt_outs WHERE record IS NOT NULL
    """


def _update_people() -> str:
    return f"""
        SELECT 'update_person' AS kind, email_key, person_id, "before", "after", precondition, 'X03' AS behaviour,
               {NOTHING} AS query, {NOTHING} AS note, {NOTHING} AS tag, false AS assigns
        FROM write_backs
    """
