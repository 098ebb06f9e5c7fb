"""JSON of another type than its field has: REST cannot read the call."""

from __future__ import annotations

import pytest
import requests

from include.sandbox.salesforce import credentials
from tests.contract.salesforce.conftest import Served

DATA = f"{credentials.INSTANCE_URL}/services/data/v59.0"
LEAD = {"LastName": "Doe", "Company": "Acme"}


@pytest.mark.parametrize(
    ("name", "field", "value", "kind", "token"),
    [
        ("Contact", "Birthdate", "Lovelace", "date", "VALUE_STRING value Lovelace"),
        ("Contact", "Birthdate", "2026-11-23T09:00:00Z", "date", "VALUE_STRING value 2026-11-23T09:00:00Z"),
        ("Contact", "Birthdate", {}, "date", "START_OBJECT value {"),
        ("Contact", "LastName", 12, "string", "VALUE_NUMBER_INT value 12"),
        ("Contact", "LastName", ["a"], "string", "START_ARRAY value ["),
        ("Contact", "HasOptedOutOfEmail", None, "boolean", "VALUE_NULL value null"),
        ("Contact", "HasOptedOutOfEmail", 1, "boolean", "VALUE_NUMBER_INT value 1"),
        ("Lead", "NumberOfEmployees", "many", "int", "VALUE_STRING value many"),
        ("Lead", "AnnualRevenue", True, "currency", "VALUE_TRUE value true"),
        ("MC_Audience__c", "Last_Sync__c", "2017-10-17 00:00", "datetime", "VALUE_STRING value 2017-10-17 00:00"),
    ],
)
def test_a_value_of_the_wrong_type_is_a_parser_error(
    rest: requests.Session, name: str, field: str, value: object, kind: str, token: str
) -> None:
    answer = rest.post(f"{DATA}/sobjects/{name}", json={field: value})
    assert answer.status_code == 400
    (error,) = answer.json()
    message = f"Cannot deserialize instance of {kind} from {token} or request may be missing a required field at "
    assert (error["errorCode"], error["message"].partition("[line:1")[0]) == ("JSON_PARSER_ERROR", message)


def test_the_place_of_the_value_is_told(rest: requests.Session) -> None:
    first, second = ('{"attributes": {"type": "Lead"}, "NumberOfEmployees": ' + one for one in ("1}", '"x"}'))
    body = f'{{"records": [{first},\n{second}]}}'
    answer = rest.post(f"{DATA}/composite/sobjects", data=body, headers={"Content-Type": "application/json"})
    assert answer.json()[0]["message"].endswith("[line:2, column:55]")


@pytest.mark.parametrize("whole", [True, False])
def test_a_collection_is_refused_as_a_whole_or_by_row(org: Served, rest: requests.Session, whole: bool) -> None:
    org.controls.set_switches({"wrong_types_refuse_collections": whole})
    rows = [{"attributes": {"type": "Lead"}, **LEAD, "NumberOfEmployees": one} for one in (1, "many")]
    answer = rest.post(f"{DATA}/composite/sobjects", json={"records": rows})
    if whole:
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    else:
        assert [one["success"] for one in answer.json()] == [True, False]
        assert answer.json()[1]["errors"][0]["statusCode"] == "INVALID_TYPE_ON_FIELD_IN_RECORD"
    found = rest.get(f"{DATA}/query", params={"q": "SELECT COUNT() FROM Lead"}).json()["totalSize"]
    assert found == (0 if whole else 1)


def test_what_clients_send_of_the_right_type_is_taken(rest: requests.Session) -> None:
    sent = {**LEAD, "NumberOfEmployees": "12", "AnnualRevenue": 2.0, "HasOptedOutOfEmail": "true", "City": None}
    made = rest.post(f"{DATA}/sobjects/Lead", json=sent)
    assert made.status_code == 201, made.text
    read = rest.get(f"{DATA}/sobjects/Lead/{made.json()['id']}").json()
    assert (read["NumberOfEmployees"], read["AnnualRevenue"], read["HasOptedOutOfEmail"]) == (12, 2.0, True)
