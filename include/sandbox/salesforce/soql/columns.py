"""What `/query?columns=true` says about a query's columns: the Salesforce CLI asks it to know in which order to print.

Keys and values as in the tests of Salesforce's own editor extension (forcedotcom/salesforcedx-vscode, `queryFields`),
the keys around them as jetstreamapp/jetstream reads them.
"""

from collections.abc import Mapping
from typing import Any

from include.sandbox.controls import Switch, SwitchValue
from include.sandbox.salesforce.schema import NUMBER_TYPES, Field
from include.sandbox.salesforce.soql.compiler import Compiled, Output
from include.sandbox.salesforce.soql.scope import Parent
from include.sandbox.salesforce.soql.tree import Query

_APEX_TYPES = {
    "id": "Id",
    "reference": "Id",
    "boolean": "Boolean",
    "int": "Integer",
    "double": "Double",
    "currency": "Double",
    "percent": "Double",
    "date": "Date",
    "datetime": "Datetime",
}
SWITCHES = {
    "columns_name_foreign_keys": Switch(
        False, "with `columns=true`, the entry of a relationship names its field in `foreignKeyName`"
    ),
    "columns_of_addresses": Switch("Address", "the `apexType` of an address with `columns=true`"),
    "columns_of_count": Switch(False, "`SELECT COUNT()` has a column with `columns=true`, else none"),
}
Columns = list[dict[str, Any]]


def described_columns(query: Query, compiled: Compiled, switches: Mapping[str, SwitchValue]) -> dict[str, Any]:
    """The whole answer: one entry per column, those of a parent within the entry of its relationship."""
    counted = compiled.counted and switches["columns_of_count"]
    columns: Columns = [_entry("expr0", "count()", aggregate=True, field=None)] if counted else []
    for output in compiled.outputs:
        within = columns
        for parent in output.column.parents if output.column and not compiled.grouped else ():
            within = _joined(within, parent, named=bool(switches["columns_name_foreign_keys"]))
        within.append(_described(output, str(switches["columns_of_addresses"])))
    return {
        "columnMetadata": columns,
        "entityName": compiled.root.name,
        "groupBy": bool(query.group),
        "idSelected": any(one["columnName"] == "Id" for one in columns),
        "keyPrefix": compiled.root.prefix,
    }


def _joined(columns: Columns, parent: Parent, *, named: bool) -> Columns:
    """The columns within a relationship's entry, which is made if it is not there yet."""
    found = next((one for one in columns if one["columnName"] == parent.name and one["joinColumns"]), None)
    if found is None:
        found = _entry(parent.name, parent.name, aggregate=False, field=None)
        found["foreignKeyName"] = parent.reference if named else None
        columns.append(found)
    within: Columns = found["joinColumns"]
    return within


def _described(output: Output, address: str) -> dict[str, Any]:
    if output.column is None:
        number = output.field is None or output.field.type in NUMBER_TYPES
        return _entry(output.name, output.written, aggregate=True, field=None) | {"numberType": number}
    entry = _entry(output.name, output.written, aggregate=False, field=output.field)
    return entry if output.column.field.stored else entry | {"apexType": address}


def _entry(name: str, written: str, *, aggregate: bool, field: Field | None) -> dict[str, Any]:
    apex = _APEX_TYPES.get(field.type, "String") if field else None
    return {
        "aggregate": aggregate,
        "apexType": apex,
        "booleanType": apex == "Boolean",
        "columnName": name,
        "custom": bool(field and field.describe["custom"]),
        "displayName": written,
        "foreignKeyName": None,
        "insertable": bool(field and field.createable),
        "joinColumns": [],
        "numberType": apex in {"Integer", "Double"},
        "textType": apex == "String",
        "updatable": bool(field and field.updateable),
    }
