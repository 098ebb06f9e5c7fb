"""One audience's life in four syncs, and a second audience beside it: each person is one behaviour of SPEC.md.

Everything runs once (fixture `story`); the tests look at what it left after each sync:
`first`; `second`, before which both vendors changed people, and during which, between breaker and load, more changed;
`third`, which plans anew what lost its ground; `fourth`, with nothing to do.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import requests

from include.pipelines import sync_audience
from include.pipelines.run import SyncRun
from include.sandbox.mailchimp.credentials import API_KEY
from include.warehouse.tables import PLANS, RESULTS
from tests.integration.sync.people import (
    NEWS,
    UPDATES,
    WEB,
    audience,
    contact,
    key,
    lead,
    person_account,
    subscriber,
)
from tests.integration.sync.rig import NOW, Rig, State
from tests.sandbox_fixture import Sandbox

NEWSLETTER = """\
audience: Newsletter
policy: legacy_parity
consent: {contact: Newsletter_Consent__c, lead: Newsletter_Consent__c}
first_load: auto
create_leads: {enabled: true, defaults: {LastName: "[none]", Company: "[none]", LeadSource: Mailchimp}}
fields:
  FNAME: {contact: FirstName, lead: FirstName}
  LNAME: {contact: LastName, lead: LastName}
  COMPANY: {contact: Department, lead: Company}
queries:
  - {name: web, object: Contact, where: {field: LeadSource, equals: Web}, groups: [Interests / News, Rhythm / Weekly],
     tags: [Web]}
  - {name: private, object: Contact, where: {field: IsPersonAccount, equals: true}, groups: [Rhythm / Monthly]}
circuit_breaker: {changed_members: 100%, new_members: 100%, new_leads: 100, irreversible: 0}
"""
TITLE = "  TITLE: {contact: Title, lead: Title}\n"
UPDATES_FILE = """\
audience: Updates
policy: legacy_parity
consent: none
first_load: auto
new_members: {status: pending}
create_leads: {enabled: true, defaults: {LastName: "[none]", Company: "[none]"}}
fields: {FNAME: {contact: FirstName, lead: FirstName}}
queries: [{name: web, object: Contact, where: {field: LeadSource, equals: Web}}]
circuit_breaker: {changed_members: 100%, new_members: 100%, new_leads: 100, irreversible: 0}
"""
PIPELINE = "time_zone: Europe/Paris\n"
LONG = "\N{WAVING HAND SIGN}" * 80
"""80 characters, which Salesforce takes; 320 bytes, which Mailchimp would cut off."""


def starting_world() -> tuple[dict[str, Any], dict[str, Any]]:
    """Both vendors before the first sync."""
    account, pia = person_account("pia", Title="Dr")
    merged = contact("mer2", Email="merged@x.example", IsDeleted=True, MasterRecordId=contact("mer")["Id"])
    converted = lead("con2", Email="before@x.example", IsConverted=True, ConvertedContactId=contact("con")["Id"])
    contacts = [
        pia,
        contact("ann", **WEB),
        contact("opt", HasOptedOutOfEmail=True, **WEB),
        contact("noc", Newsletter_Consent__c=False, **WEB),
        contact("bob", Title="Prof", **WEB),
        contact("arc", **WEB),
        contact("uma", LastName="Roe", **WEB),
        contact("cle", LastName="Roe", **WEB),
        contact("pen", LastName="Roe", **WEB),
        contact("tra", LastName="Roe", **WEB),
        contact("mer", **WEB),
        contact("con", **WEB),
        contact("sha", Email="shared@x.example", CreatedDate="2024-01-01T00:00:00.000+0000"),
        contact("shb", Email="Shared@x.example", FirstName="Younger", **WEB),
        contact("eve"),
        contact("fay", **WEB),
        contact("gil", **WEB),
        contact("hal", **WEB),
        contact("ida", **WEB),
        contact("jon", **WEB),
        contact("kim", **WEB),
        contact("lea", Department="Sales", **WEB),
        contact("max", **WEB),
        contact("ned", **WEB),
        contact("ola", **WEB),
        contact("ron"),
        contact("bad", Department=LONG, **WEB),
        merged,
    ]
    leads = [lead("lou", LastName="Roe"), converted]
    news = [
        subscriber("bob"),
        subscriber("arc", "archived", values={"LNAME": "Old"}),
        subscriber("uma", "unsubscribed"),
        subscriber("cle", "cleaned"),
        subscriber("pen", "pending"),
        subscriber("tra", "transactional"),
        subscriber("lou"),
        subscriber("merged", "unsubscribed"),
        subscriber("before", "archived"),
        subscriber("eve"),
        subscriber("max", values={"COMPANY": "Theirs"}),
        subscriber("ron"),
        subscriber("stranger"),
        subscriber("nolead", "unsubscribed"),
        subscriber("sam", "pending"),
        subscriber("tia", "pending"),
    ]
    updates = [subscriber("stranger"), subscriber("opt")]
    lists = [audience("Newsletter", NEWS, *news), audience("Updates", UPDATES, *updates)]
    return {"Account": [account], "Contact": contacts, "Lead": leads}, {"lists": lists}


@dataclass
class Seen:
    """Both vendors, and the plan's rows with their results, after a sync."""

    state: State
    operations: list[dict[str, Any]]
    accounts: dict[str, Any] = field(default_factory=dict)
    writes: list[tuple[str, str, int]] = field(default_factory=list)

    def member(self, name: str, list_id: str = NEWS) -> dict[str, Any] | None:
        """A member as Mailchimp keeps it."""
        (found,) = (each for each in self.state.mailchimp["lists"] if each["id"] == list_id)
        return next((each for each in found["members"] if each["id"] == key(name)), None)

    def status(self, name: str, list_id: str = NEWS) -> str | None:
        member = self.member(name, list_id)
        return member and member["status"]

    def groups(self, name: str) -> set[str]:
        return {id_ for id_, chosen in self.member(name)["interests"].items() if chosen}

    def tags(self, name: str) -> set[str]:
        return {tag["name"] for tag in self.member(name)["tags"]}

    def values(self, name: str) -> dict[str, Any]:
        return {tag: value for tag, value in self.member(name)["merge_fields"].items() if value != ""}

    def person(self, name: str) -> dict[str, Any]:
        """The contact or lead with the e-mail."""
        (found,) = (
            record
            for record in (*self.state.salesforce["Contact"], *self.state.salesforce["Lead"])
            if (record["Email"] or "").lower() == f"{name}@x.example" and not record["IsDeleted"]
        )
        return found

    def leads(self, name: str) -> list[dict[str, Any]]:
        return [each for each in self.state.salesforce["Lead"] if each["Email"] == f"{name}@x.example"]

    def mirror(self, name: str, list_id: str = NEWS) -> dict[str, Any] | None:
        rows = self.state.salesforce.get("MC_Subscriber__c", [])
        return next((row for row in rows if row["Key__c"] == f"{list_id}:{key(name)}"), None)

    def operation(self, name: str, kind: str) -> dict[str, Any] | None:
        found = [each for each in self.operations if each["email_key"] == key(name) and each["kind"] == kind]
        assert len(found) < 2
        return found[0] if found else None

    def row(self, name: str) -> str:
        """The ledger's reason for the person's e-mail."""
        return self.accounts["ledger"][key(name)]


class Life:
    """The two audiences, and who changes what."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.rig = Rig(sandbox, folder / "root", folder / "config")
        self.folder = folder / "config"
        self.now = NOW
        (self.folder / "audiences").mkdir(parents=True)
        (self.folder / "pipeline.yaml").write_text(PIPELINE, encoding="utf-8")
        self.configure(NEWSLETTER)
        (self.folder / "audiences" / "updates.yaml").write_text(UPDATES_FILE, encoding="utf-8")
        salesforce, mailchimp = starting_world()
        sandbox.put_state(salesforce=salesforce, mailchimp=mailchimp)
        sandbox.set_clock(self.now.isoformat())

    def configure(self, newsletter: str) -> None:
        (self.folder / "audiences" / "newsletter.yaml").write_text(dedent(newsletter), encoding="utf-8")

    def wait(self) -> None:
        self.now += timedelta(hours=1)
        self.rig.sandbox.set_clock(self.now.isoformat())

    def mailchimp(self, method: str, path: str, body: Any = None) -> None:
        """A call that somebody makes on the Newsletter audience."""
        url = f"{self.rig.sandbox.urls['mailchimp']}/3.0/lists/{NEWS}{path}"
        answer = requests.request(method, url, json=body, auth=("any", API_KEY), timeout=20)
        assert answer.ok, answer.text

    def member(self, name: str, **changes: Any) -> None:
        self.mailchimp("PATCH", f"/members/{key(name)}", changes)

    def contact(self, name: str, **changes: Any) -> None:
        """A change that somebody makes in Salesforce."""
        client = self.rig.project.salesforce()
        (result,) = client.update("Contact", [{"Id": contact(name)["Id"]} | changes], bulk_above=1)
        assert result.success, result

    def new_contact(self, name: str, **fields: Any) -> None:
        made = {k: v for k, v in contact(name, **fields).items() if k not in {"Id", "CreatedDate", "SystemModstamp"}}
        (result,) = self.rig.project.salesforce().insert("Contact", [made], None)
        assert result.success, result

    def sync(self, run_id: str, stem: str = "newsletter", between: Any = None) -> Seen:
        """Extract Salesforce, then run all stages; `between` happens after the breaker."""
        self.wait()
        self.rig.sandbox.reset_calls()
        self.rig.extract(run_id)
        run = SyncRun(self.rig.project, stem, run_id)
        accounts: dict[str, Any] = {}
        for name in sync_audience.STAGES:
            if name == "load_audience" and between is not None:
                between()
            accounts[name] = sync_audience._carry_out(run, name)
        return self.seen(run, accounts)

    def seen(self, run: SyncRun, accounts: dict[str, Any]) -> Seen:
        """What the run left."""
        warehouse = run.project.warehouse
        results = {row["op_id"]: row for row in warehouse.read(RESULTS, run_id=run.run_id).to_pylist()}
        plans = warehouse.read(PLANS, run_id=run.run_id).to_pylist()
        operations = [
            row
            | {name: json.loads(row[name]) for name in ("before", "after") if row[name]}
            | {name: results[row["op_id"]][name] for name in ("state", "reason")}
            for row in plans
        ]
        accounts["ledger"] = _ledger(run)
        return Seen(self.rig.state(), operations, accounts, self.rig.write_calls())


def _ledger(run: SyncRun) -> dict[str, str]:
    """Reasons by e-mail key; the member's side over the person's."""
    import pyarrow.parquet as pq

    files = run.project.staging.files(run.partition("ledger"))
    rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    rows.sort(key=lambda row: (row["side"] == "mailchimp", row["reason"] != "shared_email"))
    return {row["email_key"]: row["reason"] for row in rows}


@dataclass(frozen=True)
class Story:
    """What each sync left."""

    first: Seen
    updates: Seen
    second: Seen
    third: Seen
    fourth: Seen


@pytest.fixture(scope="module")
def story(connected: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Four syncs of the Newsletter audience, one of Updates."""
    life = Life(connected, tmp_path_factory.mktemp("life"))
    first = life.sync("first")
    updates = life.sync("updates", "updates")
    changes_before_the_second(life)
    second = life.sync("second", between=lambda: changes_during_the_second(life))
    return Story(first, updates, second, life.sync("third"), life.sync("fourth"))


def changes_before_the_second(life: Life) -> None:
    """What people do in both vendors."""
    life.contact("ann", LastName="Stone")
    life.member("bob", merge_fields={"LNAME": "Edited", "POINTS": 7})
    life.contact("pia", LastName="Wood")
    life.contact("eve", Email="eve2@x.example")
    life.member("fay", email_address="fay2@x.example")
    life.member("gil", status="unsubscribed")
    life.contact("gil", Email="gil2@x.example")
    life.contact("hal", HasOptedOutOfEmail=True)
    life.member("ida", status="unsubscribed")
    life.contact("jon", LeadSource="Other")
    life.mailchimp("POST", f"/members/{key('kim')}/tags", {"tags": [{"name": "Web", "status": "inactive"}]})
    life.member("kim", interests={"ane0000001": False})
    life.contact("lea", Department=None)
    life.mailchimp("DELETE", f"/members/{key('ned')}")
    life.mailchimp("POST", f"/members/{key('ola')}/actions/delete-permanent")
    life.contact("ron", LastName="Stone")
    life.new_contact("quy", **WEB)
    life.member("sam", status="subscribed")
    life.member("tia", status="subscribed")
    life.configure(NEWSLETTER.replace("queries:", TITLE + "queries:"))


def changes_during_the_second(life: Life) -> None:
    """What happens between the plan and the load."""
    life.mailchimp(
        "POST",
        "/members",
        {"email_address": "quy@x.example", "status": "unsubscribed", "merge_fields": {"FNAME": "Quy"}},
    )
    life.mailchimp("DELETE", f"/members/{key('ron')}")
    life.member("sam", status="unsubscribed")
    life.new_contact("tia")


# --- who becomes a member


def test_r01_a_selected_person_who_agreed_becomes_a_subscribed_member(story: Story) -> None:
    assert story.first.status("ann") == "subscribed"
    assert story.first.values("ann") == {"FNAME": "Ann", "LNAME": "Lee"}
    assert story.first.operation("ann", "add_member")["behaviour"] == "R01"
    assert story.first.status("noc") is None
    assert story.first.row("noc") == "no_consent"


def test_r01_new_members_wait_for_their_own_yes_where_the_audience_says_pending(story: Story) -> None:
    assert story.updates.status("ann", UPDATES) == "pending"
    assert story.updates.status("noc", UPDATES) == "pending"  # `consent: none`


def test_r02_a_person_account_is_added_and_kept_in_step_like_a_contact(story: Story) -> None:
    assert story.first.status("pia") == "subscribed"
    assert story.first.mirror("pia")["Contact__c"] == contact("pia")["Id"]
    assert story.second.values("pia") == {"FNAME": "Pia", "LNAME": "Wood", "TITLE": "Dr"}


def test_r03_an_archived_or_forgotten_member_stays_away_and_its_person_as_it_is(story: Story) -> None:
    for seen in (story.first, story.second, story.third):
        assert seen.status("arc") == "archived"
        assert seen.values("arc")["LNAME"] == "Old"
    assert (story.first.status("ned"), story.second.status("ned"), story.third.status("ned")) == (
        "subscribed", "archived", "archived"
    )  # fmt: skip
    assert (story.first.status("ola"), story.second.status("ola"), story.third.status("ola")) == (
        "subscribed", None, None
    )  # fmt: skip
    assert (story.second.row("ned"), story.second.row("ola")) == ("archived", "forgotten")
    assert story.second.mirror("ola")["Status__c"] == "forgotten"
    for name in ("arc", "ned", "ola"):
        assert story.third.person(name) == story.first.person(name)


def test_r05_an_opted_out_person_is_not_added_and_a_member_who_opts_out_stays(story: Story) -> None:
    assert story.first.status("opt") is None
    assert story.first.row("opt") == "opted_out"
    assert story.second.status("hal") == "subscribed"
    assert story.second.accounts["transform"]["opted_out_but_subscribed"] == 1


def test_r06_an_unsubscribe_shows_in_the_mirror_and_changes_nothing_else_in_salesforce(story: Story) -> None:
    assert story.second.mirror("ida")["Status__c"] == "unsubscribed"
    assert story.second.person("ida")["HasOptedOutOfEmail"] is False
    assert story.third.status("ida") == "unsubscribed"


def test_r07_an_email_changed_in_salesforce_makes_a_new_member_and_the_old_one_stays(story: Story) -> None:
    assert story.second.status("eve") == story.second.status("eve2") == "subscribed"
    added = story.second.operation("eve2", "add_member")
    assert (added["behaviour"], added["note"]) == ("R07", "email_changed")
    assert story.second.row("eve") == "former_email"


def test_r07_an_email_changed_in_mailchimp_makes_a_lead_and_the_person_is_added_again(story: Story) -> None:
    assert story.second.status("fay") == story.second.status("fay2") == "subscribed"
    assert story.second.member("fay2")["contact_id"] == story.first.member("fay")["contact_id"]
    assert len(story.second.leads("fay2")) == 1
    assert story.second.person("fay")["Id"] == contact("fay")["Id"]


# --- consent


@pytest.mark.parametrize(("name", "old"), [("gil2", "gil"), ("mer", "merged"), ("con", "before")])
def test_g01_who_left_under_another_email_is_not_added(story: Story, name: str, old: str) -> None:
    """Own history, a merged record, a converted lead."""
    assert story.second.status(old) in {"unsubscribed", "archived"}
    assert story.second.status(name) is None
    assert story.second.row(name) == "consent_held"


def test_g01_a_status_that_changed_after_the_plan_is_not_overwritten(story: Story) -> None:
    add, update = story.second.operation("quy", "add_member"), story.second.operation("ron", "update_member")
    assert (add["state"], add["reason"]) == ("precondition_gone", "member_is_unsubscribed")
    assert (update["state"], update["reason"]) == ("precondition_gone", "member_is_archived")
    assert (story.second.status("quy"), story.second.status("ron")) == ("unsubscribed", "archived")
    assert story.second.values("ron")["LNAME"] == "Lee"


def test_g01_no_sync_makes_anybody_subscribed_who_was_a_member_already(story: Story) -> None:
    for before, after in ((story.first, story.second), (story.second, story.third)):
        statuses = {who: (status, after.state.statuses().get(who)) for who, status in before.state.statuses().items()}
        risen = {who for who, pair in statuses.items() if pair[1] == "subscribed" != pair[0]}
        by_others = {("Newsletter", key("fay")), ("Newsletter", key("tia"))}  # a new e-mail, a confirmed one
        assert risen <= by_others


# --- leads


def test_r08_a_stranger_becomes_one_lead_and_never_a_second_one(story: Story) -> None:
    """Not on another run, not from a second audience that the stranger belongs to."""
    (made,) = story.first.leads("stranger")
    assert (made["LastName"], made["Company"], made["LeadSource"]) == ("Lee", "[none]", "Mailchimp")
    assert made["MC_Key__c"] == key("stranger")
    for seen in (story.updates, story.second, story.third):
        assert [each["Id"] for each in seen.leads("stranger")] == [made["Id"]]
    assert story.first.leads("nolead") == []
    assert story.first.mirror("stranger")["Lead__c"] == made["Id"]


def test_r08_a_default_is_not_written_back_to_mailchimp(story: Story) -> None:
    """What we filled in for want of a value counts as never filled."""
    assert "COMPANY" not in story.third.values("stranger")


def test_r08_what_happened_since_the_plan_counts(story: Story) -> None:
    sam, tia = story.second.operation("sam", "create_lead"), story.second.operation("tia", "create_lead")
    assert (sam["state"], sam["reason"]) == ("precondition_gone", "member_is_unsubscribed")
    assert (tia["state"], tia["reason"]) == ("precondition_gone", "person_exists")
    assert story.third.leads("sam") == story.third.leads("tia") == []


def test_detail6_a_former_or_converted_email_makes_no_lead(story: Story) -> None:
    for seen in (story.first, story.second, story.third):
        assert seen.leads("merged") == seen.leads("eve") == []
        assert len(seen.leads("before")) == 1


# --- values


def test_r15_salesforce_wins_and_what_is_not_mapped_stays(story: Story) -> None:
    assert story.second.values("ann")["LNAME"] == "Stone"
    assert story.second.values("bob")["LNAME"] == "Lee"
    assert story.second.values("bob")["POINTS"] == 7
    assert story.second.person("bob")["LastName"] == "Lee"


def test_r15_a_reverted_edit_is_listed(story: Story) -> None:
    reverted = story.second.operation("bob", "update_member")
    assert reverted["note"] == "mailchimp_edit_overwritten"
    assert (reverted["before"]["merge_fields"]["LNAME"], reverted["after"]["merge_fields"]["LNAME"]) == (
        "Edited",
        "Lee",
    )
    assert story.second.operation("ann", "update_member")["note"] is None


@pytest.mark.parametrize("name", ["uma", "pen", "tra"])
def test_detail3_members_in_every_live_status_are_kept_up_to_date_and_keep_it(story: Story, name: str) -> None:
    assert story.first.values(name)["LNAME"] == "Roe"
    assert story.first.status(name) == {"uma": "unsubscribed", "pen": "pending", "tra": "transactional"}[name]


def test_detail3_a_member_that_no_query_selects_is_kept_up_to_date_and_a_cleaned_one_is_not(story: Story) -> None:
    assert story.first.values("lou") == {"FNAME": "Lou", "LNAME": "Roe", "COMPANY": "Acme"}
    assert story.first.values("cle")["LNAME"] == "Lee"
    assert story.first.tags("cle") == set()


def test_r16_a_newly_mapped_field_is_filled_for_every_member(story: Story) -> None:
    assert story.first.values("bob").get("TITLE") is None
    assert story.second.values("bob")["TITLE"] == "Prof"


def test_detail10_a_value_that_was_filled_is_blanked_and_one_that_never_was_is_left_alone(story: Story) -> None:
    assert story.first.values("lea")["COMPANY"] == "Sales"
    assert "COMPANY" not in story.second.values("lea")
    assert story.third.values("max")["COMPANY"] == "Theirs"


def test_detail2_the_survivor_gives_the_values_and_any_sharer_is_enough_for_a_query(story: Story) -> None:
    assert story.first.values("shared")["FNAME"] == "Sha"
    assert story.first.mirror("shared")["Contact__c"] == contact("sha")["Id"]


# --- groups and tags


def test_r14_a_tag_is_made_once_and_given_to_those_who_match(story: Story) -> None:
    assert story.first.tags("ann") == story.first.tags("bob") == story.first.tags("uma") == {"Web"}
    (found,) = (each for each in story.first.state.mailchimp["lists"] if each["id"] == NEWS)
    assert [segment["name"] for segment in found["segments"]] == ["Web"]
    assert story.first.groups("ann") == {"ane0000001", "awe0000001"}


def test_r14_who_stops_matching_keeps_everything(story: Story) -> None:
    assert (story.second.status("jon"), story.second.tags("jon")) == ("subscribed", {"Web"})
    assert story.second.groups("jon") == {"ane0000001", "awe0000001"}


def test_detail5_what_somebody_removed_in_mailchimp_is_not_put_back(story: Story) -> None:
    for seen in (story.second, story.third):
        assert seen.tags("kim") == set()
        assert seen.groups("kim") == {"awe0000001"}


def test_r12_a_single_choice_takes_the_first_querys_group(story: Story) -> None:
    assert story.first.groups("pia") == {"amo0000001"}


def test_r17_a_field_that_mailchimp_would_refuse_is_left_out_and_the_rest_goes_on(story: Story) -> None:
    assert story.first.values("bad") == {"FNAME": "Bad", "LNAME": "Lee"}
    assert story.first.row("bad") == "field_left_out"


# --- runs


def test_g05_a_sync_without_changes_writes_one_stamp(story: Story) -> None:
    assert story.fourth.writes == [("PATCH", "/services/data/v{version}/composite/sobjects/{object}/{key}", 1)]
    assert story.fourth.operations == []


def test_g02_what_lost_its_ground_is_planned_anew_from_what_is_there_now(story: Story) -> None:
    assert story.third.tags("quy") == {"Web"}
    assert story.third.status("quy") == "unsubscribed"
    assert story.third.mirror("tia")["Contact__c"] == story.third.person("tia")["Id"]


def test_g03_every_ledger_balances(story: Story) -> None:
    for seen in (story.first, story.updates, story.second, story.third, story.fourth):
        assert seen.accounts["report"]["balanced"] is True
