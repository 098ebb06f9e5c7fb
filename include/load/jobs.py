"""Jobs handed to a vendor: a retry of the task waits for the one that runs instead of starting another."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from include.staging.store import Partition, StagingStore


@dataclass(frozen=True, slots=True)
class StartedJobs:
    """Vendor job ids by the operations they carry out; `partition` is a name of the run in staging.

    A job belongs to one plan (`planned_at`): a cleared run plans again, with the same ids for the same changes, and
    what an earlier job has done may have been undone since.
    """

    staging: StagingStore
    partition: Partition
    planned_at: datetime | None

    def find(self, op_ids: Iterable[str]) -> str | None:
        """The id of the job that was started for exactly these operations."""
        partition = self._named(op_ids)
        return cast("str", self.staging.document(partition)) if self.staging.committed(partition) else None

    def sent_before(self, kind: str) -> bool:
        """Whether an earlier try has begun to send operations of a kind: whose answers came, the results say."""
        return self.staging.committed(self._named([kind]))

    def begin(self, kind: str) -> None:
        """Remember that operations of a kind are being sent from now on."""
        self.staging.write_document(self._named([kind]), True)

    def save(self, op_ids: Iterable[str], job_id: str) -> None:
        """Remember a job that was just started."""
        self.staging.write_document(self._named(op_ids), job_id)

    def forget(self, op_ids: Iterable[str]) -> None:
        """Let a further try of these operations start a job of its own: this one's results are known, or lost."""
        self.staging.drop(self._named(op_ids))

    def _named(self, op_ids: Iterable[str]) -> Partition:
        plan = self.planned_at.isoformat() if self.planned_at else ""
        name = hashlib.sha256("\n".join([plan, *sorted(op_ids)]).encode()).hexdigest()[:16]
        return replace(self.partition, object=f"{self.partition.object}_{name}")
