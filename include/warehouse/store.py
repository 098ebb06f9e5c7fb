"""Reads and writes the Delta tables of `tables.py`, and shows them to DuckDB."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field
from functools import cache
from threading import get_ident
from typing import TYPE_CHECKING

from include.warehouse.tables import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from deltalake import DeltaTable
    from duckdb import DuckDBPyConnection

    from include.storage import Storage

COMMIT_ATTEMPTS = 12
"""Concurrent writers of one table conflict; each tries again on the newer version."""
SETTINGS = {"delta.checkpointInterval": "10"}
"""Of new tables. Opening one reads every commit since its checkpoint, 0.2 ms each; the library's default is 100."""


def connect() -> DuckDBPyConnection:
    """A DuckDB connection in memory, in UTC, that keeps no more threads than there are cores.

    All of a process share one database, which takes 20 ms to start: what a connection makes has to be TEMP.
    """
    connection = _database(os.getpid()).cursor()
    connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
    return connection


@cache
def _database(_process: int) -> DuckDBPyConnection:
    """A process's own: after a fork its parent's has no threads, so that it can be neither used nor ended."""
    import duckdb

    return duckdb.connect()


@dataclass(frozen=True, slots=True)
class Warehouse:
    """The tables below one root. What it has opened it keeps open: the next read looks for newer commits only."""

    storage: Storage
    _kept: dict[tuple[int, str], DeltaTable] = field(default_factory=dict, init=False, repr=False, compare=False)

    def version(self, table: Table) -> int:
        """The newest version; -1 where the table does not exist yet. Pins what a run reads."""
        delta = self._delta(table, None)
        return -1 if delta is None else int(delta.version())

    def read(self, table: Table, version: int | None = None, **partition: str) -> pa.Table:
        """All rows (of one partition), with the table's columns in order; empty where there are none."""
        import pyarrow as pa

        connection = connect()
        self.view(connection, "it", table, version, **partition)
        result: pa.Table = connection.sql("SELECT * FROM it").to_arrow_table()
        fixed = table.schema()
        extra = [field for field in result.schema if field.name not in fixed.names]
        return result.select([*fixed.names, *(f.name for f in extra)]).cast(pa.schema([*fixed, *extra]))

    def view(
        self, connection: DuckDBPyConnection, name: str, table: Table, version: int | None = None, **partition: str
    ) -> None:
        """Make the table (as of a version, or a partition of it) visible to DuckDB under a name.

        Columns that the table got since it was written are null.
        """
        delta = self._delta(table, version)
        files = [] if delta is None else self._files(delta, partition)
        connection.register(f"{name}__empty", table.schema().empty_table())
        if not files:
            connection.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS SELECT * FROM "{name}__empty"')
            return
        if not self.storage.is_local:
            connection.register_filesystem(self.storage.filesystem())
        listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
        types = ", ".join(f"'{column}': {self._duckdb_type(table, column)}" for column in table.partition_by)
        hive = f", hive_partitioning = true, hive_types = {{{types}}}" if table.partition_by else ""
        where = " AND ".join(f"\"{column}\" = '{_quoted(value)}'" for column, value in partition.items())
        connection.execute(
            f'CREATE OR REPLACE TEMP VIEW "{name}" AS FROM "{name}__empty" UNION ALL BY NAME '
            f"SELECT * FROM read_parquet([{listed}], union_by_name = true{hive})" + (f" WHERE {where}" if where else "")
        )

    def append(self, table: Table, rows: pa.Table) -> None:
        """Add rows."""
        from deltalake import CommitProperties, write_deltalake

        if rows.num_rows:
            self._retrying(
                lambda: write_deltalake(
                    self._uri(table),
                    self._shaped(table, rows),
                    mode="append",
                    schema_mode="merge",
                    partition_by=list(table.partition_by) or None,
                    configuration=SETTINGS,
                    commit_properties=CommitProperties(max_commit_retries=COMMIT_ATTEMPTS),
                )
            )

    def replace(self, table: Table, rows: pa.Table, **partition: str) -> None:
        """Replace a partition (or, without one, the whole table and its schema) in one atomic step."""
        self.update(table, lambda _: rows, **partition)

    def update(self, table: Table, compute: Callable[[int], pa.Table], **partition: str) -> None:
        """Replace a partition (or the table) by rows computed from its newest version, as if nobody else wrote.

        `compute` gets the version to read (-1: no table yet) and is called again when another writer was faster: Delta
        refuses a commit whose ground has changed. It must have no effects of its own.
        """
        self._retrying(lambda: self._update_once(table, compute, partition))

    def _update_once(self, table: Table, compute: Callable[[int], pa.Table], partition: dict[str, str]) -> None:
        from deltalake import write_deltalake

        version = self.version(table)
        rows = self._shaped(table, compute(version))
        partition_by = list(table.partition_by) or None
        # Opened for this write alone: one that is kept moves on with every read, and then no conflict would be seen.
        ground = self._open(table, version)
        if ground is None:
            uri = self._uri(table)
            write_deltalake(uri, rows, mode="error", partition_by=partition_by, configuration=SETTINGS)
        elif partition:
            where = _predicate(partition)
            write_deltalake(
                ground, rows, mode="overwrite", schema_mode="merge", partition_by=partition_by, predicate=where
            )
        else:
            write_deltalake(ground, rows, mode="overwrite", partition_by=partition_by, schema_mode="overwrite")

    def _shaped(self, table: Table, rows: pa.Table) -> pa.Table:
        """Rows in the table's column order and types; a missing or an unknown column is a programming error."""
        import pyarrow as pa

        fixed = table.schema()
        extra = [field for field in rows.schema if field.name not in fixed.names]
        if extra and not table.open:
            raise ValueError(f"table {table.name} has no column {', '.join(f.name for f in extra)}")
        return rows.select([*fixed.names, *(f.name for f in extra)]).cast(pa.schema([*fixed, *extra]))

    def _delta(self, table: Table, version: int | None) -> DeltaTable | None:
        """The table as of now, or of a version; None where there is none."""
        mine = (get_ident(), table.name)  # one that is open moves on: not under the eyes of another thread
        kept = self._kept.get(mine)
        if kept is None:
            kept = self._open(table, version)
            if kept is not None:
                self._kept[mine] = kept
        elif version is None:
            kept.update_incremental()
        elif version != int(kept.version()):
            return self._open(table, version)
        return kept

    def _open(self, table: Table, version: int | None) -> DeltaTable | None:
        from deltalake import DeltaTable
        from deltalake.exceptions import TableNotFoundError

        if version is not None and version < 0:
            return None
        try:
            return DeltaTable(self._uri(table), version=version)
        except TableNotFoundError:
            return None

    @staticmethod
    def _files(delta: DeltaTable, partition: dict[str, str]) -> list[str]:
        filters = [(column, "=", value) for column, value in partition.items()]
        return list(delta.file_uris(file_pruning_predicate=filters or None))

    @staticmethod
    def _duckdb_type(table: Table, column: str) -> str:
        types = {"string": "VARCHAR", "date": "DATE"}
        return types[next(c.type for c in table.columns if c.name == column)]

    def _uri(self, table: Table) -> str:
        return self.storage.path("warehouse", table.name)

    @staticmethod
    def _retrying(write: Callable[[], None]) -> None:
        from deltalake.exceptions import CommitFailedError, DeltaError

        for attempt in range(COMMIT_ATTEMPTS):
            try:
                return write()
            except (CommitFailedError, DeltaError) as conflict:
                already_created = "already exists" in str(conflict)
                if attempt + 1 == COMMIT_ATTEMPTS or not (isinstance(conflict, CommitFailedError) or already_created):
                    raise
                time.sleep(random.uniform(0.02, 0.1) * 2 ** min(attempt, 5))  # noqa: S311 - jitter
        return None


def _predicate(partition: dict[str, str]) -> str:
    return " AND ".join(f"{column} = '{_quoted(value)}'" for column, value in partition.items())


def _quoted(value: str) -> str:
    return value.replace("'", "''")
