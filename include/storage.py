"""Where staging and warehouse lie: a folder, or an object-store URL that Airflow's connections open."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


@dataclass(frozen=True, slots=True)
class Storage:
    """A root folder or URL (`data`, `s3://aws_default@bucket/sync`) and the files below it."""

    root: str

    @property
    def is_local(self) -> bool:
        """Whether the root is a folder of this machine."""
        return "://" not in self.root or self.root.startswith("file://")

    def filesystem(self) -> AbstractFileSystem:
        """The fsspec filesystem; a URL's credentials come from the Airflow connection named in it."""
        if self.is_local:
            from fsspec.implementations.local import LocalFileSystem

            return LocalFileSystem(auto_mkdir=True)
        from airflow.sdk import ObjectStoragePath

        return ObjectStoragePath(self.root).fs

    def path(self, *parts: str) -> str:
        """The full path of a file below the root, as DuckDB, PyArrow and fsspec read it."""
        root = str(Path(self.root.removeprefix("file://")).absolute()) if self.is_local else self._without_connection()
        return "/".join([root.rstrip("/"), *parts])

    def write_atomically(self, path: str, content: bytes) -> None:
        """Put a small file in one step: readers see the old content or the new, never a part."""
        filesystem = self.filesystem()
        if not self.is_local:
            filesystem.pipe_file(path, content)  # a put is atomic on object stores
            return
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)

    def _without_connection(self) -> str:
        scheme, rest = self.root.split("://", 1)
        return f"{scheme}://{rest.split('@', 1)[-1]}"
