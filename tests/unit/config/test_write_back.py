"""Fields that a conflict policy writes to Salesforce can be written (X03)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from include.config.check import check
from include.config.load import load_configuration
from include.config.write_back import write_targets
from include.errors import ConfigError
from include.schema import SalesforceSchema
from tests.unit.config.worlds import NEWSLETTER, a_field, an_audience, an_org, write_configuration

FILE = "audiences/newsletter.yaml"
WRITES = "`mailchimp` writes values from Mailchimp to Salesforce, but"


def problems(folder: Path, text: str, org: SalesforceSchema | None = None) -> list[str]:
    configuration = load_configuration(write_configuration(folder, text))
    try:
        check(configuration, "newsletter", an_audience(), org or an_org())
    except ConfigError as error:
        return str(error).splitlines()[1:]
    return []


def policy(tag: str, text: str = NEWSLETTER) -> str:
    """The file with `conflict: mailchimp` for one field."""
    return text.replace(f"  {tag}: {{", f"  {tag}: {{conflict: mailchimp, ")


@pytest.mark.parametrize("tag", ["FNAME", "ADDRESS", "TIER"])
def test_x03_a_field_that_can_be_written_passes(tmp_path: Path, tag: str) -> None:
    org = plain(an_org())
    assert problems(tmp_path, policy(tag), org) == []


def plain(org: SalesforceSchema) -> SalesforceSchema:
    """The org without person accounts."""
    org.objects["Account"].fields.pop("IsPersonAccount", None)
    return org


def test_x03_a_related_field_is_told_with_what_would_be_right(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, policy("COMPANY"), plain(an_org()))
    why = "Contact.Account.Name is a field of a related record"
    assert line == f"{FILE}:7: fields.COMPANY.conflict: {WRITES} {why}; write `conflict: salesforce` for COMPANY"


def test_x03_under_the_audiences_own_switch_each_such_field_is_told(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, NEWSLETTER + "mailchimp_edits: mailchimp\n", plain(an_org()))
    assert line.startswith(f"{FILE}:7: fields.COMPANY: {WRITES} Contact.Account.Name")


@pytest.mark.parametrize("name", ["FirstName", "MailingCity"])
def test_x03_a_field_or_a_part_of_an_address_that_the_user_can_not_change_is_told(tmp_path: Path, name: str) -> None:
    org = plain(an_org())
    fields = org.objects["Contact"].fields
    fields[name] = replace(fields[name], updateable=False)
    (line,) = problems(tmp_path, policy("FNAME" if name == "FirstName" else "ADDRESS"), org)
    assert f"Contact.{name} can't be changed by the Salesforce user" in line


@pytest.mark.parametrize("path", ["Email", "HasOptedOutOfEmail", "Newsletter_Consent__c"])
def test_x03_who_a_person_is_and_agreed_to_is_never_written(tmp_path: Path, path: str) -> None:
    text = policy("FNAME", NEWSLETTER.replace("contact: FirstName", f"contact: {path}"))
    (line,) = problems(tmp_path, text, plain(an_org()))
    assert f"Contact.{path} says who the person is, or what the person agreed to" in line


def test_x03_two_fields_that_write_the_same_one_are_told(tmp_path: Path) -> None:
    text = policy("LNAME", policy("FNAME")).replace("contact: LastName", "contact: FirstName")
    (line,) = problems(tmp_path, text, plain(an_org()))
    assert "Contact.FirstName is written by FNAME already; write `conflict: salesforce` for LNAME" in line


def test_x03_of_a_person_account_the_accounts_field_counts(tmp_path: Path) -> None:
    org = an_org()
    account = org.objects["Account"].fields
    account |= {"IsPersonAccount": a_field("IsPersonAccount", "boolean"), "FirstName": a_field("FirstName")}
    configured = load_configuration(write_configuration(tmp_path, policy("FNAME"))).audiences["newsletter"]
    targets = write_targets(org, configured.fields["FNAME"])
    assert {name: target.fields[0].name for name, target in targets.items()} == {
        "Contact": "FirstName", "Account": "FirstName", "Lead": "FirstName",
    }  # fmt: skip
    del account["FirstName"]
    (line,) = [line for line in problems(tmp_path, policy("FNAME"), org) if "FNAME" in line]
    assert "the org has person accounts, and Account has no field that writes their FirstName, or hides it" in line
