"""A group as something that a member is given: its slot, and what rules it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from include.transform import sql

if TYPE_CHECKING:
    from include.schema import AudienceSchema, Interest

TARGET = {"slot": "VARCHAR", "interest": "VARCHAR", "excluding": "VARCHAR[]"}
"""The columns of what `group_target` tells, with their types."""


def group_target(interest: Interest, schema: AudienceSchema) -> tuple[str, str, str]:
    """In SQL: the group's slot, its id, and the ids that rule it out where the member has one of them.

    A single-choice category is one slot; elsewhere every group has its own.
    """
    if not interest.single_choice:
        return sql.text(interest.id), sql.text(interest.id), sql.texts([interest.id])
    category = [other.id for other in schema.interests.values() if other.category_id == interest.category_id]
    return sql.text(interest.category_id), sql.text(interest.id), sql.texts(category)
