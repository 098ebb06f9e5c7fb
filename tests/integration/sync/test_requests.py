"""R22, whole syncs: what users ask for on mirror rows, from the row to Mailchimp and back with the answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from include.pipelines import sync_audience
from tests.integration.sync.life import NEWSLETTER, Life
from tests.integration.sync.people import NEWS, audience, contact, key, lead, subscriber
from tests.integration.sync.rig import State
from tests.integration.sync.seen import Seen
from tests.integration.sync.stage_process import carry_out, killed_at
from tests.sandbox_fixture import Sandbox

CHANGES = NEWSLETTER.replace("{enabled: true,", "{enabled: false,").replace("consent: {", "consent: none\n#")
TWO_WAY = CHANGES.replace("policy: legacy_parity", "policy: two_way\nunsubscribe_sets_opt_out: any").replace(
    "irreversible: 0", "irreversible: 100, changed_people: 100%"
)
COLLECTIONS = "/services/data/v{version}/composite/sobjects"
STAMP = [("PATCH", f"{COLLECTIONS}/{{object}}/{{key}}", 1)]
OPEN = {"Requested_Status__c", "Requested_Groups__c"}


class Desk(Life):
    """Where users ask."""

    def row(self, name: str) -> str:
        return str(Seen(self.rig.state(), []).mirror(name)["Id"])

    def ask(self, name: str, status: str | None = None, groups: str | None = None) -> None:
        """Fill in the request fields of a member's row."""
        asked = {"Id": self.row(name), "Requested_Status__c": status, "Requested_Groups__c": groups}
        (result,) = self.rig.project.salesforce().update("MC_Subscriber__c", [asked], bulk_above=1)
        assert result.success, result

    def new_row(self, **fields: Any) -> str:
        """A row that a user makes, for the Newsletter audience."""
        (own,) = (one for one in self.rig.state().salesforce["MC_Audience__c"] if one["List_Id__c"] == NEWS)
        record = {"Audience__c": own["Id"], "Name": "Asked by hand"} | fields  # None: the field stays empty
        (result,) = self.rig.project.salesforce().insert("MC_Subscriber__c", [record], None)
        assert result.success, result
        return str(result.id)


def rows(state: State) -> dict[str, dict[str, Any]]:
    """The rows of MC_Subscriber__c by Id."""
    return {row["Id"]: row for row in state.salesforce["MC_Subscriber__c"]}


def answer(row: dict[str, Any]) -> str:
    assert not any(row.get(name) for name in OPEN)
    return str(row["Request_Result__c"])[len("2026-11-22: ") :]


def people() -> dict[str, Any]:
    names = ("ann", "bob", "cid", "dee")
    members = [subscriber(name) for name in names] + [subscriber("uma", "unsubscribed")]
    return {
        "salesforce": {
            "Contact": [contact(name) for name in (*names, "uma", "new")] + [contact("opt", HasOptedOutOfEmail=True)],
            "Lead": [lead("lou")],
        },
        "mailchimp": {"lists": [audience("Newsletter", NEWS, *members), audience("Updates", "bbbb000002")]},
    }


@dataclass(frozen=True)
class Story:
    """Three syncs: the first makes the rows, users ask before the second, the third finds nothing."""

    second: Seen
    third: Seen
    asked: dict[str, str]

    def answer(self, name: str) -> str:
        return answer(rows(self.second.state)[self.asked[name]])


@pytest.fixture(scope="module", params=["legacy_parity", "two_way"])
def story(request: pytest.FixtureRequest, connected: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Story:
    desk = Desk(connected, tmp_path_factory.mktemp(request.param))
    connected.put_state(**people())
    desk.configure(CHANGES if request.param == "legacy_parity" else TWO_WAY)
    desk.sync("first")
    desk.ask("ann", "unsubscribed")
    desk.ask("bob", groups="interests/news\nRhythm / Weekly\nRhythm / Daily")
    desk.ask("uma", "subscribed")
    asked = {name: desk.row(name) for name in ("ann", "bob", "uma")}
    asked |= {
        "new": desk.new_row(Contact__c=contact("new")["Id"], Requested_Status__c="subscribed"),
        "lou": desk.new_row(
            Lead__c=lead("lou")["Id"], Requested_Status__c="subscribed", Requested_Groups__c="Interests / News"
        ),
        "opt": desk.new_row(Contact__c=contact("opt")["Id"], Requested_Status__c="subscribed"),
        "where": desk.new_row(Contact__c=contact("new")["Id"], Audience__c=None, Requested_Status__c="unsubscribed"),
    }
    return Story(desk.sync("second"), desk.sync("third"), asked)


def test_r22_an_unsubscribe_is_carried_out_answered_and_cleared(story: Story) -> None:
    assert story.second.status("ann") == "unsubscribed"
    assert story.second.operation("ann", "unsubscribe_member")["behaviour"] == "R22"
    assert (story.answer("ann"), story.second.row("ann")) == ("Unsubscribed.", "unsubscribed")
    assert story.second.mirror("ann")["Status__c"] == "unsubscribed"


def test_r22_groups_are_joined_and_an_unknown_one_answered_with_those_there_are(story: Story) -> None:
    assert story.second.groups("bob") == {"ane0000001", "awe0000001"}
    assert story.answer("bob") == (
        "Joined: Interests / News; Rhythm / Weekly. Unknown: Rhythm / Daily. The audience has: Interests / Events; "
        "Interests / News; Rhythm / Monthly; Rhythm / Weekly."
    )
    assert story.second.mirror("bob")["Groups__c"] == "Interests / News; Rhythm / Weekly"


def test_g01_nobody_who_left_is_subscribed_by_a_request(story: Story) -> None:
    assert story.second.status("uma") == "unsubscribed"
    assert story.answer("uma").startswith("Not subscribed: the member has unsubscribed;")


@pytest.mark.parametrize("name", ["new", "lou"])
def test_r22_a_row_that_a_user_makes_adds_the_person_and_becomes_the_members(story: Story, name: str) -> None:
    assert story.second.status(name) == "subscribed"
    assert story.answer(name).startswith("Added as subscribed.")
    assert story.second.mirror(name)["Id"] == story.asked[name]
    assert story.second.mirror(name)["Status__c"] == "subscribed"


def test_r05_a_request_does_not_add_who_has_opted_out(story: Story) -> None:
    assert story.second.status("opt") is None
    assert story.answer("opt") == "Not added: a person with this e-mail has opted out in Salesforce."
    assert "Key__c" not in {name for name, value in rows(story.second.state)[story.asked["opt"]].items() if value}


def test_r22_a_row_without_an_audience_is_answered_by_whichever_run_comes_first(story: Story) -> None:
    assert story.answer("where") == "Nothing done: the row needs an Audience."
    assert story.second.status("new") == "subscribed"


def test_r22_the_report_counts_what_became_of_requests(story: Story) -> None:
    answered = [one for one in story.second.operations if one["kind"] == "answer_request"]
    assert sorted(one["note"] for one in answered) == [
        *["request_done"] * 3, *["request_refused_consent"] * 2, "request_refused_group", "request_refused_record",
    ]  # fmt: skip
    assert {one["state"] for one in answered} == {"applied"}
    assert story.second.accounts["report"]["balanced"] is True
    assert story.second.accounts["extract"]["requests"] == 7


def test_g05_the_sync_after_writes_the_stamp_alone(story: Story) -> None:
    assert (story.third.operations, story.third.writes) == ([], STAMP)


@pytest.fixture
def desk(connected: Sandbox, tmp_path: Any) -> Desk:
    """The first sync is done; `ann` and `bob` ask to be unsubscribed."""
    made = Desk(connected, tmp_path)
    connected.put_state(**people())
    made.configure(CHANGES)
    made.sync("first")
    for name in ("ann", "bob"):
        made.ask(name, "unsubscribed")
    return made


KILLS = (
    ("load_audience", "mailchimp", "PATCH", "/3.0/lists/{list_id}/members/{subscriber_hash}"),
    ("load_mirror", "salesforce", "PATCH", COLLECTIONS),
)
"""After an unsubscribe, and after the answers; the row of each is written, and nobody hears of it."""


def test_g04_a_request_is_answered_by_the_next_try_of_a_killed_stage(desk: Desk) -> None:
    rig = desk.rig
    desk.wait()
    rig.extract("second")
    for stage in sync_audience.STAGES:
        done = rig.configuration, rig.root, "newsletter", "second", stage
        for name, server, method, path in KILLS:
            if name == stage:
                assert killed_at(rig.sandbox, server, {"method": method, "path": path}, *done)
        carry_out(*done)
    seen = Seen(rig.state(), [])
    for name in ("ann", "bob"):
        assert (seen.status(name), answer(seen.mirror(name))) == ("unsubscribed", "Unsubscribed.")
    assert desk.sync("third").writes == STAMP


def test_r22_what_happens_during_the_run_decides_the_answer(desk: Desk) -> None:
    """Between plan and load `ann` asks for more, `bob` is archived, `new` opts out; the run after answers `ann`."""
    asked = desk.new_row(Contact__c=contact("new")["Id"], Requested_Status__c="subscribed")

    def between() -> None:
        change = {"Id": contact("new")["Id"], "HasOptedOutOfEmail": True}
        (result,) = desk.rig.project.salesforce().update("Contact", [change], bulk_above=1)
        assert result.success
        desk.ask("ann", "unsubscribed", "Interests / News")
        desk.mailchimp("DELETE", f"/members/{key('bob')}")

    seen = desk.sync("second", between=between)
    assert (seen.status("ann"), seen.mirror("ann")["Requested_Groups__c"]) == ("unsubscribed", "Interests / News")
    answered = seen.operation("ann", "answer_request")
    assert (answered["state"], answered["reason"]) == ("precondition_gone", "request_changed")
    assert answer(seen.mirror("bob")) == "Not carried out: the member changed meanwhile (member is archived)."
    assert answer(rows(seen.state)[asked]) == "Not carried out: the person changed meanwhile (opted out)."
    assert seen.status("new") is None
    after = desk.sync("third")
    assert answer(after.mirror("ann")) == "Already unsubscribed. Joined: Interests / News."


def test_r22_only_a_whole_run_carries_requests_out_also_with_data_sync_off_and_within_the_cap(desk: Desk) -> None:
    """`irreversible: 0` stops what rules can't take back, not what somebody asked for."""
    before = rows(desk.rig.state())
    desk.rig.sandbox.reset_calls()
    desk.rig.sync("newsletter", dry_run=True)
    assert (rows(desk.rig.state()), desk.rig.write_calls()) == (before, [])
    desk.rig.sync("newsletter", query="web")
    assert Seen(desk.rig.state(), []).mirror("ann")["Requested_Status__c"] == "unsubscribed"
    desk.configure(CHANGES + "data_sync: off\n")
    seen = desk.sync("second")
    assert (seen.status("ann"), answer(seen.mirror("ann"))) == ("unsubscribed", "Unsubscribed.")
    assert seen.accounts["breaker"]["irreversible"] == 0


def test_m04_r22_a_run_for_one_person_answers_that_persons_request_and_leaves_those_of_others_open(
    connected: Sandbox, tmp_path: Path
) -> None:
    """By member hash, and by the Id of a contact who is no member yet."""
    desk = Desk(connected, tmp_path)
    connected.put_state(**people())
    desk.configure(CHANGES)
    desk.sync("first")
    desk.ask("ann", "unsubscribed")
    desk.ask("bob", groups="Interests / News")
    asked = {"ann": desk.row("ann"), "bob": desk.row("bob")}
    asked["new"] = desk.new_row(Contact__c=contact("new")["Id"], Requested_Status__c="subscribed")
    for name, person in (("ann", key("ann")), ("new", contact("new")["Id"])):
        before = rows(desk.rig.state())
        desk.rig.extract(f"for {name}")
        desk.rig.sync("newsletter", person=person)
        after = rows(desk.rig.state())
        assert answer(after[asked[name]]) in {"Unsubscribed.", "Added as subscribed."}
        assert after[asked["bob"]] == before[asked["bob"]]
        assert after[asked["bob"]]["Requested_Groups__c"] == "Interests / News"
    assert Seen(desk.rig.state(), []).status("new") == "subscribed"
    seen = desk.sync("everybody")
    assert answer(rows(seen.state)[asked["bob"]])
