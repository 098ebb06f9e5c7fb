"""The stage `validate`: what it stages, finds, counts and shows, on a small world of both sides."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from include.config.load import load_configuration
from include.errors import ConfigError, StoppedByCheck
from include.keys import email_key
from include.pipelines.run import SALESFORCE_SCHEMA, Pins, SyncRun
from include.pipelines.validate import validate
from include.storage import Storage
from include.warehouse.tables import MEMBERS, PEOPLE
from include.wiring import Project
from tests.unit.config.worlds import NEWSLETTER, PIPELINE, an_audience, an_org, write_configuration

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
LEADS = "create_leads: {enabled: on, defaults: {LastName: Unknown, Company: Unknown}}\n"
RULES = "- {name: birth, object: Contact, field: Birthdate, between: [today - 120 years, today], gates: [update]}\n"
PATHS = (
    "FirstName", "LastName", "Account.Name", "Company", "MailingStreet", "MailingCity", "MailingState",
    "MailingPostalCode", "MailingCountry", "Street", "City", "State", "PostalCode", "Country", "Customer_Tier__c",
    "Birthdate", "Newsletter_Consent__c",
)  # fmt: skip


def a_person(number: int, **values: Any) -> dict[str, Any]:
    email = f"person{number}@mail.example"
    row: dict[str, Any] = {"object": "Contact", "id": f"003{number}", "email": email, "email_key": email_key(email)}
    row |= {"created_at": AT, "modified_at": AT, "is_deleted": False, "is_converted": False, "opted_out": False}
    row |= {"is_person_account": False, "FirstName": "Ann", "LastName": "Lee", "Birthdate": "1980-02-03"}
    return row | values


def a_member(number: int, **values: Any) -> dict[str, Any]:
    email = f"member{number}@mail.example"
    row = {"list_id": "l1", "email_key": email_key(email), "contact_id": f"c{number}", "email": email}
    return row | {"status": "subscribed", "merge_fields": json.dumps({"LNAME": "Roe"})} | values


def a_run(
    tmp_path: Path,
    people: list[dict[str, Any]],
    members: list[dict[str, Any]],
    *,
    text: str = NEWSLETTER + LEADS,
    pipeline: str = PIPELINE,
) -> SyncRun:
    configuration = load_configuration(write_configuration(tmp_path / "config", text, pipeline, rules=RULES))
    run = SyncRun(Project(configuration, Storage(str(tmp_path / "root"))), "newsletter", "manual__1")
    schema = PEOPLE.schema()
    for path in PATHS if people else ():
        schema = schema.append(pa.field(path, pa.string()))
    run.project.warehouse.replace(PEOPLE, pa.Table.from_pylist(people, schema=schema))
    run.project.warehouse.replace(MEMBERS, pa.Table.from_pylist(members, schema=MEMBERS.schema()), list_id="l1")
    run.project.staging.write_document(SALESFORCE_SCHEMA, dataclasses.asdict(an_org()))
    run.save_schema(an_audience())
    versions = {
        table: run.project.warehouse.version(kind) for table, kind in (("people", PEOPLE), ("members", MEMBERS))
    }
    run.save_pins(Pins(**versions, emails=-1, synced_values=-1, assignments=-1, extracted_at=AT))
    return run


def staged(run: SyncRun, name: str) -> list[dict[str, Any]]:
    return [row for file in run.project.staging.files(run.partition(name)) for row in pq.read_table(file).to_pylist()]


def test_r17_r18_both_sides_are_checked_and_counted(tmp_path: Path) -> None:
    people = [
        a_person(1),
        a_person(2, Customer_Tier__c="old"),
        a_person(3, Birthdate="1800-01-01"),
        a_person(4, email="Zebra@mail.test", email_key="k4"),
        a_person(5, is_deleted=True, Customer_Tier__c="old"),
    ]
    run = a_run(tmp_path, people, [a_member(1), a_member(2, merge_fields=json.dumps({"COMPANY": "x" * 256}))])
    counts = validate(run)
    assert counts["rows"] == {"Contact": 4, "Lead": 0, "Member": 2, "Lead candidate": 2}
    assert counts["findings"] == {
        "birth": 1, "invalid_email": 1, "text_too_long": 1, "unknown_dropdown_value": 1,
    }  # fmt: skip
    found = sorted((row["key"], str(row["field"]), row["rule"], row["gates"]) for row in staged(run, "findings"))
    held = email_key("member2@mail.example")
    assert found == sorted(
        [
            ("0032", "TIER", "unknown_dropdown_value", ["add", "update"]),
            ("0033", "None", "birth", ["update"]),
            ("0034", "None", "invalid_email", ["add"]),
            (held, "Company", "text_too_long", ["create_lead"]),
            (held, "None", "text_too_long", ["create_lead"]),
        ]
    )


def test_what_was_looked_at_is_staged(tmp_path: Path) -> None:
    run = a_run(tmp_path, [a_person(1, Customer_Tier__c="gold")], [a_member(1)])
    validate(run)
    (mapped,) = staged(run, "mapped")
    assert (mapped["object"], mapped["id"], mapped["TIER"], mapped["LNAME"]) == ("Contact", "0031", "Gold", "Lee")
    (candidate,) = staged(run, "lead_candidates")
    assert (candidate["LastName"], candidate["Company"]) == ("Roe", "Unknown")


def test_the_account_of_the_checks_names_rule_field_and_counts(tmp_path: Path) -> None:
    run = a_run(tmp_path, [a_person(1), a_person(2, Customer_Tier__c="old")], [])
    validate(run)
    account = run.project.staging.document(run.partition("checks"))
    assert isinstance(account, list)
    contact = next(suite for suite in account if suite["suite"] == "Contact")
    tier = next(check for check in contact["checks"] if check["rule"] == "unknown_dropdown_value")
    assert (contact["rows"], tier["field"], tier["checked"], tier["failed"]) == (2, "TIER", 1, 1)


@pytest.mark.parametrize(("setting", "written"), [("on", True), ("off", False)])
def test_data_docs_are_written_unless_they_are_switched_off(tmp_path: Path, setting: str, written: bool) -> None:
    run = a_run(tmp_path, [a_person(1)], [], pipeline=f"time_zone: UTC\nquality: {{data_docs: {setting}}}\n")
    validate(run)
    assert bool(list((tmp_path / "root" / "reports").rglob("data_docs"))) is written


def test_g09_no_value_leaves_the_staged_rows(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secrets = ("Quagga-Street", "quagga@mail.test", "Quagga-Lee", "quagga-tier", "1801-02-03")
    person = a_person(1, LastName=secrets[2] * 30, email=secrets[1], Customer_Tier__c=secrets[3], Birthdate=secrets[4])
    person |= {"MailingStreet": secrets[0]}
    run = a_run(
        tmp_path, [person], [a_member(1, email=secrets[1], merge_fields=json.dumps({"COMPANY": secrets[2] * 30}))]
    )
    counts = validate(run)
    assert len(counts["findings"]) == 5
    shown = [path for path in (tmp_path / "root" / "reports").rglob("*") if path.is_file()]
    assert [path for path in shown if path.name == "index.html" and "manual__1" in path.parts]
    kept = shown + [Path(file) for file in run.project.staging.files(run.partition("findings"))]
    kept += list((tmp_path / "root" / "staging").rglob("manifest.json"))
    findings = staged(run, "findings")
    for secret in secrets:
        assert not [path for path in kept if secret.encode() in path.read_bytes()]
        assert secret not in f"{findings}{counts}{caplog.text}"


def test_a_rerun_replaces_what_the_run_staged(tmp_path: Path) -> None:
    run = a_run(tmp_path, [a_person(1, Customer_Tier__c="old")], [a_member(1)])
    assert validate(run) == validate(run)
    assert len(staged(run, "findings")) == 1


def test_an_org_and_an_audience_without_anybody_pass(tmp_path: Path) -> None:
    counts = validate(a_run(tmp_path, [], []))
    assert counts == {"rows": {"Contact": 0, "Lead": 0, "Member": 0, "Lead candidate": 0}, "findings": {}}


def test_r12_a_configuration_that_does_not_fit_stops_before_anything_is_staged(tmp_path: Path) -> None:
    run = a_run(tmp_path, [a_person(1)], [], text=NEWSLETTER.replace("Interests / Events", "Interests / Evening"))
    with pytest.raises(ConfigError, match=r"audiences/newsletter.yaml:15: queries.*Interests / Evening"):
        validate(run)
    assert not run.project.staging.committed(run.partition("mapped"))


def test_a_rule_on_a_field_that_was_not_read_yet_asks_for_a_new_extract(tmp_path: Path) -> None:
    run = a_run(tmp_path, [a_person(1)], [])
    rule = run.project.configuration.rules[0].model_copy(update={"field": "CreatedDate"})
    configuration = dataclasses.replace(run.project.configuration, rules=(rule,))
    run = dataclasses.replace(run, project=dataclasses.replace(run.project, configuration=configuration))
    with pytest.raises(StoppedByCheck, match="not read yet: CreatedDate; run extract_salesforce"):
        validate(run)
