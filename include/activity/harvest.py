"""Brings campaign activity from Mailchimp's reports into the event history: each campaign once, then what is new.

A campaign is marked as harvested after its events are in the history, so that a kill costs a second reading at most.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from include.activity import campaigns
from include.activity.campaigns import Campaign

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from include.activity.history import EventWriter
    from include.mailchimp.client import MailchimpClient
    from include.warehouse.store import Warehouse

OVERLAP = timedelta(days=3)
"""How far a reading goes back behind the last one: devices and Mailchimp's reports tell some events late."""


@dataclass(slots=True)
class Harvester:
    """Harvests campaigns; `read_at` is Mailchimp's clock before anything was read."""

    client: MailchimpClient
    warehouse: Warehouse
    events: EventWriter
    read_at: datetime
    harvested: int = 0
    _done: list[Campaign] = field(default_factory=list)

    def list_campaigns(self, list_id: str) -> None:
        """Bring the table of campaigns up to what Mailchimp lists."""
        listed = [Campaign(**row) for page in self.client.campaigns(list_id) for row in page.to_pylist()]
        campaigns.save(self.warehouse, list_id, listed)

    def harvest(self, campaign: Campaign) -> None:
        """Read the activity of one campaign; `finish` has to follow."""
        for page in _events(self.client, campaign):
            if self.events.add(page, list_id=campaign.list_id, campaign_id=campaign.campaign_id):
                self._commit()
        self._done.append(replace(campaign, harvested_until=self.read_at))

    def finish(self) -> None:
        """Merge what waits, then mark the campaigns that are complete."""
        self._commit()

    def _commit(self) -> None:
        self.events.flush()
        by_list = defaultdict(list)
        for campaign in self._done:
            by_list[campaign.list_id].append(campaign)
        for list_id, done in by_list.items():
            campaigns.save(self.warehouse, list_id, done)
        self.harvested += len(self._done)
        self._done = []


def _events(client: MailchimpClient, campaign: Campaign) -> Iterator[pa.Table]:
    """What happened to each recipient: email_key, type, at, url."""
    since = campaign.harvested_until - OVERLAP if campaign.harvested_until else None
    if since is None:
        for page in client.sent_to(campaign.campaign_id):
            yield _of_type(page, "sent", campaign.send_time)
    for page in client.email_activity(campaign.campaign_id, since):
        yield page.select(["email_key", "type", "at", "url"])
    for page in client.unsubscribed(campaign.campaign_id):
        yield _after(_of_type(page, "unsubscribe"), since)


def _after(events: pa.Table, since: datetime | None) -> pa.Table:
    """Events after an instant, of a report that cannot be asked for them alone."""
    import pyarrow.compute as pc

    return events if since is None else events.filter(pc.greater(events["at"], since))


def _of_type(page: pa.Table, kind: str, at: datetime | None = None) -> pa.Table:
    """Rows of a report that is about one type of event, with its own times or with one for all."""
    import pyarrow as pa

    instant = pa.timestamp("us", tz="UTC")
    return pa.table(
        {
            "email_key": page["email_key"],
            "type": pa.repeat(pa.scalar(kind), page.num_rows),
            "at": page["at"] if at is None else pa.repeat(pa.scalar(at, instant), page.num_rows),
            "url": pa.nulls(page.num_rows, pa.string()),
        }
    )
