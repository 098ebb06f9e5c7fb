"""Describe answers as plain data; the shape is that of the recorded describe results."""

from __future__ import annotations

from pydantic import BaseModel, ValidationError

from include.salesforce.refusals import unreadable
from include.salesforce.rest import Call, Rest
from include.schema import PicklistValue, SalesforceField, SalesforceObject


class _Entry(BaseModel):
    value: str | None = None
    label: str | None = None
    active: bool = True


class _Field(BaseModel):
    name: str
    label: str
    type: str
    length: int = 0
    nillable: bool
    createable: bool
    updateable: bool
    defaultedOnCreate: bool  # noqa: N815 - Salesforce's key
    restrictedPicklist: bool = False  # noqa: N815 - Salesforce's key
    picklistValues: tuple[_Entry, ...] = ()  # noqa: N815 - Salesforce's key
    compoundFieldName: str | None = None  # noqa: N815 - Salesforce's key
    referenceTo: tuple[str, ...] = ()  # noqa: N815 - Salesforce's key
    relationshipName: str | None = None  # noqa: N815 - Salesforce's key
    calculated: bool = False


class _RecordType(BaseModel):
    recordTypeId: str  # noqa: N815 - Salesforce's key
    name: str
    active: bool = True
    available: bool = True


class _Describe(BaseModel):
    name: str
    createable: bool
    updateable: bool
    deletable: bool
    fields: tuple[_Field, ...]
    recordTypeInfos: tuple[_RecordType, ...] = ()  # noqa: N815 - Salesforce's key


def describe(rest: Rest, object_name: str) -> SalesforceObject:
    """The object's fields and record types as the connected user sees them.

    Raises PermanentError with code `NOT_FOUND` where there is no such object, or the user may not see it.
    """
    answer = rest.json(Call(f"describe {object_name}", "GET", f"sobjects/{object_name}/describe"))
    try:
        described = _Describe.model_validate(answer)
    except ValidationError as error:
        places = ", ".join(".".join(str(part) for part in detail["loc"]) for detail in error.errors()[:3])
        raise unreadable(f"describe {object_name}", f"unexpected at {places}") from None
    return SalesforceObject(
        described.name,
        {field.name: _field(field) for field in described.fields},
        createable=described.createable,
        updateable=described.updateable,
        deletable=described.deletable,
        record_types={one.recordTypeId: one.name for one in described.recordTypeInfos if one.active and one.available},
    )


def _field(field: _Field) -> SalesforceField:
    return SalesforceField(
        name=field.name,
        label=field.label,
        type=field.type,
        length=field.length,
        nillable=field.nillable,
        createable=field.createable,
        updateable=field.updateable,
        defaulted_on_create=field.defaultedOnCreate,
        restricted_picklist=field.restrictedPicklist,
        picklist=tuple(
            PicklistValue(entry.value, entry.label or entry.value, entry.active)
            for entry in field.picklistValues
            if entry.value is not None
        ),
        compound_field=field.compoundFieldName,
        reference_to=field.referenceTo,
        relationship=field.relationshipName,
        calculated=field.calculated,
    )
