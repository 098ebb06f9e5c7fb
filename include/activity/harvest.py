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
LIVELY = timedelta(days=7)
"""For so long after its sending a campaign is read every night; after that when Mailchimp counts more opens or clicks.

A report answers every recipient, however little happened: reading all campaigns ever sent would take all night.
"""


@dataclass(slots=True)
class Harvester:
    """Harvests campaigns; `read_at` is Mailchimp's clock before anything was read."""

    client: MailchimpClient
    warehouse: Warehouse
    events: EventWriter
    read_at: datetime
    harvested: int = 0
    quiet: int = 0
    """Campaigns of which nothing but the unsubscribes was read, as nothing else happened."""
    _counted: dict[str, int | None] = field(default_factory=dict)
    _done: list[Campaign] = field(default_factory=list)

    def list_campaigns(self, list_id: str) -> None:
        """Bring the table of campaigns up to what Mailchimp lists."""
        listed = [Campaign(**row) for page in self.client.campaigns(list_id) for row in page.to_pylist()]
        self._counted |= {campaign.campaign_id: campaign.counted for campaign in listed}
        campaigns.save(self.warehouse, list_id, (replace(campaign, counted=None) for campaign in listed))

    def harvest(self, campaign: Campaign) -> None:
        """Read the activity of one campaign; `finish` has to follow."""
        counted = self._counted.get(campaign.campaign_id)
        quiet = self.read_at - campaign.send_time > LIVELY and counted is not None and counted == campaign.counted
        self.quiet += quiet
        for page in _unsubscribes(self.client, campaign) if quiet else _events(self.client, campaign):
            if self.events.add(page, list_id=campaign.list_id, campaign_id=campaign.campaign_id):
                self._commit()
        self._done.append(replace(campaign, harvested_until=self.read_at, counted=counted))

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
    since = _since(campaign)
    if since is None:
        for page in client.sent_to(campaign.campaign_id):
            yield _of_type(page, "sent", campaign.send_time)
    for page in client.email_activity(campaign.campaign_id, since):
        yield page.select(["email_key", "type", "at", "url"])
    yield from _unsubscribes(client, campaign)


def _unsubscribes(client: MailchimpClient, campaign: Campaign) -> Iterator[pa.Table]:
    since = _since(campaign)
    for page in client.unsubscribed(campaign.campaign_id):
        yield _after(_of_type(page, "unsubscribe"), since)


def _since(campaign: Campaign) -> datetime | None:
    return campaign.harvested_until - OVERLAP if campaign.harvested_until else None


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
