"""Holds the configuration against both vendors' schemas before anything is written.

Every mistake is told at once in one ConfigError, a line each, with file and line.
"""

from __future__ import annotations

from collections.abc import Iterator

from include.config.candidates import did_you_mean
from include.config.check_groups import record_group_problems
from include.config.check_leads import lead_problems
from include.config.check_policies import policy_problems
from include.config.check_types import condition_problem
from include.config.fields import FieldUse, audience_uses, rule_uses
from include.config.mapping import address_paths, allowed
from include.config.models import Audience, Configuration, Rule
from include.config.queries import Query
from include.config.sources import Problem, Way, listed, shown
from include.config.write_back import write_back_problems
from include.errors import ConfigError
from include.schema import AudienceSchema, Interest, SalesforceField, SalesforceSchema

Mistake = tuple[Way, str]
"""The way of a value in the configuration, and what is wrong with it."""

OURS = (
    ("Lead", "MC_Key__c"),
    ("MC_Audience__c", "List_Id__c"),
    ("MC_Subscriber__c", "Key__c"),
)
"""Fields of the project's own package that every run needs, one per object."""


def check(configuration: Configuration, stem: str, audience: AudienceSchema, salesforce: SalesforceSchema) -> None:
    """Refuse a configuration that does not fit the audience and the org.

    Raises ConfigError that lists every mistake as `file:line: field: what is wrong; what would be right`.
    """
    problems = find_problems(configuration, stem, audience, salesforce)
    if problems:
        raise ConfigError(listed(f"the configuration of audience {stem}", problems))


def find_problems(
    configuration: Configuration, stem: str, audience: AudienceSchema, salesforce: SalesforceSchema
) -> list[Problem]:
    """Every mistake of an audience's configuration, and of the rules."""
    configured = configuration.audiences[stem]
    top: Way = ("audiences", stem)
    mistakes: list[Mistake] = [
        *((way, message) for way, message in _missing_package(top, salesforce)),
        *_merge_fields(configured, audience, top),
        *_pairs(configured, audience, salesforce),
        *_birthdays(configured, audience, top),
        *_groups(configured, audience, top),
        *record_group_problems(configured, audience, salesforce),
        *_uses(configured, salesforce),
        *_conditions(configured, salesforce),
        *_rules(configuration.rules, salesforce),
        *lead_problems(configured, salesforce),
        *policy_problems(configured, salesforce),
        *write_back_problems(configured, salesforce),
    ]
    return [_problem(configuration, way, message) for way, message in mistakes]


def _problem(configuration: Configuration, way: Way, message: str) -> Problem:
    field = way[2:] if way[0] == "audiences" else way[1:]
    return Problem(configuration.sources.place(way), shown(field), message)


def _missing_package(top: Way, salesforce: SalesforceSchema) -> Iterator[Mistake]:
    for object_name, field_name in OURS:
        if salesforce.field(object_name, field_name) is None:
            message = f"the org has no {object_name}.{field_name}, or hides it; deploy include/salesforce/metadata"
            yield top, f"{message} and give the Salesforce user its permission set"


def _merge_fields(configured: Audience, audience: AudienceSchema, top: Way) -> Iterator[Mistake]:
    for tag in configured.fields:
        if tag not in audience.merge_fields:
            known = ", ".join(sorted(audience.merge_fields))
            suggestion = did_you_mean(tag, audience.merge_fields)
            yield (
                (*top, "fields", tag),
                f"audience {audience.name} has no merge field {tag}{suggestion}; it has {known}",
            )
    for tag, merge_field in audience.merge_fields.items():
        if merge_field.required and tag not in configured.fields:
            yield (*top, "fields"), f"merge field {tag} is required in Mailchimp; map it, or no member can be added"


def _pairs(configured: Audience, audience: AudienceSchema, salesforce: SalesforceSchema) -> Iterator[Mistake]:
    for use in audience_uses(configured):
        merge_field = audience.merge_fields.get(str(use.way[-2])) if use.use == "mapping" else None
        field = salesforce.field(use.object, use.path)
        if merge_field is None or field is None:
            continue
        extended = configured.mapping_types == "extended"
        fitting = allowed(field.type, extended=extended)
        if merge_field.type not in fitting:
            pair = f"{use.object}.{use.path} ({field.type}) can't feed {merge_field.tag} ({merge_field.type})"
            also = "; with `mapping_types: extended` this pair, too" if merge_field.type in _extended(field) else ""
            yield use.way, f"{pair}; {field.type} feeds {' or '.join(fitting) or 'no merge field'}{also}"


def _extended(field: SalesforceField) -> tuple[str, ...]:
    return allowed(field.type, extended=True)


def _birthdays(configured: Audience, audience: AudienceSchema, top: Way) -> Iterator[Mistake]:
    """A birthday has no year: it can't be written to a date."""
    for tag, mapping in configured.fields.items():
        merge_field, conflict = audience.merge_fields.get(tag), configured.conflict(mapping)
        if merge_field and merge_field.type == "birthday" and conflict != "salesforce":
            way: Way = (*top, "fields", tag, *(["conflict"] if mapping.conflict else []))
            message = (
                f"`{conflict}` writes values from Mailchimp to Salesforce, but {tag} is a birthday, without a year"
            )
            yield way, f"{message}; write `conflict: salesforce` for {tag}"


def _groups(configured: Audience, audience: AudienceSchema, top: Way) -> Iterator[Mistake]:
    for position, query in enumerate(configured.queries):
        way = (*top, "queries", position, "groups")
        for index, path in enumerate(query.groups):
            if path not in audience.interests:
                known = ", ".join(sorted(audience.interests)) or "no groups"
                suggestion = did_you_mean(path, audience.interests)
                message = f"audience {audience.name} has no group `{path}`{suggestion}; it has {known}"
                yield (*way, index), f"query {query.name}: {message}"
        yield from ((way, f"query {query.name}: {message}") for message in _single_choices(query, audience))


def _single_choices(query: Query, audience: AudienceSchema) -> Iterator[str]:
    chosen: dict[str, Interest] = {}
    for path in query.groups:
        interest = audience.interests.get(path)
        if interest is None or not interest.single_choice:
            continue
        other = chosen.setdefault(interest.category_id, interest)
        if other is not interest:
            yield f"`{other.path}` and `{path}` exclude each other ({interest.category_type}); keep one"


def _uses(configured: Audience, salesforce: SalesforceSchema) -> Iterator[Mistake]:
    for use in audience_uses(configured):
        way = (*use.way, "field") if use.use == "condition" else use.way
        field = salesforce.field(use.object, use.path)
        if field is None:
            yield way, _in_query(configured, use) + unknown_field(use, salesforce)
        elif use.use == "consent" and field.type != "boolean":
            yield way, f"{use.object}.{use.path} is a {field.type} field; consent needs a boolean (checkbox) field"
        elif use.country == "code" and field.type == "address":
            yield from _country_code(use, salesforce)


def _in_query(configured: Audience, use: FieldUse) -> str:
    """The name of the query that a field is used in, as its message begins."""
    position = use.way[3] if use.way[2:3] == ("queries",) else None
    return f"query {configured.queries[position].name}: " if isinstance(position, int) else ""


def _country_code(use: FieldUse, salesforce: SalesforceSchema) -> Iterator[Mistake]:
    parts = address_paths(use.path, "code")
    if parts and salesforce.field(use.object, parts.country) is None:
        message = (
            f"the org has no {use.object}.{parts.country} (State and Country picklists are off); write `country: name`"
        )
        yield (*use.way[:-1], "country"), message


def _conditions(configured: Audience, salesforce: SalesforceSchema) -> Iterator[Mistake]:
    for position, query in enumerate(configured.queries):
        top: Way = ("audiences", configured.stem, "queries", position)
        if query.object == "PersonAccount" and salesforce.field("Contact", "IsPersonAccount") is None:
            message = "the org has no person accounts; write `Contact` or `Lead`"
            yield (*top, "object"), f"query {query.name}: {message}"
        for way, object_name, comparison in query.comparisons():
            field = salesforce.field(object_name, comparison.field or "")
            problem = condition_problem(comparison, field) if field else None
            if problem:
                yield (*top, *way, comparison.operator), f"query {query.name}: {problem}"


def _rules(rules: tuple[Rule, ...], salesforce: SalesforceSchema) -> Iterator[Mistake]:
    for position, rule in enumerate(rules):
        for use in rule_uses(rule, position):
            field = salesforce.field(use.object, use.path)
            if field is None:
                yield use.way, unknown_field(use, salesforce)
            elif message := _rule_problem(rule, field):
                yield use.way, message


def _rule_problem(rule: Rule, field: SalesforceField) -> str | None:
    if field.type == "address":
        return f"{rule.path} is a compound address; name one of its parts, such as its city"
    if rule.between and field.type not in {"date", "datetime"}:
        return f"{rule.object}.{rule.path} is a {field.type} field; `between` needs a date"
    return None


def unknown_field(use: FieldUse, salesforce: SalesforceSchema) -> str:
    """Say where a path leaves the schema, and what is there instead."""
    *relationships, last = use.path.split(".")
    current, several = str(use.object), ""
    for relationship in relationships:
        found = salesforce.objects.get(current)
        if found is None:
            return _not_described(current)
        known = {f.relationship: f for f in found.fields.values() if f.relationship}
        if relationship not in known:
            return f"{current} has no relationship {relationship}{did_you_mean(relationship, known)}"
        reference = known[relationship]
        if len(reference.reference_to) > 1:
            several = f"{current}.{relationship} is one of several objects ({', '.join(reference.reference_to)}), "
            several += "of which SOQL reads the fields of `Name` alone: "
        current = reference.parent or relationship
    target = salesforce.objects.get(current)
    if target is None:
        return several + _not_described(current)
    hint = did_you_mean(last, target.fields)
    return f"{several}{current} has no field {last}, or hides it from the Salesforce user{hint}"


def _not_described(object_name: str) -> str:
    """Of an object that the configuration names since the last extraction, or that the user does not see."""
    return (
        f"Salesforce did not describe {object_name} in the last extraction; run extract_salesforce where the "
        "configuration names it newly, else let the Salesforce user read it"
    )
