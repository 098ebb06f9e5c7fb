"""REST through simple-salesforce and by hand: records, queries with their pages, collections, limits."""

from __future__ import annotations

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceResourceNotFound

from include.sandbox.salesforce import credentials
from tests.contract.salesforce.conftest import RULES, Served

DATA = f"{credentials.INSTANCE_URL}/services/data/v59.0"


@pytest.fixture
def client(org: Served) -> Salesforce:
    return Salesforce(
        consumer_key=credentials.CONSUMER_KEY,
        consumer_secret=credentials.CONSUMER_SECRET,
        domain="sandbox.my",
        session=org.session(),
    )


@pytest.fixture
def rest(org: Served) -> requests.Session:
    return org.rest()


def leads(number: int) -> list[dict[str, object]]:
    return [
        {"attributes": {"type": "Lead"}, "LastName": f"L{one:04}", "Company": "C", "MC_Key__c": f"k{one}"}
        for one in range(number)
    ]


def test_record_is_made_read_changed_and_deleted(client: Salesforce) -> None:
    made = client.Contact.create({"LastName": "  Lovelace ", "Email": "ada@one.example", "MailingCity": "London"})
    assert (made["success"], made["errors"]) == (True, [])

    read = client.Contact.get(made["id"])
    assert (read["Name"], read["MailingAddress"]["city"], read["MailingAddress"]["street"]) == (
        "Lovelace",
        "London",
        None,
    )
    assert client.Contact.update(made["id"], {"FirstName": "Ada"}) == 204
    assert client.Contact.get(made["id"])["Name"] == "Ada Lovelace"
    assert client.Contact.delete(made["id"]) == 204

    with pytest.raises(SalesforceResourceNotFound) as refusal:
        client.Contact.get(made["id"])
    assert refusal.value.content == [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}]
    hidden = client.query("SELECT Id FROM Contact")
    shown = client.query_all("SELECT Id, IsDeleted FROM Contact", include_deleted=True)
    assert (hidden["totalSize"], shown["records"][0]["IsDeleted"]) == (0, True)


def test_refused_record_is_told_in_the_vendors_form(client: Salesforce) -> None:
    with pytest.raises(SalesforceMalformedRequest) as refusal:
        client.Lead.create({"LastName": "x"})
    assert refusal.value.status == 400
    assert refusal.value.content == [
        {
            "message": "Required fields are missing: [Company]",
            "errorCode": "REQUIRED_FIELD_MISSING",
            "fields": ["Company"],
        }
    ]


def test_upsert_by_external_id_answers_201_then_200(rest: requests.Session) -> None:
    url = f"{DATA}/sobjects/MC_Audience__c/List_Id__c/abc123"
    first = rest.patch(url, json={"Name": "Newsletter", "Status__c": "active"})
    second = rest.patch(url, json={"Status__c": "missing"})
    old = rest.patch(url.replace("v59.0", "v42.0"), json={"Status__c": "active"})

    assert (first.status_code, first.json()["created"]) == (201, True)
    assert (second.status_code, second.json()["created"]) == (200, False)
    assert (old.status_code, old.content) == (204, b"")
    assert first.json()["id"] == second.json()["id"]
    assert rest.get(url).json()["Status__c"] == "active"


def test_upsert_by_a_key_that_several_records_share_answers_300(org: Served, rest: requests.Session) -> None:
    org.store.load([("Contact", [{"LastName": name, "Email": "one@two.example"} for name in ("A", "B")])])
    answer = rest.patch(f"{DATA}/sobjects/Contact/Email/one@two.example", json={"LastName": "C"})
    assert answer.status_code == 300
    assert len(answer.json()) == 2


def test_query_pages_through_locators(org: Served, client: Salesforce, rest: requests.Session) -> None:
    org.store.load([("Contact", [{"LastName": f"N{one:04}"} for one in range(4500)])])
    query = "SELECT LastName FROM Contact ORDER BY LastName"

    first = client.query(query)
    assert (first["totalSize"], first["done"], len(first["records"])) == (4500, False, 2000)
    assert [one["LastName"] for one in client.query_all_iter(query)] == [f"N{one:04}" for one in range(4500)]

    small = rest.get(f"{DATA}/query", params={"q": query}, headers={"Sforce-Query-Options": "batchSize=250"}).json()
    assert len(small["records"]) == 250
    bad = rest.get(f"{DATA}/query/01g000000000000000-2000")
    assert (bad.status_code, bad.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_page_leaves_out_what_was_deleted_meanwhile(org: Served, rest: requests.Session) -> None:
    org.store.load([("Contact", [{"LastName": f"N{one:04}"} for one in range(2100)])])
    first = rest.get(f"{DATA}/query", params={"q": "SELECT Id FROM Contact ORDER BY LastName"}).json()
    with org.store.database.writing() as connection:
        connection.execute("DELETE FROM Contact WHERE LastName = 'N2050'")
    second = rest.get(credentials.INSTANCE_URL + first["nextRecordsUrl"]).json()
    assert (second["done"], len(second["records"])) == (True, 99)


def test_collections_answer_each_row_in_order(rest: requests.Session) -> None:
    rows = leads(3)
    rows[1].pop("Company")
    answer = rest.post(f"{DATA}/composite/sobjects", json={"allOrNone": False, "records": rows})
    assert (answer.status_code, [one["success"] for one in answer.json()]) == (200, [True, False, True])
    assert answer.json()[1] == {
        "success": False,
        "errors": [
            {
                "statusCode": "REQUIRED_FIELD_MISSING",
                "message": "Required fields are missing: [Company]",
                "fields": ["Company"],
            }
        ],
    }

    again = rest.post(f"{DATA}/composite/sobjects", json={"records": leads(1)}).json()
    first_id = answer.json()[0]["id"]
    assert again[0]["errors"][0]["statusCode"] == "DUPLICATE_VALUE"
    assert again[0]["errors"][0]["message"] == (
        f"duplicate value found: MC_Key__c duplicates value on record with id: {first_id}"
    )


def test_all_or_none_undoes_the_accepted_rows(rest: requests.Session) -> None:
    rows = leads(2)
    rows[1].pop("Company")
    answer = rest.post(f"{DATA}/composite/sobjects", json={"allOrNone": True, "records": rows}).json()
    assert [one["errors"][0]["statusCode"] for one in answer] == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "REQUIRED_FIELD_MISSING",
    ]
    assert rest.get(f"{DATA}/query", params={"q": "SELECT COUNT() FROM Lead"}).json()["totalSize"] == 0


def test_collection_takes_at_most_200_records(rest: requests.Session) -> None:
    answer = rest.post(f"{DATA}/composite/sobjects", json={"records": leads(201)})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")


def test_collection_upsert_tells_what_was_created(rest: requests.Session) -> None:
    url = f"{DATA}/composite/sobjects/Lead/MC_Key__c"
    assert [one["created"] for one in rest.patch(url, json={"records": leads(2)}).json()] == [True, True]
    assert [one["created"] for one in rest.patch(url, json={"records": leads(3)}).json()] == [False, False, True]

    twice = rest.patch(url, json={"records": [*leads(1), *leads(1)]}).json()
    assert {one["errors"][0]["statusCode"] for one in twice} == {"DUPLICATE_VALUE"}


def test_collection_deletes_and_reads_by_ids(rest: requests.Session) -> None:
    ids = [one["id"] for one in rest.post(f"{DATA}/composite/sobjects", json={"records": leads(2)}).json()]
    gone = rest.delete(f"{DATA}/composite/sobjects", params={"ids": ",".join([ids[0], "00Q000000000000"])}).json()
    assert gone[0] == {"id": ids[0], "success": True, "errors": []}
    assert gone[1]["errors"][0]["statusCode"] == "INVALID_CROSS_REFERENCE_KEY"
    read = rest.get(f"{DATA}/composite/sobjects/Lead", params={"ids": ",".join(ids), "fields": "Id,LastName"}).json()
    assert [one and one["LastName"] for one in read] == [None, "L0001"]


def test_collection_reads_up_to_2000_ids_of_a_body(org: Served, rest: requests.Session) -> None:
    url = f"{DATA}/composite/sobjects/Lead"
    (made,) = rest.post(f"{DATA}/composite/sobjects", json={"records": leads(1)}).json()
    before = org.controls.calls.report()["writes"]

    several = rest.post(url, json={"ids": [made["id"], "00Q000000000000AAA"], "fields": ["LastName", "id", "Company"]})
    many = rest.post(url, json={"ids": [made["id"]] * 2001, "fields": ["Id"]})
    unknown = rest.post(url, json={"ids": [made["id"]], "fields": ["Nothing"]})
    no_list = rest.post(url, json={"ids": made["id"], "fields": ["Id"]})

    (lead, none) = several.json()
    assert (list(lead), lead["LastName"], none) == (["attributes", "Id", "LastName", "Company"], "L0000", None)
    refusals = [(one.status_code, one.json()[0]["errorCode"]) for one in (many, unknown, no_list)]
    assert refusals == [(400, "EXCEEDED_ID_LIMIT"), (400, "INVALID_FIELD"), (400, "JSON_PARSER_ERROR")]
    assert org.controls.calls.report()["writes"] == before


def test_uri_of_16384_bytes_is_too_long(rest: requests.Session) -> None:
    found = rest.get(f"{DATA}/query", params={"q": f"SELECT Id FROM Lead WHERE Company = '{'x' * 200}'"})
    assert found.status_code == 200
    assert (
        rest.get(f"{DATA}/query", params={"q": f"SELECT Id FROM Lead WHERE Company = '{'x' * 16384}'"}).status_code
        == 414
    )


def test_malformed_body_is_a_parser_error(rest: requests.Session) -> None:
    answer = rest.post(f"{DATA}/sobjects/Lead", data='{"LastName": ')
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


def test_every_answer_tells_the_usage_until_there_is_none_left(org: Served, rest: requests.Session) -> None:
    org.controls.set_switches({"daily_api_requests": 2})
    first, second, third = (rest.get(f"{DATA}/limits") for _ in range(3))
    assert (first.headers["Sforce-Limit-Info"], second.headers["Sforce-Limit-Info"]) == (
        "api-usage=1/2",
        "api-usage=2/2",
    )
    assert second.json()["DailyApiRequests"] == {"Max": 2, "Remaining": 0}
    assert (third.status_code, third.json()) == (
        403,
        [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}],
    )


def test_describe_is_the_recorded_one_with_the_overlay(client: Salesforce) -> None:
    import json

    from include.sandbox.salesforce.schema import DATA as FILES

    recorded = json.loads((FILES / "grouparoo_Contact.describe.v42.json").read_text("utf-8"))
    described = client.Contact.describe()
    assert described.keys() == recorded.keys()
    ours = {one["name"]: one for one in described["fields"]}
    for field in recorded["fields"]:
        assert ours.pop(field["name"]) == field
    assert set(ours) == {
        *("HasOptedOutOfEmail", "Newsletter_Consent__c", "Interests__c", "Customer_Tier__c"),
        *("Annual_Spend__c", "Customer_Score__c", "IsPersonAccount"),
    }
    assert all(one.keys() == recorded["fields"][0].keys() for one in ours.values())
    labels = {one["value"]: one["label"] for one in ours["Customer_Tier__c"]["picklistValues"]}
    assert labels == {"gold": "Gold", "silver": "Silver", "bronze": "Bronze"}


def test_org_lists_objects_versions_and_user(client: Salesforce, rest: requests.Session) -> None:
    names = {one["name"] for one in client.describe()["sobjects"]}
    assert {"Account", "Contact", "Lead", "CampaignMember", "MC_Subscriber__c"} <= names
    assert "ValidationRule" not in names
    versions = requests.Session.get(rest, f"{credentials.INSTANCE_URL}/services/data").json()
    assert {"label": "Winter '24", "url": "/services/data/v59.0", "version": "59.0"} in versions
    user = rest.get(f"{credentials.INSTANCE_URL}/services/oauth2/userinfo").json()
    assert (user["preferred_username"], user["organization_id"]) == (credentials.USERNAME, credentials.ORGANIZATION_ID)
    assert rest.get(DATA).json()["identity"] == user["id"]
    assert rest.get(f"{credentials.INSTANCE_URL}/services/data/v99.0/limits").status_code == 404


def test_tooling_gives_metadata_of_one_rule_at_a_time(org: Served, rest: requests.Session) -> None:
    entity = rest.get(
        f"{DATA}/tooling/query", params={"q": "SELECT Id FROM EntityDefinition WHERE QualifiedApiName = 'Contact'"}
    ).json()["records"][0]["Id"]
    rules = [
        {
            "ValidationName": f"rule_{one}",
            "Active": True,
            "ErrorMessage": "no",
            "EntityDefinitionId": entity,
            "FullName": f"Contact.rule_{one}",
            "Metadata": '{"errorConditionFormula": "ISBLANK(Email)", "active": true}',
        }
        for one in (1, 2)
    ]
    org.store.load([("ValidationRule", rules)])
    listing = "SELECT Id, ValidationName, EntityDefinition.QualifiedApiName FROM ValidationRule WHERE Active = true"

    found = rest.get(f"{DATA}/tooling/query", params={"q": listing}).json()["records"]
    assert [one["EntityDefinition"]["QualifiedApiName"] for one in found] == ["Contact", "Contact"]
    both = rest.get(f"{DATA}/tooling/query", params={"q": "SELECT Id, Metadata FROM ValidationRule"})
    assert (both.status_code, both.json()[0]["errorCode"]) == (400, "MALFORMED_QUERY")
    one = rest.get(f"{DATA}/tooling/sobjects/ValidationRule/{found[0]['Id']}").json()
    assert one["Metadata"]["errorConditionFormula"] == "ISBLANK(Email)"
    assert rest.get(f"{DATA}/query", params={"q": listing}).json()[0]["errorCode"] == "INVALID_TYPE"


def test_deleted_and_updated_list_ids_between_two_times(org: Served, client: Salesforce) -> None:
    from datetime import timedelta

    kept, gone = (client.Contact.create({"LastName": name})["id"] for name in ("A", "B"))
    client.Contact.delete(gone)
    window = org.controls.now() - timedelta(hours=1), org.controls.now() + timedelta(hours=1)
    assert [one["id"] for one in client.Contact.deleted(*window)["deletedRecords"]] == [gone]
    assert client.Contact.updated(*window)["ids"] == [kept]


def test_several_slashes_before_the_path_count_as_one(rest: requests.Session) -> None:
    answer = rest.get(f"{credentials.INSTANCE_URL}//services/data/v59.0/limits/")

    assert answer.status_code == 200


def test_a_querys_columns_are_told_instead_of_its_records(rest: requests.Session) -> None:
    def columns(query: str) -> dict:
        return rest.get(f"{DATA}/query", params={"q": query, "columns": "true"}).json()

    told = columns("SELECT Id, Account.Name, LastName, Account.Owner.Name FROM Contact")
    (id_, account, name) = told.pop("columnMetadata")
    assert told == {"entityName": "Contact", "groupBy": False, "idSelected": True, "keyPrefix": "003"}
    assert id_ == {
        "aggregate": False,
        "apexType": "Id",
        "booleanType": False,
        "columnName": "Id",
        "custom": False,
        "displayName": "Id",
        "foreignKeyName": None,
        "insertable": False,
        "joinColumns": [],
        "numberType": False,
        "textType": False,
        "updatable": False,
    }
    assert [name[key] for key in ("columnName", "apexType", "insertable", "textType")] == [
        "LastName",
        "String",
        True,
        True,
    ]
    assert account["columnName"] == "Account"
    parts = account["joinColumns"]
    assert [one["columnName"] for one in parts] == ["Name", "Owner"]
    assert [one["columnName"] for one in parts[1]["joinColumns"]] == ["Name"]

    told = columns("SELECT LeadSource, COUNT(Id), MAX(CreatedDate) latest FROM Lead GROUP BY LeadSource")
    shown = [(one["columnName"], one["displayName"], one["aggregate"]) for one in told["columnMetadata"]]
    assert shown == [
        ("LeadSource", "LeadSource", False),
        ("expr0", "count(Id)", True),
        ("latest", "max(CreatedDate)", True),
    ]
    assert (told["groupBy"], told["idSelected"]) == (True, False)
    assert columns("SELECT Nothing FROM Contact")[0]["errorCode"] == "INVALID_FIELD"


def test_a_row_that_breaks_rules_is_told_each_of_them_by_a_single_record_call(
    org: Served, rest: requests.Session
) -> None:
    org.store.load([("ValidationRule", list(RULES))])
    answer = rest.post(f"{DATA}/sobjects/Lead", json={"LastName": "Doe", "Company": "C", "Title": "Dr"})
    assert (answer.status_code, answer.json()) == (
        400,
        [
            {"message": "No doctors", "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "fields": ["Title"]},
            {"message": "Where?", "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "fields": []},
        ],
    )
    made = rest.post(f"{DATA}/sobjects/Lead", json={"LastName": "Doe", "Company": "C", "City": "Bonn"})
    assert made.status_code == 201
    lead = f"{DATA}/sobjects/Lead/{made.json()['id']}"
    assert rest.patch(lead, json={"City": None}).json()[0]["message"] == "Where?"
    assert rest.get(lead).json()["City"] == "Bonn"


def test_r08_headers_pass_alerts_and_say_who_owns_a_lead(org: Served, rest: requests.Session) -> None:
    org.store.load([("Contact", [{"LastName": "Doe", "Email": "ann@a.example"}])])
    match = [{"matchRuleSObjectType": "Contact", "matchingRule": "Exact_Email"}]
    alert = {"operationsOnInsert": ["Alert"], "duplicateRuleMatchRules": match}
    org.store.load(
        [("DuplicateRule", [{"DeveloperName": "D", "SobjectType": "Lead", "IsActive": True, "Metadata": alert}])]
    )
    entry = {"ruleEntry": [{"assignedTo": credentials.SALES_USER_ID}]}
    rule = {"Name": "A", "SobjectType": "Lead", "Active": True, "Metadata": entry}
    org.store.load([("AssignmentRule", [rule])])
    lead = {"LastName": "Doe", "Company": "C", "Email": "ann@a.example"}
    refused = rest.post(f"{DATA}/sobjects/Lead", json=lead)
    (error,) = refused.json()
    assert (refused.status_code, error["errorCode"]) == (400, "DUPLICATES_DETECTED")
    (match_result,) = error["duplicateResut"]["matchResults"]
    assert match_result["matchRecords"][0]["record"]["Id"].startswith("003")
    passing = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    assert rest.post(f"{DATA}/sobjects/Lead", json=lead, headers=passing).status_code == 201
    unassigned = passing | {"Sforce-Auto-Assign": "FALSE"}
    assert rest.post(f"{DATA}/sobjects/Lead", json=lead, headers=unassigned).status_code == 201
    found = rest.get(f"{DATA}/query", params={"q": "SELECT OwnerId FROM Lead"}).json()["records"]
    assert {one["OwnerId"] for one in found} == {credentials.SALES_USER_ID, credentials.USER_ID}
