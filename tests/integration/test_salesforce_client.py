"""Writing to the sandbox's org: each row with its own result, through either API, whatever fails on the way."""

from __future__ import annotations

import pytest

from include.errors import ConfigError, FatalError, PermanentError, TransientError
from include.salesforce.connect import connect
from include.sandbox.salesforce import credentials
from tests.integration.org import ACCOUNT, NOW, contact, lead

SUBSCRIBER = "MC_Subscriber__c"
BULK, ROWS = 0, 1_000_000
EITHER_API = pytest.mark.parametrize("bulk_above", [BULK, ROWS], ids=["bulk", "collections"])


def subscriber(number, **fields):
    return {"Key__c": f"list:{number:032x}", "Email__c": f"ada{number}@one.example", "Status__c": "subscribed"} | fields


@pytest.fixture
def client(org):
    org.put(Account=[ACCOUNT], Contact=[contact(1)], Lead=[lead(1)])
    return org.client()


@EITHER_API
def test_upsert_creates_and_updates_by_external_id(org, client, bulk_above):
    rows = [subscriber(n) for n in range(450)]
    first = list(client.upsert(SUBSCRIBER, "Key__c", rows[:300], bulk_above))
    assert {result.key for result in first} == {row["Key__c"] for row in rows[:300]}
    assert all(result.success and result.created and result.id for result in first)
    again = {r.key: r for r in client.upsert(SUBSCRIBER, "Key__c", [r | {"Rating__c": 3} for r in rows], bulk_above)}
    assert sum(result.created for result in again.values()) == 150
    assert {again[result.key].id for result in first} == {result.id for result in first}
    assert {record["Rating__c"] for record in org.records(SUBSCRIBER)} == {3}


@EITHER_API
def test_none_empties_a_field_and_an_absent_key_leaves_it(org, client, bulk_above):
    text = 'a "b", c\nd; é ✓ '.strip()
    list(
        client.upsert(SUBSCRIBER, "Key__c", [subscriber(1, Tags__c=text, Rating__c=4, Opt_In__c=NOW.isoformat())], ROWS)
    )
    result = list(
        client.upsert(SUBSCRIBER, "Key__c", [{"Key__c": subscriber(1)["Key__c"], "Rating__c": None}], bulk_above)
    )
    assert [r.success for r in result] == [True]
    (record,) = org.records(SUBSCRIBER)
    assert (record["Tags__c"], record["Rating__c"]) == (text, None)


@EITHER_API
def test_g07_refused_row_keeps_its_reason_and_the_others_go_on(org, client, bulk_above):
    rows = [subscriber(1), subscriber(2, Status__c="Lovelace"), subscriber(3, Email__c="no address"), subscriber(4)]
    results = {r.key: r for r in client.upsert(SUBSCRIBER, "Key__c", rows, bulk_above)}
    picklist, email = results[rows[1]["Key__c"]], results[rows[2]["Key__c"]]
    assert (picklist.success, picklist.code) == (False, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
    assert (email.code, email.fields) == ("INVALID_EMAIL_ADDRESS", ("Email__c",))
    assert "Lovelace" not in picklist.message
    assert "no address" not in email.message
    assert len(org.records(SUBSCRIBER)) == 2


@EITHER_API
def test_lookup_by_external_id(org, client, bulk_above):
    list(client.upsert("MC_Audience__c", "List_Id__c", [{"List_Id__c": "l1", "Name": "News"}], ROWS))
    rows = [subscriber(1, Audience__r={"List_Id__c": "l1"})]
    assert [r.success for r in client.upsert(SUBSCRIBER, "Key__c", rows, bulk_above)] == [True]
    (audience,) = org.records("MC_Audience__c")
    assert [record["Audience__c"] for record in org.records(SUBSCRIBER)] == [audience["Id"]]


@EITHER_API
def test_update_and_delete_by_id(org, client, bulk_above):
    rows = list(client.upsert(SUBSCRIBER, "Key__c", [subscriber(n) for n in range(3)], ROWS))
    updates = [{"Id": row.id, "Status__c": "cleaned"} for row in rows]
    assert {(r.key, r.success) for r in client.update(SUBSCRIBER, updates, bulk_above)} == {(r.id, True) for r in rows}
    assert {record["Status__c"] for record in org.records(SUBSCRIBER)} == {"cleaned"}
    deleted = list(client.delete(SUBSCRIBER, [row.id for row in rows], bulk_above))
    assert all(result.success for result in deleted)
    assert client.count(f"SELECT COUNT() FROM {SUBSCRIBER}") == 0


def test_r08_second_insert_of_a_key_tells_the_record_that_is_there(org, client):
    new = {"LastName": "Hopper", "Company": "Navy", "MC_Key__c": "k1"}
    first, broken = client.insert("Lead", [new, {"LastName": "No company", "MC_Key__c": "k2"}])
    assert (first.success, first.key) == (True, "0")
    assert (broken.success, broken.code, broken.fields) == (False, "REQUIRED_FIELD_MISSING", ("Company",))
    (again,) = client.insert("Lead", [new])
    assert (again.success, again.code, again.id) == (False, "DUPLICATE_VALUE", first.id)


def test_r08_answer_that_got_lost_makes_no_second_lead(org, client):
    org.faults({"kind": "reset", "method": "POST", "path": "/services/data/v{version}/composite/sobjects", "times": 1})
    (result,) = client.insert("Lead", [{"LastName": "Hopper", "Company": "Navy", "MC_Key__c": "k1"}])
    assert (result.success, result.code) == (False, "DUPLICATE_VALUE")
    leads = [record for record in org.records("Lead") if record["MC_Key__c"] == "k1"]
    assert [record["Id"] for record in leads] == [result.id]


INGEST = "/services/data/v{version}/jobs/ingest"
HICCUPS = [
    {"kind": "reset", "method": "POST", "path": INGEST},
    {"kind": "reset", "method": "PUT", "path": f"{INGEST}/{{id}}/batches"},
    {"kind": "status", "status": 503, "method": "PUT", "path": f"{INGEST}/{{id}}/batches"},
    {"kind": "reset", "method": "PATCH", "path": f"{INGEST}/{{id}}"},
    {"kind": "status", "status": 500, "method": "PATCH", "path": f"{INGEST}/{{id}}"},
    {"kind": "html_502", "method": "GET", "path": f"{INGEST}/{{id}}"},
    {"kind": "truncate", "length": "matching", "keep": 0.7, "method": "GET", "path": f"{INGEST}/{{id}}/{{rows}}"},
    {"kind": "status", "status": 401, "method": "GET", "path": f"{INGEST}/{{id}}/{{rows}}", "first": 2},
    {"kind": "reset", "method": "GET", "path": f"{INGEST}/{{id}}/{{rows}}", "first": 2},
]


@pytest.mark.parametrize("fault", HICCUPS, ids=lambda f: f"{f['method']} {f['path'][len(INGEST) :]} {f['kind']}")
def test_g04_bulk_write_survives_a_failure_at_each_step(org, client, fault):
    org.faults(fault | {"times": 1})
    results = list(client.upsert(SUBSCRIBER, "Key__c", [subscriber(n) for n in range(20)], BULK))
    assert org.injected() == 1
    assert sorted(result.key for result in results) == [subscriber(n)["Key__c"] for n in range(20)]
    assert all(result.success for result in results)
    assert len(org.records(SUBSCRIBER)) == 20


def test_object_that_does_not_exist_is_told_apart(client):
    with pytest.raises(PermanentError) as told:
        client.describe("MC_Nothing__c")
    assert told.value.code == "NOT_FOUND"


def test_describe_tells_types_choices_and_relations(client):
    described = client.describe("Lead").fields
    assert described["Email"].type == "email"
    assert described["LastName"].required_on_create
    assert not described["FirstName"].required_on_create
    assert {(value.value, value.label) for value in described["Customer_Tier__c"].picklist} >= {("gold", "Gold")}
    assert described["Street"].compound_field == "Address"
    owner = client.describe("Contact").fields["AccountId"]
    assert (owner.relationship, owner.reference_to) == ("Account", ("Account",))


def test_rest_query_follows_its_pages(org, client):
    org.put(Account=[ACCOUNT], Contact=[contact(n) for n in range(1, 4502)])
    rows = list(client.query("SELECT Id, Account.Name FROM Contact"))
    assert len({row["Id"] for row in rows}) == 4501
    assert {row["Account.Name"] for row in rows} == {ACCOUNT["Name"]}
    assert client.calls == 3


def test_g09_query_that_salesforce_refuses_is_not_repeated_in_the_error(client):
    with pytest.raises(PermanentError) as told:
        list(client.query("SELECT Id FROM Contact WHERE Nonsense = 'Lovelace'"))
    assert told.value.code == "INVALID_FIELD"
    assert "Lovelace" not in str(told.value)


def test_clock_and_identity_are_the_orgs(client):
    assert abs((client.server_time() - NOW).total_seconds()) < 120
    assert client.identity() == {"organization_id": credentials.ORGANIZATION_ID, "user_id": credentials.USER_ID}
    assert client.limits()["DailyApiRequests"]["Max"] > 0


def test_process_logs_in_once_and_again_when_the_session_expired(org, client, monkeypatch):
    client.limits()
    org.forget_calls()
    connect("salesforce_default").limits()
    body = '[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]'
    org.faults({"kind": "status", "status": 401, "body": body, "times": 1})
    assert client.limits()
    paths = {call["path"]: call["count"] for call in org.calls()["calls"]}
    assert paths["/services/Soap/u/{version}"] == 1


def test_session_that_is_refused_after_the_log_in_ends_it(org, client):
    body = '[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]'
    org.faults({"kind": "status", "status": 401, "body": body, "path": "/services/data/v{version}/limits"})
    with pytest.raises(FatalError, match="refuses the session"):
        client.limits()
    assert org.injected() == 2


def test_failure_that_stays_is_transient_after_a_bounded_number_of_tries(org, client):
    org.faults({"kind": "status", "status": 503, "path": "/services/data/v{version}/limits"})
    with pytest.raises(TransientError):
        client.limits()
    assert org.injected() == 6


@pytest.mark.parametrize(
    "settings",
    [
        {"extra": {"consumer_key": credentials.CONSUMER_KEY, "consumer_secret": credentials.CONSUMER_SECRET}},
        {
            "login": None,
            "password": None,
            "extra": {
                "consumer_key": credentials.CONSUMER_KEY,
                "consumer_secret": credentials.CONSUMER_SECRET,
                "domain": "sandbox.my",
            },
        },
    ],
    ids=["oauth password", "client credentials"],
)
def test_other_ways_to_log_in(org, monkeypatch, settings):
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", org.connection(**settings))
    assert org.client().identity()["user_id"] == credentials.USER_ID


def test_log_in_details_that_are_missing_are_named(org, monkeypatch):
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEFAULT", org.connection(password=None, extra={}))
    with pytest.raises(FatalError, match="connection 'salesforce_default' lacks log-in details"):
        org.client().limits()


def test_connection_that_does_not_exist_is_a_mistake_in_the_configuration():
    with pytest.raises(ConfigError, match="no connection 'nowhere'"):
        connect("nowhere")
