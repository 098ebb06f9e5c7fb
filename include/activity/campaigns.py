"""The table `campaigns`: what was sent to an audience, and until when each campaign's activity is in the history."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from include.warehouse.tables import CAMPAIGNS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from include.warehouse.store import Warehouse


@dataclass(frozen=True, slots=True)
class Campaign:
    """A sent campaign.

    Attributes:
        harvested_until: None while its activity was never read to the end.
        counted: opens and clicks that Mailchimp counted right before that harvest; None where it told none.
    """

    campaign_id: str
    list_id: str
    title: str | None
    send_time: datetime
    emails_sent: int
    harvested_until: datetime | None = None
    counted: int | None = None

    def lacks(self, until: datetime) -> bool:
        """Whether activity before an instant may be missing from the history."""
        return self.send_time < until and (self.harvested_until is None or self.harvested_until < until)

    def merged(self, newer: Campaign) -> Campaign:
        """The same campaign as it was listed or harvested later; what was harvested stays harvested."""
        if newer.harvested_until and (self.harvested_until is None or self.harvested_until < newer.harvested_until):
            return newer
        return replace(newer, harvested_until=self.harvested_until, counted=self.counted)


def read(warehouse: Warehouse, list_id: str, version: int | None = None) -> dict[str, Campaign]:
    """The known campaigns of an audience, by id."""
    rows = warehouse.read(CAMPAIGNS, version, list_id=list_id).to_pylist()
    return {row["campaign_id"]: Campaign(**row) for row in rows}


def save(warehouse: Warehouse, list_id: str, campaigns: Iterable[Campaign]) -> None:
    """Put campaigns over the known ones; writes nothing where they say nothing new."""
    newer = list(campaigns)

    def merged(known: dict[str, Campaign]) -> dict[str, Campaign]:
        return known | {c.campaign_id: known.get(c.campaign_id, c).merged(c) for c in newer}

    def compute(version: int) -> pa.Table:
        import pyarrow as pa

        rows = sorted(merged(read(warehouse, list_id, version)).values(), key=lambda c: (c.send_time, c.campaign_id))
        return pa.Table.from_pylist([asdict(row) for row in rows], schema=CAMPAIGNS.schema())

    known = read(warehouse, list_id)
    if merged(known) != known:
        warehouse.update(CAMPAIGNS, compute, list_id=list_id)
