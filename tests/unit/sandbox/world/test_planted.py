"""The planted bad records, recounted from the records themselves."""

from collections import Counter
from datetime import date

import pytest
from email_validator import EmailNotValidError, validate_email

from tests.unit.sandbox.world.test_mailchimp_account import key_of
from tests.unit.sandbox.world.worlds import NOW, read_world

SIZES = pytest.mark.parametrize("people", [200, 1000])
KINDS = [
    "missing_required_field",
    "date_out_of_period",
    "unknown_dropdown_value",
    "incomplete_postal_address",
    "text_too_long",
    "invalid_email",
]


def is_refused(email: str) -> bool:
    try:
        validate_email(email.strip(), check_deliverability=False)
    except EmailNotValidError:
        return True
    return False


def flaws(person: dict, company: str) -> list[str]:
    """What is wrong with a contact or lead, by rules written here."""
    prefix = "Mailing" if "AccountId" in person else ""
    address = [person[f"{prefix}{part}"] for part in ("Street", "City", "PostalCode")]
    born = person.get("Birthdate") or person.get("Birthdate__c")
    wrong = {
        "missing_required_field": not person["FirstName"],
        "date_out_of_period": born is not None and not date(1907, 1, 1) < date.fromisoformat(born) < NOW.date(),
        "unknown_dropdown_value": person["Customer_Tier__c"] not in {None, "gold", "silver", "bronze"},
        "incomplete_postal_address": any(address) and not all(address),
        "text_too_long": len(company.encode()) > 255,
        "invalid_email": person["Email"] is not None and is_refused(person["Email"]),
    }
    return [kind for kind, is_wrong in wrong.items() if is_wrong]


def found(people: int) -> dict[str, list[str]]:
    """Ids of the bad records by kind; everybody is looked at."""
    world = read_world(people)
    accounts = {account["Id"]: account["Name"] for account in world.salesforce["Account"]}
    ids = {kind: [] for kind in KINDS}
    for person in world.people():
        company = person["Company"] if "Company" in person else accounts.get(person["AccountId"], "")
        for kind in flaws(person, company):
            ids[kind].append(person["Id"])
    return ids


@SIZES
def test_planted_records_are_the_bad_records(people):
    planted = read_world(people).planted
    assert {kind: described["ids"] for kind, described in planted.items()} == found(people)


@pytest.mark.parametrize(("people", "count"), [(150, None), (200, 1), (399, None), (1000, 5)])
def test_counts_are_told(people, count):
    planted = read_world(people).planted
    assert list(planted) == KINDS
    for described in planted.values():
        assert described["count"] == len(described["ids"]) == len(described["member_hashes"])
        assert count is None or described["count"] == count


@SIZES
def test_each_planted_record_is_bad_in_one_way(people):
    every = Counter(contact_id for described in read_world(people).planted.values() for contact_id in described["ids"])
    assert set(every.values()) == {1}


@SIZES
def test_planted_people_are_selected_consenting_customers_with_an_email_of_their_own(people):
    world = read_world(people)
    planted = {contact_id for described in world.planted.values() for contact_id in described["ids"]}
    accounts = {account["Id"]: account for account in world.salesforce["Account"]}
    emails = Counter(key_of(person["Email"]) for person in world.people() if person["Email"])
    for contact in world.salesforce["Contact"]:
        if contact["Id"] in planted:
            assert not contact["IsDeleted"]
            assert not contact["HasOptedOutOfEmail"]
            assert contact["Newsletter_Consent__c"]
            assert accounts[contact["AccountId"]]["Type"] == "Customer"
            assert emails[key_of(contact["Email"])] == 1


@SIZES
def test_planted_people_are_in_no_other_audience(people):
    world = read_world(people)
    hashes = {key for described in world.planted.values() for key in described["member_hashes"]}
    elsewhere = {m["id"] for name in ("Product updates", "Partners") for m in world.lists[name]["members"]}
    assert not hashes & elsewhere
    assert not hashes & {key for each in world.lists.values() for key in each["forgotten"]}


def test_planted_hashes_are_of_the_planted_people():
    world = read_world(200)
    keys = {contact["Id"]: key_of(contact["Email"] or "") for contact in world.salesforce["Contact"]}
    for described in world.planted.values():
        assert described["member_hashes"] == [keys[contact_id] for contact_id in described["ids"]]
