"""Relative dates, and the field paths that extraction reads."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from include.config import json_schema
from include.config.dates import Weekday, resolve, resolve_days
from include.config.fields import read_fields
from include.config.load import audience_stems, configuration_folder, load_configuration
from include.config.mapping import ALLOWED, EXTENDED, AddressPaths, address_paths
from tests.unit.config.worlds import NEWSLETTER, PIPELINE, write_configuration

TODAY = date(2026, 3, 31)


@pytest.mark.parametrize(
    ("expression", "day"),
    [
        ("today", TODAY),
        ("2020-02-29", date(2020, 2, 29)),
        ("today - 30 days", date(2026, 3, 1)),
        ("today + 2 weeks", date(2026, 4, 14)),
        ("today - 1 month", date(2026, 2, 28)),
        ("today+1 month", date(2026, 4, 30)),
        ("today - 120 years", date(1906, 3, 31)),
    ],
)
def test_an_expression_means_a_day(expression: str, day: date) -> None:
    assert resolve(expression, TODAY) == day


def test_a_leap_day_steps_to_the_end_of_february() -> None:
    assert resolve("today - 1 year", date(2024, 2, 29)) == date(2023, 2, 28)


@pytest.mark.parametrize("expression", ["", "morrow", "today - days", "2026-02-30", "today - 9000 years", "22/11/2026"])
def test_anything_else_is_refused_with_examples(expression: str) -> None:
    with pytest.raises(ValueError, match="is not a date; write `2026-11-22`"):
        resolve(expression, TODAY)


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("last 30 days", "2026-03-01", "2026-03-31"),
        ("next 2 days", "2026-04-01", "2026-04-02"),
        ("this week", "2026-03-29", "2026-04-04"),
        ("last 2 weeks", "2026-03-15", "2026-03-28"),
        ("next month", "2026-04-01", "2026-04-30"),
        ("last 3 months", "2025-12-01", "2026-02-28"),
        ("this quarter", "2026-01-01", "2026-03-31"),
        ("next 2 quarters", "2026-04-01", "2026-09-30"),
        ("last year", "2025-01-01", "2025-12-31"),
        ("3 months ago", "2025-12-01", "2025-12-31"),
        ("yesterday", "2026-03-30", "2026-03-30"),
        ("today - 1 quarter", "2025-12-31", "2025-12-31"),
    ],
)
def test_x02_a_period_is_that_of_soqls_date_literal(period: str, first: str, last: str) -> None:
    """31 March 2026 is a Tuesday."""
    assert resolve_days(period, TODAY) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(("starts", "first"), [("sunday", "2026-03-29"), ("monday", "2026-03-30")])
def test_x02_a_week_starts_where_the_configuration_says(starts: Weekday, first: str) -> None:
    assert resolve_days("this week", TODAY, starts)[0] == date.fromisoformat(first)


@pytest.mark.parametrize("period", ["last 0 weeks", "last fortnight", "this 3 months", "20260331", "2026-W14-2"])
def test_x02_another_period_is_refused_with_examples(period: str) -> None:
    with pytest.raises(ValueError, match=r"is not a date or a period; write .*this quarter"):
        resolve_days(period, TODAY)


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(0, 2000))
def test_days_are_steps_of_a_day(today: date, days: int) -> None:
    assert resolve(f"today - {days} days", today) == today - timedelta(days=days)


def test_an_address_is_its_parts() -> None:
    assert address_paths("Address") == AddressPaths("Street", "City", "State", "PostalCode", "Country")
    coded = address_paths("Account.BillingAddress", "code")
    assert coded is not None
    assert coded.country == "Account.BillingCountryCode"
    assert address_paths("MailingCity") is None


@pytest.mark.parametrize(("title", "pairs"), [("Pairs (R18)", ALLOWED), ("More pairs (X15)", EXTENDED)])
def test_r18_x15_the_documented_tables_are_those_in_force(title: str, pairs: dict[str, tuple[str, ...]]) -> None:
    text = (Path(json_schema.__file__).parents[2] / "docs" / "mapping.md").read_text(encoding="utf-8")
    table = text.split(f"## {title}")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    assert {source: tuple(targets.split(", ")) for source, targets, *_ in rows} == pairs


def test_every_configured_field_is_read(tmp_path: Path) -> None:
    rules = """\
    - {name: a, object: Account, require: Industry, gates: [add]}
    - {name: b, object: Lead, require: Rating, gates: [add]}
    """
    fields = read_fields(load_configuration(write_configuration(tmp_path, rules=rules)))
    assert fields["Contact"] == (
        "Account.Industry", "Account.Name", "Birthdate", "Customer_Tier__c", "FirstName", "LastName", "MailingCity",
        "MailingCountry", "MailingPostalCode", "MailingState", "MailingStreet", "Newsletter_Consent__c",
    )  # fmt: skip
    assert fields["Lead"] == (
        "City", "Company", "Country", "Customer_Tier__c", "FirstName", "LastName", "Newsletter_Consent__c",
        "PostalCode", "Rating", "State", "Street",
    )  # fmt: skip


def test_the_json_schemas_in_the_tree_are_those_of_the_models() -> None:
    for name, text in json_schema.schemas().items():
        written = (json_schema.FOLDER / name).read_text(encoding="utf-8")
        assert written == text, f"{name} is out of step: `make docs`"


def test_the_json_schemas_accept_what_loads_and_refuse_unknown_keys() -> None:
    schemas = {name: json.loads(text) for name, text in json_schema.schemas().items()}
    jsonschema.validate(yaml.safe_load(NEWSLETTER), schemas["audience.json"])
    jsonschema.validate(yaml.safe_load(PIPELINE), schemas["pipeline.json"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(NEWSLETTER) | {"polizy": 1}, schemas["audience.json"])


def test_the_configuration_that_ships_is_right_for_loader_and_schema() -> None:
    folder = configuration_folder()
    assert set(load_configuration(folder).audiences) == set(audience_stems(folder))
    schemas = {name: json.loads(text) for name, text in json_schema.schemas().items()}
    jsonschema.validate(
        yaml.safe_load((folder / "pipeline.yaml").read_text(encoding="utf-8")), schemas["pipeline.json"]
    )
    rules = yaml.safe_load((folder / "validation_rules.yaml").read_text(encoding="utf-8"))
    jsonschema.validate(rules, schemas["validation_rules.json"])
    for stem in audience_stems(folder):
        text = (folder / "audiences" / f"{stem}.yaml").read_text(encoding="utf-8")
        jsonschema.validate(yaml.safe_load(text), schemas["audience.json"])
