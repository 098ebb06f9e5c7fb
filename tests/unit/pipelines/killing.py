"""A warehouse that dies before one of its writes, as a killed task does."""

from __future__ import annotations

from dataclasses import dataclass, field

from include.storage import Storage
from include.warehouse.store import Warehouse
from include.wiring import Project


class Killed(BaseException):
    """The task is no more; nothing handles this."""


@dataclass(frozen=True)
class KillingWarehouse(Warehouse):
    """Writes until `survives` writes are done; `written` lists the tables. A `replace` is an `update` inside."""

    survives: int = 1_000_000
    written: list[str] = field(default_factory=list)

    def _count(self, table):
        if len(self.written) == self.survives:
            raise Killed(table.name)
        self.written.append(table.name)

    def append(self, table, *args, **partition):
        self._count(table)
        super().append(table, *args, **partition)

    def update(self, table, *args, **partition):
        self._count(table)
        super().update(table, *args, **partition)


@dataclass(frozen=True)
class KillingProject(Project):
    """A project on a warehouse that dies."""

    dying: KillingWarehouse = KillingWarehouse(Storage(""))

    @classmethod
    def of(cls, project: Project, survives: int) -> KillingProject:
        dying = KillingWarehouse(project.storage, survives)
        return cls(project.configuration, project.storage, dying=dying)

    @property
    def warehouse(self) -> Warehouse:
        return self.dying
