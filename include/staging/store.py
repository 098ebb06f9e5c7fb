"""Parquet partitions of one run, committed in one step.

A partition is one folder per (source, object, run). Its data files have names of their own; `manifest.json` names the
ones that count and is replaced atomically, so a reader sees the last committed state or none, and a rerun replaces.
"""

from __future__ import annotations

import json
import re
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from include.errors import FatalError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

    from include.storage import Storage

MANIFEST = "manifest.json"
RELATION_BATCH_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Partition:
    """The name of a partition: who made the rows, what they are, which run."""

    source: str
    object: str
    run_id: str

    @property
    def folder(self) -> tuple[str, ...]:
        """Its folders below the root. No `name=value`, which readers of Parquet would take for a column."""
        return ("staging", self.source, self.object, re.sub(r"[^A-Za-z0-9._+-]", "_", self.run_id))

    def __str__(self) -> str:
        return f"{self.source}/{self.object} of run {self.run_id}"


@dataclass(frozen=True, slots=True)
class StagingStore:
    """Writes, commits, reads and expires partitions below one root."""

    storage: Storage

    def write(self, partition: Partition, tables: Iterable[pa.Table], schema: pa.Schema | None = None) -> int:
        """Write all tables as one partition and commit it; returns the number of rows.

        `schema` is needed where there may be no table at all: the partition then holds one empty file, so that readers
        find its columns.
        """
        import pyarrow.parquet as pq

        filesystem = self.storage.filesystem()
        files, rows = [], 0
        for table in self._with_schema(tables, schema):
            name = f"part-{uuid.uuid4().hex}.parquet"
            path = self.storage.path(*partition.folder, name)
            filesystem.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            with filesystem.open(path, "wb") as file:
                pq.write_table(table, file, compression="zstd", compression_level=1)
            files.append(name)
            rows += table.num_rows
        self._commit(partition, {"files": files, "rows": rows})
        return rows

    def write_relation(self, partition: Partition, relation: DuckDBPyRelation) -> int:
        """Write what a DuckDB relation yields, batch by batch, and commit it; returns the number of rows."""
        import pyarrow as pa

        reader = relation.to_arrow_reader(RELATION_BATCH_ROWS)
        return self.write(partition, (pa.Table.from_batches([batch]) for batch in reader), reader.schema)

    def write_document(self, partition: Partition, document: object) -> None:
        """Commit one JSON document (a schema, counts) as a partition."""
        self._commit(partition, {"document": document})

    def files(self, partition: Partition) -> list[str]:
        """The committed data files, for DuckDB or PyArrow. Raises FatalError where nothing is committed."""
        return [self.storage.path(*partition.folder, name) for name in self._manifest(partition)["files"]]

    def view(self, connection: DuckDBPyConnection, name: str, partition: Partition) -> None:
        """Make the committed rows visible to DuckDB under a name."""
        if not self.storage.is_local:
            connection.register_filesystem(self.storage.filesystem())
        listed = ", ".join("'" + file.replace("'", "''") + "'" for file in self.files(partition))
        rows = f"SELECT * FROM read_parquet([{listed}], union_by_name = true)"
        connection.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {rows}')

    def rows(self, partition: Partition) -> int:
        """The number of committed rows."""
        return int(self._manifest(partition)["rows"])

    def document(self, partition: Partition) -> object:
        """The committed JSON document."""
        return self._manifest(partition)["document"]

    def committed(self, partition: Partition) -> bool:
        """Whether the partition can be read."""
        return bool(self.storage.filesystem().exists(self.storage.path(*partition.folder, MANIFEST)))

    def drop(self, partition: Partition) -> None:
        """Remove a partition, manifest first."""
        filesystem = self.storage.filesystem()
        folder = self.storage.path(*partition.folder)
        with suppress(FileNotFoundError):
            filesystem.rm_file(f"{folder}/{MANIFEST}")
        with suppress(FileNotFoundError):
            filesystem.rm(folder, recursive=True)

    def _manifest(self, partition: Partition) -> dict[str, Any]:
        path = self.storage.path(*partition.folder, MANIFEST)
        try:
            content = self.storage.filesystem().cat_file(path)
        except FileNotFoundError:
            message = f"staging has no {partition}: the task that writes it did not finish; clear it and run again"
            raise FatalError(message) from None
        manifest: dict[str, Any] = json.loads(content)
        return manifest

    def _commit(self, partition: Partition, manifest: dict[str, Any]) -> None:
        folder = self.storage.path(*partition.folder)
        self.storage.write_atomically(f"{folder}/{MANIFEST}", json.dumps(manifest).encode())
        kept = {*manifest.get("files", ()), MANIFEST}
        filesystem = self.storage.filesystem()
        for path in filesystem.ls(folder, detail=False):
            name = path.rsplit("/", 1)[-1]
            if name not in kept and not name.startswith("."):  # a draft is a manifest that somebody else is writing
                with suppress(FileNotFoundError):
                    filesystem.rm_file(path)

    @staticmethod
    def _with_schema(tables: Iterable[pa.Table], schema: pa.Schema | None) -> Iterable[pa.Table]:
        empty = True
        for table in tables:
            empty = False
            yield table
        if empty:
            if schema is None:
                raise ValueError("a partition without tables needs a schema")
            yield schema.empty_table()
