"""R20: what the metadata package deploys is what the pipeline writes and what the sandbox's org has."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from include.pipelines.org_schema import NEEDED_FIELDS, OWN_OBJECTS
from include.sandbox.salesforce.org_schema import load_schema

PACKAGE = Path(__file__).parents[3] / "include/salesforce/metadata"
SOURCE = PACKAGE / "force-app/main/default"
NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
TYPES = {
    "Text": "string", "Picklist": "picklist", "Number": "double", "Percent": "percent", "DateTime": "datetime",
    "Email": "email", "Url": "url", "LongTextArea": "textarea", "TextArea": "textarea",
    "Lookup": "reference", "MasterDetail": "reference",
}  # fmt: skip

SIZED = {"Text", "LongTextArea"}


def parse(path):
    root = ET.parse(path).getroot()
    assert root.tag.startswith(NAMESPACE)
    return root


def text(element, *path):
    return element.findtext("/".join(NAMESPACE + name for name in path))


def fields(object_name):
    return {path.name.split(".")[0]: parse(path) for path in (SOURCE / "objects" / object_name / "fields").iterdir()}


@pytest.fixture(scope="module")
def org():
    return load_schema(person_accounts=True).objects


def deployed(field):
    kind = text(field, "type")
    values = field.iterfind(f".//{NAMESPACE}value/{NAMESPACE}fullName")
    return {
        "type": TYPES[kind],
        "length": 255 if kind == "TextArea" else int(text(field, "length") or 0) if kind in SIZED else None,
        "external_id": text(field, "externalId") == "true",
        "unique": text(field, "unique") == "true",
        "reference_to": text(field, "referenceTo"),
        "required": kind == "MasterDetail",
        "restricted": text(field, "valueSet", "restricted") == "true",
        "values": tuple(value.text for value in values),
        "scale": int(text(field, "scale") or 0),
    }


def described(field):
    return {
        "type": field.type,
        "length": field.length if field.type in {"string", "textarea"} else None,
        "external_id": field.external_id,
        "unique": field.unique,
        "reference_to": field.reference_to[0] if field.reference_to else None,
        "required": field.required,
        "restricted": field.restricted,
        "values": field.values,
        "scale": field.scale,
    }


@pytest.mark.parametrize("object_name", [*OWN_OBJECTS, "Lead"])
def test_r20_deployed_fields_are_those_of_the_org(org, object_name):
    package = {name: deployed(field) for name, field in fields(object_name).items()}
    ours = {name: field for name, field in org[object_name].fields.items() if name.endswith("__c")}
    if object_name == "Lead":
        ours = {name: field for name, field in ours.items() if name.startswith("MC_")}
    assert package == {name: described(field) for name, field in ours.items()}


@pytest.mark.parametrize("object_name", OWN_OBJECTS)
def test_r20_each_object_is_deployed_with_a_name_and_a_label(object_name):
    definition = parse(SOURCE / "objects" / object_name / f"{object_name}.object-meta.xml")
    assert text(definition, "deploymentStatus") == "Deployed"
    assert text(definition, "label")
    assert text(definition, "nameField", "type") == "Text"


def test_permission_set_opens_every_field_that_may_be_listed():
    granted = {text(f, "field"): f for f in parse_permissions("fieldPermissions")}
    wanted = {
        f"{object_name}.{name}"
        for object_name in (*OWN_OBJECTS, "Lead")
        for name, field in fields(object_name).items()
        if text(field, "type") != "MasterDetail"  # Salesforce refuses a permission set that lists one
    }
    readable = {
        f"{name}.{field}"
        for name in ("Contact", "Lead")
        for field in NEEDED_FIELDS
        if field in {"Email", "HasOptedOutOfEmail"}
    }
    assert set(granted) == wanted | readable
    assert all(text(granted[name], "editable") == "true" for name in wanted)


def test_permission_set_shows_everyone_and_lets_create_leads():
    objects = {text(entry, "object"): entry for entry in parse_permissions("objectPermissions")}
    assert all(text(objects[name], "viewAllRecords") == "true" for name in ("Contact", "Lead", "Account", *OWN_OBJECTS))
    assert text(objects["Lead"], "allowCreate") == "true"
    assert text(objects["Contact"], "allowEdit") == "false"


def test_r22_users_who_may_ask_edit_the_request_and_whom_it_is_about_alone():
    granted = parse_permissions("fieldPermissions", "MC_Requests")
    shown = {text(f, "field") for f in granted if text(f, "field").startswith("MC_Subscriber__c.")}
    assert shown == {f"MC_Subscriber__c.{name}" for name in fields("MC_Subscriber__c")}
    edited = {text(f, "field").removeprefix("MC_Subscriber__c.") for f in granted if text(f, "editable") == "true"}
    assert edited == {"Requested_Status__c", "Requested_Groups__c", "Audience__c", "Contact__c", "Lead__c"}
    definition = parse(SOURCE / "objects/MC_Subscriber__c/MC_Subscriber__c.object-meta.xml")
    assert text(definition, "sharingModel") == "ReadWrite"  # rows belong to the sync's user


def parse_permissions(tag, name="MC_Sync"):
    return parse(SOURCE / f"permissionsets/{name}.permissionset-meta.xml").findall(NAMESPACE + tag)


def test_project_file_names_the_package_and_the_version_of_the_api():
    project = json.loads((PACKAGE / "sfdx-project.json").read_text())
    assert project["packageDirectories"] == [{"path": "force-app", "default": True}]
    assert project["sourceApiVersion"] == "59.0"
