"""What the made-up org holds."""

from collections import Counter

import pytest

from include.sandbox.salesforce.org_schema import load_schema
from tests.unit.sandbox.world.worlds import NOW, read_world

SIZES = pytest.mark.parametrize("people", [200, 1000])
PREFIXES = {
    "Account": "001",
    "Contact": "003",
    "Lead": "00Q",
    "Campaign": "701",
    "CampaignMemberStatus": "01Y",
    "CampaignMember": "00v",
    "ValidationRule": "03d",
}
CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def check_suffix(short_id: str) -> str:
    """As Salesforce describes it, one chunk after the other."""
    chunks = [short_id[start : start + 5] for start in (0, 5, 10)]
    return "".join(CHECK[int("".join("1" if c.isupper() else "0" for c in reversed(chunk)), 2)] for chunk in chunks)


def by_id(records: list[dict]) -> dict[str, dict]:
    return {record["Id"]: record for record in records}


@pytest.mark.parametrize("people", [1, 57, 200, 333, 1000])
def test_people_are_contacts_and_leads_together(people):
    assert len(read_world(people).people()) == people


def test_objects_come_after_those_they_refer_to():
    assert list(read_world(200).salesforce) == list(PREFIXES)


@SIZES
def test_ids_are_unique_and_valid(people):
    for name, records in read_world(people).salesforce.items():
        ids = [record["Id"] for record in records]
        assert len(set(ids)) == len(ids)
        for record_id in ids:
            assert len(record_id) == 18
            assert record_id.startswith(PREFIXES[name])
            assert record_id[15:] == check_suffix(record_id[:15])


def test_a_known_id_gets_its_known_suffix():
    # https://help.salesforce.com/s/articleView?id=000385008 explains the suffix; all lower case is AAA.
    assert check_suffix("001abc000def0gh") == "AAA"
    assert check_suffix("00Qbc000def0ghA"[:15]) == "EAQ"


@SIZES
def test_every_reference_leads_to_a_record(people):
    org = read_world(people).salesforce
    accounts, contacts, leads = by_id(org["Account"]), by_id(org["Contact"]), by_id(org["Lead"])
    for contact in contacts.values():
        assert contact["AccountId"] is None or contact["AccountId"] in accounts
        assert contact["MasterRecordId"] is None or not contacts[contact["MasterRecordId"]]["IsDeleted"]
    for lead in leads.values():
        assert lead["MasterRecordId"] is None or not leads[lead["MasterRecordId"]]["IsDeleted"]
        if lead["IsConverted"]:
            assert contacts[lead["ConvertedContactId"]]["AccountId"] == lead["ConvertedAccountId"]
    for member in org["CampaignMember"]:
        assert (member["ContactId"] in contacts) != (member["LeadId"] in leads)
        assert member["CampaignId"] in by_id(org["Campaign"])


@SIZES
def test_person_accounts_and_their_contacts_are_in_step(people):
    org = read_world(people).salesforce
    contacts = by_id(org["Contact"])
    accounts = [account for account in org["Account"] if account["IsPersonAccount"]]
    assert len(accounts) == sum(contact["IsPersonAccount"] for contact in contacts.values()) > 0
    same = {"FirstName": "FirstName", "LastName": "LastName", "Phone": "Phone", "SystemModstamp": "SystemModstamp"}
    twins = ("Newsletter_Consent__c", "Interests__c", "Customer_Tier__c", "Annual_Spend__c")
    same |= {f"{twin[:-3]}__pc": twin for twin in twins}
    prefixed = ("Email", "Title", "LeadSource", "Birthdate", "HasOptedOutOfEmail")
    prefixed += tuple(f"Mailing{part}" for part in ("Street", "City", "State", "PostalCode", "Country"))
    same |= {f"Person{field}": field for field in prefixed}
    for account in accounts:
        contact = contacts[account["PersonContactId"]]
        assert contact["AccountId"] == account["Id"]
        assert {of_account: account[of_account] for of_account in same} == {
            of_account: contact[of_contact] for of_account, of_contact in same.items()
        }


@SIZES
def test_every_kind_of_person_is_there(people):
    org = read_world(people).salesforce
    contacts, leads = org["Contact"], org["Lead"]
    contact_by_id = by_id(contacts)
    converted = [lead for lead in leads if lead["IsConverted"]]
    same_email = [lead["Email"] == contact_by_id[lead["ConvertedContactId"]]["Email"] for lead in converted]
    present = {
        "merged contact": any(c["IsDeleted"] and c["MasterRecordId"] for c in contacts),
        "merged lead": any(lead["IsDeleted"] and lead["MasterRecordId"] for lead in leads),
        "deleted contact": any(c["IsDeleted"] and not c["MasterRecordId"] for c in contacts),
        "deleted lead": any(lead["IsDeleted"] and not lead["MasterRecordId"] for lead in leads),
        "lead converted under the same e-mail": any(same_email),
        "lead converted under another e-mail": not all(same_email),
        "opted-out contact": any(c["HasOptedOutOfEmail"] for c in contacts),
        "opted-out lead": any(lead["HasOptedOutOfEmail"] for lead in leads),
        "contact without account": any(c["AccountId"] is None for c in contacts),
        "contact without e-mail": any(c["Email"] is None for c in contacts),
        "contact without consent": any(not c["Newsletter_Consent__c"] for c in contacts),
        "blank date of birth": any(c["Birthdate"] is None for c in contacts),
        "blank postal address": any(c["MailingStreet"] is None for c in contacts),
        "blank tier": any(c["Customer_Tier__c"] is None for c in contacts),
        "several interests": any(";" in (c["Interests__c"] or "") for c in contacts),
        "street of two lines": any("\n" in (c["MailingStreet"] or "") for c in contacts),
        "long name": any(len(c["LastName"]) > 75 for c in contacts),
        "accents": any("é" in c["Name"] for c in contacts),
        "Chinese or Japanese": any("\u4e00" <= c["LastName"][0] <= "\u9fff" for c in contacts),
        "partner lead": any(lead["LeadSource"] == "Partner Referral" for lead in leads),
    }
    assert [kind for kind, is_there in present.items() if not is_there] == []


@SIZES
def test_emails_are_shared_in_every_way(people):
    contacts = [c for c in read_world(people).salesforce["Contact"] if c["Email"] and not c["IsDeleted"]]
    leads = [
        lead
        for lead in read_world(people).salesforce["Lead"]
        if lead["Email"] and not lead["IsDeleted"] and not lead["IsConverted"]
    ]
    of_contacts = Counter(c["Email"].strip().lower() for c in contacts)
    of_leads = Counter(lead["Email"].strip().lower() for lead in leads)
    assert any(count > 1 for count in of_contacts.values())
    assert any(count > 1 for count in of_leads.values())
    assert of_contacts.keys() & of_leads.keys()
    assert any(c["Email"].isupper() for c in contacts)
    assert any(lead["Email"] != lead["Email"].strip() for lead in leads)


@SIZES
def test_every_email_ends_in_example(people):
    emails = [person["Email"] for person in read_world(people).people() if person["Email"]]
    assert all(email.strip().lower().endswith(".example") for email in emails)


@SIZES
def test_times_are_in_order_and_before_now(people):
    now = NOW.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    for records in read_world(people).salesforce.values():
        for record in records:
            assert record["CreatedDate"] <= record["LastModifiedDate"] == record["SystemModstamp"] < now


def test_texts_fit_their_fields():
    limits = {"FirstName": 40, "LastName": 80, "Name": 255, "Email": 80, "Phone": 40, "Company": 255, "Title": 80}
    limits |= {"MailingStreet": 255, "MailingCity": 40, "MailingState": 80, "MailingPostalCode": 20}
    for records in read_world(1000).salesforce.values():
        for record in records:
            for field, limit in limits.items():
                assert len(record.get(field) or "") <= limit


def test_every_field_is_one_that_the_org_has():
    schema = load_schema(person_accounts=True)
    for name, records in read_world(200).salesforce.items():
        used = {field for record in records for field in record}
        assert used - schema.objects[name].fields.keys() == set()


def test_picklist_values_are_active_unless_planted():
    schema = load_schema(person_accounts=True)
    picklists = {
        "Account": ("Type", "Industry"),
        "Contact": ("LeadSource",),
        "Lead": ("LeadSource", "Status", "Industry", "Customer_Tier__c"),
        "Campaign": ("Type", "Status"),
    }
    for name, fields in picklists.items():
        for field in fields:
            used = {record.get(field) for record in read_world(1000).salesforce[name]} - {None}
            assert used <= set(schema.objects[name].fields[field].values)
