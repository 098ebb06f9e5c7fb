"""`Name`: what a path reaches behind a reference that can point to several objects, such as `Owner` of a Lead.

Its fields are few, whatever the record is; it can be described and not queried:
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_name.htm
Of the documented fields this org has those of its users; it has no queues, so that every such owner is a user.
"""

from typing import Any

from include.sandbox.salesforce.described import completed_field, object_describe

NAME = "Name"
_OF_USERS = ("Id", "Alias", "Email", "FirstName", "IsActive", "LastName", "Name", "Username")
_ENTRY = {"name": NAME, "label": "Name", "labelPlural": "Names", "keyPrefix": None, "custom": False} | dict.fromkeys(
    ("createable", "updateable", "deletable", "queryable", "retrieveable", "searchable", "layoutable"), False
)
_TYPE = {"name": "Type", "label": "Type", "type": "picklist", "values": ["User"], "length": 40, "custom": False}


def name_object(user: dict[str, Any]) -> dict[str, Any]:
    """The describe of `Name` in an org with this describe of User."""
    fields = [{**one, "nillable": True} for one in user["fields"] if one["name"] in _OF_USERS]
    return object_describe(_ENTRY, [*fields, completed_field({**_TYPE, "createable": False, "updateable": False})])
