"""Queries: whom to select, and the groups and tags that they get."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, model_validator

from include.config.conditions import Condition
from include.config.scalars import GroupPath, TagName
from include.config.sources import Way
from include.config.strict import Model
from include.schema import ConditionObject

QueryObject = Literal["Contact", "Lead", "PersonAccount", "CampaignMember"]


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of a query that Salesforce judges: its key among the audience's, its way from the query, its condition."""

    key: str
    way: Way
    condition: Condition


ANY_CAMPAIGN = Condition(field="CampaignId", is_blank=False)


def giver_of_groups(category: str) -> str:
    """What a category's field on the record is called where queries are called by their names, which have no space."""
    return f"groups_from {category}"


class Query(Model):
    """A saved selection of people, and the groups and tags they get."""

    name: str = Field(pattern=r"^[A-Za-z0-9_]{1,64}$", description="letters, digits and _; what runs and reports say")
    object: QueryObject = Field(
        description="whom it selects: Contacts (person accounts among them), Leads, person accounts alone, or the "
        "Contacts and Leads that are members of campaigns"
    )
    where: Condition | None = Field(default=None, description="the condition; everyone unless set")
    run: Literal["automatic", "manual"] = Field(
        default="automatic", description="`automatic`: in every sync; `manual`: when somebody starts it (R10)"
    )
    groups: tuple[GroupPath, ...] = Field(
        default=(), description="`category / group`; they have to exist in Mailchimp (R12)"
    )
    tags: tuple[TagName, ...] = Field(default=(), description="made where they are missing (R14)")

    @property
    def compared(self) -> ConditionObject:
        """The object whose fields its condition names."""
        return "Contact" if self.object == "PersonAccount" else self.object

    def comparisons(self) -> Iterator[tuple[Way, ConditionObject, Condition]]:
        """Every comparison, with its way from the query and the object whose field it compares."""
        for way, object_name, comparison in self.where.comparisons(self.compared) if self.where else ():
            yield ("where", *way), object_name, comparison

    def selections(self) -> tuple[Selection, ...]:
        """What only Salesforce can judge of it, in order; each has the Ids of its people read in every run."""
        if self.object == "CampaignMember":
            return (Selection(f"{self.name}/0", ("where",), Condition(campaign_member=self.where or ANY_CAMPAIGN)),)
        found = self.where.judged_by_salesforce() if self.where else ()
        return tuple(Selection(f"{self.name}/{n}", ("where", *way), leaf) for n, (way, leaf) in enumerate(found))

    @model_validator(mode="after")
    def _names_members_once(self) -> Self:
        inner = self.where.judged_by_salesforce() if self.where and self.object == "CampaignMember" else ()
        if any(leaf.campaign_member is not None for _, leaf in inner):
            raise ValueError("selects campaign members already; write their conditions without `campaign_member`")
        return self
