"""Settings that name a Salesforce field per object."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from include.config.strict import Model
from include.schema import PersonObject


class ObjectFields(Model):
    """A field of one kind per object, at least one."""

    kind: ClassVar[str]
    contact: str | None = None
    lead: str | None = None

    @model_validator(mode="after")
    def _names_a_field(self) -> Self:
        if self.contact is None and self.lead is None:
            raise ValueError(f"names no field; name a {self.kind} for `contact`, `lead` or both")
        return self

    def field(self, object_name: PersonObject) -> str | None:
        """The field of an object; None where the object has none."""
        return self.contact if object_name == "Contact" else self.lead


class Checkbox(ObjectFields):
    """A boolean field per object: the one that says a person agreed, or the one that says a person opted out."""

    kind = "boolean field"


class GroupField(ObjectFields):
    """A multi-select field per object that lists a person's groups of one category (R13)."""

    kind = "multi-select picklist"
