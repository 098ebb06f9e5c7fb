"""Which Salesforce fields the configuration uses: what extraction has to read, and why each one is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from include.config.mapping import address_paths
from include.config.models import Audience, Configuration, Rule
from include.config.object_fields import Checkbox
from include.config.sources import Way
from include.schema import PERSON_OBJECTS, ConditionObject, PersonObject

Use = Literal["mapping", "condition", "object", "consent", "opt_out", "groups", "rule"]


@dataclass(frozen=True, slots=True)
class FieldUse:
    """One mention of a Salesforce field: object, path, what for, and where it stands in the configuration."""

    object: ConditionObject
    path: str
    use: Use
    way: Way
    country: Literal["name", "code"] = "name"


def read_fields(configuration: Configuration) -> dict[PersonObject, tuple[str, ...]]:
    """Every field path to read per object, sorted; a compound address is given as its parts."""
    paths: dict[PersonObject, set[str]] = {object_name: set() for object_name in PERSON_OBJECTS}
    for use in _uses(configuration):
        if use.object != "CampaignMember":
            paths[use.object].update(address_paths(use.path, use.country) or (use.path,))
    return {object_name: tuple(sorted(found)) for object_name, found in paths.items()}


def campaign_member_fields(configuration: Configuration) -> tuple[str, ...]:
    """Every field path of campaign members that a condition names, sorted; they are compared in Salesforce."""
    return tuple(sorted({use.path for use in _uses(configuration) if use.object == "CampaignMember"}))


def _uses(configuration: Configuration) -> Iterator[FieldUse]:
    for audience in configuration.audiences.values():
        yield from audience_uses(audience)
    for position, rule in enumerate(configuration.rules):
        yield from rule_uses(rule, position)


def audience_uses(audience: Audience) -> Iterator[FieldUse]:
    """The fields that an audience reads: mapped, consent and opt-out checkboxes, groups, conditions of its queries."""
    top: Way = ("audiences", audience.stem)
    at: Way
    for tag, mapping in audience.fields.items():
        for object_name in PERSON_OBJECTS:
            if path := mapping.source(object_name):
                at = (*top, "fields", tag, object_name.lower())
                yield FieldUse(object_name, path, "mapping", at, mapping.country)
    yield from _checkbox_uses(audience, top)
    for category, group_field in audience.groups_from.items():
        for object_name in PERSON_OBJECTS:
            if path := group_field.field(object_name):
                yield FieldUse(object_name, path, "groups", (*top, "groups_from", category, object_name.lower()))
    for position, query in enumerate(audience.queries):
        if query.object == "CampaignMember":
            yield FieldUse("CampaignMember", "CampaignId", "object", (*top, "queries", position, "object"))
        for way, compared, comparison in query.comparisons():
            yield FieldUse(compared, comparison.field or "", "condition", (*top, "queries", position, *way))


def _checkbox_uses(audience: Audience, top: Way) -> Iterator[FieldUse]:
    consent = None if audience.consent == "none" else audience.consent
    named: tuple[tuple[Use, str, Checkbox | None], ...] = (
        ("consent", "consent", consent),
        ("opt_out", "unsubscribe_sets_opt_out", audience.opt_out_checkbox),
    )
    for use, key, checkbox in named:
        for object_name in PERSON_OBJECTS if checkbox else ():
            if checkbox and (path := checkbox.field(object_name)):
                yield FieldUse(object_name, path, use, (*top, key, object_name.lower()))


def rule_uses(rule: Rule, position: int) -> Iterator[FieldUse]:
    """The field that a rule looks at; a rule on Account is read beside the person account's Contact."""
    at: Way = ("rules", position, "require" if rule.require else "field")
    if rule.object == "Account":
        yield FieldUse("Contact", f"Account.{rule.path}", "rule", at)
    else:
        yield FieldUse(rule.object, rule.path, "rule", at)
