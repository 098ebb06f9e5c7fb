"""What the org accepts and refuses when records are written, and what it does to them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from include.sandbox.fault_kinds import FAULT_LIST
from tests.unit.sandbox.salesforce.conftest import NOW, Bench

LEAD = {"LastName": "Doe", "Company": "C"}


@pytest.mark.parametrize(
    ("name", "values", "code", "message", "fields"),
    [
        ("Lead", {"LastName": "x"}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Company]", ("Company",)),
        (
            "Lead",
            {**LEAD, "LastName": "x" * 81},
            "STRING_TOO_LONG",
            f"Last Name: data value too large: {'x' * 81} (max length=80)",
            ("LastName",),
        ),
        ("Lead", {**LEAD, "Email": "no"}, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: no", ("Email",)),
        ("Lead", {**LEAD, "Nope": 1}, "INVALID_FIELD", "No such column 'Nope' on sobject of type Lead", ()),
        (
            "MC_Audience__c",
            {"Status__c": "x"},
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Status: bad value for restricted picklist field: x",
            ("Status__c",),
        ),
        (
            "Lead",
            {**LEAD, "Birthdate__c": "soon"},
            "INVALID_TYPE_ON_FIELD_IN_RECORD",
            "Birthdate: value not of required type: soon",
            ("Birthdate__c",),
        ),
        (
            "Lead",
            {**LEAD, "HasOptedOutOfEmail": None},
            "INVALID_TYPE_ON_FIELD_IN_RECORD",
            "Email Opt Out: value not of required type: null",
            ("HasOptedOutOfEmail",),
        ),
        (
            "MC_Subscriber__c",
            {"Rating__c": 100},
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Rating: value outside of valid range on numeric field: 100",
            ("Rating__c",),
        ),
        ("Lead", {**LEAD, "OwnerId": "x"}, "MALFORMED_ID", "Owner ID: id value of incorrect type: x", ("OwnerId",)),
        (
            "Contact",
            {"LastName": "x", "AccountId": "001000000000000AAA"},
            "INVALID_CROSS_REFERENCE_KEY",
            "invalid cross reference id",
            ("AccountId",),
        ),
    ],
)
def test_bad_row_is_refused_with_the_vendors_words(
    org: Bench, name: str, values: dict[str, object], code: str, message: str, fields: tuple[str, ...]
) -> None:
    assert org.refusal(name, "insert", **values) == (code, message, fields)


@pytest.mark.parametrize("field", ["IsDeleted", "CreatedDate", "Name", "Address", "ConvertedContactId"])
def test_read_only_field_is_refused(org: Bench, field: str) -> None:
    code, message, fields = org.refusal("Lead", "insert", **LEAD, **{field: None if field == "Address" else "x"})
    assert (code, fields) == ("INVALID_FIELD_FOR_INSERT_UPDATE", (field,))
    assert message.startswith(f"Unable to create/update fields: {field}. Please check the security settings")


def test_text_is_trimmed_and_blank_text_is_null(org: Bench) -> None:
    org.insert("Lead", LastName="  Doe ", Company="C", FirstName="  ", Title="")
    assert org.records("SELECT LastName, FirstName, Title, Name FROM Lead") == [
        {"LastName": "Doe", "FirstName": None, "Title": None, "Name": "Doe"}
    ]


def test_multi_select_is_stored_once_each_in_the_order_of_the_definition(org: Bench) -> None:
    org.insert("Lead", **LEAD, Interests__c="Offers; Product news;Offers;Else")
    assert org.values("SELECT Interests__c FROM Lead") == ["Product news;Offers;Else"]


def test_defaults_fill_what_is_not_sent(org: Bench) -> None:
    org.insert("Lead", **LEAD)
    (lead,) = org.records("SELECT Status, HasOptedOutOfEmail, Newsletter_Consent__c, Owner.Username FROM Lead")
    assert (lead["Status"], lead["HasOptedOutOfEmail"], lead["Newsletter_Consent__c"]) == (
        "Open - Not Contacted",
        False,
        False,
    )
    assert lead["Owner"]["Username"] == "admin@sandbox.example"


def test_own_object_without_name_is_called_by_its_id(org: Bench) -> None:
    made = org.insert("MC_Audience__c", List_Id__c="l1")
    assert org.values("SELECT Name FROM MC_Audience__c") == [made]


def test_unique_key_refuses_a_second_record_whatever_its_case(org: Bench) -> None:
    first = org.insert("Lead", **LEAD, MC_Key__c="abc")
    code, message, fields = org.refusal("Lead", "insert", **LEAD, MC_Key__c="ABC")
    assert (code, fields) == ("DUPLICATE_VALUE", ())
    assert message == f"duplicate value found: MC_Key__c duplicates value on record with id: {first}"

    org.writer.delete(org.store.schema.objects["Lead"], [first])
    org.insert("Lead", **LEAD, MC_Key__c="abc")


def test_unique_key_holds_within_one_call(org: Bench) -> None:
    first, second = org.save("Lead", "insert", {**LEAD, "MC_Key__c": "k"}, {**LEAD, "MC_Key__c": "k"})
    assert first.error is None
    assert second.error
    assert second.error.message.endswith(first.record_id)


def test_record_keeps_its_own_key(org: Bench) -> None:
    lead = org.insert("Lead", **LEAD, MC_Key__c="k")
    (saved,) = org.save("Lead", "update", {"Id": lead, "MC_Key__c": "K", "Title": "t"})
    assert saved.error is None


def test_system_modstamp_is_the_second_of_the_last_change(org: Bench) -> None:
    lead = org.insert("Lead", **LEAD)
    soql = "SELECT SystemModstamp, LastModifiedDate, CreatedDate FROM Lead"
    (made,) = org.records(soql)
    assert set(made.values()) == {"2026-11-23T09:00:00.000+0000"}
    org.controls.clock.set(NOW + timedelta(milliseconds=999), frozen=True)
    org.save("Lead", "update", {"Id": lead, "Company": "Same second"})
    assert org.records(soql) == [made]
    # Also where no value differs.
    org.controls.clock.set(NOW + timedelta(seconds=1), frozen=True)
    org.save("Lead", "update", {"Id": lead, "Company": "Same second"})
    (changed,) = org.records(soql)
    assert changed["SystemModstamp"] == "2026-11-23T09:00:01.000+0000"
    assert (changed["LastModifiedDate"], changed["CreatedDate"]) == (changed["SystemModstamp"], made["CreatedDate"])

    org.controls.clock.set(NOW + timedelta(minutes=1), frozen=True)
    org.writer.delete(org.store.schema.objects["Lead"], [lead])
    assert org.values(soql, deleted=True) == ["2026-11-23T09:01:00.000+0000"]


def test_update_leaves_what_is_not_sent_and_empties_what_is_null(org: Bench) -> None:
    lead = org.insert("Lead", **LEAD, Title="t", City="Paris")
    org.save("Lead", "update", {"Id": lead[:15], "Title": None})
    assert org.records("SELECT Title, City FROM Lead") == [{"Title": None, "City": "Paris"}]
    assert org.refusal("Lead", "update", Id=lead, Company=None)[0] == "REQUIRED_FIELD_MISSING"


def test_update_needs_a_live_record(org: Bench) -> None:
    lead = org.insert("Lead", **LEAD)
    org.writer.delete(org.store.schema.objects["Lead"], [lead])
    assert org.refusal("Lead", "update", Id=lead)[0] == "ENTITY_IS_DELETED"
    assert org.refusal("Lead", "update", Id="00Q000000000000EAA")[0] == "INVALID_CROSS_REFERENCE_KEY"
    assert org.refusal("Lead", "update", Id="003000000000000AAA")[0] == "MALFORMED_ID"
    assert org.refusal("Lead", "update", Title="t")[0] == "MISSING_ARGUMENT"


def test_converted_lead_cannot_be_changed_or_referred_to(org: Bench) -> None:
    org.store.load([("Lead", [{"Id": "00Q5g0000000999EAA", **LEAD, "IsConverted": True}])])
    lead = "00Q5g0000000999EAA"
    expected = ("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    assert org.refusal("Lead", "update", Id=lead, Title="t")[:2] == expected
    assert org.refusal("MC_Subscriber__c", "insert", Lead__c=lead)[:2] == expected


def test_upsert_makes_or_changes_by_key(org: Bench) -> None:
    rows = [{"Key__c": "l1:a", "Tags__c": "x"}, {"Key__c": "l1:b"}]
    assert [one.created for one in org.save("MC_Subscriber__c", "upsert", *rows, key="Key__c")] == [True, True]
    rows[0]["Key__c"] = "L1:A"
    assert [one.created for one in org.save("MC_Subscriber__c", "upsert", *rows, key="Key__c")] == [False, False]
    assert org.values("SELECT Key__c FROM MC_Subscriber__c ORDER BY Key__c") == ["L1:A", "l1:b"]


def test_upsert_refuses_a_key_that_is_missing_or_given_twice(org: Bench) -> None:
    rows = [{"Key__c": "a"}, {"Key__c": "A"}, {"Tags__c": "x"}, {"Key__c": "b"}]
    saved = org.save("MC_Subscriber__c", "upsert", *rows, key="Key__c")
    assert [one.error.code if one.error else None for one in saved] == [
        *("DUPLICATE_VALUE", "DUPLICATE_VALUE", "MISSING_ARGUMENT", None)
    ]
    assert saved[0].error
    assert saved[0].error.message == "Duplicate external id specified: a"


def test_lookup_by_external_id(org: Bench) -> None:
    audience = org.insert("MC_Audience__c", List_Id__c="l1")
    org.insert("MC_Subscriber__c", Key__c="k", Audience__r={"attributes": {}, "List_Id__c": "L1"})
    assert org.values("SELECT Audience__c FROM MC_Subscriber__c") == [audience]
    code, message, _ = org.refusal("MC_Subscriber__c", "insert", Audience__r={"List_Id__c": "l2"})
    assert code == "INVALID_FIELD"
    assert message == "Foreign key external ID: l2 not found for field List_Id__c in entity MC_Audience__c"
    assert org.refusal("MC_Subscriber__c", "insert", Audience__r={"Status__c": "active"})[0] == "INVALID_FIELD"


def test_one_refused_row_leaves_the_others(org: Bench) -> None:
    saved = org.save("Lead", "insert", LEAD, {"LastName": "x"}, LEAD)
    assert [one.error is None for one in saved] == [True, False, True]
    assert len(org.values("SELECT Id FROM Lead")) == 2


def test_all_or_none_undoes_everything(org: Bench) -> None:
    saved = org.save("Lead", "insert", LEAD, {"LastName": "x"}, all_or_none=True)
    assert [one.error.code for one in saved if one.error] == [
        *("ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING")
    ]
    assert org.values("SELECT Id FROM Lead") == []


def test_deleting_a_master_takes_its_details_along_and_empties_lookups(org: Bench) -> None:
    contact = org.insert("Contact", LastName="x")
    subscriber = org.insert("MC_Subscriber__c", Key__c="k", Contact__c=contact)
    org.insert("MC_Subscriber_Activity__c", Key__c="a", Subscriber__c=subscriber)
    schema = org.store.schema.objects

    org.writer.delete(schema["Contact"], [contact])
    assert org.values("SELECT Contact__c FROM MC_Subscriber__c") == [None]
    org.writer.delete(schema["MC_Subscriber__c"], [subscriber])
    assert org.values("SELECT Key__c FROM MC_Subscriber_Activity__c") == []
    assert org.values("SELECT Key__c FROM MC_Subscriber_Activity__c", deleted=True) == ["a"]
    org.writer.delete(schema["MC_Subscriber__c"], [subscriber], hard=True)
    assert org.values("SELECT Key__c FROM MC_Subscriber_Activity__c", deleted=True) == []


def test_deleting_twice_is_refused(org: Bench) -> None:
    lead = org.insert("Lead", **LEAD)
    sobject = org.store.schema.objects["Lead"]
    codes = [
        one.error.code if one.error else None
        for _ in range(2)
        for one in org.writer.delete(sobject, [lead, "x", "00Q000000000000EAA"])
    ]
    assert codes == [
        *(None, "MALFORMED_ID", "INVALID_CROSS_REFERENCE_KEY"),
        *("ENTITY_IS_DELETED", "MALFORMED_ID", "INVALID_CROSS_REFERENCE_KEY"),
    ]


def test_person_is_a_member_of_a_campaign_once_and_its_status_says_who_responded(org: Bench) -> None:
    campaign, other = (org.insert("Campaign", Name=name) for name in ("Fair", "Webinar"))
    lead = org.insert("Lead", **LEAD)
    org.insert("CampaignMemberStatus", CampaignId=campaign, Label="Invited", IsDefault=True)
    org.insert("CampaignMemberStatus", CampaignId=campaign, Label="Came", HasResponded=True)
    member = org.insert("CampaignMember", CampaignId=campaign, LeadId=lead)
    org.insert("CampaignMember", CampaignId=other, LeadId=lead)
    refusal = org.refusal("CampaignMember", "insert", CampaignId=campaign, LeadId=lead, Status="Came")
    assert refusal == ("DUPLICATE_VALUE", "Already a campaign member.", ())
    row = {"CampaignId": campaign, "ContactId": org.insert("Contact", LastName="Doe")}
    assert [one.error is None for one in org.save("CampaignMember", "insert", row, row)] == [True, False]
    soql = f"SELECT Status, HasResponded FROM CampaignMember WHERE Id = '{member}'"
    assert org.records(soql) == [{"Status": "Invited", "HasResponded": False}]
    org.save("CampaignMember", "update", {"Id": member, "Status": "Came"})
    assert org.records(soql) == [{"Status": "Came", "HasResponded": True}]


def test_a_row_can_be_locked_and_the_others_go_on(org: Bench) -> None:
    rule = {"kind": "row_error", "method": "insert", "path": "Lead", "first": 2, "times": 1}
    org.controls.faults.set(FAULT_LIST.validate_python([rule]))
    leads = [{"LastName": name, "Company": "C"} for name in ("A", "B", "C")]
    saved = org.save("Lead", "insert", *leads)
    assert [[error.code for error in one.errors] for one in saved] == [[], ["UNABLE_TO_LOCK_ROW"], []]
    assert org.values("SELECT LastName FROM Lead ORDER BY LastName") == ["A", "C"]
    assert not org.save("Lead", "insert", leads[1])[0].errors


@pytest.mark.parametrize(("kept", "status"), [(False, "Invited"), (True, "Sent")])
def test_a_status_that_the_campaign_does_not_have_gives_way_to_its_default(org: Bench, kept: bool, status: str) -> None:
    org.controls.set_switches({"unknown_member_status_kept": kept, "campaigns_come_with_statuses": False})
    campaign = org.insert("Campaign", Name="C")
    org.insert("CampaignMemberStatus", CampaignId=campaign, Label="Invited", IsDefault=True)
    org.insert("CampaignMemberStatus", CampaignId=campaign, Label="Came", HasResponded=True)
    asked = "SELECT Status, HasResponded FROM CampaignMember"
    member = org.insert("CampaignMember", CampaignId=campaign, LeadId=org.insert("Lead", **LEAD), Status="Sent")
    assert org.records(asked) == [{"Status": status, "HasResponded": False}]
    org.save("CampaignMember", "update", {"Id": member, "Status": "Came"})
    org.save("CampaignMember", "update", {"Id": member, "Status": "Sent"})
    assert org.records(asked) == [{"Status": status, "HasResponded": False}]


def record_type(org: Bench, name: str) -> str:
    (found,) = org.values(f"SELECT Id FROM RecordType WHERE Name = '{name}'")
    return str(found)


def test_r08_a_record_type_must_be_an_active_one_of_the_object(org: Bench) -> None:
    lead = org.insert("Lead", **LEAD, RecordTypeId=record_type(org, "Newsletter"))
    assert org.values("SELECT RecordType.DeveloperName FROM Lead")[0]["DeveloperName"] == "Newsletter"
    others = [record_type(org, "Fair"), record_type(org, "Organization"), "0125g0000000zzzAAA"]
    for operation, values in (("insert", LEAD), ("update", {"Id": lead})):
        for other in others:
            assert org.refusal("Lead", operation, **values, RecordTypeId=other) == (
                "INVALID_CROSS_REFERENCE_KEY",
                f"Record Type ID: this ID value isn't valid for the user: {other}",
                ("RecordTypeId",),
            )


def test_record_types_are_described(org: Bench) -> None:
    infos = org.store.schema.objects["Lead"].describe["recordTypeInfos"]
    assert {(one["developerName"], one["active"]) for one in infos if not one["master"]} == {
        ("Newsletter", True),
        ("Fair", False),
    }


COUNTRY = "There's a problem with this country/territory, even though it may appear correct. "
COUNTRY += "Please select a country/territory from the list of valid countries.: "
STATE = "There's a problem with this state, even though it may appear correct. "
STATE += "Please select a state from the list of valid states.: "
NO_COUNTRY = "A country/territory must be specified before specifying a state value for field: "


@pytest.mark.parametrize(
    ("address", "message", "field"),
    [
        ({"Country": "US"}, f"{COUNTRY}Country", "Country"),
        ({"Country": "United States", "State": "TX"}, f"{STATE}State/Province", "State"),
        ({"Country": "Germany", "State": "Texas"}, f"{STATE}State/Province", "State"),
        ({"State": "Texas"}, f"{NO_COUNTRY}State/Province", "State"),
    ],
)
def test_an_org_with_picklists_takes_the_names_of_its_states_and_countries(
    org: Bench, address: dict[str, object], message: str, field: str
) -> None:
    org.insert("Lead", **LEAD, **address)
    org.controls.set_switches({"state_and_country_picklists": True})
    assert org.refusal("Lead", "insert", **LEAD, **address) == ("FIELD_INTEGRITY_EXCEPTION", message, (field,))
    org.insert("Lead", **LEAD, Country="United States", State="Texas")
    org.insert("Lead", **LEAD, Country="Germany")


def test_an_update_is_held_to_the_picklists_with_what_the_record_has(org: Bench) -> None:
    org.controls.set_switches({"state_and_country_picklists": True})
    contact = org.insert("Contact", LastName="Doe", MailingCountry="Brazil", MailingState="Bahia")
    assert org.save("Contact", "update", {"Id": contact, "MailingState": "Acre"})[0].error is None
    assert org.refusal("Contact", "update", Id=contact, MailingCountry="Germany")[2] == ("MailingState",)
    assert org.refusal("Contact", "update", Id=contact, MailingState="Texas")[2] == ("MailingState",)
    assert org.save("Contact", "update", {"Id": contact, "Title": "Dr"})[0].error is None


@pytest.mark.parametrize("kept", [False, True])
def test_a_switch_says_whether_deleted_records_keep_unique_values(org: Bench, kept: bool) -> None:
    org.controls.set_switches({"deleted_records_keep_unique_values": kept})
    first = org.insert("Lead", **LEAD, MC_Key__c="k")
    org.writer.delete(org.store.schema.objects["Lead"], [first])
    (saved,) = org.save("Lead", "insert", {**LEAD, "MC_Key__c": "k"})
    assert (saved.error.code if saved.error else None) == ("DUPLICATE_VALUE" if kept else None)


@pytest.mark.parametrize("moves", [False, True])
def test_a_switch_says_whether_a_cleared_lookup_moves_the_stamp(org: Bench, moves: bool) -> None:
    org.controls.set_switches({"cleared_lookups_move_stamps": moves})
    lead = org.insert("Lead", **LEAD)
    org.insert("MC_Subscriber__c", Key__c="k", Lead__c=lead)
    asked = "SELECT Lead__c, SystemModstamp FROM MC_Subscriber__c"
    (before,) = org.records(asked)
    org.controls.clock.set(NOW + timedelta(hours=1), frozen=True)
    org.writer.delete(org.store.schema.objects["Lead"], [lead])
    (after,) = org.records(asked)
    assert after["Lead__c"] is None
    assert (after["SystemModstamp"] != before["SystemModstamp"]) is moves
