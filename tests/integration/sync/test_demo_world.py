"""The made-up world with the configuration that ships: the end state is the model's, twice, and a dry run's is none.

Everything runs once (fixture `story`); the tests look at what it left.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from include.pipelines.run import SyncRun
from tests.integration.sync.rig import CONFIGURATION, NOW, TODAY, Rig, State
from tests.model.sync import Sync
from tests.model.world import World
from tests.unit.sandbox.world.worlds import read_world

PEOPLE = 200
STEMS = ("newsletter", "partners", "product_updates")
LISTS = {"newsletter": "Newsletter", "partners": "Partners", "product_updates": "Product updates"}
MIRROR_UPSERT = "/services/data/v{version}/composite/sobjects/{object}/{key}"

Accounts = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Story:
    """What the syncs left: states, write calls, counts by audience and stage."""

    rig: Rig
    before: State
    dry_writes: list[tuple[str, str, int]]
    after_dry: State
    first: Accounts
    after_first: State
    second: Accounts
    second_writes: list[tuple[str, str, int]]
    after_second: State
    logged: str


class _Kept(logging.Handler):
    """Every log line of some loggers, whatever its level; urllib3 logs every URL."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    @contextmanager
    def attached(self, *names: str) -> Iterator[None]:
        loggers = [logging.getLogger(name) for name in names]
        levels = [logger.level for logger in loggers]
        for logger in loggers:
            logger.addHandler(self)
            logger.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.removeHandler(self)
                logger.setLevel(level)


@pytest.fixture(scope="module")
def story(rig: Rig) -> Story:
    """A dry run, then all audiences twice."""
    made = read_world(PEOPLE)
    account = {"lists": list(made.lists.values()), "campaigns": made.campaigns}
    rig.sandbox.put_state(salesforce=made.salesforce, mailchimp=account)
    rig.sandbox.set_clock(NOW.isoformat())
    kept = _Kept()
    before = rig.state()

    def round_of(run_id: str) -> Accounts:
        rig.sandbox.reset_calls()
        rig.extract(run_id)
        return {stem: rig.sync(stem) for stem in STEMS}

    with kept.attached("include", "urllib3"):
        rig.sandbox.reset_calls()
        rig.extract("dry")
        rig.sync("product_updates", dry_run=True)
        dry_writes, after_dry = rig.write_calls(), rig.state()
        first, after_first = round_of("first"), rig.state()
        second, second_writes, after_second = round_of("second"), rig.write_calls(), rig.state()
    return Story(
        rig, before, dry_writes, after_dry, first, after_first, second, second_writes, after_second,
        "\n".join(kept.lines),
    )  # fmt: skip


@pytest.fixture(scope="module")
def expected(story: Story) -> World:
    """The model's end state of one round."""
    world = copy.deepcopy(story.before.world)
    rules = yaml.safe_load((CONFIGURATION / "validation_rules.yaml").read_text(encoding="utf-8"))
    zone = ZoneInfo(yaml.safe_load((CONFIGURATION / "pipeline.yaml").read_text(encoding="utf-8"))["time_zone"])
    for stem in STEMS:
        settings = yaml.safe_load((CONFIGURATION / "audiences" / f"{stem}.yaml").read_text(encoding="utf-8"))
        Sync(world, settings, rules, TODAY, zone).run()
    return world


@pytest.mark.parametrize("name", LISTS.values())
def test_members_end_as_the_model_says(story: Story, expected: World, name: str) -> None:
    """R01-R18, details 1-5, 9-11: who is a member, in which status, with which values and groups."""
    found, wanted = story.after_first.world.lists[name], expected.lists[name]
    assert found.members.keys() == wanted.members.keys()
    wrong = {key: (found.members[key], wanted.members[key]) for key in wanted.members}
    assert {key: pair for key, pair in wrong.items() if pair[0] != pair[1]} == {}
    assert len(found.members) > len(story.before.world.lists[name].members)


@pytest.mark.parametrize("name", LISTS.values())
def test_r14_tags_end_as_the_model_says(story: Story, expected: World, name: str) -> None:
    assert story.after_first.world.lists[name].tags == expected.lists[name].tags


def test_r08_leads_are_made_of_exactly_the_strangers(story: Story, expected: World) -> None:
    found, wanted = story.after_first.world.leads_made(), expected.leads_made()
    assert found.keys() == wanted.keys()
    assert wanted
    for key, lead in wanted.items():
        fields = [name for name in lead if name != "Id"]
        assert {name: found[key][name] for name in fields} == {name: lead[name] for name in fields}


def test_people_of_salesforce_are_untouched(story: Story) -> None:
    for name in ("Contact", "Lead", "Account"):
        after = {record["Id"]: record for record in story.after_first.salesforce[name]}
        assert {record["Id"]: after[record["Id"]] for record in story.before.salesforce[name]} == {
            record["Id"]: record for record in story.before.salesforce[name]
        }


def test_mirror_rows_end_as_the_model_says(story: Story, expected: World) -> None:
    """Detail 7, R15: none for an audience whose data sync is off."""
    assert story.after_first.world.subscribers == expected.subscribers
    assert story.after_first.world.audiences == expected.audiences


def test_mirror_rows_show_what_the_members_show(story: Story) -> None:
    """R09, R22: contact id, rating and times are those of the member."""
    members = {
        f"{each['id']}:{member['id']}": member
        for each in story.after_first.mailchimp["lists"]
        for member in each["members"]
    }
    rows = story.after_first.salesforce["MC_Subscriber__c"]
    assert len(rows) > PEOPLE / 2
    for row in rows:
        member = members[row["Key__c"]]
        assert row["Mailchimp_Contact_Id__c"] == member["contact_id"]
        assert row["Rating__c"] == member["member_rating"]
        assert row["Email__c"] == member["email_address"].lower()
        assert (row["Profile_Updated__c"] or "")[:19] == member["last_changed"][:19]
        assert (row["Opt_In__c"] or "")[:19] == member["timestamp_opt"][:19]


def test_g01_nobody_became_subscribed_who_was_a_member_in_another_status(story: Story) -> None:
    before = story.before.statuses()
    kept = {"unsubscribed", "cleaned", "transactional", "pending", "archived", "forgotten"}
    assert kept <= set(before.values())
    for after in (story.after_first.statuses(), story.after_second.statuses()):
        assert {who: after[who] for who in before} == before


def test_g02_a_dry_run_makes_no_write_call(story: Story) -> None:
    assert story.dry_writes == []
    assert story.after_dry == story.before


def test_g05_a_second_round_writes_one_stamp_per_audience(story: Story) -> None:
    assert story.second_writes == [("PATCH", MIRROR_UPSERT, len(STEMS))]
    first, second = story.after_first.world, story.after_second.world
    assert (second.lists, second.people, second.subscribers) == (first.lists, first.people, first.subscribers)
    stamps = [
        {row["List_Id__c"]: row["Last_Sync__c"] for row in state.salesforce["MC_Audience__c"]}
        for state in (story.after_first, story.after_second)
    ]
    assert stamps[0].keys() == stamps[1].keys()
    assert all(stamps[0][list_id] < stamps[1][list_id] for list_id in stamps[0])


@pytest.mark.parametrize("stem", STEMS)
def test_g03_both_ledgers_balance(story: Story, stem: str) -> None:
    """One row for every person and member there is, counted here; the report's own verdict agrees."""
    for account, state in ((story.first[stem], story.before), (story.second[stem], story.after_first)):
        assert account["report"]["balanced"] is True
        people = sum(not record["IsDeleted"] for name in ("Contact", "Lead") for record in state.salesforce[name])
        assert sum(account["transform"]["ledger"]["salesforce"].values()) == people
        members = len(state.world.lists[LISTS[stem]].members)
        forgotten = account["transform"]["ledger"]["mailchimp"].get("skipped: forgotten", 0)
        assert sum(account["transform"]["ledger"]["mailchimp"].values()) - forgotten == members
        operations = sum(account["transform"]["operations"].values()) + _mirrored(story, account, stem)
        assert sum(account["report"]["operations"].values()) == operations


def _mirrored(story: Story, account: Mapping[str, Mapping[str, Any]], stem: str) -> int:
    return sum(account["load_mirror"].values())


PLANTED = {
    "missing_required_field": "required_merge_field",
    "date_out_of_period": "birthdate_period",
    "unknown_dropdown_value": "unknown_dropdown_value",
    "incomplete_postal_address": "incomplete_postal_address",
    "text_too_long": "text_too_long",
    "invalid_email": "invalid_email",
}


@pytest.mark.parametrize(("kind", "rule"), PLANTED.items())
def test_r17_planted_bad_records_are_found_and_no_others(story: Story, kind: str, rule: str) -> None:
    run = SyncRun(story.rig.project, "newsletter", "run2")
    rows = [
        row
        for table in map(_read_parquet, run.project.staging.files(run.partition("findings")))
        for row in table
        if row["rule"] == rule
    ]
    assert sorted(row["key"] for row in rows) == sorted(read_world(PEOPLE).planted[kind]["ids"])


def _read_parquet(path: str) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    return pq.read_table(path).to_pylist()


def test_g09_no_log_line_and_no_count_holds_an_email(story: Story) -> None:
    shown = story.logged + repr(story.first) + repr(story.second)
    assert "/composite/sobjects/MC_Subscriber__c/Key__c" in shown
    assert ".example" not in shown.replace("sandbox.example", "")
