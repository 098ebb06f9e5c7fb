"""Writes out in full, as the describe call shows it, what the overlay and the derived files say in short."""

from typing import Any

# What most fields have in the recorded describes (v42); a type adds its own below.
_FIELD: dict[str, Any] = {
    "aggregatable": True,
    "autoNumber": False,
    "byteLength": 0,
    "calculated": False,
    "calculatedFormula": None,
    "cascadeDelete": False,
    "caseSensitive": False,
    "compoundFieldName": None,
    "controllerName": None,
    "createable": True,
    "custom": True,
    "defaultValue": None,
    "defaultValueFormula": None,
    "defaultedOnCreate": False,
    "dependentPicklist": False,
    "deprecatedAndHidden": False,
    "digits": 0,
    "displayLocationInDecimal": False,
    "encrypted": False,
    "externalId": False,
    "extraTypeInfo": None,
    "filterable": True,
    "filteredLookupInfo": None,
    "groupable": True,
    "highScaleNumber": False,
    "htmlFormatted": False,
    "idLookup": False,
    "inlineHelpText": None,
    "label": "",
    "length": 0,
    "mask": None,
    "maskType": None,
    "name": "",
    "nameField": False,
    "namePointing": False,
    "nillable": True,
    "permissionable": True,
    "picklistValues": [],
    "polymorphicForeignKey": False,
    "precision": 0,
    "queryByDistance": False,
    "referenceTargetField": None,
    "referenceTo": [],
    "relationshipName": None,
    "relationshipOrder": None,
    "restrictedDelete": False,
    "restrictedPicklist": False,
    "scale": 0,
    "searchPrefilterable": False,
    "soapType": "xsd:string",
    "sortable": True,
    "type": "string",
    "unique": False,
    "updateable": True,
    "writeRequiresMasterRead": False,
}
_NUMBER = {"groupable": False, "soapType": "xsd:double"}
_TYPES: dict[str, dict[str, Any]] = {
    "id": {"length": 18, "soapType": "tns:ID"},
    "reference": {"length": 18, "soapType": "tns:ID"},
    "string": {"length": 255},
    "picklist": {"length": 255},
    "multipicklist": {"length": 4099, "precision": 4, "groupable": False, "sortable": False},
    "email": {"length": 80},
    "phone": {"length": 40},
    "url": {"length": 255},
    "textarea": {"length": 255, "extraTypeInfo": "plaintextarea"},
    "boolean": {
        "soapType": "xsd:boolean",
        "nillable": False,
        "defaultValue": False,
        "defaultedOnCreate": True,
        "aggregatable": False,
    },
    "int": {"soapType": "xsd:int"},
    "double": _NUMBER,
    "currency": _NUMBER,
    "percent": _NUMBER,
    "date": {"soapType": "xsd:date"},
    "datetime": {"soapType": "xsd:dateTime", "groupable": False},
    "complexvalue": {"soapType": "tns:Metadata", "filterable": False, "groupable": False, "sortable": False},
}
_LONG_TEXT = {"aggregatable": False, "filterable": False, "groupable": False, "sortable": False}
_READ_ONLY = {"createable": False, "updateable": False, "custom": False, "permissionable": False}
_NAME_FIELD = {"nameField": True, "idLookup": True, "defaultedOnCreate": True, "custom": False, "permissionable": False}

_OBJECT: dict[str, Any] = {
    "actionOverrides": [],
    "activateable": False,
    "childRelationships": [],
    "compactLayoutable": True,
    "createable": True,
    "custom": True,
    "customSetting": False,
    "deletable": True,
    "deprecatedAndHidden": False,
    "feedEnabled": False,
    "hasSubtypes": False,
    "isSubtype": False,
    "keyPrefix": "",
    "label": "",
    "labelPlural": "",
    "layoutable": True,
    "listviewable": None,
    "lookupLayoutable": None,
    "mergeable": False,
    "mruEnabled": True,
    "name": "",
    "namedLayoutInfos": [],
    "networkScopeFieldName": None,
    "queryable": True,
    "recordTypeInfos": [],
    "replicateable": True,
    "retrieveable": True,
    "searchLayoutable": True,
    "searchable": True,
    "sobjectDescribeOption": "FULL",
    "supportedScopes": [],
    "triggerable": True,
    "undeletable": True,
    "updateable": True,
    "urls": {},
}


def completed_field(short: dict[str, Any]) -> dict[str, Any]:
    """A field as the describe call shows it, from its name, label, type and what differs from its type's usual."""
    entries = [one if isinstance(one, dict) else {"value": one, "label": one} for one in short.get("values", ())]
    full = {**_FIELD, **_TYPES[short["type"]]}
    full.update({key: value for key, value in short.items() if key in _FIELD})
    full["picklistValues"] = [
        {"active": True, "defaultValue": False, "label": one["label"], "validFor": None, "value": one["value"]}
        for one in entries
    ]
    full["restrictedPicklist"] = bool(short.get("restricted"))
    full["idLookup"] = full["externalId"] or full["name"] == "Id"
    full["byteLength"] = full["length"] if full["soapType"] == "tns:ID" else full["length"] * 3
    if short["type"] == "textarea" and full["length"] > 255:
        full.update(_LONG_TEXT)
    return full


def twin_of(contact_field: dict[str, Any]) -> dict[str, Any]:
    """The `__pc` field of Account that shows a custom Contact field; ids and uniqueness stay with the Contact."""
    name = contact_field["name"].removesuffix("__c") + "__pc"
    relationship = (contact_field["relationshipName"] or "").removesuffix("__r")
    return {
        **contact_field,
        "name": name,
        "relationshipName": f"{relationship}__pr" if relationship else None,
        "externalId": False,
        "unique": False,
        "idLookup": False,
    }


def record_type(sobject: str, short: dict[str, Any]) -> dict[str, Any]:
    """A record type as the describe call shows it."""
    layout = f"/services/data/v59.0/sobjects/{sobject}/describe/layouts/{short['recordTypeId']}"
    given = {"available": short["active"], "defaultRecordTypeMapping": False, "master": False}
    return {**short, **given, "urls": {"layout": layout}}


def system_fields(entry: dict[str, Any], own: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An object's own fields among those that every object has, in Salesforce's order."""

    def system(name: str, label: str, kind: str, **extra: Any) -> dict[str, Any]:
        short = {"name": name, "label": label, "type": kind, "nillable": False, "defaultedOnCreate": True}
        return completed_field({**short, **_READ_ONLY, **extra})

    def user(name: str, label: str, **extra: Any) -> dict[str, Any]:
        relationship = name.removesuffix("Id")
        return system(name, label, "reference", referenceTo=["User"], relationshipName=relationship, **extra)

    for one in own:
        if one["name"] == "Name" and entry.get("custom", True):
            one.update(_NAME_FIELD)
    owner = [user("OwnerId", "Owner ID", createable=True, updateable=True)] if entry["owner"] else []
    return [
        system("Id", "Record ID", "id"),
        *owner,
        system("IsDeleted", "Deleted", "boolean"),
        *[one for one in own if one["name"] == "Name"],
        system("CreatedDate", "Created Date", "datetime"),
        user("CreatedById", "Created By ID"),
        system("LastModifiedDate", "Last Modified Date", "datetime"),
        user("LastModifiedById", "Last Modified By ID"),
        system("SystemModstamp", "System Modstamp", "datetime"),
        *[one for one in own if one["name"] != "Name"],
    ]


def object_describe(entry: dict[str, Any], fields: list[dict[str, Any]]) -> dict[str, Any]:
    """An object as the describe call shows it, from what the overlay says about it and its written-out fields."""
    full = {**_OBJECT, **{key: value for key, value in entry.items() if key in _OBJECT}}
    name = entry["name"]
    path = f"/services/data/v59.0/sobjects/{name}"
    full["urls"] = {"sobject": path, "describe": f"{path}/describe", "rowTemplate": f"{path}/{{ID}}"}
    state_only = {one["name"] for one in entry.get("fields", ()) if one.get("stateOnly")}
    full["fields"] = [one for one in fields if one["name"] not in state_only]
    full["_state_only"] = [one for one in fields if one["name"] in state_only]
    full["_tooling"] = entry.get("tooling", False)
    return full
