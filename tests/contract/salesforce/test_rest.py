"""REST through simple-salesforce and by hand: records, queries with their pages, collections, limits."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceResourceNotFound

from include.sandbox.salesforce import credentials
from include.sandbox.salesforce.org_schema import DATA as FILES
from tests.contract.salesforce.conftest import RULES, Served

DATA = f"{credentials.INSTANCE_URL}/services/data/v59.0"


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


def test_describe_has_the_overlay(client: Salesforce) -> None:
    recorded = json.loads((FILES / "grouparoo_Contact.describe.v42.json").read_text("utf-8"))
    known = {one["name"] for one in recorded["fields"]}
    ours = {one["name"]: one for one in client.Contact.describe()["fields"] if one["name"] not in known}
    assert set(ours) == {
        *("HasOptedOutOfEmail", "Newsletter_Consent__c", "Newsletter_Opt_Out__c", "Interests__c", "Customer_Tier__c"),
        *("Annual_Spend__c", "Customer_Score__c", "IsPersonAccount"),
    }
    labels = {one["value"]: one["label"] for one in ours["Customer_Tier__c"]["picklistValues"]}
    assert labels == {"gold": "Gold", "silver": "Silver", "bronze": "Bronze"}


@pytest.mark.parametrize(
    ("kind", "name", "file"),
    [
        ("org", "Account", "cumulusci_Account_PersonAccountOrg.describe.json"),
        ("plain_org", "Account", "grouparoo_Account.describe.v42.json"),
        *(
            (kind, name, f"grouparoo_{name}.describe.v42.json")
            for kind in ("org", "plain_org")
            for name in ("Contact", "Lead", "Campaign")
        ),
    ],
)
def test_a_describe_answer_equals_the_recorded_one_but_for_the_overlay(
    request: pytest.FixtureRequest, kind: str, name: str, file: str
) -> None:
    served: Served = request.getfixturevalue(kind)
    recorded = json.loads((FILES / file).read_text("utf-8"))
    described = served.rest().get(f"{DATA}/sobjects/{name}/describe").json()
    overlaid = {"fields", "recordTypeInfos"}
    assert list(described) == list(recorded)
    assert {key: described[key] for key in described.keys() - overlaid} == {
        key: recorded[key] for key in recorded.keys() - overlaid
    }
    fields = {one["name"]: one for one in described["fields"]}
    assert [fields[one["name"]] for one in recorded["fields"]] == recorded["fields"]
    keys = recorded["fields"][0].keys()
    assert all(one.keys() == keys for one in fields.values())
    known = [one for each in FILES.glob("*.describe*.json") for one in json.loads(each.read_text("utf-8"))["fields"]]
    types = {key: {type(one.get(key)) for one in known} for key in keys}
    assert {(name, key) for name, one in fields.items() for key in keys if type(one[key]) not in types[key]} == set()


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


def test_what_the_path_names_must_not_stand_in_the_body(client: Salesforce, rest: requests.Session) -> None:
    made = client.Lead.create({"LastName": "x", "Company": "c", "MC_Key__c": "k1"})["id"]
    refused = [
        rest.post(f"{DATA}/sobjects/Lead", json={"LastName": "y", "Company": "c", "Id": made}),
        rest.patch(f"{DATA}/sobjects/Lead/{made}", json={"id": made, "LastName": "y"}),
        rest.patch(f"{DATA}/sobjects/Lead/MC_Key__c/k1", json={"Id": made, "LastName": "y"}),
        rest.patch(f"{DATA}/sobjects/Lead/MC_Key__c/k1", json={"MC_Key__c": "k1", "LastName": "y"}),
    ]
    assert [(one.status_code, one.json()[0]["errorCode"]) for one in refused] == [(400, "INVALID_FIELD")] * 4
    assert [one.json()[0]["message"] for one in refused] == [
        *["The Id field should not be specified in the sobject data."] * 3,
        "The MC_Key__c field should not be specified in the sobject data.",
    ]
    assert client.Lead.get(made)["LastName"] == "x"


def test_key_that_several_records_share_answers_300_with_their_urls(org: Served, rest: requests.Session) -> None:
    org.store.load([("Contact", [{"LastName": name, "Email": "one@two.example"} for name in ("A", "B")])])
    url = f"{DATA}/sobjects/Contact/Email/one@two.example"
    answers = rest.get(url), rest.patch(url, json={"Title": "C"}), rest.delete(url)
    assert [one.status_code for one in answers] == [300, 300, 300]
    records = rest.get(f"{DATA}/query", params={"q": "SELECT Id, Title FROM Contact"}).json()["records"]
    for answer in answers:
        assert sorted(answer.json()) == sorted(f"/services/data/v59.0/sobjects/Contact/{one['Id']}" for one in records)
    assert [one["Title"] for one in records] == [None, None]


def test_record_is_deleted_by_external_id(client: Salesforce, rest: requests.Session) -> None:
    client.Lead.create({"LastName": "x", "Company": "c", "MC_Key__c": "k/1"})
    url = f"{DATA}/sobjects/Lead/MC_Key__c/k%2F1"
    assert (rest.delete(url).status_code, rest.delete(url).status_code) == (204, 404)
    assert client.query("SELECT Id FROM Lead")["totalSize"] == 0


def test_record_that_is_not_there_tells_why(client: Salesforce, rest: requests.Session) -> None:
    gone = client.Lead.create({"LastName": "x", "Company": "c"})["id"]
    client.Lead.delete(gone)
    no_such_key = "Provided external ID field does not exist or is not accessible: nonsense"
    expected = {
        "00Q5g0000000009": ("NOT_FOUND", "The requested resource does not exist"),
        "nonsense": ("NOT_FOUND", no_such_key),
        "nonsense/1": ("NOT_FOUND", no_such_key),
        gone: ("ENTITY_IS_DELETED", "entity is deleted"),
    }
    for path, (code, message) in expected.items():
        for answer in (
            rest.patch(f"{DATA}/sobjects/Lead/{path}", json={"LastName": "y"}),
            rest.delete(f"{DATA}/sobjects/Lead/{path}"),
        ):
            assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, code), path
            assert answer.json()[0]["message"] == message, path


def test_call_that_no_resource_takes_is_refused_in_json(rest: requests.Session) -> None:
    unknown = rest.get(f"{DATA}/nothing/here")
    assert unknown.json() == [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}]
    wrong = rest.put(f"{DATA}/sobjects/Lead/00Q000000000000")
    assert (unknown.status_code, wrong.status_code) == (404, 405)
    assert wrong.json() == [
        {
            "message": "HTTP Method 'PUT' not allowed. Allowed are DELETE,GET,HEAD,PATCH",
            "errorCode": "METHOD_NOT_ALLOWED",
        }
    ]
    other = rest.post(f"{DATA}/sobjects/Lead", data="LastName=x", headers={"Content-Type": "text/plain"})
    assert (other.status_code, other.json()[0]["errorCode"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_session_that_is_none_or_over_is_refused_without_telling_the_usage(org: Served, rest: requests.Session) -> None:
    token = rest.headers["Authorization"]
    expected = {
        "Bearer nonsense": "INVALID_SESSION_ID",
        f"{token}x": "INVALID_SESSION_ID",
        "Bearer ": "INVALID_AUTH_HEADER",
        "Basic abc": "INVALID_AUTH_HEADER",
    }
    for authorization, code in expected.items():
        answer = rest.get(f"{DATA}/limits", headers={"Authorization": authorization})
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, code), authorization
        assert "Sforce-Limit-Info" not in answer.headers
    assert rest.get(f"{DATA}/limits", headers={"Authorization": token.replace("Bearer", "OAuth")}).status_code == 200

    org.controls.clock.set(org.controls.now() + timedelta(seconds=7201))
    over = rest.get(f"{DATA}/limits")
    assert over.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_several_slashes_before_the_path_count_as_one(rest: requests.Session) -> None:
    answer = rest.get(f"{credentials.INSTANCE_URL}//services/data/v59.0/limits/")

    assert answer.status_code == 200


def test_an_owner_that_may_be_a_queue_shows_the_fields_of_name_alone(org: Served, rest: requests.Session) -> None:
    """sforce_api_objects_name.htm; the refusal's words: tprouvot/Salesforce-Inspector-reloaded issue 95."""

    def answer(query: str) -> requests.Response:
        return rest.get(f"{DATA}/query", params={"q": query})

    rest.post(f"{DATA}/sobjects/Lead", json={"LastName": "Hopper", "Company": "Navy"})
    (lead,) = answer("SELECT Owner.Type, Owner.Alias FROM Lead WHERE Owner.Type = 'User'").json()["records"]
    assert lead["Owner"]["attributes"]["type"] == "Name"
    (refusal,) = answer("SELECT Owner.UserType FROM Lead").json()
    assert refusal["errorCode"] == "INVALID_FIELD"
    assert "No such column 'UserType' on entity 'Name'" in refusal["message"]
    assert answer("SELECT Owner.UserType FROM Contact").status_code == 200  # always a user
    assert answer("SELECT Id FROM Name").json()[0]["errorCode"] == "INVALID_TYPE"
    described = rest.get(f"{DATA}/sobjects/Name/describe").json()
    assert (described["queryable"], described["keyPrefix"]) == (False, None)


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


def test_an_upsert_with_update_only_makes_nothing(rest: requests.Session) -> None:
    url = f"{DATA}/sobjects/MC_Audience__c/List_Id__c/abc123"
    refused = rest.patch(url, params={"updateOnly": "true"}, json={"Name": "N"})
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (404, "NOT_FOUND")
    assert rest.patch(url, json={"Name": "N"}).status_code == 201
    changed = rest.patch(url, params={"updateOnly": "true"}, json={"Name": "M"})
    assert (changed.status_code, changed.json()["created"]) == (200, False)


def test_a_refused_call_has_the_words_of_the_switch_and_keeps_its_status(org: Served, rest: requests.Session) -> None:
    org.controls.set_switches({"error_media_type": "MEDIA: not {value}", "error_locator": "GONE: no such cursor"})
    typed = rest.post(f"{DATA}/sobjects/Lead", data="x", headers={"Content-Type": "text/plain"})
    assert (typed.status_code, typed.json()) == (415, [{"errorCode": "MEDIA", "message": "not text/plain"}])
    located = rest.get(f"{DATA}/query/0r8000000000000AAA-2000")
    assert (located.status_code, located.json()) == (400, [{"errorCode": "GONE", "message": "no such cursor"}])


def test_the_user_tells_the_time_zone(org: Served, rest: requests.Session) -> None:
    url = f"{credentials.INSTANCE_URL}/services/oauth2/userinfo"
    before = rest.get(url).json()
    org.controls.set_switches({"user_time_zone": "Asia/Tokyo"})
    after = rest.get(url).json()
    assert [(one["zoneinfo"], one["utcOffset"]) for one in (before, after)] == [("GMT", 0), ("Asia/Tokyo", 32_400_000)]


def test_a_formula_field_is_read_with_its_record_and_moves_with_its_account(client: Salesforce) -> None:
    account = client.Account.create({"Name": "A", "Type": "Customer"})["id"]
    contact = client.Contact.create({"LastName": "Doe", "AccountId": account})["id"]
    first = client.Contact.get(contact)
    client.Account.update(account, {"Type": "Prospect"})
    second = client.Contact.get(contact)
    assert (first["Customer_Score__c"], second["Customer_Score__c"]) == (100.0, 10.0)
    assert first["SystemModstamp"] == second["SystemModstamp"]


def test_limits_show_the_storage_that_is_left(org: Served, rest: requests.Session) -> None:
    org.store.load([("Contact", [{"LastName": "x"} for _ in range(512)])])
    assert rest.get(f"{DATA}/limits").json()["DataStorageMB"] == {"Max": 10_240, "Remaining": 10_239}
    org.controls.set_switches({"data_storage_mb": 1})
    assert rest.get(f"{DATA}/limits").json()["DataStorageMB"] == {"Max": 1, "Remaining": 0}


def test_administrators_change_what_describes_show_and_the_list_of_objects_names_installed_packages(
    org: Served, rest: requests.Session
) -> None:
    changes = {
        "Contact.Title": {"type": "picklist"}, "Contact.Phone": None, "Lead": {"createable": False}, "Campaign": None,
    }  # fmt: skip
    org.controls.set_switches({"described": json.dumps(changes)})
    contact, lead = (rest.get(f"{DATA}/sobjects/{name}/describe").json() for name in ("Contact", "Lead"))
    fields = {field["name"]: field for field in contact["fields"]}
    assert fields["Title"]["type"] == "picklist"
    assert "Phone" not in fields
    assert (contact["createable"], lead["createable"]) == (True, False)
    assert rest.get(f"{DATA}/sobjects/Campaign/describe").status_code == 404
    org.store.load([("PackageLicense", [{"NamespacePrefix": "MC4SF", "Status": "Active"}])])
    names = {entry["name"] for entry in rest.get(f"{DATA}/sobjects").json()["sobjects"]}
    assert {"Contact", "MC4SF__MC_Subscriber__c"} <= names
    assert "Campaign" not in names
