"""Up to 200 records a call, each with its own outcome."""

from __future__ import annotations

import requests

from include.sandbox.salesforce import credentials
from tests.contract.salesforce.conftest import Served

DATA = f"{credentials.INSTANCE_URL}/services/data/v59.0"


def leads(number: int) -> list[dict[str, object]]:
    return [
        {"attributes": {"type": "Lead"}, "LastName": f"L{one:04}", "Company": "C", "MC_Key__c": f"k{one}"}
        for one in range(number)
    ]


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


def test_collection_of_several_types_has_at_most_ten_chunks(rest: requests.Session) -> None:
    contact = {"attributes": {"type": "Contact"}, "LastName": "c"}
    mixed = [row for lead in leads(6) for row in (lead, contact)]
    ten = rest.post(f"{DATA}/composite/sobjects", json={"records": mixed[:10]}).json()
    assert [(one["success"], one["id"][:3]) for one in ten] == [(True, "00Q"), (True, "003")] * 5

    eleven = rest.post(f"{DATA}/composite/sobjects", json={"records": mixed[:11]})
    assert (eleven.status_code, eleven.json()[0]["errorCode"]) == (400, "LIMIT_EXCEEDED")
    assert eleven.json()[0]["message"].startswith("Cannot have more than 10 chunks in a single operation.")
    grouped = sorted(mixed, key=lambda row: row["attributes"]["type"])
    assert len(rest.post(f"{DATA}/composite/sobjects", json={"records": grouped}).json()) == 12


def test_all_or_none_undoes_across_types_updates_and_deletions(rest: requests.Session) -> None:
    made = rest.post(f"{DATA}/composite/sobjects", json={"records": leads(2)}).json()
    ids = [one["id"] for one in made]
    rolled_back = {
        "success": False,
        "errors": [
            {
                "statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK",
                "message": "Record rolled back because not all records were valid and the request was using AllOrNone "
                "header",
                "fields": [],
            }
        ],
    }
    changes = [{"attributes": {"type": "Lead"}, "id": one, "Company": "D"} for one in (ids[0], "00Q000000000000")]
    updated = rest.patch(f"{DATA}/composite/sobjects", json={"allOrNone": True, "records": changes}).json()
    assert (updated[0], updated[1]["errors"][0]["statusCode"]) == (rolled_back, "INVALID_CROSS_REFERENCE_KEY")

    two_types = [{"attributes": {"type": "Contact"}, "LastName": "c"}, {"attributes": {"type": "Lead"}}]
    created = rest.post(f"{DATA}/composite/sobjects", json={"allOrNone": True, "records": two_types}).json()
    assert (created[0], created[1]["errors"][0]["statusCode"]) == (rolled_back, "REQUIRED_FIELD_MISSING")

    upserts = [*leads(1), {"attributes": {"type": "Lead"}, "MC_Key__c": "k9"}]
    url = f"{DATA}/composite/sobjects/Lead/MC_Key__c"
    assert rest.patch(url, json={"allOrNone": True, "records": upserts}).json()[0] == rolled_back

    params = {"ids": f"{ids[0]},{ids[0][:3]}000000000000", "allOrNone": "true"}
    deleted = rest.delete(f"{DATA}/composite/sobjects", params=params).json()
    assert (deleted[0], deleted[1]["errors"][0]["statusCode"]) == (rolled_back, "INVALID_CROSS_REFERENCE_KEY")

    left = rest.get(f"{DATA}/query", params={"q": "SELECT Id, Company FROM Lead ORDER BY LastName"}).json()["records"]
    assert [(one["Id"], one["Company"]) for one in left] == [(one, "C") for one in ids]
    assert rest.get(f"{DATA}/query", params={"q": "SELECT COUNT() FROM Contact"}).json()["totalSize"] == 0


def test_ids_stand_in_updates_only(rest: requests.Session) -> None:
    (made,) = rest.post(f"{DATA}/composite/sobjects", json={"records": leads(1)}).json()
    again = {**leads(2)[1], "id": made["id"]}
    (refused,) = rest.post(f"{DATA}/composite/sobjects", json={"records": [again]}).json()
    assert refused["errors"] == [
        {
            "statusCode": "INVALID_FIELD_FOR_INSERT_UPDATE",
            "message": "cannot specify Id in an insert call",
            "fields": ["Id"],
        }
    ]
    (without,) = rest.patch(f"{DATA}/composite/sobjects", json={"records": leads(1)}).json()
    assert without["errors"][0]["statusCode"] == "MISSING_ARGUMENT"


def test_collection_deletes_at_most_200_and_at_least_one(rest: requests.Session) -> None:
    many = rest.delete(f"{DATA}/composite/sobjects", params={"ids": ",".join(["00Q000000000000"] * 201)})
    assert (many.status_code, many.json()[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")
    assert rest.delete(f"{DATA}/composite/sobjects").status_code == 400
    odd = rest.delete(f"{DATA}/composite/sobjects", params={"ids": "nonsense"}).json()
    error = {"statusCode": "MALFORMED_ID", "message": "malformed id nonsense", "fields": []}
    assert odd == [{"success": False, "errors": [error]}]


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
