"""The table of campaigns: what was harvested stays harvested."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from include.activity import campaigns
from include.activity.campaigns import Campaign
from include.storage import Storage
from include.warehouse.store import Warehouse
from include.warehouse.tables import CAMPAIGNS

SENT = datetime(2026, 11, 20, 9, tzinfo=UTC)
LISTED = Campaign("c1", "l1", "Title", SENT, 3)
NOON = SENT + timedelta(hours=3)
HARVESTED = replace(LISTED, harvested_until=NOON)


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(Storage(str(tmp_path)))


def test_a_campaign_that_is_listed_again_keeps_its_mark_and_takes_its_new_title(warehouse):
    campaigns.save(warehouse, "l1", [HARVESTED])
    campaigns.save(warehouse, "l1", [replace(LISTED, title="New")])
    assert campaigns.read(warehouse, "l1") == {"c1": replace(HARVESTED, title="New")}


def test_an_older_harvest_that_ends_later_does_not_take_the_mark_back(warehouse):
    campaigns.save(warehouse, "l1", [HARVESTED])
    campaigns.save(warehouse, "l1", [replace(HARVESTED, harvested_until=SENT)])
    assert campaigns.read(warehouse, "l1")["c1"].harvested_until == NOON


def test_g05_what_says_nothing_new_is_not_written(warehouse):
    campaigns.save(warehouse, "l1", [HARVESTED])
    before = warehouse.version(CAMPAIGNS)
    campaigns.save(warehouse, "l1", [LISTED])
    campaigns.save(warehouse, "l1", [])
    assert warehouse.version(CAMPAIGNS) == before


@pytest.mark.parametrize(
    ("campaign", "until", "lacks"),
    [
        (LISTED, SENT, False),  # sent after what is asked for
        (LISTED, SENT + timedelta(seconds=1), True),
        (HARVESTED, NOON, False),
        (HARVESTED, NOON + timedelta(seconds=1), True),
    ],
)
def test_m03_a_campaign_is_read_only_for_what_may_be_missing(campaign, until, lacks):
    assert campaign.lacks(until) is lacks
