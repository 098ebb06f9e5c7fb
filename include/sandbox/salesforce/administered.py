"""What administrators did to the org since its describes were recorded: changed fields and rights, installed packages.

Namespaces and objects of the two Mailchimp packages: public code that uses them (`MC4SF__MC_Subscriber__c`), Beaufort
12's support pages (`mone`). `PackageLicense`:
https://developer.salesforce.com/docs/atlas.en-us.sfFieldRef.meta/sfFieldRef/salesforce_field_reference_PackageLicense.htm
"""

import json
from collections.abc import Iterator
from typing import Any

from include.sandbox.controls import Controls, Switch
from include.sandbox.salesforce.schema import SObject
from include.sandbox.salesforce.store import OrgStore

SWITCHES = {
    "described": Switch(
        "{}",
        "what describes show otherwise, as JSON text: `Contact.Title` or `Lead` to what differs in its describe; "
        "null: the user does not see it. Queries and writes go on as if nothing had changed",
    ),
}
KNOWN_OBJECTS = {"MC4SF": ("MC_List__c", "MC_Subscriber__c", "MC_Subscriber_Activity__c", "MC_Query__c")}


def as_described(sobject: SObject, controls: Controls) -> dict[str, Any] | None:
    """The object as the describe call shows it now; None where the user does not see it."""
    changes: dict[str, dict[str, Any] | None] = json.loads(str(controls.switches["described"]))
    name = sobject.name
    own = changes.get(name, {})
    if own is None:
        return None
    fields = []
    for field in sobject.describe["fields"]:
        change = changes.get(f"{name}.{field['name']}", {})
        if change is not None:
            fields.append({**field, **change})
    return {**sobject.describe, **own, "fields": fields}


def package_objects(store: OrgStore) -> Iterator[dict[str, Any]]:
    """What the list of objects shows of each installed package: its objects are named, and no more of them served."""
    with store.database.reading() as connection:
        sql = 'SELECT "NamespacePrefix" FROM "PackageLicense" ORDER BY "NamespacePrefix"'
        namespaces = [namespace for (namespace,) in connection.execute(sql)]
    for namespace in namespaces:
        for name in KNOWN_OBJECTS.get(namespace, ("Setting__c",)):
            yield {"name": f"{namespace}__{name}", "label": name.removesuffix("__c"), "custom": True, "queryable": True}
