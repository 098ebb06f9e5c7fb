"""The same seed, time and number of people give the same bytes."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest

from include.sandbox.world import build

NOW = datetime(2026, 11, 22, 22, 15, tzinfo=UTC)
PRINT_DIGEST = """
import hashlib, json, datetime
from include.sandbox.world import build
world = build(7, datetime.datetime(2026, 11, 22, 22, 15, tzinfo=datetime.UTC), 200)
text = json.dumps([world.salesforce, world.mailchimp, world.planted], default=list)
print(hashlib.sha256(text.encode()).hexdigest())
"""


def as_text(seed: int, now: datetime, people: int) -> str:
    world = build(seed, now, people)
    return json.dumps([world.salesforce, world.mailchimp, world.planted], default=list)


def test_two_builds_are_equal():
    assert as_text(7, NOW, 200) == as_text(7, NOW, 200)


def test_reading_twice_gives_the_same_records():
    world = build(7, NOW, 50)
    for _, records in world.salesforce:
        assert list(records) == list(records)
    assert list(world.mailchimp["lists"][0]["members"]) == list(world.mailchimp["lists"][0]["members"])


def test_order_of_hashes_does_not_matter():
    digests = {
        subprocess.run(
            [sys.executable, "-c", PRINT_DIGEST],
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_time_zone_of_now_does_not_matter():
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))
    assert as_text(7, elsewhere, 50) == as_text(7, NOW, 50)


@pytest.mark.parametrize(
    ("seed", "now"), [(8, NOW), (7, NOW + timedelta(seconds=1))], ids=["another seed", "another time"]
)
def test_another_seed_or_time_is_another_world(seed, now):
    assert as_text(seed, now, 50) != as_text(7, NOW, 50)


def test_a_larger_world_begins_with_the_smaller_one():
    small = {name: list(records) for name, records in build(7, NOW, 200).salesforce}
    large = {name: list(records) for name, records in build(7, NOW, 400).salesforce}
    assert large["Contact"][: len(small["Contact"])] == small["Contact"]
    assert large["Lead"][: len(small["Lead"])] == small["Lead"]


def test_people_are_the_same_at_another_time():
    """The two servers may be filled a moment apart."""
    times = {"CreatedDate", "LastModifiedDate", "SystemModstamp", "ConvertedDate"}

    def timeless(now: datetime) -> list[dict]:
        people = dict(build(7, now, 200).salesforce)
        return [
            {field: value for field, value in record.items() if field not in times}
            for name in ("Contact", "Lead")
            for record in people[name]
        ]

    assert timeless(NOW) == timeless(NOW + timedelta(days=3, seconds=1))


def test_now_without_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        build(1, datetime(2026, 11, 22), 10)  # noqa: DTZ001 - the error is the point


def test_a_world_without_people_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        build(1, NOW, 0)
