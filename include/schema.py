"""What the two vendors' sides look like: plain data that extraction makes and every later stage reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

MergeFieldType = Literal[
    "text", "number", "address", "phone", "date", "url", "imageurl", "radio", "dropdown", "birthday", "zip"
]
CategoryType = Literal["checkboxes", "dropdown", "radio", "hidden"]
PersonObject = Literal["Contact", "Lead"]
ConditionObject = Literal["Contact", "Lead", "CampaignMember"]
"""Objects whose fields a condition compares."""
OtherWriter = Literal["mc4sf", "beaufort12"]
"""Packages that sync Mailchimp and Salesforce themselves."""
PERSON_OBJECTS: tuple[PersonObject, ...] = ("Contact", "Lead")
REQUESTED_STATUS, REQUESTED_GROUPS = "Requested_Status__c", "Requested_Groups__c"
REQUEST_RESULT = "Request_Result__c"
"""The fields of `MC_Subscriber__c` in which users ask for something, and the one that holds the answer (R22)."""


@dataclass(frozen=True, slots=True)
class PicklistValue:
    """One entry of a Salesforce picklist."""

    value: str
    label: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class SalesforceField:
    """One field of a describe answer; `type` is Salesforce's (`string`, `picklist`, `address`, ...).

    `calculated`: a formula or a roll-up summary, which changes without its record's SystemModstamp.
    """

    name: str
    label: str
    type: str
    length: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    defaulted_on_create: bool = False
    restricted_picklist: bool = False
    picklist: tuple[PicklistValue, ...] = ()
    compound_field: str | None = None
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None
    calculated: bool = False

    @property
    def parent(self) -> str | None:
        """The object whose fields a path names behind this reference.

        Where it can point to several objects (`Owner` of a Lead: a user or a queue) that is `Name`, with what they
        share: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_name.htm
        """
        return "Name" if len(self.reference_to) > 1 else next(iter(self.reference_to), None)

    @property
    def required_on_create(self) -> bool:
        """Whether Salesforce refuses a new record without it."""
        return self.createable and not self.nillable and not self.defaulted_on_create


@dataclass(frozen=True, slots=True)
class SalesforceObject:
    """One object of the org: its fields by API name, and what the connected user may do with its records.

    `record_types`: Id to name of those that are active and that the user may give.
    """

    name: str
    fields: dict[str, SalesforceField]
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    record_types: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeployedField:
    """A field of the project's own package, as a describe answer should show it; `length` 0: its type has none.

    `movable`: its value can be changed later, which a master-detail field's can't.
    """

    object: str
    name: str
    type: str
    length: int
    movable: bool


@dataclass(frozen=True, slots=True)
class SalesforceSchema:
    """The described objects that the configuration reaches, by API name; `packages`: other programs that write too."""

    objects: dict[str, SalesforceObject]
    packages: tuple[OtherWriter, ...] = ()

    def field(self, object_name: str, path: str) -> SalesforceField | None:
        """Follow a path such as `Account.Owner.Name` from an object; None where it leads nowhere."""
        *relationships, last = path.split(".")
        current = self.objects.get(object_name)
        for relationship in relationships:
            if current is None:
                return None
            parents = [f.parent for f in current.fields.values() if f.relationship == relationship]
            current = self.objects.get(parents[0]) if parents and parents[0] else None
        return current.fields.get(last) if current else None


@dataclass(frozen=True, slots=True)
class MergeField:
    """One merge field of an audience."""

    tag: str
    name: str
    type: MergeFieldType
    required: bool = False
    choices: tuple[str, ...] = ()
    date_format: str | None = None
    phone_format: str | None = None


@dataclass(frozen=True, slots=True)
class Interest:
    """One group: an interest in its category, written "category / name"."""

    id: str
    category_id: str
    category: str
    name: str
    category_type: CategoryType

    @property
    def path(self) -> str:
        """The group as the configuration writes it."""
        return f"{self.category} / {self.name}"

    @property
    def single_choice(self) -> bool:
        """Whether a member may hold one group of this category only."""
        return self.category_type in {"radio", "dropdown"}


@dataclass(frozen=True, slots=True)
class AudienceSchema:
    """One Mailchimp audience: merge fields by tag, groups by path, tags (static segments) by name to segment id."""

    list_id: str
    name: str
    merge_fields: dict[str, MergeField] = field(default_factory=dict)
    interests: dict[str, Interest] = field(default_factory=dict)
    tags: dict[str, int] = field(default_factory=dict)
    member_count: int = 0
    double_optin: bool = False
