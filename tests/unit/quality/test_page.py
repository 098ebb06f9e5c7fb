"""The report's page: self-contained, accessible, escaped, and without anybody's personal data."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.unit.quality.closing import Closing

PERSONAL = ("grace.hopper@navy.example", "Grace", "Hopper", "+1 202 555 0147", "1 Navy Yard", "m-private@x.example")
VOID = {"meta", "br", "rect", "link", "img"}


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


def test_each_suite_links_to_its_data_docs(tmp_path: Path) -> None:
    closing = Closing(tmp_path)
    closing.person()
    results = closing.folder / "data_docs" / "validations" / "Contact" / "run+1" / "Contact.html"
    results.parent.mkdir(parents=True)
    results.write_text("results", "utf-8")
    closing.close()
    assert "data_docs/validations/Contact/run%2B1/Contact.html" in Page(closing.page()).addresses
