"""The report's page: self-contained, accessible, escaped, and without anybody's personal data."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pytest

from include.pipelines.approvals import Judgement, save_judgement
from include.pipelines.report import report
from include.pipelines.rerun import Rerun
from include.pipelines.run import Try
from include.transform.breaker import Figure, Measure, Objection
from tests.unit.quality.closing import NOW, Closing

PERSONAL = ("grace.hopper@navy.example", "Grace", "Hopper", "+1 202 555 0147", "1 Navy Yard", "m-private@x.example")
VOID = {"meta", "br", "rect", "line", "link", "img"}


class Page(HTMLParser):
    """What a test asks of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src", "action"}]
        assert not [name for name, _ in attrs if name.startswith("on") or name == "style"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def called(root: Path, *, earlier: int = 0, run_id: str = "run1") -> Closing:
    """A run that called both vendors; the second try of a load went on where the first failed."""
    closing = Closing(root, run_id)
    closing.person()
    closing.estimated = {"mailchimp": {"add_member": 2}, "salesforce": {"upsert_mirror": 1, "stamp_audience": 1}}
    closing.usage = {"salesforce": {"used": 2000 + earlier, "limit": 100_000}}
    before, now = Try(NOW - timedelta(days=9), {"salesforce": {"reading": earlier}}), NOW + timedelta(days=365)
    closing.tries = {
        "extract": (*([before] if earlier else []), Try(now, {"salesforce": {"reading": 5}})),
        "load_audience": (
            Try(now, {"mailchimp": {"reading": 1, "add_member": 1}}), Try(now, {"mailchimp": {"add_member": 2}}),
        ),
        "load_mirror": (Try(now, {"salesforce": {"upsert_mirror": 1, "stamp_audience": 1}}),),
    }  # fmt: skip
    closing.close()
    return closing


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Closing:
    """A run with something in every part of the report, made of records that hold personal values."""
    closing = Closing(tmp_path_factory.mktemp("full"))
    after = json.dumps({"email_address": PERSONAL[0], "merge_fields": {"FNAME": "Grace", "PHONE": PERSONAL[3]}})
    member = closing.member(email="m-private@x.example")
    added = closing.operation("add_member", after=after)
    refused = closing.operation("update_member", "refused", email_key=member, result_reason="looks_fake", after=after)
    closing.operation("add_tag", email_key=member, note="mailchimp_edit_overwritten", behaviour="<R14>")
    closing.person("changed", "added", added, email=PERSONAL[0], MailingStreet="1 Navy Yard", LastName="Hopper")
    for number in range(60):
        held = closing.person("quarantined", "field_left_out", *([refused] if number == 0 else []))
        closing.finding(held, reason="the value is <b>too long</b>")
    for _ in range(300):
        closing.person()
    closing.close()
    return closing


def test_the_page_is_well_formed_and_needs_nothing_from_elsewhere(full: Closing) -> None:
    page = Page(full.page())
    assert page.open == []
    assert "script" not in page.tags
    assert all(not address.startswith(("http", "//", "data:", "javascript:")) for address in page.addresses)


def test_every_table_says_what_it_shows(full: Closing) -> None:
    tags = Page(full.page()).tags
    assert tags.count("table") >= 8
    assert tags.count("caption") == tags.count("table")


def test_what_comes_from_outside_is_escaped(full: Closing) -> None:
    page = full.page()
    assert "<b>too long" not in page
    assert "&lt;b&gt;too long&lt;/b&gt;" in page
    assert "&lt;R14&gt;" in page


def test_g09_no_personal_value_is_in_any_output(full: Closing) -> None:
    written = [file for file in full.folder.rglob("*") if file.is_file()]
    assert {file.name for file in written} == {"report.html", "report.json"}
    for file in written:
        text = file.read_text("utf-8")
        assert not [value for value in PERSONAL if value in text]
        assert ".example" not in text


def test_the_first_fifty_keys_of_a_rule_are_listed(full: Closing) -> None:
    group = next(group for group in full.document().quarantine or () if group.rule == "text_too_long")
    assert (group.records, group.new, len(group.held)) == (60, 60, 50)
    assert "The first 50 of 60" in full.page()
    assert all(held.key in full.page() for held in group.held)


def test_the_page_shows_that_the_ledgers_balance(full: Closing) -> None:
    page = full.page()
    assert page.count("✓ The ledger balances") == 2
    assert "361" in page
    assert "refused" in page


def test_json_and_page_say_the_same_state(full: Closing) -> None:
    document = json.loads((full.folder / "report.json").read_text("utf-8"))
    assert document["state"] == full.document().state == "warning"
    assert f"badge {document['state']}" in full.page()


def test_checks_have_marks_by_the_configured_thresholds(tmp_path: Path) -> None:
    marks = {}
    for number, quality in enumerate(({}, {"warn_above": "10%"}, {"warn_above": "1%", "fail_above": "2%"})):
        closing = Closing(tmp_path / str(number), quality=quality)
        closing.person()
        closing.close()
        (suite,) = closing.document().suites
        marks[number] = [check.mark for check in suite.checks]
    assert marks == {0: ["warning", "passed"], 1: ["passed", "passed"], 2: ["critical", "passed"]}


def test_a_stopped_run_has_a_page_without_the_parts_it_never_came_to(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    closing.ends("extract", "ConfigError", "no audience <Newsleter>")
    closing.close()
    page = closing.page()
    assert Page(page).open == []
    assert "no audience &lt;Newsleter&gt;" in page
    assert "ledger" not in page.split("</style>")[1]


def test_m05_the_page_shows_calls_by_stage_against_their_estimate_and_what_is_left_of_the_day(tmp_path: Path) -> None:
    page = called(tmp_path).page()
    assert "<strong>98,000</strong> of 100,000 requests" in page
    assert "7 were this run's, 1,993 others'. At 90,000" in page
    assert "at most 3 of its user's 10 connections" in page
    assert "in 2 tries" in page
    assert '<td class="n">2</td><td class="n">3</td>' in page
    assert "Before it was cleared" not in page
    assert Page(page).open == []


def test_m05_calls_of_before_a_run_was_cleared_stand_apart(tmp_path: Path) -> None:
    closing = called(tmp_path, earlier=40)
    page = closing.page()
    assert "Before it was cleared" in page
    assert "The run was cleared and planned again" in page
    salesforce = closing.document().calls[0]
    assert (salesforce.made, salesforce.earlier) == (7, 40)


def test_m05_the_trend_has_the_calls_of_both_vendors(tmp_path: Path) -> None:
    called(tmp_path, run_id="run0")
    closing = called(tmp_path)
    assert [point.calls for point in closing.document().trend] == [{"salesforce": 7, "mailchimp": 4}] * 2
    assert "Calls of Mailchimp" in closing.page()


def test_g08_a_deferred_run_says_what_it_put_off(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    closing.operation()
    closing.operation("create_lead", None)
    closing.ends("load_people", "DeferredError", "the daily limit is used up")
    closing.close()
    put_off = closing.page().split("Put off to the next run:")[1][:200]
    assert "leads to create: 1." in put_off


def test_g08_a_run_that_is_deferred_before_its_plan_put_off_everything(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    closing.ends("extract", "DeferredError", "the daily limit is used up")
    closing.close()
    assert "everything; the run did not come to a plan" in closing.page()


def test_g06_a_run_that_waits_shows_the_plan_against_the_caps_in_words(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    closing.operation("add_member", None)
    closing.operation("archive_member", None)
    judged = Judgement(
        (Objection("irreversible", "1 irreversible changes are planned, over `<irreversible>: 0`"),),
        (Measure("irreversible", 1, 0, 9, "members", 0, holds=True),
         Measure("new_members", 1, "20%", 9, "members", 1, holds=False)),
        (Figure("members", 9, 9),),
    )  # fmt: skip
    save_judgement(closing.run, judged)
    closing.ends("breaker", "ApprovalNeeded", "nothing was written")
    closing.leave()
    report(closing.run, waiting=True)
    page = closing.page()
    assert closing.document().headline == (
        "A person has to approve, or to reject: 1 irreversible changes are planned, over `<irreversible>: 0`."
    )
    assert '<strong class="failed">over</strong>' in page
    assert "20% of 9 members" in page
    assert page.count("<code>&lt;irreversible&gt;: 0</code>") == 2
    assert "not held against a first load" in page
    assert page.index("archive member<small>cannot be taken back</small>") < page.index("add member</th>")
    assert "{&#34;" not in page
    assert Page(page).open == []


@pytest.mark.parametrize("restricted", [True, False])
def test_m04_the_checks_of_a_run_for_some_people_say_that_they_count_everybody(
    tmp_path: Path, restricted: bool
) -> None:
    closing = Closing(tmp_path)
    scope = pa.table({"email_key": pa.array([], pa.string()), "id": pa.array([], pa.string())})
    closing.run.project.staging.write(closing.run.partition("scope"), [scope])
    closing.run = dataclasses.replace(closing.run, rerun=Rerun(quarantined=restricted))
    closing.close()
    assert ("these counts are of the whole audience" in closing.page()) == restricted
    assert ("among those whom this run was about" in closing.page()) == restricted


def test_each_suite_links_to_its_data_docs(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    closing.person()
    results = closing.folder / "data_docs" / "validations" / "Contact" / "run+1" / "Contact.html"
    results.parent.mkdir(parents=True)
    results.write_text("results", "utf-8")
    closing.close()
    assert "data_docs/validations/Contact/run%2B1/Contact.html" in Page(closing.page()).addresses
