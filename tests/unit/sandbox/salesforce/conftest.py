"""An org without HTTP around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from include.sandbox.controls import Controls
from include.sandbox.salesforce.dml.changes import Saved
from include.sandbox.salesforce.dml.writer import Writer
from include.sandbox.salesforce.queries import Queries
from include.sandbox.salesforce.store import OrgStore
from include.sandbox.salesforce.switches import SWITCHES

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class Bench:
    """An org's store with what reads and writes it; the clock stands still at `NOW`."""

    store: OrgStore
    controls: Controls
    queries: Queries
    writer: Writer

    def records(self, soql: str, *, deleted: bool = False) -> list[dict[str, Any]]:
        """What a query finds, without the attributes of the records."""
        found = self.queries.run(soql, "/services/data/v59.0", deleted=deleted)["records"]
        return [{key: value for key, value in one.items() if key != "attributes"} for one in found]

    def values(self, soql: str, *, deleted: bool = False) -> list[Any]:
        """The first field of each record that a query finds."""
        return [next(iter(one.values())) for one in self.records(soql, deleted=deleted)]

    def save(self, name: str, operation: str, *rows: dict[str, object], **options: Any) -> list[Saved]:
        """Saves rows; `key` is a field's name."""
        sobject = self.store.schema.objects[name]
        if "key" in options:
            options["key"] = sobject.fields[options["key"]]
        return self.writer.save(sobject, operation, rows, **options)

    def insert(self, name: str, **values: object) -> str:
        """Inserts one record that must be accepted, and gives its id."""
        (saved,) = self.save(name, "insert", values)
        assert saved.error is None, saved.error
        return saved.record_id

    def refusal(self, name: str, operation: str, **values: object) -> tuple[str, str, tuple[str, ...]]:
        """Code, message and fields with which one row is refused."""
        (saved,) = self.save(name, operation, values)
        assert saved.error is not None
        return saved.error.code, saved.error.message, saved.error.fields


def bench(store: OrgStore) -> Iterator[Bench]:
    """A bench on a store, closed afterwards."""
    controls = Controls(NOW)
    controls.clock.set(NOW, frozen=True)
    controls.declare_switches(SWITCHES)
    yield Bench(store, controls, Queries(store, controls), Writer(store, controls))
    store.close()


@pytest.fixture
def org() -> Iterator[Bench]:
    """A person-account org."""
    yield from bench(OrgStore())


@pytest.fixture
def plain_org() -> Iterator[Bench]:
    """An org without person accounts."""
    yield from bench(OrgStore(person_accounts=False))
