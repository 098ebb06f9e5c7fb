"""Compares what the warehouse knew with what a full reading showed, and names the cause of every difference (G10).

Each function reads two views, `known` and `shown`, and answers rows `object`, `key`, `cause`, `fields` (names only).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

CAUSES = {
    "late_change": "Changed since the reading before: nothing was lost, the next run would have read it.",
    "missed_change": "Changed before the last reading ended, and not seen by it: a silent loss.",
    "missing_here": "There for longer than the last reading, and unknown to us: a silent loss.",
    "gone_there": "Gone from the vendor without a trace that a reading of changes shows.",
    "formula_changed": "A formula or roll-up summary field has another value; its record's SystemModstamp stayed.",
    "parent_changed": "A field of a parent has another value, and neither record's SystemModstamp told so.",
    "unstamped_change": "Another value, although the time of change says that nothing changed.",
    "mirror_edited": "Somebody changed the mirror row in Salesforce.",
    "mirror_missing": "The mirror row was there and is gone: somebody deleted it.",
    "mirror_orphan": "The mirror row is of nobody who is or was a member.",
    "mirror_behind": "The mirror row is not yet what its member is; the next sync writes it.",
}
"""What each cause means."""
SOME_FIELDS = "string_split(fields, chr(31))"
"""The differing names of a row, which `_differing` joined."""


def people(
    connection: DuckDBPyConnection,
    read_until: Mapping[str, datetime],
    names: Mapping[str, str],
    calculated: Mapping[str, Collection[str]],
) -> pa.Table:
    """Differences of two versions of `people`.

    `read_until` has the watermark per object, `names` the Salesforce field of a column, `calculated` per object the
    paths whose last field is a formula or a roll-up summary. Columns that only one version has are left out. A row that
    no reading found is `is_deleted` in `shown` with its old SystemModstamp.
    """
    known = set(_columns(connection, "known"))
    columns = [column for column in _columns(connection, "shown") if column in known and column not in UNCOMPARED]
    differing = _differing({column: names.get(column, column) for column in columns if column != "modified_at"})
    parents = [column for column in columns if "." in column]
    return connection.sql(
        f"""
        WITH pairs AS (
            SELECT s.object, s.id AS key, k.id AS known_id, {_until(read_until)} AS read_until,
                   date_trunc('second', k.modified_at) AS was_stamped, date_trunc('second', s.modified_at) AS stamped,
                   s.is_deleted AS deleted, coalesce(k.is_deleted, false) AS was_deleted,
                   concat_ws(chr(31), {differing},
                             CASE WHEN was_stamped IS DISTINCT FROM stamped THEN 'SystemModstamp' END) AS fields
            FROM shown s LEFT JOIN known k USING (object, id)
        )
        SELECT object, key, CASE
            WHEN deleted AND NOT was_deleted AND stamped = was_stamped THEN 'gone_there'
            WHEN stamped >= read_until THEN 'late_change'
            WHEN known_id IS NULL THEN 'missing_here'
            WHEN stamped IS DISTINCT FROM was_stamped THEN 'missed_change'
            WHEN list_has_any({SOME_FIELDS}, {_calculated(calculated)}) THEN 'formula_changed'
            WHEN list_has_all({_texts(parents)}, {SOME_FIELDS}) THEN 'parent_changed'
            ELSE 'unstamped_change' END AS cause,
            CASE WHEN known_id IS NULL THEN []::VARCHAR[] ELSE {SOME_FIELDS} END AS fields
        FROM pairs WHERE fields <> '' AND NOT (known_id IS NULL AND deleted)
        """
    ).to_arrow_table()


def members(connection: DuckDBPyConnection, read_until: datetime) -> pa.Table:
    """Differences of two versions of one audience's `members`. A member whose e-mail changed differs in that alone."""
    columns = [column for column in _columns(connection, "shown") if column not in {"list_id", "email_key"}]
    differing = _differing({column: MEMBER_NAMES.get(column, column) for column in columns})
    return connection.sql(
        f"""
        WITH shown_now AS (
            FROM shown WHERE status <> 'forgotten'
        ), moved AS (
            SELECT k.email_key, s.email_key AS now_key FROM known k JOIN shown_now s USING (contact_id)
            WHERE contact_id <> '' AND k.email_key NOT IN (SELECT email_key FROM shown_now)
        ), present AS (
            SELECT known.* REPLACE (coalesce(moved.now_key, known.email_key) AS email_key)
            FROM known LEFT JOIN moved USING (email_key) WHERE status <> 'forgotten'
        ), pairs AS (
            SELECT coalesce(s.email_key, k.email_key) AS key, s.email_key AS shown_key, k.email_key AS known_key,
                   s.last_changed AS stamped, k.last_changed AS was_stamped,
                   concat_ws(chr(31), {differing}) AS fields
            FROM present k FULL JOIN shown_now s ON s.email_key = k.email_key
        )
        SELECT 'member' AS object, key, CASE
            WHEN shown_key IS NULL THEN 'gone_there'
            WHEN stamped >= $read_until THEN 'late_change'
            WHEN known_key IS NULL THEN 'missing_here'
            WHEN stamped > was_stamped OR was_stamped IS NULL THEN 'missed_change'
            ELSE 'unstamped_change' END AS cause,
            CASE WHEN known_key IS NULL OR shown_key IS NULL THEN []::VARCHAR[] ELSE {SOME_FIELDS} END AS fields
        FROM pairs WHERE fields <> ''
        """,
        params={"read_until": read_until},
    ).to_arrow_table()


def mirror_rows(connection: DuckDBPyConnection, object_name: str, fields: Iterable[str]) -> pa.Table:
    """Differences between the mirror rows that Salesforce shows and those that there should be.

    Reads `planned` (`email_key`, `key`, `before`, `after`: what a sync would write now), `known` (key, record: the rows
    as they were last known) and `members`.
    """
    differing = _joined(
        f"CASE WHEN p.before ->> '$.{name}' IS DISTINCT FROM p.after ->> '$.{name}' THEN '{name}' END"
        for name in fields
    )
    return connection.sql(
        f"""
        WITH pairs AS (
            SELECT p.*, k.record AS was, k.key AS known_key, concat_ws(chr(31), {differing}) AS fields
            FROM planned p LEFT JOIN known k USING (key)
        )
        SELECT $object AS object, key, CASE
            WHEN email_key NOT IN (SELECT email_key FROM members) THEN 'mirror_orphan'
            WHEN before IS NULL AND known_key IS NOT NULL THEN 'mirror_missing'
            WHEN before IS NOT NULL AND before IS DISTINCT FROM was THEN 'mirror_edited'
            ELSE 'mirror_behind' END AS cause,
            CASE WHEN before IS NULL THEN []::VARCHAR[] ELSE {SOME_FIELDS} END AS fields
        FROM pairs
        """,
        params={"object": object_name},
    ).to_arrow_table()


UNCOMPARED = {"object", "id", "email_key", "reading"}
"""Columns of `people` that identify a row or follow from another column."""
MEMBER_NAMES = {"email": "email_address", "rating": "member_rating", "groups": "interests"}
"""Columns of `members` that the API calls otherwise."""


def _columns(connection: DuckDBPyConnection, view: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(f"DESCRIBE {view}").fetchall()]


def _differing(names: Mapping[str, str]) -> str:
    """SQL: of the columns, the names of those in which `k` and `s` differ, as arguments of `concat_ws`."""
    return _joined(
        f'CASE WHEN k."{column}" IS DISTINCT FROM s."{column}" THEN \'{name}\' END' for column, name in names.items()
    )


def _joined(expressions: Iterable[str]) -> str:
    return ", ".join(expressions)


def _texts(values: Iterable[str]) -> str:
    return "[" + ", ".join(f"'{value}'" for value in values) + "]::VARCHAR[]"


def _until(read_until: Mapping[str, datetime]) -> str:
    whens = " ".join(
        f"WHEN '{name}' THEN TIMESTAMPTZ '{moment.isoformat()}'" for name, moment in sorted(read_until.items())
    )
    return f"CASE s.object {whens} END"


def _calculated(calculated: Mapping[str, Collection[str]]) -> str:
    whens = " ".join(f"WHEN '{name}' THEN {_texts(sorted(paths))}" for name, paths in sorted(calculated.items()))
    return f"CASE object {whens} END"
