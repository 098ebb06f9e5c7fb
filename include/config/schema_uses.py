"""What of both vendors' schemas an audience's configuration rests on, and where it says so."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from include.config.check_leads import lead_targets
from include.config.fields import audience_uses, rule_uses
from include.config.mapping import address_paths
from include.config.sources import shown
from include.schema import PERSON_OBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from include.config.models import Audience, Configuration
    from include.schema import SalesforceSchema


@dataclass(slots=True)
class Use:
    """Where a field, merge field or group is used, and which of its choices the configuration rests on."""

    where: list[str] = field(default_factory=list)
    choices: set[str] = field(default_factory=set)


def salesforce_key(object_name: str, path: str) -> str:
    """How fingerprints and findings name a Salesforce field."""
    return f"Salesforce field {object_name}.{path}"


def merge_field_key(tag: str) -> str:
    """How they name a merge field."""
    return f"merge field {tag}"


def group_key(path: str) -> str:
    """How they name a group."""
    return f"group {path}"


def schema_uses(configuration: Configuration, stem: str, org: SalesforceSchema) -> dict[str, Use]:
    """Everything that the audience's file and the rules use, by its key."""
    audience = configuration.audiences[stem]
    uses: defaultdict[str, Use] = defaultdict(Use)
    for each, where, choices in _mentions(configuration, audience, org):
        use = uses[each]
        use.where += [] if where in use.where else [where]
        use.choices |= choices
    return dict(uses)


Mention = tuple[str, str, set[str]]


def _mentions(configuration: Configuration, audience: Audience, org: SalesforceSchema) -> Iterator[Mention]:
    file = f"audiences/{audience.stem}.yaml"
    for use in audience_uses(audience):
        for path in dict.fromkeys((use.path, *(address_paths(use.path, use.country) or ()))):
            yield salesforce_key(use.object, path), f"{file}: {shown(use.way[2:])}", set()
    for position, rule in enumerate(configuration.rules):
        for use in rule_uses(rule, position):
            yield salesforce_key(use.object, use.path), f"validation_rules.yaml: {rule.name}", set()
    yield from _compared(audience, file)
    yield from _lead_fields(audience, file)
    for tag in audience.fields:
        yield merge_field_key(tag), f"{file}: fields.{tag}", _written_choices(audience, tag, org)
    for query in audience.queries:
        for group in query.groups:
            yield group_key(group), f"{file}: query {query.name}", set()
    yield from _listed_groups(audience, file, org)


def _listed_groups(audience: Audience, file: str, org: SalesforceSchema) -> Iterator[Mention]:
    """The groups that a record can list: one per choice of the multi-select fields (R13)."""
    for category, source in audience.groups_from.items():
        for object_name in PERSON_OBJECTS:
            path = source.field(object_name)
            described = org.field(object_name, path) if path else None
            for entry in described.picklist if described else ():
                if entry.active:
                    yield group_key(f"{category} / {entry.label.strip()}"), f"{file}: groups_from.{category}", set()


def _compared(audience: Audience, file: str) -> Iterator[Mention]:
    """The picklist values that conditions compare with; for other fields their values are no choices, and no matter."""
    for query in audience.queries:
        for _, object_name, comparison in query.comparisons():
            operand = comparison.operand
            values = operand if isinstance(operand, tuple) else (operand,)
            if comparison.operator in {"equals", "not_equals", "in", "includes"}:
                texts = {part for value in values if isinstance(value, str) for part in value.split(";")}
                yield salesforce_key(object_name, comparison.field or ""), f"{file}: query {query.name}", texts


def _lead_fields(audience: Audience, file: str) -> Iterator[Mention]:
    if audience.create_leads.enabled:
        for name, value in audience.create_leads.defaults.items():
            at = f"{file}: create_leads.defaults.{name}"
            yield salesforce_key("Lead", name), at, {value} if value else set()
        for names in lead_targets(audience).values():
            for name in names:
                yield salesforce_key("Lead", name), f"{file}: create_leads", set()


def _written_choices(audience: Audience, tag: str, org: SalesforceSchema) -> set[str]:
    """What the mapped picklists can write to a merge field."""
    mapping = audience.fields[tag]
    written: set[str] = set()
    for object_name in PERSON_OBJECTS:
        path = mapping.source(object_name)
        described = org.field(object_name, path) if path else None
        for entry in described.picklist if described else ():
            if entry.active:
                written.add(entry.label if mapping.picklist == "label" else entry.value)
    return written
