"""Holds `groups_from` against both schemas: the category is there, and its fields are multi-select picklists (R13)."""

from __future__ import annotations

from collections.abc import Iterator

from include.config.candidates import did_you_mean
from include.config.fields import audience_uses
from include.config.models import Audience
from include.config.sources import Way
from include.schema import AudienceSchema, SalesforceSchema


def record_group_problems(
    configured: Audience, audience: AudienceSchema, salesforce: SalesforceSchema
) -> Iterator[tuple[Way, str]]:
    """What is wrong with each entry, and what would be right; fields that are not there are told elsewhere."""
    categories = {interest.category for interest in audience.interests.values()}
    for category in configured.groups_from:
        if category not in categories:
            suggestion, known = did_you_mean(category, categories), ", ".join(sorted(categories)) or "no groups"
            message = f"audience {audience.name} has no category of groups `{category}`{suggestion}; it has {known}"
            yield ("audiences", configured.stem, "groups_from", category), message
    for use in audience_uses(configured):
        field = salesforce.field(use.object, use.path)
        if use.use == "groups" and field and field.type != "multipicklist":
            yield use.way, f"{use.object}.{use.path} is a {field.type} field; groups need a multi-select picklist"
