"""simple-salesforce, reading and writing one org under its real address. Prints what it saw as one JSON object.

Usage: python simple_salesforce_client.py <user> <password> <token>
"""

import json
import sys

from simple_salesforce import Salesforce, SalesforceMalformedRequest

COMPANY = "simple-salesforce"
POLL_SECONDS = 0.2


def main(user: str, password: str, token: str) -> dict:
    """Everything the client is tried with."""
    org = Salesforce(username=user, password=password, security_token=token, version="59.0")
    return {**reads(org), **writes(org), **bulk2(org), **bulk1(org)}


def reads(org: Salesforce) -> dict:
    """Queries, descriptions, limits."""
    rows = [{"LastName": f"Page {n}", "Company": "paging", "Phone": "1"} for n in range(250)]
    org.bulk2.Lead.insert(records=rows, wait=POLL_SECONDS)
    page = org._call_salesforce(  # it has no other way to ask for small pages
        "GET",
        f"{org.base_url}query/",
        params={"q": "SELECT Id FROM Lead WHERE Company = 'paging'"},
        headers={"Sforce-Query-Options": "batchSize=200"},
    ).json()
    more = page if page["done"] else org.query_more(page["nextRecordsUrl"], identifier_is_url=True)
    try:
        org.query("SELECT Nothing FROM Contact")
    except SalesforceMalformedRequest as error:
        refused = error.content[0]["errorCode"]
    return {
        "host": org.sf_instance,
        "contacts": sorted(one["Id"] for one in org.query_all_iter("SELECT Id FROM Contact")),
        "all": sorted(one["Id"] for one in org.query_all("SELECT Id FROM Contact", include_deleted=True)["records"]),
        "paged": [len(page["records"]), len(more["records"]), page["totalSize"], page["done"]],
        "parent": org.query("SELECT Account.Name FROM Contact WHERE AccountId != null LIMIT 1")["records"][0][
            "Account"
        ]["Name"],
        "refused": refused,
        "objects": [one["name"] for one in org.describe()["sobjects"]],
        "fields": [one["name"] for one in org.Contact.describe()["fields"]],
        "limits": org.limits()["DailyApiRequests"]["Max"],
        "used": org.api_usage["api-usage"].used > 0,
    }


def writes(org: Salesforce) -> dict:
    """Single records, and several in a call."""
    made = org.Lead.create({"LastName": "Single", "Company": COMPANY, "Email": "single@sandbox.example"})
    updated = org.Lead.update(made["id"], {"FirstName": "Zoë"})
    gone = org.Lead.create({"LastName": "Gone", "Company": COMPANY, "Phone": "1"})["id"]
    try:
        org.Lead.create({"LastName": "", "Company": COMPANY, "Phone": "1"})
    except SalesforceMalformedRequest as error:
        required = error.content[0]["errorCode"]
    keyed = [org.MC_Audience__c.upsert("List_Id__c/simple1", {"Name": name}) for name in ("First", "Second")]
    rows = [
        {"attributes": {"type": "Lead"}, "LastName": name, "Company": COMPANY, "Phone": "1"} for name in ("Row", "")
    ]
    together = org.restful("composite/sobjects", method="POST", data=json.dumps({"allOrNone": False, "records": rows}))
    return {
        "single": org.Lead.get(made["id"])["FirstName"],
        "updated": updated,
        "deleted": org.Lead.delete(gone),
        "required": required,
        "keyed": keyed,
        "name": org.MC_Audience__c.get_by_custom_id("List_Id__c", "simple1")["Name"],
        "together": [one["success"] for one in together],
    }


def bulk2(org: Salesforce) -> dict:
    """Jobs of Bulk API 2.0, with rows that are refused."""
    rows = [
        {"LastName": "Two good", "Company": COMPANY, "Phone": "1"},
        {"LastName": "Two bad", "Company": "", "Phone": "1"},
    ]
    (inserted,) = org.bulk2.Lead.insert(records=rows, wait=POLL_SECONDS)
    audiences = [{"List_Id__c": f"simple{n}", "Name": f"Bulk {n}"} for n in (1, 2, 3)]
    (upserted,) = org.bulk2.MC_Audience__c.upsert(records=audiences, external_id_field="List_Id__c", wait=POLL_SECONDS)
    query = f"SELECT LastName FROM Lead WHERE Company = '{COMPANY}' AND LastName LIKE 'Two%'"
    pages = org.bulk2.Lead.query(query, wait=POLL_SECONDS)
    return {
        "inserted": [inserted["numberRecordsProcessed"], inserted["numberRecordsFailed"]],
        "failed": org.bulk2.Lead.get_failed_records(inserted["job_id"]),
        "upserted": [upserted["numberRecordsProcessed"], upserted["numberRecordsFailed"]],
        "queried": [page.splitlines() for page in pages],
    }


def bulk1(org: Salesforce) -> dict:
    """Jobs of Bulk API 1.0, several batches."""
    rows = [{"LastName": f"One {n}", "Company": COMPANY, "Phone": "1"} for n in range(4)] + [
        {"LastName": "No company", "Phone": "1"}
    ]
    made = org.bulk.Lead.insert(rows, batch_size=2)
    kept = [one["id"] for one in made if one["success"]]
    org.bulk.Lead.update([{"Id": one, "FirstName": "Bulk"} for one in kept])
    org.bulk.Lead.delete([{"Id": kept[0]}])
    return {"batches": [[one["success"], bool(one["id"])] for one in made], "kept": kept}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
