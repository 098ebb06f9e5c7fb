"""Airflow's SalesforceHook and SalesforceBulkOperator on one org; the connection is in the environment.

Prints what they saw as one JSON object.
"""

import json
import sys

from airflow.providers.salesforce.hooks.salesforce import SalesforceHook
from airflow.providers.salesforce.operators.bulk import SalesforceBulkOperator

COMPANY = "airflow"


def main() -> dict:
    """Everything the provider is tried with."""
    hook = SalesforceHook("salesforce_default")
    leads = operate(
        "insert",
        "Lead",
        [{"LastName": f"Lead {n}", "Company": COMPANY, "Phone": "1"} for n in range(3)]
        + [{"LastName": "Bad", "Phone": "1"}],
    )
    ids = [one["id"] for one in leads if one["success"]]
    operate("update", "Lead", [{"Id": one, "FirstName": "Air"} for one in ids])
    audiences = [{"List_Id__c": f"air{n}", "Name": f"Air {n}"} for n in (1, 2)]
    upserts = [operate("upsert", "MC_Audience__c", audiences, external_id_field="List_Id__c") for _ in range(2)]
    operate("delete", "Lead", [{"Id": ids[0]}])
    operate("hard_delete", "Lead", [{"Id": ids[1]}])
    return {
        "contacts": hook.get_object_from_salesforce("Contact", ["Id"])["totalSize"],
        "fields": hook.get_available_fields("Contact"),
        "leads": [one["success"] for one in leads],
        "error": leads[-1]["errors"][0]["statusCode"],
        "upserts": [[one["created"] for one in done] for done in upserts],
        "ids": ids,
    }


def operate(operation: str, name: str, payload: list, **more: str) -> list:
    """Runs the operator once, as a task would."""
    operator = SalesforceBulkOperator(task_id=operation, operation=operation, object_name=name, payload=payload, **more)
    return operator.execute({})


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()))
