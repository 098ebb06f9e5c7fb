"""What the made-up account holds."""

from collections import Counter
from datetime import datetime
from hashlib import md5

import pytest

from tests.unit.sandbox.world.worlds import NOW, read_world

SIZES = pytest.mark.parametrize("people", [200, 1000])
AUDIENCES = ["Newsletter", "Product updates", "Partners"]


def key_of(email: str) -> str:
    return md5(email.strip().lower().encode(), usedforsecurity=False).hexdigest()


def known_keys(people: int) -> set[str]:
    return {key_of(person["Email"]) for person in read_world(people).people() if person["Email"]}


def newsletter_by_contact(people: int) -> list[tuple[dict, dict]]:
    """Contacts that are neither deleted nor share their e-mail, each with its Newsletter member."""
    world = read_world(people)
    shared = Counter(key_of(person["Email"]) for person in world.people() if person["Email"])
    members = {member["id"]: member for member in world.lists["Newsletter"]["members"]}
    return [
        (contact, members[key_of(contact["Email"])])
        for contact in world.salesforce["Contact"]
        if contact["Email"] and key_of(contact["Email"]) in members and shared[key_of(contact["Email"])] == 1
    ]


def test_the_audiences_are_the_promised_ones():
    assert list(read_world(200).lists) == AUDIENCES


def test_newsletter_has_the_promised_fields_and_groups():
    newsletter = read_world(200).lists["Newsletter"]
    types = {field["tag"]: field["type"] for field in newsletter["merge_fields"]}
    assert types == {
        "FNAME": "text",
        "LNAME": "text",
        "COMPANY": "text",
        "ADDRESS": "address",
        "PHONE": "text",
        "BIRTHDATE": "date",
        "TIER": "dropdown",
        "SPEND": "number",
        "TOPICS": "text",
        "CONSENT": "text",
    }
    assert [field["tag"] for field in newsletter["merge_fields"] if field["required"]] == ["FNAME"]
    assert [field["options"]["choices"] for field in newsletter["merge_fields"] if field["tag"] == "TIER"] == [
        ["Gold", "Silver", "Bronze"]
    ]
    groups = {
        (category["title"], category["type"]): [group["name"] for group in category["interests"]]
        for category in newsletter["interest_categories"]
    }
    assert groups == {
        ("Interests", "checkboxes"): ["Product news", "Events", "Offers"],
        ("Frequency", "radio"): ["Weekly", "Monthly"],
    }


@SIZES
@pytest.mark.parametrize("name", AUDIENCES)
def test_members_ids_follow_from_their_emails(people, name):
    members = read_world(people).lists[name]["members"]
    assert [member["id"] for member in members] == [key_of(member["email_address"]) for member in members]
    assert len({member["id"] for member in members}) == len(members)
    assert all(member["email_address"].lower().endswith(".example") for member in members)


@SIZES
def test_ids_of_members_are_unique_in_the_account(people):
    members = [member for each in read_world(people).lists.values() for member in each["members"]]
    for key, length in (("contact_id", 32), ("web_id", 9)):
        assert len({member[key] for member in members}) == len(members)
        assert {len(str(member[key])) for member in members} == {length}


@SIZES
def test_every_status_is_there(people):
    lists = read_world(people).lists
    expected = {"subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived"}
    for name in ("Newsletter", "Product updates"):
        assert {member["status"] for member in lists[name]["members"]} == expected
        assert lists[name]["forgotten"]
    by = {member["_unsubscribed_by"] for member in lists["Newsletter"]["members"] if member["status"] == "unsubscribed"}
    assert by == {"member", "admin"}


@SIZES
@pytest.mark.parametrize("name", AUDIENCES)
def test_forgotten_addresses_are_no_members(people, name):
    audience = read_world(people).lists[name]
    assert not set(audience["forgotten"]) & {member["id"] for member in audience["members"]}


@SIZES
def test_forgotten_addresses_belong_to_a_person_and_to_strangers(people):
    known = known_keys(people)
    forgotten = [key for each in read_world(people).lists.values() for key in each["forgotten"]]
    assert {key in known for key in forgotten} == {True, False}


@SIZES
@pytest.mark.parametrize("name", AUDIENCES)
def test_members_with_and_without_a_person(people, name):
    known = known_keys(people)
    assert {member["id"] in known for member in read_world(people).lists[name]["members"]} == {True, False}


@SIZES
def test_members_in_step_changed_edited_and_sparse(people):
    pairs = newsletter_by_contact(people)
    last_names = Counter(
        "equal" if member["merge_fields"]["LNAME"] == contact["LastName"] else member["merge_fields"]["LNAME"]
        for contact, member in pairs
    )
    assert set(last_names) == {"equal", "Dubois", "Novák", ""}
    assert last_names["equal"] > last_names["Dubois"] > last_names["Novák"] > last_names[""] > 0


@SIZES
def test_a_member_in_step_has_the_contacts_values(people):
    world = read_world(people)
    accounts = {account["Id"]: account for account in world.salesforce["Account"]}
    planted = {contact_id for kind in world.planted.values() for contact_id in kind["ids"]}
    checked = 0
    for contact, member in newsletter_by_contact(people):
        values = member["merge_fields"]
        if values["LNAME"] != contact["LastName"] or contact["Id"] in planted:
            continue
        street = (contact["MailingStreet"] or "").split("\n")
        address = {
            "addr1": street[0],
            "addr2": "\n".join(street[1:]),
            "city": contact["MailingCity"],
            "state": contact["MailingState"] or "-",
            "zip": contact["MailingPostalCode"],
            "country": contact["MailingCountry"],
        }
        assert values == {
            "FNAME": contact["FirstName"],
            "LNAME": contact["LastName"],
            "COMPANY": accounts[contact["AccountId"]]["Name"] if contact["AccountId"] else "",
            "ADDRESS": address if contact["MailingStreet"] else "",
            "PHONE": contact["Phone"] or "",
            "BIRTHDATE": contact["Birthdate"] or "",
            "TIER": (contact["Customer_Tier__c"] or "").capitalize(),
            "SPEND": "" if contact["Annual_Spend__c"] is None else contact["Annual_Spend__c"],
            "TOPICS": (contact["Interests__c"] or "").replace(";", ", "),
            "CONSENT": str(contact["Newsletter_Consent__c"]).lower(),
        }
        checked += 1
    assert checked > people / 10


@SIZES
def test_opted_out_people_and_people_without_consent_are_members(people):
    pairs = newsletter_by_contact(people)
    subscribed = [contact for contact, member in pairs if member["status"] == "subscribed"]
    assert any(contact["HasOptedOutOfEmail"] for contact in subscribed)
    assert any(not contact["Newsletter_Consent__c"] for contact in subscribed)


@SIZES
def test_former_and_converted_emails_are_members(people):
    world = read_world(people)
    news = {member["id"]: member["status"] for member in world.lists["Newsletter"]["members"]}
    updates = {member["id"]: member["status"] for member in world.lists["Product updates"]["members"]}
    contacts = {contact["Id"]: contact for contact in world.salesforce["Contact"]}
    former = [key_of(c["Email"]) for c in contacts.values() if c["MasterRecordId"]]
    assert "unsubscribed" in [news.get(key) for key in former]
    converted = [
        key_of(lead["Email"])
        for lead in world.salesforce["Lead"]
        if lead["IsConverted"] and lead["Email"] != contacts[lead["ConvertedContactId"]]["Email"]
    ]
    assert converted
    assert {news[key] for key in converted} == {"unsubscribed"}
    assert {updates[key] for key in converted} == {"subscribed"}


@SIZES
@pytest.mark.parametrize("name", AUDIENCES)
def test_tags_and_segments_agree(people, name):
    audience = read_world(people).lists[name]
    worn = {segment["name"]: set() for segment in audience["segments"]}
    for member in audience["members"]:
        assert member["tags_count"] == len(member["tags"])
        for tag in member["tags"]:
            worn[tag["name"]].add(member["id"])
    assert worn == {segment["name"]: set(segment["members"]) for segment in audience["segments"]}
    assert all(worn.values())


@SIZES
def test_interests_are_known_and_radio_choices_single(people):
    newsletter = read_world(people).lists["Newsletter"]
    by_type = {c["type"]: {group["id"] for group in c["interests"]} for c in newsletter["interest_categories"]}
    chosen = Counter()
    for member in newsletter["members"]:
        assert set(member["interests"]) == by_type["radio"] | by_type["checkboxes"]
        single = sum(member["interests"][group] for group in by_type["radio"])
        assert single <= 1
        chosen[single] += 1
    assert chosen.keys() == {0, 1}


@SIZES
def test_times_of_members_are_in_order_and_before_now(people):
    for audience in read_world(people).lists.values():
        for member in audience["members"]:
            changed = datetime.fromisoformat(member["last_changed"])
            assert changed < NOW
            if member["timestamp_opt"]:
                assert datetime.fromisoformat(member["timestamp_opt"]) <= changed
