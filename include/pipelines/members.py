"""Brings `warehouse.members` up to what was read: one look at an audience, compared and merged in DuckDB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from include.warehouse.store import connect
from include.warehouse.tables import EMAILS, MEMBERS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from include.warehouse.store import Warehouse

NEWEST = """
    CREATE TEMP VIEW newest AS
    SELECT * FROM fresh WHERE seen IN (SELECT max(seen) FROM fresh GROUP BY email_key)
        AND (contact_id = '' OR seen IN (SELECT max(seen) FROM fresh GROUP BY contact_id))
"""
"""A member that was read more than once, also under two e-mails, counts as it was seen last."""
PRESENT = """
    CREATE TEMP VIEW present AS
    SELECT email_key, contact_id, status FROM newest
    UNION ALL
    SELECT email_key, contact_id, status FROM known
    WHERE status <> 'forgotten' AND email_key NOT IN (SELECT email_key FROM newest)
        AND (contact_id = '' OR contact_id NOT IN (SELECT contact_id FROM newest))
"""
"""Who is there, as far as known and read."""
MOVED = """
    CREATE TEMP VIEW moved AS
    SELECT email_key, contact_id FROM known
    WHERE email_key NOT IN (SELECT email_key FROM newest) AND contact_id <> ''
        AND contact_id IN (SELECT contact_id FROM newest)
"""
"""Known members whose contact was read under another e-mail (detail 8): a contact has one at a time."""
MERGED = """
    WITH tagged AS (
        SELECT email_key, tag FROM memberships
        UNION ALL
        SELECT email_key, tag FROM (SELECT email_key, unnest(tags) AS tag FROM known) JOIN kept_tags USING (tag)
    ), tag_lists AS (
        SELECT email_key, list_sort(list_distinct(list(tag))) AS tags FROM tagged GROUP BY email_key
    ), members AS (
        SELECT email_key, contact_id, email, status, timestamp_opt, last_changed, rating, merge_fields, groups, tags
        FROM newest
        UNION ALL
        SELECT email_key, contact_id, email,
               CASE WHEN email_key IN (SELECT email_key FROM gone) THEN 'forgotten' ELSE status END,
               timestamp_opt, last_changed, rating, merge_fields, groups, tags
        FROM known
        WHERE email_key NOT IN (SELECT email_key FROM newest) AND email_key NOT IN (SELECT email_key FROM moved)
    )
    SELECT $list_id AS list_id, members.* REPLACE (
        coalesce(CASE WHEN status IN $own_tags THEN members.tags ELSE tag_lists.tags END, []) AS tags
    )
    FROM members LEFT JOIN tag_lists USING (email_key)
"""

OWN_TAGS = ("pending", "archived")
"""Statuses for which no flag makes a segment show a member: their tags come with the member (at most 50)."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at an audience brought.

    Attributes:
        files: staged members; the columns of `members` but list_id, and `seen`, a number that grows as rows are read.
        memberships: email_key, tag.
        kept_tags: names of the tags whose known memberships still hold.
        gone: hashes of known members that are in the audience no more, in no status.
    """

    files: tuple[str, ...]
    memberships: pa.Table
    kept_tags: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberTable:
    """The known members of one audience."""

    warehouse: Warehouse
    list_id: str

    def counts(self, look: Look) -> tuple[int, int]:
        """How many members there should be after this look: not archived, archived."""
        rows = self._opened(look, self._version()).sql("SELECT status = 'archived', count(*) FROM present GROUP BY ALL")
        counts = dict(rows.fetchall())
        return counts.get(False, 0), counts.get(True, 0)

    def doubtful(self, look: Look, scan: pa.Table) -> list[str]:
        """Hashes of the members that a scan (email_key, status) shows otherwise, or only one of both knows."""
        connection = self._opened(look, self._version())
        connection.register("scan", scan)
        rows = connection.sql(
            """SELECT DISTINCT coalesce(present.email_key, scan.email_key)
            FROM present FULL JOIN scan ON present.email_key = scan.email_key AND present.status = scan.status
            WHERE present.email_key IS NULL OR scan.email_key IS NULL"""
        )
        return sorted(key for (key,) in rows.fetchall())

    def seen_since(self, look: Look, seen: int) -> set[str]:
        """Hashes of the members that were read from this number on."""
        rows = self._opened(look, self._version()).sql(
            "SELECT email_key FROM fresh WHERE seen >= $s", params={"s": seen}
        )
        return {key for (key,) in rows.fetchall()}

    def merge(self, look: Look, seen_at: datetime) -> dict[str, int]:
        """Merge a look; returns how many rows changed, were forgotten, and had their e-mail changed.

        Former e-mails are written first: what tells of them is in the rows that the merge takes away.
        """
        version = self._version()
        connection = self._opened(look, version)
        moved = connection.sql("SELECT * FROM moved").to_arrow_table()
        self._save_former_emails(moved, seen_at)
        merged = self._merged(connection)
        changed = self._changed(connection, merged)
        if changed or moved.num_rows:
            self.warehouse.update(
                MEMBERS,
                lambda newest: merged if newest == version else self._merged(self._opened(look, newest)),
                list_id=self.list_id,
            )
        return {
            "changed": changed,
            "forgotten": len(set(look.gone) - set(moved["email_key"].to_pylist())),
            "email_changed": moved.num_rows,
            "members": merged.num_rows,
        }

    def _version(self) -> int:
        return self.warehouse.version(MEMBERS)

    def _opened(self, look: Look, version: int) -> DuckDBPyConnection:
        connection = connect()
        self.warehouse.view(connection, "known", MEMBERS, version, list_id=self.list_id)
        connection.read_parquet(list(look.files)).create_view("fresh")
        connection.register("memberships", look.memberships)
        connection.register("kept_tags", _names("tag", look.kept_tags))
        connection.register("gone", _names("email_key", look.gone))
        for view in (NEWEST, PRESENT, MOVED):
            connection.execute(view)
        return connection

    def _merged(self, connection: DuckDBPyConnection) -> pa.Table:
        params = {"list_id": self.list_id, "own_tags": (*OWN_TAGS, "forgotten")}
        return connection.sql(MERGED, params=params).to_arrow_table()

    @staticmethod
    def _changed(connection: DuckDBPyConnection, merged: pa.Table) -> int:
        connection.register("merged", merged)
        row = f"email_key, hash({', '.join(column.name for column in MEMBERS.columns)})"
        return len(connection.sql(f"SELECT {row} FROM merged EXCEPT SELECT {row} FROM known"))

    def _save_former_emails(self, moved: pa.Table, seen_at: datetime) -> None:
        if not moved.num_rows:
            return

        def compute(version: int) -> pa.Table:
            connection = connect()
            self.warehouse.view(connection, "emails", EMAILS, version, source=self.list_id)
            connection.register("moved", moved)
            return connection.sql(
                """SELECT $source AS source, holder_id, email_key, max(until) AS until FROM (
                    SELECT holder_id, email_key, until FROM emails
                    UNION ALL
                    SELECT contact_id, email_key, $until::TIMESTAMPTZ FROM moved
                ) GROUP BY ALL""",
                params={"source": self.list_id, "until": seen_at},
            ).to_arrow_table()

        self.warehouse.update(EMAILS, compute, source=self.list_id)


def _names(column: str, values: Iterable[str]) -> pa.Table:
    import pyarrow as pa

    return pa.table({column: pa.array(list(values), pa.string())})
