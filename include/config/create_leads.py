"""`create_leads` of an audience file: what Leads are made with from members that match nobody (R08, detail 6)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from include.config.scalars import Switch
from include.config.strict import Model

ACTIVE_RULE = "active"
"""The assignment rule of Leads that is active in the org, whichever it is."""


def _record_id(what: str, *prefixes: str) -> Callable[[str], str]:
    """Accepts a record's Id of 15 or 18 characters; the first three tell the object."""
    form = re.compile(rf"(?:{'|'.join(prefixes)})[A-Za-z0-9]{{12}}(?:[A-Za-z0-9]{{3}})?")

    def check(value: str) -> str:
        if not form.fullmatch(value):
            raise ValueError(f"`{value}` is not the Id of {what} (15 or 18 characters that begin with {prefixes[0]})")
        return value

    return check


_rule_id = _record_id("an assignment rule", "01Q")


def _rule(value: str) -> str:
    return value if value == ACTIVE_RULE else _rule_id(value)


class CreateLeads(Model):
    """Leads from subscribed members that match nobody."""

    enabled: Switch = False
    defaults: dict[str, str | None] = Field(default_factory=dict)
    owner: Annotated[str, AfterValidator(_record_id("a user or queue", "005", "00G"))] | None = Field(
        default=None, description="Id of the user or queue that owns new Leads; the user of the connection unless set"
    )
    assignment_rule: Annotated[str, AfterValidator(_rule)] | None = Field(
        default=None, description="`active`, or the Id of an assignment rule, which then decides who owns new Leads"
    )
    record_type: Annotated[str, AfterValidator(_record_id("a record type", "012"))] | None = Field(
        default=None, description="Id of the record type of new Leads; the user's default unless set"
    )

    @model_validator(mode="after")
    def _has_one_way_to_an_owner(self) -> Self:
        if self.owner and self.assignment_rule:
            raise ValueError("`owner` and `assignment_rule` exclude each other: the rule decides who owns; keep one")
        return self
